"""Charts of text for a terminal: bars beside labels, and a curve of columns. Pure."""

from __future__ import annotations

from collections.abc import Sequence

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_RISING = " ▁▂▃▄▅▆▇█"


def bars(rows: Sequence[tuple[str, float]], width: int) -> list[str]:
    """One line a row: label, a bar of at most `width` characters, the value. Bars begin a little below the least value."""
    if not rows:
        return []
    low, high = min(v for _, v in rows), max(v for _, v in rows)
    base = low - (high - low or abs(high) or 1.0) * 0.1
    labels = max(len(label) for label, _ in rows)
    lines = []
    for label, value in rows:
        eighths = round((value - base) / ((high - base) or 1.0) * width * 8)
        bar = "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
        lines.append(f"{label:>{labels}} {bar} {value:.1f}")
    return lines


def curve(values: Sequence[tuple[float | None, bool]], height: int) -> list[str]:
    """Columns from left to right, one a value, under a scale. values: (value, measured); None leaves a column empty; what
    was not measured but filled in is drawn with dots."""
    known = [value for value, _ in values if value is not None]
    if not known:
        return []
    low, high = min(known), max(known)
    base = low - (high - low or abs(high) or 1.0) * 0.1
    scale = (height * 8) / ((high - base) or 1.0)
    lines = []
    for level in range(height - 1, -1, -1):
        mark = f"{high:8.1f}" if level == height - 1 else f"{base:8.1f}" if level == 0 else " " * 8
        cells = (
            " " if value is None else _cell(round((value - base) * scale) - level * 8, measured)
            for value, measured in values
        )
        lines.append(f"{mark} ┤{''.join(cells)}".rstrip())
    return lines


def _cell(eighths: int, measured: bool) -> str:
    if not measured:
        return "·" if eighths > 0 else " "
    return _RISING[max(0, min(8, eighths))]
