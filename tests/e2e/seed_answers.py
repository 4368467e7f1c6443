"""The seed's answers, field for field. A callable stands where the seed's value can't be repeated (times, ids, tokens),
or where the contract differs on purpose: the reason is beside it."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Check = Callable[[Any], bool]


def seconds(value: Any) -> bool:
    """`time` of a request that ran."""
    return isinstance(value, float) and 0 <= value < 60


def token_of(user: str) -> Check:
    """Contract A2: looks like the seed's token and gives no password away."""

    def check(value: Any) -> bool:
        name, _, secret = base64.b64decode(value).decode().partition(":")
        return name == user and secret.startswith("kwr1_")

    return check


def text(pattern: str) -> Check:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


SESSION_ID = text(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
MOMENT = text(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
OWN = {
    "SessionId": SESSION_ID,
    "MaxLifeTime": 3600,
    "LastLoginTime": MOMENT,
    "LoginValid": True,
    "ExpirationTime": MOMENT,
}
# Contract A7: an administrator also sees whose session it is, and 8 characters of its token.
ALL = {
    "SessionId": SESSION_ID, "Username": "kwdbuser", "Token": text(r".{8}\*"), "MaxLifeTime": 3600,
    "LastLoginTime": MOMENT, "LoginValid": True, "ExpirationTime": MOMENT,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Expected:
    """The status and the body, keys in the seed's order."""

    status: int
    body: dict[str, Any]


SUCCESS = {"code": 0, "desc": ["success"], "time": seconds}

ANSWERS: dict[str, Expected] = {
    "login": Expected(200, {"code": 0, "token": token_of("kwdbuser")}),
    "login-refused": Expected(
        401,
        {"code": -1, "desc": "the provided username and password did not match any credentials on the server"},
    ),
    "ddl": Expected(200, {"code": 0, "desc": ["success", "success"], "time": seconds}),
    # The seed prints "rows": 1 for two rows (a misprint: facts 1.6, 5).
    "insert": Expected(200, {"code": 0, "desc": ["success", "success"], "rows": 2, "notice": None, "time": seconds}),
    "insert-refused": Expected(
        401,
        {
            "code": -1,
            "desc": ["Incorrect authentication token", "Incorrect authentication token"],
            "rows": None,
            "notice": None,
            "time": None,
        },
    ),
    "query": Expected(
        200,
        {
            "code": 0,
            "desc": None,
            "time": seconds,
            "column_meta": [["ts", "TIMESTAMP", 8], ["id", "VARCHAR", 128], ["electricity", "FLOAT", 8]],
            "data": [["2023-07-30T06:44:40.32Z", "198352498", 0.31], ["2023-07-30T06:44:41.32Z", "234758890", 0.33]],
            "rows": 2,
        },
    ),
    "query-failed": Expected(
        500,
        {
            "code": 500,
            "desc": "No table named ts_table found",
            "time": None,
            "column_meta": None,
            "data": None,
            "rows": None,
        },
    ),
    "telegraf-line": Expected(200, {"code": 0, "desc": None, "rows": 1, "time": seconds}),
    "telegraf": Expected(200, {"code": 0, "desc": None, "rows": 1, "time": seconds}),
    "telegraf-refused": Expected(
        401, {"code": 500, "desc": "Incorrect authentication token", "rows": None, "time": None}
    ),
    "session": Expected(200, {"code": 0, "session": [OWN]}),
    "session-admin": Expected(200, {"code": 0, "session": [ALL]}),
    "session-delete": Expected(200, {"code": 0, "desc": "delete success"}),
    "by-password": Expected(200, SUCCESS),
    "by-token": Expected(200, SUCCESS),
    "lifetime": Expected(200, SUCCESS),
    "create-user": Expected(200, SUCCESS),
    "curl-login": Expected(200, {"code": 0, "token": token_of("rest_user")}),
    "curl-query": Expected(
        200,
        {
            "code": 0,
            "desc": None,
            "time": seconds,
            "column_meta": [["ts", "TIMESTAMP", 8], ["v", "INT4", 4], ["id", "INT4", 4]],
            "data": [["2023-07-30T06:44:40.32Z", 1, 7]],
            "rows": 1,
        },
    ),
}


def same(expected: Any, got: Any) -> bool:
    """Field for field, keys in order; a callable judges its value."""
    if callable(expected):
        return bool(expected(got))
    if isinstance(expected, dict):
        return (
            isinstance(got, dict)
            and list(expected) == list(got)
            and all(same(expected[key], got[key]) for key in expected)
        )
    if isinstance(expected, list):
        return isinstance(got, list) and len(expected) == len(got) and all(map(same, expected, got))
    return type(expected) is type(got) and bool(expected == got)
