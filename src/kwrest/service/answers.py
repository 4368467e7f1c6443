"""What the services answer: values that the web layer turns into bodies and statuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kwrest.errors import Kind, KwrestError
from kwrest.model import Reject, Result, ResultColumn


@dataclass(frozen=True, slots=True)
class StatementsAnswer:
    """What became of the statements of a ddl or insert body, in their order (contract B1, B4).

    descriptions: one a statement, `success` or the error's text; rows: written by all; notice: None, or how many rows
    were not written and why; seconds: None when nothing ran; failed: the first failure.
    """

    descriptions: Sequence[str]
    rows: int
    notice: str | None
    seconds: float | None
    failed: KwrestError | None = None


@dataclass(frozen=True, slots=True)
class QueryAnswer:
    """The last result of a query body.

    columns: its names and KWDB types; result: batches of one string column, each value one row as the text of a JSON
    array (contract B6), None when a statement gives no rows; the caller closes it; seconds: spent until the first row.
    """

    columns: Sequence[ResultColumn]
    result: Result | None
    seconds: float


@dataclass(frozen=True, slots=True)
class LinesAnswer:
    """What became of a body of lines.

    stored: rows; rejects: of the refused lines, in their order, as many as the scanner describes; refused: how many in all;
    seconds: since the body came; transient: why nothing was stored although lines were good (then nothing is kept);
    failure: None when any line was good, or none refused; else REQUEST (no line can ever be stored), STATEMENT (an
    operator can cure some) or TRANSIENT.
    """

    stored: int
    rejects: Sequence[Reject]
    refused: int
    seconds: float
    transient: KwrestError | None = None
    failure: Kind | None = None


@dataclass(frozen=True, slots=True)
class State:
    """Whether the server can do its work; details: for administrators."""

    ready: bool
    details: Mapping[str, object]
