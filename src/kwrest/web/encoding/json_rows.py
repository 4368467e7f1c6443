"""A query's answer in JSON, from rows the engine made as text: cut by Arrow's offsets, never row by row (contract B7)."""

from __future__ import annotations

import time

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from kwrest.errors import RowTooLarge
from kwrest.model import Result
from kwrest.service.answers import QueryAnswer
from kwrest.web.encoding.column_meta import column_meta
from kwrest.web.responses import Answer

_TIME_BYTES = 24  # the longest a time in seconds gets
_TRUNCATED = ((b"x-truncated", b"true"),)


def encode(answer: QueryAnswer, limit: int) -> Answer:
    """The whole answer, at most `limit` bytes, cut after a whole row; closes the result.

    Reads no more of the result than it answers. Raises RowTooLarge when one row alone does not fit.
    """
    started = time.monotonic()
    meta = orjson.dumps(column_meta(answer.columns))
    frame = len(_head(b"", meta)) + _TIME_BYTES + len(_tail(10**18, truncated=True))
    parts: list[bytes | pa.Buffer] = []
    rows, truncated = 0, False
    if answer.result is not None:
        try:
            parts, rows, truncated = _rows(answer.result, limit - frame, limit)
        finally:
            answer.result.close()
    seconds = orjson.dumps(round(answer.seconds + time.monotonic() - started, 9))
    body = b"".join((_head(seconds, meta), b",".join(parts), _tail(rows, truncated=truncated)))
    return Answer(200, body, _TRUNCATED if truncated else (), rows)


def _head(seconds: bytes, meta: bytes) -> bytes:
    return b'{"code":0,"desc":null,"time":%b,"column_meta":%b,"data":[' % (seconds, meta)


def _tail(rows: int, *, truncated: bool) -> bytes:
    return b'],"rows":%d%b}' % (rows, b',"truncated":true' if truncated else b"")


def _rows(result: Result, room: int, limit: int) -> tuple[list[bytes | pa.Buffer], int, bool]:
    """The rows that fit into `room` bytes, joined by commas, a part a batch; how many they are; whether some were left."""
    parts: list[bytes | pa.Buffer] = []
    rows = 0
    for batch in result.batches():
        column = batch.column(0)
        if len(column) == 0:
            continue
        if column.null_count:
            raise ValueError("the engine gave a row without its text")
        if pa.types.is_string_view(column.type):
            column = column.cast(pa.large_string())
        # A row costs its text and one comma; the very first has none, hence the one byte more.
        ends = np.cumsum(pc.binary_length(column).to_numpy(zero_copy_only=False) + 1)
        fit = int(np.searchsorted(ends, room + (not rows), side="right"))
        if fit:
            whole = pa.ListArray.from_arrays(pa.array([0, fit], pa.int32()), column.slice(0, fit))
            joined = pc.binary_join(whole, pa.scalar(",", column.type))
            parts.append(joined[0].as_buffer())
            room -= int(ends[fit - 1]) - (not rows)
            rows += fit
        if fit < len(column):
            if not rows or int(pc.binary_length(column[fit]).as_py()) > limit:
                raise RowTooLarge(limit=limit)
            return parts, rows, True
    return parts, rows, False
