"""Functions over whole series, which change the query around them: the binder knows each by name, `sql/rules` takes it out
again (facts 3.1 to 3.3)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SeriesForm:
    """where: what it stands beside or in."""

    name: str
    where: str
    facts: str


FORMS: tuple[SeriesForm, ...] = (
    SeriesForm("time_bucket_gapfill", "a key of GROUP BY", "3.2"),
    SeriesForm("interpolate", "beside time_bucket_gapfill", "3.2"),
    SeriesForm("twa", "an aggregate of one time-series table", "3.1"),
    SeriesForm("elapsed", "an aggregate of one time-series table", "3.1"),
    SeriesForm("diff", "with OVER", "3.1"),
    SeriesForm("count_window", "the last key of GROUP BY", "3.3"),
    SeriesForm("event_window", "the last key of GROUP BY", "3.3"),
    SeriesForm("session_window", "the last key of GROUP BY", "3.3"),
    SeriesForm("state_window", "the last key of GROUP BY", "3.3"),
    SeriesForm("time_window", "the last key of GROUP BY", "3.3"),
)
