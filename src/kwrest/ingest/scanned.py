"""What a line-protocol body contains, as columns: the scanner's result and the binder's input."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum

import numpy as np
import numpy.typing as npt

from kwrest.model import Reject

# So many refused lines of one body are described; more are only counted, else a body of rubbish would eat the memory.
MAX_REFUSED = 10_000


class Precision(Enum):
    """Unit of the timestamps of a body: name as in `precision=`, nanoseconds a unit (0: decided by magnitude)."""

    NS = ("ns", 1)
    US = ("us", 1_000)
    MS = ("ms", 1_000_000)
    S = ("s", 1_000_000_000)
    AUTO = ("auto", 0)

    @property
    def nanoseconds(self) -> int:
        return self.value[1]


PRECISIONS = {precision.value[0]: precision for precision in Precision}  # by the word of `precision=`


class Kind(IntEnum):
    """How a field's value was written, and what its cell then is.

    FLOAT: float64 bits (`1.5`, `1e3`); WHOLE: int64, a number without suffix, fraction or exponent (`220`), kept apart
    because an INT8 column takes it exactly; INT: int64 (`5i`); UINT: uint64 bits (`5u`); BOOL: 0 or 1;
    TEXT: the position in the field's texts.
    """

    FLOAT = 0
    WHOLE = 1
    INT = 2
    UINT = 3
    BOOL = 4
    TEXT = 5


@dataclass(frozen=True, slots=True)
class FieldColumn:
    """One field of all lines of a shape. kinds: uint8 [n], see Kind; cells: int64 [n];
    texts: UTF-8 of the TEXT cells one after the other, unescaped; ends: int64 [number of texts], where each ends."""

    kinds: npt.NDArray[np.uint8]
    cells: npt.NDArray[np.int64]
    texts: bytes
    ends: npt.NDArray[np.int64]

    def text(self, cell: int) -> str:
        """The text a TEXT cell stands for."""
        start = int(self.ends[cell - 1]) if cell else 0
        return self.texts[start : int(self.ends[cell])].decode()

    def value(self, row: int) -> float | int | bool | str:
        """The value in one row, as Python has it."""
        kind, cell = Kind(self.kinds[row]), int(self.cells[row])
        match kind:
            case Kind.FLOAT:
                return float(self.cells[row : row + 1].view(np.float64)[0])
            case Kind.UINT:
                return cell % 2**64
            case Kind.BOOL:
                return bool(cell)
            case Kind.TEXT:
                return self.text(cell)
            case _:
                return cell


@dataclass(frozen=True, slots=True)
class Shape:
    """All lines with one measurement, one set of tag keys and one set of field keys, in the body's order.

    tag_keys, field_keys: sorted, unescaped; series: int32 [n], the position in each of `tags`;
    tags: per tag key the value of each series; numbers: int32 [n] line numbers from 1; time: int64 [n] nanoseconds
    since 1970; starts, ends: int64 [n], where the line lies in the body; fields: one column a field key.
    """

    measurement: str
    tag_keys: tuple[str, ...]
    field_keys: tuple[str, ...]
    tags: tuple[list[str], ...]
    series: npt.NDArray[np.int32]
    numbers: npt.NDArray[np.int32]
    time: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    fields: tuple[FieldColumn, ...]

    @property
    def rows(self) -> int:
        return len(self.time)


@dataclass(frozen=True, slots=True)
class Scanned:
    """A whole body. refused: the first MAX_REFUSED bad lines, in order; refused_beyond: how many more there were."""

    body: bytes
    shapes: tuple[Shape, ...]
    refused: tuple[Reject, ...]
    refused_beyond: int = 0

    @property
    def rows(self) -> int:
        """Good lines."""
        return sum(s.rows for s in self.shapes)

    def text(self, start: int, end: int) -> str:
        """The line between two offsets as it was sent, without the carriage return of its end."""
        return self.body[start:end].decode("utf-8", "replace").removesuffix("\r")
