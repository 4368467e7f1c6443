"""The simulated plant of `kwrest demo`: boilers that are heated by day, as lines of line protocol. Pure."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

DATABASE = "kwrest_demo"
TABLES = f"""\
CREATE TS DATABASE {DATABASE};
USE {DATABASE};
CREATE TABLE boiler (ts TIMESTAMPTZ NOT NULL, temperature FLOAT, pressure FLOAT, burning BOOL)
    TAGS (id INT NOT NULL, hall VARCHAR(20)) PRIMARY TAGS (id);
"""
HALLS = ("north", "north", "south", "south", "east")
STEP = 10  # seconds between two points of a boiler
HOURS = 24
SILENT = (9, 12)  # hours in which the sensor of boiler 1 says nothing


@dataclass(frozen=True, slots=True)
class Plant:
    """A day of five boilers. end: seconds since 1970, of the last points; the same end gives the same plant."""

    end: int

    @property
    def start(self) -> int:
        return self.end - HOURS * 3600

    @property
    def lines(self) -> int:
        """How many there are."""
        silent = (SILENT[1] - SILENT[0]) * 3600 // STEP
        return HOURS * 3600 // STEP * len(HALLS) - silent

    def bodies(self, size: int) -> Iterator[list[str]]:
        """All lines in the order of time, `size` of them at a time; timestamps are seconds."""
        chance = random.Random(self.end)
        body: list[str] = []
        for at in range(self.start, self.end, STEP):
            hour = (at - self.start) / 3600
            for number, hall in enumerate(HALLS, 1):
                noise = chance.gauss(0, 0.4)
                if number == 1 and SILENT[0] <= hour < SILENT[1]:
                    continue
                warmth = math.sin((at % 86400 / 3600 - 7 - number / 2) / 24 * 2 * math.pi)
                temperature = 70 + 3 * number + 12 * warmth + noise
                burning = "true" if warmth > 0 else "false"
                body.append(
                    f"boiler,id={number},hall={hall} "
                    f"temperature={temperature:.2f},pressure={1 + temperature / 100:.3f},burning={burning} {at}"
                )
                if len(body) == size:
                    yield body
                    body = []
        if body:
            yield body
