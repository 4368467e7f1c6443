"""`python -m tests.torture.clock SECONDS …`: kwrest with its clock moved by so many seconds, for its own process only."""

from __future__ import annotations

import datetime
import sys
import time

SHIFT = float(sys.argv.pop(1))
_time, _time_ns = time.time, time.time_ns


class Moved(datetime.datetime):
    """datetime whose now is moved."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> Moved:
        return cls.fromtimestamp(time.time(), tz)


time.time = lambda: _time() + SHIFT
time.time_ns = lambda: _time_ns() + int(SHIFT * 1e9)
datetime.datetime = Moved  # type: ignore[misc]  # before anything of kwrest is imported, which takes the name from here

if __name__ == "__main__":
    from kwrest.cli import main

    main()
