"""Who is not known, or asks from another site's page (contract A1, B2, T8)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.web.server import Server, gzipped, limited, read_reply, request, serving


def test_without_credentials_only_the_beginning_is_read(server: Server) -> None:
    for body, headers, entries in (
        (b"ok;" * 5, (), 5),
        (b"", (), 1),
        (b"ok;" * 500, (), 100),
        (b"ok;" * 10 + b" " * 8_000_000 + b";ok;ok", (), 10),
        (gzipped(b"ok;" * 50), ("Content-Encoding: gzip",), 1),
        (b"\xff\xfe;ok", (), 2),
    ):
        reply = server.post("insert", body, "-", *headers)
        assert (reply.status, len(reply.json["desc"])) == (401, entries), body[:20]


def test_a_strangers_parameters_are_not_judged(server: Server) -> None:
    assert server.post("query?tz=Mars", "x", "-").status == 401


def test_a_connection_goes_on_after_a_small_refused_body(server: Server) -> None:
    sock = server.connect()
    assert server.post("insert", "ok;ok", "-", sock=sock).status == 401
    assert server.post("insert", "ok;ok", sock=sock).status == 200
    assert server.send("POST", "/nowhere", b"xyz", sock=sock).status == 404
    assert server.send("GET", "/health", b"", sock=sock).status == 200


def test_a_slow_stranger_is_answered(certs: Path) -> None:
    with serving(certs, limited(unauthenticated_seconds=0.2)) as server:
        sock = server.connect()
        sock.sendall(request("POST", "/restapi/ddl", b"", "Content-Length: 1000", length=False) + b"ok;ok")
        reply = read_reply(sock)
        assert (reply.status, reply.headers["connection"], len(reply.json["desc"])) == (401, "close", 2)


@pytest.mark.parametrize(
    "headers, status",
    [
        (("Username: ann", "Password: pass:word"), 200),
        (("Username: ann", "Password: wrong"), 401),
        (("Username: ann",), 401),
        (("Username: ann", "Username: ann", "Password: pass:word"), 401),
        (("Authorization: Basic YW5uOnBhc3M6d29yZA==",), 200),
        (("Authorization: basic YW5uOnBhc3M6d29yZA==",), 200),
        (("Authorization: Basic YW5uOnBhc3M6d29yZA",), 401),
        (("Authorization: Basic YW5u OnBhc3M6d29yZA==",), 401),
        (("Authorization: Token ann:pass:word",), 401),
        (("Authorization: Digest x",), 401),
        (("Authorization: Basic bm9ib2R5Ong=", "Username: ann", "Password: pass:word"), 401),
        (("Authorization: Basic asO8cmdlbjpncsO8bg==",), 200),
        (("Authorization: Basic avxyZ2VuOmdy/G4=",), 200),
        (("Username: j\xfcrgen", "Password: gr\xfcn"), 200),
        (("Username: j\xc3\xbcrgen", "Password: gr\xc3\xbcn"), 200),
    ],
)  # fmt: skip
def test_credentials(server: Server, headers: tuple[str, ...], status: int) -> None:
    assert server.send("POST", "/restapi/insert", b"ok", *headers).status == status


@pytest.mark.parametrize(
    "header, status",
    [
        ("Origin: https://localhost:8080", 200),
        ("Origin: https://LOCALHOST:8080", 200),
        ("Origin: https://evil.example", 400),
        ("Origin: https://localhost", 400),
        ("Origin: https://localhost:8081", 400),
        ("Origin: null", 400),
        ("Origin: https://localhost:8080\r\nOrigin: https://evil.example", 400),
        ("Sec-Fetch-Site: cross-site", 400),
        ("Sec-Fetch-Site: same-origin", 200),
        ("Sec-Fetch-Site: none", 200),
    ],
)
def test_pages_of_other_sites(server: Server, header: str, status: int) -> None:
    reply = server.post("insert", "ok", header)
    assert (reply.status, "access-control-allow-origin" in reply.headers) == (status, False)


def test_an_origin_without_a_port_is_that_of_port_443(server: Server) -> None:
    assert server.post("insert", "ok", "Host: h", "Origin: https://h").status == 200
    assert server.post("insert", "ok", "Host: [::1]", "Origin: https://[::1]:443").status == 200
