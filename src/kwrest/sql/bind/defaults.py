"""DEFAULT of a column: the constant its text says. The text is KWDB's, as SHOW CREATE TABLE prints it."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

from kwrest.errors import Unsupported
from kwrest.model import Column
from kwrest.types.fit import number
from kwrest.types.kinds import Family
from kwrest.types.text import from_text
from kwrest.types.values import Value

_NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|-?0[xX][0-9a-fA-F]+")
_STRING = re.compile(r"'((?:[^']|'')*)'")
_TYPE_SUFFIX = re.compile(r":::?[A-Za-z0-9 (),]+")


def default_value(column: Column, zone: ZoneInfo, now: int) -> Value:
    """The value of the column's DEFAULT, None without one. now: of the statement, nanoseconds.

    Constants and now() have one; Unsupported is raised for other expressions.
    """
    if column.default is None:
        return None
    text = column.default.strip()
    found = _STRING.match(text)
    constant = found[0] if found is not None else _TYPE_SUFFIX.split(text, maxsplit=1)[0].strip("() ")
    if found is not None:
        return from_text(found[1].replace("''", "'"), column.type, zone)
    word = constant.lower()
    if word == "null":
        return None
    if word in ("true", "false"):
        return word == "true"
    if word in ("now", "current_timestamp") and column.type.family in (Family.TIMESTAMP, Family.TIMESTAMPTZ):
        return now
    if _NUMBER.fullmatch(constant):
        return from_text(str(number(constant)), column.type, zone)
    raise Unsupported(what=f"DEFAULT {column.default}")
