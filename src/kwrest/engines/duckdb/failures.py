"""DuckDB's errors as ours: one table. The engine's own text goes to the log, never further."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass

import duckdb

from kwrest.engines.duckdb.spelling_text import MARK
from kwrest.errors import (
    DiskFull,
    EngineRestarting,
    InternalError,
    InvalidPattern,
    InvalidPatternOption,
    KwrestError,
    LikePatternEnds,
    MoreThanOneRow,
    OutOfMemory,
    RunTimeError,
    SchemaChanged,
    UnreadableText,
    ValueOutOfRange,
    WrongTimeFormat,
)

log = logging.getLogger(__name__)

# What the guards in generated text say: error('<mark>|22012|division by zero').
_GUARD = re.compile(rf"Error: {MARK}\|([0-9A-Z]{{5}})\|([^\n]*)")


@dataclass(frozen=True, slots=True)
class Failure:
    """pattern: searched in the engine's text; error: what it is here."""

    pattern: re.Pattern[str]
    error: Callable[[], KwrestError]


def _row(pattern: str, error: Callable[[], KwrestError]) -> Failure:
    return Failure(re.compile(pattern), error)


# Only in the classes of error that speak of files: in the others the words may be a user's value.
_DISK_FULL = re.compile(
    r"^(?:IO|TransactionContext|FATAL|INTERNAL) Error: .*"
    r"(?:No space left on device|[Dd]isk quota exceeded|File too large|Could not write file)",
    re.DOTALL,
)
_FATAL = re.compile(r"^FATAL Error|^[A-Za-z ]+ Error: (?:Failed: )?database has been invalidated")


def _changed() -> KwrestError:
    return SchemaChanged(name="of the query")


# The first row that is found counts. The words before "Error:" are DuckDB's classes of error; an error in the middle of
# a stream arrives as an OSError of Arrow's with nothing but this text.
FAILURES = (
    # Who is interrupted by the watchdog knows why; otherwise the database is being closed.
    _row(r"^INTERRUPT Error", EngineRestarting),
    Failure(_DISK_FULL, DiskFull),
    _row(r"^Out of Memory Error|^[A-Za-z ]*(?:Error: )?std::bad_alloc", OutOfMemory),
    _row(r"^Invalid Input Error: .*scalar subqueries can only return a single row", MoreThanOneRow),
    _row(r"^[A-Za-z ]+ Error: [Ll]ike pattern must not end with escape", LikePatternEnds),
    # RE2's reasons; a pattern of the user's that is a constant is checked while the statement is planned.
    _row(
        r"^Invalid Input Error: (?:missing (?:\\?[)\]]|closing|argument)|unexpected \)|no argument for rep|bad repetition|trailing \\"
        r"|invalid (?:escape|perl|character class|repetition|named|nested))",
        InvalidPattern,
    ),
    _row(r"^Invalid Input Error: pattern too large", InvalidPattern),
    _row(r"^Invalid Input Error: Unrecognized Regex option", InvalidPatternOption),
    _row(r"^Invalid Input Error: (?:Failed to parse format specifier|Could not parse string)", WrongTimeFormat),
    _row(r"^Invalid Input Error: Invalid replacement string", InvalidPattern),
    _row(r"^Invalid Input Error: Invalid input for hex digit", lambda: RunTimeError("22023", "invalid hexadecimal text")),
    _row(
        r"^Invalid Input Error: Cannot (?:AND|OR|XOR) bit strings of different sizes",
        lambda: RunTimeError("22026", "cannot combine bit strings of different sizes"),
    ),
    _row(r"^Binder Error: LIMIT/OFFSET cannot be negative", lambda: RunTimeError("2201W", "negative value for LIMIT or OFFSET")),
    _row(r"^[A-Za-z ]+ Error: string_agg string size exceeds", lambda: RunTimeError("54000", "result of string_agg is too large")),
    _row(
        r"^[A-Za-z ]+ Error: [^\n]*(?:not in timestamp range|Timestamp difference is out of bounds)",
        lambda: RunTimeError("22023", "Timestamp/TimestampTZ out of range"),
    ),
    _row(r"out of range|^Out of Range Error|Overflow", ValueOutOfRange),
    _row(r"^Conversion Error", UnreadableText),
    # The text was generated from a table that was dropped or altered since it was bound.
    _row(r"^Catalog Error: (?:Table|Schema) with name .* does not exist", _changed),
    _row(r"^Binder Error: Table \"\w+\" does not have a column named|^Binder Error: Referenced column \"c[0-9]+\"", _changed),
)  # fmt: skip


def named(error: BaseException, request_id: str) -> KwrestError:
    """The error a client may see for something that was raised while the engine was at work."""
    if isinstance(error, KwrestError):
        return error
    # DuckDB cuts a value that its message repeats in the middle of a letter, and Python cannot read the message.
    cut = isinstance(error, UnicodeDecodeError)
    text = error.object.decode(errors="replace") if isinstance(error, UnicodeDecodeError) else str(error)
    if guard := _GUARD.search(text):
        return RunTimeError(guard[1], guard[2])
    if is_fatal(error):
        return EngineRestarting()
    if cut or isinstance(error, (duckdb.Error, OSError)):
        for failure in FAILURES:
            if failure.pattern.search(text):
                return failure.error()
    if isinstance(error, MemoryError):
        return OutOfMemory()
    log.error("request %s: the engine failed: %s", request_id, text, exc_info=error)
    return InternalError(request_id=request_id)


def is_fatal(error: BaseException) -> bool:
    """Whether every connection is dead until the database is reopened."""
    return isinstance(error, duckdb.FatalException) or (
        isinstance(error, (duckdb.Error, OSError)) and _FATAL.search(str(error)) is not None
    )


def is_disk_full(error: BaseException) -> bool:
    """Whether what failed found no room on the disk."""
    return _DISK_FULL.search(str(error)) is not None
