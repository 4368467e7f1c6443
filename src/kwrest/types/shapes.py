"""GEOMETRY: well-known text of POINT, LINESTRING and POLYGON, kept as written."""

from __future__ import annotations

import math
import re

from kwrest.types.reasons import TextError

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_PAIR = rf"\s*{_NUMBER}\s+{_NUMBER}\s*"
_PAIRS = rf"\({_PAIR}(?:,{_PAIR})*\)"
_SHAPE = re.compile(
    rf"\s*(?:(point)\s*\({_PAIR}\)|(linestring)\s*{_PAIRS}|(polygon)\s*\(\s*{_PAIRS}\s*(?:,\s*{_PAIRS}\s*)*\))\s*",
    re.IGNORECASE,
)


class ShapeError(TextError):
    """No shape KWDB takes."""

    sqlstate = "22000"


def check_shape(text: str) -> str:
    """`text` itself when it is a POINT, a LINESTRING of 2 or more points or a POLYGON of closed rings. Raises ShapeError."""
    found = _SHAPE.fullmatch(text)
    refusal = ShapeError(f'could not parse "{text}" as type geometry')
    if found is None:
        raise refusal
    rings = re.findall(r"\(([^()]*)\)", text)
    for ring in rings:
        points = [tuple(map(float, pair.split())) for pair in ring.split(",")]
        if not all(math.isfinite(number) for point in points for number in point):
            raise refusal
        if (found[2] and len(points) < 2) or (found[3] and (len(points) < 4 or points[0] != points[-1])):
            raise refusal
    return text
