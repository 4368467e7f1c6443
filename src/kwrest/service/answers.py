"""What the services answer: values that the web layer turns into bodies and statuses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kwrest.errors import KwrestError
from kwrest.model import Result, ResultColumn


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
