"""Charts of text, and the plant that the demo draws them of."""

from __future__ import annotations

import pytest

from kwrest.cli.charts import bars, curve
from kwrest.cli.plant import HALLS, Plant


@pytest.mark.parametrize(
    ("rows", "lines"),
    [
        ([], []),
        ([("a", 10.0), ("bb", 20.0)], [" a ▉ 10.0", "bb ██████████ 20.0"]),
        ([("a", 5.0), ("b", 5.0)], ["a ██████████ 5.0", "b ██████████ 5.0"]),
        ([("a", 0.0)], ["a ██████████ 0.0"]),
        ([("a", -3.0), ("b", -1.0)], ["a ▉ -3.0", "b ██████████ -1.0"]),
    ],
)
def test_bars(rows: list[tuple[str, float]], lines: list[str]) -> None:
    assert bars(rows, 10) == lines


@pytest.mark.parametrize(
    ("values", "lines"),
    [
        ([], []),
        ([(None, False)], []),
        ([(0.0, True), (10.0, True)], ["    10.0 ┤ █", "    -1.0 ┤▁█"]),
        ([(10.0, True), (None, False), (10.0, False), (0.0, True)], ["    10.0 ┤█ ·", "    -1.0 ┤█ ·▁"]),
    ],
)
def test_a_curve(values: list[tuple[float | None, bool]], lines: list[str]) -> None:
    assert curve(values, 2) == lines


def test_the_plant_is_the_same_each_time_and_has_a_gap() -> None:
    plant = Plant(1_714_557_600)
    bodies = list(plant.bodies(2000))
    assert bodies == list(Plant(1_714_557_600).bodies(2000))
    lines = [line for body in bodies for line in body]
    assert len(lines) == plant.lines and max(map(len, bodies)) == 2000
    assert {line.split()[-1] for line in lines} == {str(at) for at in range(plant.start, plant.end, 10)}
    assert not [line for line in lines if "id=1," in line and line.endswith(f" {plant.start + 10 * 3600}")]
    assert len({line.split()[0] for line in lines}) == len(HALLS)
