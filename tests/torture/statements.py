"""`make torture PART=statements`: random statements and random bytes, as root and as a plain user, on a server that is made anew
every round. Every answer is looked at, and so is the log."""

from __future__ import annotations

import http.client
import json
import random
import shutil
import threading
from collections import Counter
from urllib.parse import urlsplit

from tests.e2e.server import ROOT_TOKEN, Server, basic
from tests.torture.runs import Run
from tests.torture.sentences import Sentences

EACH = 1000  # bodies a round and user

SECRET = "s3cret-of-others"
SET_UP = """
    CREATE DATABASE shop; CREATE TS DATABASE iot; CREATE USER plain PASSWORD 'plain123';
    CREATE TABLE t (ts TIMESTAMP NOT NULL, v INT, s VARCHAR(20), f FLOAT) TAGS (id INT NOT NULL, site VARCHAR(8)) PRIMARY TAGS (id);
    CREATE TABLE r (a INT, b STRING, x DECIMAL(10,2), k TIMESTAMPTZ); CREATE TABLE shop.o (a INT, s STRING);
    CREATE TABLE iot.m (ts TIMESTAMPTZ(9) NOT NULL, v FLOAT) TAGS (id INT NOT NULL) PRIMARY TAGS (id);
    CREATE TABLE secret (a INT, b STRING); CREATE VIEW w AS SELECT a, b FROM r;
    GRANT ALL ON TABLE t TO plain; GRANT SELECT ON TABLE r, shop.o, w TO plain
"""
ROWS = f"""
    INSERT INTO t VALUES ('2024-01-01 00:00:00', 1, 'a', 1.5, 1, 'x'), ('2024-01-01 00:01:00', NULL, '', 2.5, 2, NULL);
    INSERT INTO r VALUES (1, 'b', 1.25, '2024-01-01'), (NULL, NULL, NULL, NULL); INSERT INTO shop.o VALUES (1, 's');
    INSERT INTO iot.m VALUES ('2024-01-01 00:00:00', 1, 1); INSERT INTO secret VALUES (42, '{SECRET}')
"""
# Words of the engine's and of Python's that no client may read.
FOREIGN = (
    "duckdb", "binder error", "catalog error", "parser error", "conversion error", "invalid input error", "out of range error",
    "internal error", "not implemented error", "traceback", "argon2", "arrowinvalid", "unicodedecodeerror", "keyerror",
)  # fmt: skip
STATUSES = (200, 400, 500, 503)
IN_LOG = ("Traceback", "failed unexpectedly", "unmatched", "argon2")


def run(run: Run) -> str:
    """One server and two users a round; the plain one first, so that nothing root does by chance helps it."""
    tally = Counter(run.state.get("tally", {}))
    for number in run.rounds():
        data = run.folder / "data"
        shutil.rmtree(data, ignore_errors=True)
        server = Server(data).start()
        try:
            server.ddl(SET_UP)
            server.insert(ROWS.strip())
            for user, token in (("plain", basic("plain", "plain123")), ("root", ROOT_TOKEN)):
                tally += talk(server, token, random.Random(f"{run.seed}/{number}/{user}"), user)
                found = [word for word in IN_LOG if word in server.log]
                assert not found, f"round {number}, {user}: the log says {found}\n{server.log[-3000:]}"
        finally:
            server.stop()
        run.keep(tally=dict(tally))
        run.say(", ".join(f"{count} × {status}" for status, count in sorted(tally.items())))
    total = sum(tally.values())
    return (
        f"{total} bodies: "
        + ", ".join(f"{n} × {status}" for status, n in sorted(tally.items()))
        + "; nothing let in or out"
    )


def talk(server: Server, token: str, dice: random.Random, user: str) -> Counter[str]:
    """Send bodies on two connections and look at each answer."""
    sentences = Sentences(dice)
    bodies = [sentences.body() for _ in range(EACH)]
    tally: Counter[str] = Counter()
    wrong: list[str] = []
    halves = [
        threading.Thread(target=_send, args=(server, token, bodies[side::2], user, tally, wrong)) for side in range(2)
    ]
    for half in halves:
        half.start()
    for half in halves:
        half.join()
    assert not wrong, f"{len(wrong)} wrong answers to {user}, the first:\n" + "\n".join(wrong[:8])
    return tally


def _send(
    server: Server, token: str, bodies: list[tuple[str, bytes]], user: str, tally: Counter[str], wrong: list[str]
) -> None:
    url = urlsplit(server.url)
    connection = http.client.HTTPSConnection(url.hostname or "", url.port, context=server.tls(), timeout=120)
    for endpoint, body in bodies:
        try:
            connection.request("POST", f"/restapi/{endpoint}", body, {"Authorization": f"Basic {token}"})
            answer = connection.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException) as lost:
            wrong.append(f"{endpoint} {body!r}: {lost!r}")
            return
        tally[str(answer.status)] += 1
        problem = judged(answer.status, answer.headers.get("x-sqlstate"), text, body, user)
        if problem:
            wrong.append(f"{problem}\n  {endpoint} {body!r}\n  {answer.status} {text[:500]}")
    connection.close()


def judged(status: int, sqlstate: str | None, text: str, body: bytes, user: str) -> str:
    """What is wrong with an answer; empty when nothing is."""
    if status not in STATUSES:
        return f"status {status}"
    try:
        said = json.loads(text)
    except ValueError:
        return "no JSON"
    if status == 503:
        return "busy, though nothing else is going on"
    if status == 500 and (not sqlstate or sqlstate == "XX000") and said.get("rows") is None:
        return f"an error without a name: SQLSTATE {sqlstate}"
    if user == "plain" and SECRET in text:
        return "another's row"
    sent = body.decode("utf-8", "replace").lower()
    described = json.dumps(said.get("desc")).lower() if status != 200 else ""
    foreign = [word for word in FOREIGN if word in described and word not in sent]
    return f"foreign words {foreign}" if foreign else ""
