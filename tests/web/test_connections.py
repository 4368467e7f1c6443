"""150 connections and what happens at the 151st; slow clients; the end (contract T3, T4, issue line 1.21)."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.web.rooms import eventually
from tests.web.server import ROOT, Server, closed, limited, read_reply, request, serving


@contextmanager
def at_work(server: Server, count: int) -> Iterator[list[ssl.SSLSocket]]:
    """`count` connections that wait for the answer to a query."""
    server.statements.go_on.clear()
    before = len(server.statements.requests)
    sockets = [server.connect() for _ in range(count)]
    for sock in sockets:
        sock.sendall(request("POST", "/restapi/query", b"wait", ROOT))
    assert eventually(lambda: len(server.statements.requests) == before + count, 20)
    try:
        yield sockets
    finally:
        server.statements.go_on.set()


def test_150_at_work_and_the_151st(certs: Path) -> None:
    with serving(certs) as server, at_work(server, 150) as busy:
        for method, target, code in (
            ("POST", "/restapi/query", 503),
            ("POST", "/restapi/insert", -1),
            ("GET", "/restapi/login", -1),
        ):
            sock = server.connect()
            reply = server.send(method, target, b"ok" if method == "POST" else b"", ROOT, sock=sock)
            assert (reply.status, reply.json["code"], reply.headers["retry-after"]) == (503, code, "1")
            assert reply.headers["connection"] == "close" and closed(sock)
        assert server.send("GET", "/health").json["status"] == "pass"
        busy.pop().close()
        assert eventually(lambda: server.post("insert", "ok").status == 200), "a freed place is usable"
        server.statements.go_on.set()
        for sock in busy:
            assert read_reply(sock).status == 200


def test_idle_ones_give_way_the_longest_idle_first(certs: Path) -> None:
    with serving(certs, connections=3) as server:
        first, second, third = (server.connect() for _ in range(3))
        for sock in (first, second, third):
            assert server.post("insert", "ok", sock=sock).status == 200
        assert server.post("insert", "ok", sock=first).status == 200  # now `second` is the longest idle
        assert server.post("insert", "ok", sock=server.connect()).status == 200
        assert closed(second)
        assert server.post("insert", "ok", sock=first).status == 200
        assert server.post("insert", "ok", sock=third).status == 200


def test_a_large_refused_body_still_sees_its_503(certs: Path) -> None:
    with serving(certs, connections=1) as server, at_work(server, 1):
        sock = server.connect()
        sock.sendall(request("POST", "/restapi/telegraf", b"m v=1\n" * 1_000_000, ROOT))
        assert read_reply(sock).status == 503


def test_a_client_that_goes_on_writing_after_its_answer_still_sees_it(certs: Path) -> None:
    with serving(certs) as server:
        sock = server.connect()
        sock.sendall(request("POST", "/restapi/telegraf", b"", "Content-Length: 12000000", length=False))
        pause = threading.Event()
        for _ in range(12):
            sock.sendall(b"m v=1234\n" * 111_111 + b"\n")
            pause.wait(0.05)
        assert read_reply(sock).status == 401
        assert closed(sock)


def test_what_is_thrown_away_has_a_limit(certs: Path) -> None:
    with serving(certs, drain_bytes=1_000_000) as server:
        sock = server.connect()
        with pytest.raises(OSError):
            sock.sendall(request("POST", "/restapi/telegraf", b"", "Content-Length: 100000000", length=False))
            for _ in range(100):
                sock.sendall(b"x" * 1_000_000)


def test_who_says_nothing_takes_no_place(certs: Path) -> None:
    with serving(certs, connections=2, waiting=20, waiting_seconds=30) as server:
        silent = [server.plain() for _ in range(10)] + [server.connect() for _ in range(10)]
        for _ in range(5):
            assert server.send("GET", "/health").status == 200
        assert sum(closed(sock, 0.1) for sock in silent) >= 1  # the newcomers pushed out the oldest
        assert closed(silent[0], 0.1) and not closed(silent[-1], 0.1)


@pytest.mark.parametrize(
    "secure, sent", [(False, b""), (False, b"\x16"), (False, b"GET / HT"), (True, b""), (True, b"GET / HT")]
)
def test_before_the_first_header_there_are_a_few_seconds(certs: Path, secure: bool, sent: bytes) -> None:
    with serving(certs, waiting_seconds=0.4) as server:
        sock: socket.socket = server.connect() if secure else server.plain()
        sock.sendall(sent)
        assert not closed(sock, 0.1)
        assert closed(sock, 3)


def test_a_header_that_trickles_is_cut(certs: Path) -> None:
    with serving(certs, header_seconds=0.4) as server:
        for start in (b"GET /health HTTP/1.1\r\nX: ", b"\r\n", b"\r\n\r\nGET"):
            sock = server.connect()
            assert server.send("GET", "/health", sock=sock).status == 200
            sock.sendall(start)
            assert not closed(sock, 0.1)
            assert closed(sock, 3), start


def test_a_body_that_stands_still_is_cut(certs: Path) -> None:
    with serving(certs, body_seconds=0.4) as server:
        sock = server.connect()
        sock.sendall(request("POST", "/restapi/ddl", b"", ROOT, "Content-Length: 10", length=False) + b"ok")
        assert not closed(sock, 0.1)
        assert closed(sock, 3)


def test_a_slow_body_that_goes_on_is_served(certs: Path) -> None:
    with serving(certs, body_seconds=0.3, body_rate=10) as server:
        sock = server.connect()
        sock.sendall(request("POST", "/restapi/ddl", b"", ROOT, "Content-Length: 20", length=False))
        pause = threading.Event()
        for part in (b"ok;  ", b"     ", b"     ", b"   ok"):
            sock.sendall(part)
            pause.wait(0.2)
        assert read_reply(sock).json["desc"] == ["success", "success"]


def test_an_answer_nobody_reads_is_cut(certs: Path) -> None:
    with serving(certs, answer_seconds=0.4, connections=1) as server:
        sock = server.connect()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        for _ in range(8):
            sock.sendall(request("POST", "/restapi/query", b"rows 4900 of 1000 bytes as string", ROOT))
        assert eventually(lambda: server.send("GET", "/restapi/login", b"", ROOT).status == 200, 10)


def test_a_long_query_is_not_cut_by_any_deadline(certs: Path) -> None:
    with serving(
        certs, header_seconds=0.1, body_seconds=0.1, idle_seconds=0.1, answer_seconds=0.1, waiting_seconds=1
    ) as server:
        with at_work(server, 1) as (sock,):
            sock.sendall(request("GET", "/health")[:20])  # and a part of the next request behind it
            threading.Event().wait(0.5)
        assert read_reply(sock).status == 200


def test_an_idle_connection_is_closed_in_the_end(certs: Path) -> None:
    with serving(certs, idle_seconds=0.3) as server:
        sock = server.connect()
        assert server.send("GET", "/health", sock=sock).status == 200
        assert closed(sock, 3)


def test_a_client_that_leaves_cancels_its_query(certs: Path) -> None:
    with serving(certs) as server, at_work(server, 1) as (sock,):
        seen = server.statements.requests[-1]
        assert not seen.cancel.is_set()
        sock.close()
        assert seen.cancel.wait(5)


@pytest.mark.parametrize(
    "sent", [b"\x16\x03\x01\x00\x05hello", b"\x16" * 100, b"\x16\x03\x01\x02\x00\x01\x00" + b"\x00" * 600]
)
def test_what_begins_like_tls_and_is_none(server: Server, sent: bytes) -> None:
    sock = server.plain()
    sock.sendall(sent)
    sock.settimeout(3)
    received = b"".join(iter(lambda: sock.recv(1000), b""))
    assert received[:1] in (b"", b"\x15"), "nothing, or a TLS alert"
    assert server.send("GET", "/health").status == 200


def test_no_place_is_lost_whatever_clients_do(certs: Path) -> None:
    with serving(certs, connections=8, waiting_seconds=1, header_seconds=0.3, body_seconds=0.3) as server:
        whole = request("POST", "/restapi/insert", b"ok", ROOT)
        endings = (
            b"",
            b"\x16",
            b"GET",
            whole[:30],
            whole[:-1],
            whole,
            whole + whole[:9],
            whole * 3,
            b"\0\r\n\r\n",
            whole + b"\0",
        )

        def rude(seed: int) -> None:
            for turn in range(12):
                kind = (seed * 7 + turn) % (2 * len(endings))
                sock: socket.socket = server.connect() if kind % 2 else server.plain()
                sock.sendall(endings[kind // 2])
                if turn % 3 == 0:
                    closed(sock, 0.05)
                if turn % 4 == 0:
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # close with a reset
                sock.close()

        threads = [threading.Thread(target=rude, args=(seed,)) for seed in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for _ in range(2):
            with at_work(server, 8):
                assert server.post("insert", "ok").status == 503
            assert eventually(lambda: server.post("insert", "ok").status == 200)


# ---------------------------------------------------------------- who gives way when the server is full


def half_a_body(server: Server) -> ssl.SSLSocket:
    sock = server.connect()
    sock.sendall(request("POST", "/restapi/ddl", b"", ROOT, "Content-Length: 10", length=False) + b"ok")
    return sock


def half_a_header(server: Server) -> ssl.SSLSocket:
    sock = server.connect()
    assert server.post("ddl", "ok", sock=sock).status == 200
    sock.sendall(b"POST /restapi/ddl HTT")
    return sock


def half_an_answer(server: Server) -> ssl.SSLSocket:
    sock = server.connect()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.sendall(request("POST", "/restapi/query", b"rows 4900 of 1000 bytes as string", ROOT) * 4)
    return sock


@pytest.mark.parametrize("slow", [half_a_body, half_a_header, half_an_answer])
def test_who_keeps_the_server_waiting_gives_its_place_to_a_newcomer(
    certs: Path, monkeypatch: pytest.MonkeyPatch, slow: Callable[[Server], ssl.SSLSocket]
) -> None:
    monkeypatch.setattr("kwrest.web.protocol.PATIENCE", 0.6)
    monkeypatch.setattr("kwrest.web.protocol.HEADER_PATIENCE", 0.6)
    patient: dict[str, Any] = {"answer_seconds": 60, "body_seconds": 60, "header_seconds": 60}
    with serving(certs, connections=2, **patient) as server, at_work(server, 1):
        slow(server)
        assert eventually(lambda: server.post("ddl", "ok").status == 503), "not at once"
        assert eventually(lambda: server.post("ddl", "ok").status == 200), "but when it was patient"


def test_a_slow_line_that_gets_on_keeps_its_place(certs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kwrest.web.protocol.PATIENCE", 1.5)
    with serving(certs, connections=1, body_rate=10) as server:
        sock = server.connect()
        sock.sendall(request("POST", "/restapi/ddl", b"", ROOT, "Content-Length: 112", length=False) + b"ok")
        pause = threading.Event()
        for _ in range(10):
            pause.wait(0.25)
            sock.sendall(b" " * 10)
            assert server.post("ddl", "ok").status == 503
        sock.sendall(b" " * 10)
        assert read_reply(sock).status == 200


@pytest.mark.parametrize("more", [b"", b" " * 100_000], ids=["small", "large"])
def test_only_a_request_that_is_here_takes_the_place_of_an_idle_one(certs: Path, more: bytes) -> None:
    with serving(certs, connections=1) as server:
        idle = server.connect()
        assert server.post("ddl", "ok", sock=idle).status == 200
        newcomer = server.connect()
        body = b"ok;ok" + more
        newcomer.sendall(request("POST", "/restapi/ddl", body, ROOT)[: -len(body)])
        newcomer.sendall(body[:2])
        threading.Event().wait(0.3)  # until the server has seen them; nothing tells
        for _ in range(3):
            assert server.post("ddl", "ok", sock=idle).status == 200
        newcomer.sendall(body[2:])
        assert read_reply(newcomer).json["desc"] == ["success", "success"]
        assert closed(idle)
        assert server.post("ddl", "ok", sock=newcomer).status == 200


def test_who_waits_for_100_continue_is_not_kept_waiting(certs: Path) -> None:
    with serving(certs, connections=1) as server:
        assert server.post("ddl", "ok", sock=server.connect()).status == 200
        sock = server.connect()
        sock.sendall(
            request("POST", "/restapi/ddl", b"", ROOT, "Expect: 100-continue", "Content-Length: 2", length=False)
        )
        assert read_reply(sock).status == 100
        sock.sendall(b"ok")
        assert read_reply(sock).status == 200


def test_a_newcomer_whose_body_is_broken_is_told(certs: Path) -> None:
    with serving(certs, connections=1) as server:
        idle = server.connect()
        assert server.post("ddl", "ok", sock=idle).status == 200
        sock = server.connect()
        sock.sendall(
            request("POST", "/restapi/ddl", b"", ROOT, "Transfer-Encoding: chunked", length=False) + b"2\r\nok"
        )
        sock.sendall(b"\r\nno chunk\r\n")
        assert read_reply(sock).status == 400
        assert closed(sock)
        assert server.post("ddl", "ok", sock=idle).status == 200


def test_unread_answers_give_their_memory_to_others(certs: Path) -> None:
    with serving(certs, limited(bodies_bytes=6_000_000), answer_seconds=60) as server:
        large = "rows 4900 of 1000 bytes as string"
        half_an_answer(server)
        assert eventually(lambda: server.used() > 4_000_000)
        reply = server.post("query", large)
        assert (reply.status, reply.json["code"], reply.headers["retry-after"]) == (503, 503, "1")
        assert server.post("query", "ok").status == 200, "a small one fits"
        assert eventually(lambda: server.post("query", large).status == 200)
        assert eventually(lambda: server.used() == 0)


# ---------------------------------------------------------------- the end


def test_draining_answers_what_runs(certs: Path) -> None:
    with serving(certs) as server:
        idle = server.connect()
        assert server.post("insert", "ok", sock=idle).status == 200
        with at_work(server, 1) as (sock,):
            server.listener.stop()
            assert closed(idle)
            with pytest.raises(OSError):
                server.plain()
        reply = read_reply(sock)
        assert (reply.status, reply.headers["connection"]) == (200, "close")


def test_the_grace_time_ends_and_cancels(certs: Path) -> None:
    with serving(certs, grace_seconds=0.3) as server, at_work(server, 1) as (sock,):
        seen = server.statements.requests[-1]
        server.listener.stop()
        assert seen.cancel.wait(5)
        assert closed(sock)


def test_a_second_stop_does_not_wait(certs: Path) -> None:
    with serving(certs, grace_seconds=60) as server, at_work(server, 1) as (sock,):
        server.listener.stop()
        server.listener.stop()
        assert closed(sock, 5)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_drains_and_ends_the_process_well(certs: Path, number: signal.Signals) -> None:
    code = (
        "import sys; from pathlib import Path; from tests.web.rooms import *; from kwrest.web.app import build_app; from kwrest.service.metrics import Metrics\n"
        "from kwrest.service.queries import Queries\n"
        "from tests.web.server import limited, listening_config; from kwrest.web.listener import run_listener\n"
        "queries = Queries(lambda: 60.0, 9)\n"
        "app = build_app(Statements(), Lines(), Shelf(), Access(), queries, Readiness(), Metrics(), limited(), threads=9, version='1')\n"
        "run_listener(app, listening_config(Path(sys.argv[1])), lambda url: print(url, flush=True))\n"
        "queries.close(); app.close(); print('drained')"
    )
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}"}
    process = subprocess.Popen([sys.executable, "-c", code, certs], stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    assert url.startswith("https://127.0.0.1:")
    context = ssl.create_default_context(cafile=certs / "ca.crt")
    with context.wrap_socket(
        socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))), server_hostname="127.0.0.1"
    ) as sock:
        sock.sendall(request("GET", "/health"))
        assert read_reply(sock).status == 200
        process.send_signal(number)
        assert process.wait(10) == 0
    assert process.stdout.read() == "drained\n"


def test_a_request_that_comes_while_draining(certs: Path) -> None:
    with serving(certs) as server:
        late = server.connect()
        with at_work(server, 1):
            server.listener.stop()
            with pytest.raises(OSError):
                while True:
                    server.plain()
            reply = server.post("query", "ok", sock=late)
            assert (reply.status, reply.json["code"], reply.headers["retry-after"]) == (503, 503, "1")
