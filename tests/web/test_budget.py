"""The memory of all bodies in flight: no room is 503 before anything is read, and nothing is lost (contract T6)."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kwrest.errors import Busy
from kwrest.web.budget import FREE, BodyBudget
from tests.web.rooms import eventually
from tests.web.server import ROOT, Server, closed, gzipped, limited, read_reply, request, serving

LIMIT = 1_000_000
BIG = 900_000  # leaves no room for a second one


@pytest.fixture
def server(certs: Path) -> Iterator[Server]:
    with serving(certs, limited(bodies_bytes=LIMIT), body_seconds=1.0, drain_bytes=10**9) as made:
        yield made


def half_sent(server: Server, size: int = BIG) -> socket.socket:
    """A connection that holds all but the last byte of a body."""
    sock = server.connect()
    sock.sendall(request("POST", "/restapi/ddl", b"", ROOT, f"Content-Length: {size}", length=False))
    sock.sendall(b"ok" + b" " * (size - 3))
    assert eventually(lambda: server.used() >= size - FREE - 1)
    return sock


@pytest.mark.parametrize("endpoint, code", [("ddl", -1), ("insert", -1), ("query", 503), ("telegraf", -1)])
def test_without_room_a_body_is_refused_before_it_is_read(server: Server, endpoint: str, code: int) -> None:
    held = half_sent(server)
    sock = server.connect()
    sock.sendall(
        request(
            "POST", f"/restapi/{endpoint}", b"", ROOT, f"Content-Length: {BIG}", "Expect: 100-continue", length=False
        )
    )
    reply = read_reply(sock)
    assert (reply.status, reply.json["code"], reply.headers["retry-after"]) == (503, code, "1")
    assert "memory" in str(reply.json["desc"])
    assert closed(sock)
    assert server.post("ddl", b"ok" + b" " * BIG).status == 503, "nor one that is sent at once"
    held.sendall(b" ")
    assert read_reply(held).status == 200
    assert eventually(lambda: server.used() == 0)
    assert server.post("ddl", b"ok" + b" " * BIG).status == 200


def test_small_bodies_and_health_always_fit(server: Server) -> None:
    half_sent(server, LIMIT + FREE)
    for _ in range(3):
        assert server.post("ddl", b"ok" + b" " * (FREE - 2)).status == 200
    assert server.send("GET", "/health").status == 200


def test_what_was_only_announced_takes_no_room(server: Server) -> None:
    for _ in range(5):
        server.connect().sendall(request("POST", "/restapi/ddl", b"", ROOT, f"Content-Length: {BIG}", length=False))
    assert server.post("ddl", b"ok" + b" " * BIG).status == 200


def test_a_chunked_body_is_refused_where_the_room_ends(server: Server) -> None:
    half_sent(server)
    sock = server.connect()
    sock.sendall(request("POST", "/restapi/ddl", b"", ROOT, "Transfer-Encoding: chunked", length=False))
    for _ in range(10):
        sock.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")
    assert read_reply(sock).status == 503


def test_what_a_body_becomes_counts(server: Server) -> None:
    half_sent(server)
    reply = server.post("ddl", gzipped(b"ok" + b" " * BIG), "Content-Encoding: gzip")
    assert (reply.status, reply.headers["retry-after"]) == (503, "1")
    assert server.send("GET", "/health").status == 200


def leave(sock: socket.socket) -> None:
    sock.close()


def reset(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    sock.close()


def finish(sock: socket.socket) -> None:
    sock.sendall(b" ")


def finish_wrong(sock: socket.socket) -> None:
    sock.sendall(b"\xff")


def wait(sock: socket.socket) -> None:
    """Until the server cuts it."""


@pytest.mark.parametrize("end", [leave, reset, finish, finish_wrong, wait])
def test_the_room_is_given_back_however_it_ends(server: Server, end: Callable[[socket.socket], None]) -> None:
    end(half_sent(server))
    assert eventually(lambda: server.used() == 0)


def test_a_fast_beginning_buys_no_time(server: Server) -> None:
    sock = half_sent(server)
    assert closed(sock, 4), "body_seconds is 1, however much came in the first of them"


def test_shares() -> None:
    budget = BodyBudget(100)
    one, other = budget.share(), budget.share()
    one.take(FREE + 60)
    other.take(FREE)
    other.expect(40)
    with pytest.raises(Busy):
        other.expect(41)
    other.take(40)
    with pytest.raises(Busy):
        one.take(1)
    assert budget.used == 100
    one.release()
    one.release()
    assert budget.used == 40
    other.release()
    assert budget.used == 0
