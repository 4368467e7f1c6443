"""Dates and times as text: KWDB's forms, recorded from the real server, and their inverse."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from kwrest.types.reasons import RangeError, TextError
from kwrest.types.timestamps import (
    civil_from_days,
    date_from_text,
    date_to_text,
    days_from_civil,
    from_instant,
    round_to,
    time_from_text,
    timestamp_from_text,
    timestamp_to_text,
    to_instant,
)

UTC_ZONE = ZoneInfo("UTC")
SHANGHAI = ZoneInfo("Asia/Shanghai")

# As the real server answered `INSERT INTO lit (ts TIMESTAMPTZ(9)) VALUES ('…')` in zone UTC.
RECORDED = [
    ("2024-03-05 06:07:08", "2024-03-05 06:07:08"),
    ("2024-03-05 06:07:08.5", "2024-03-05 06:07:08.5"),
    ("2024-03-05 06:07:08.123456789", "2024-03-05 06:07:08.123456789"),
    ("2024-03-05T06:07:08", "2024-03-05 06:07:08"),
    ("2024-03-05T06:07:08Z", "2024-03-05 06:07:08"),
    ("2024-03-05T06:07:08.250Z", "2024-03-05 06:07:08.25"),
    ("2024-03-05 06:07", "2024-03-05 06:07:00"),
    ("2024-03-05", "2024-03-05 00:00:00"),
    ("2024-3-5 6:7:8", "2024-03-05 06:07:08"),
    ("2024/03/05 06:07:08", "2024-03-05 06:07:08"),
    ("2024 03 05 06:07:08", "2024-03-05 06:07:08"),
    ("2024-03-05 06:07:08+08", "2024-03-04 22:07:08"),
    ("2024-03-05 06:07:08+08:00", "2024-03-04 22:07:08"),
    ("2024-03-05 06:07:08-0530", "2024-03-05 11:37:08"),
    ("2024-03-05 06:07:08 +00:00", "2024-03-05 06:07:08"),
    ("2024-03-05 06:07:08 UTC", "2024-03-05 06:07:08"),
    ("2024-03-05 06:07:08 Asia/Shanghai", "2024-03-04 22:07:08"),
    ("2024-03-05 06:07:08 EST", None),
    ("20240305 060708", "2024-03-05 06:07:08"),
    ("20240305T060708Z", None),
    ("03/05/2024", None),
    ("05.03.2024", None),
    ("Mar 5 2024 06:07:08", "2024-03-05 06:07:08"),
    ("2024-03-05 6:07 PM", "2024-03-05 18:07:00"),
    ("2024-03-05 24:00:00", "2024-03-06 00:00:00"),
    ("2024-03-05 23:59:60", "2024-03-06 00:00:00"),
    ("2024-03-05 06:60:00", None),
    ("2024-02-29", "2024-02-29 00:00:00"),
    ("2023-02-29", None),
    ("2024-00-10", None),
    ("2024-03-05 06:07:08.", "2024-03-05 06:07:08"),
    ("24-03-05", "2024-03-05 00:00:00"),
    ("1709618828", None),
    ("2024-065", None),
    ("2024-W10-2", None),
    (" 2024-03-05 ", "2024-03-05 00:00:00"),
    ("2024-03-05T06:07:08+0800", "2024-03-04 22:07:08"),
    ("2024-03-0506:07:08", None),
    ("2024-03-05 06", None),
    ("epoch", "1970-01-01 00:00:00"),
    ("tomorrow x", None),
]


@pytest.mark.parametrize("text, shown", RECORDED)
def test_recorded(text: str, shown: str | None) -> None:
    if shown is None:
        with pytest.raises(TextError):
            timestamp_from_text(text, True, UTC_ZONE)
    else:
        assert timestamp_to_text(timestamp_from_text(text, True, UTC_ZONE), None) == shown


@pytest.mark.parametrize("text, reason", [
    ("abc", 'could not parse "abc"'),
    ("", "empty or blank input"),
    ("12", "missing required date fields"),
    ("06:07:08", "missing required date fields"),
])  # fmt: skip
def test_reasons(text: str, reason: str) -> None:
    with pytest.raises(TextError) as error:
        timestamp_from_text(text, True, UTC_ZONE)
    assert (error.value.reason, error.value.sqlstate) == (reason, "22007")


@pytest.mark.parametrize("text", ["infinity", "-infinity", "999999-01-01"])
def test_beyond_any_range(text: str) -> None:
    with pytest.raises(RangeError):
        timestamp_from_text(text, True, UTC_ZONE)


@pytest.mark.parametrize("text, with_zone, shown", [
    ("2024-03-05 06:07:08", True, "2024-03-04 22:07:08"),
    ("2024-03-05 06:07:08", False, "2024-03-05 06:07:08"),
    ("2024-03-05 06:07:08Z", True, "2024-03-05 06:07:08"),
    ("2024-03-05 06:07:08+02:00", False, "2024-03-05 06:07:08"),  # TIMESTAMP ignores the offset
    ("0000-01-01", False, "0000-01-01 00:00:00"),
    ("2970-01-01", False, "2970-01-01 00:00:00"),
    ("10000-01-01", False, "10000-01-01 00:00:00"),
])  # fmt: skip
def test_the_session_zone(text: str, with_zone: bool, shown: str) -> None:
    assert timestamp_to_text(timestamp_from_text(text, with_zone, SHANGHAI), None) == shown


def test_words_of_today() -> None:
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    today = timestamp_from_text("today", True, UTC_ZONE)
    assert abs(today // 1_000_000_000 - midnight.timestamp()) <= 86_400  # the day may have turned meanwhile
    assert (
        timestamp_from_text("tomorrow", True, UTC_ZONE) - timestamp_from_text("yesterday", True, UTC_ZONE)
        == 2 * 86_400 * 10**9
    )


@pytest.mark.parametrize("text, precision, expected", [
    ("2024-03-05 06:07:08.123456789", 3, "2024-03-05 06:07:08.123"),
    ("2024-03-05 06:07:08.1239999", 3, "2024-03-05 06:07:08.124"),
    ("2024-03-05 06:07:08.0005", 3, "2024-03-05 06:07:08.001"),
    ("2024-03-05 06:07:08.999999999", 3, "2024-03-05 06:07:09"),
    ("2024-01-01 12:00:00.123456789", 6, "2024-01-01 12:00:00.123457"),
])  # fmt: skip
def test_rounding(text: str, precision: int, expected: str) -> None:
    assert timestamp_to_text(round_to(timestamp_from_text(text, False, UTC_ZONE), precision), None) == expected


def test_zones_in_summer_and_winter() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    for text, shown in (("2024-01-01 12:00:00", "2024-01-01 11:00:00"), ("2024-07-01 12:00:00", "2024-07-01 10:00:00")):
        local = timestamp_from_text(text, False, UTC_ZONE)
        instant = to_instant(local, berlin)
        assert timestamp_to_text(instant, None) == shown
        assert from_instant(instant, berlin) == local
    assert timestamp_to_text(to_instant(local, berlin), berlin) == "2024-07-01 12:00:00+02:00"


@pytest.mark.parametrize("days", [-719_528, -1, 0, 1, 59, 60, 19_787, 365_242, 2_932_896, 2_932_897, 10_000_000])
def test_calendar_goes_both_ways(days: int) -> None:
    assert days_from_civil(*civil_from_days(days)) == days


@pytest.mark.parametrize(
    "text, days", [("1970-01-01", 0), ("1969-12-31", -1), ("2024-03-05", 19787), ("0000-01-01", -719528)]
)
def test_dates(text: str, days: int) -> None:
    assert date_from_text(text, UTC_ZONE) == days
    assert date_to_text(days) == text


@pytest.mark.parametrize("text, microseconds", [
    ("00:00:00", 0),
    ("06:07:08.5", 22_028_500_000),
    ("2024-01-01 06:07", 22_020_000_000),
    ("6:07 PM", 65_220_000_000),
    ("24:00:00", 86_400_000_000),
])  # fmt: skip
def test_times(text: str, microseconds: int) -> None:
    assert time_from_text(text) == microseconds
