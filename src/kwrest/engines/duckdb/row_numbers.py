"""The numbers of `unique_rowid()` that the writer gives to rows: SERIAL and the hidden `rowid`."""

from __future__ import annotations

import secrets
import time

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_EPOCH = 1_420_070_400  # seconds: 2015, from when KWDB counts
_TICKS = 100_000  # a second
_LOW_BITS = 15

STEP = 1 << _LOW_BITS


class RowNumbers:
    """Numbers that grow with time: ticks of 10 µs, and below them a number of this run of the server, so that a clock
    that was set back does not repeat what an earlier run gave. Only the writer thread takes them."""

    def __init__(self) -> None:
        self._run = secrets.randbelow(STEP - 1) + 1
        self._next = 0

    def take(self, rows: int) -> int:
        """The first of `rows` numbers; each is STEP after the one before."""
        tick = max(self._next, int((time.time() - _EPOCH) * _TICKS))
        self._next = tick + rows
        return (tick << _LOW_BITS) + self._run

    def fill(self, array: pa.Array) -> pa.Array:
        """An int64 array with numbers in place of its NULLs."""
        missing = pc.is_null(array)
        places = np.cumsum(np.asarray(missing)) - 1
        numbers = self.take(array.null_count) + places * STEP
        return pc.if_else(missing, pa.array(numbers, pa.int64()), array)
