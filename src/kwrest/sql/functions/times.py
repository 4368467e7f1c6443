"""Times (facts 3.2, 3.4). A function whose value depends on the session zone gets it as a last argument of its key:
rows marked `zoned` in `ZONED`."""

from __future__ import annotations

from kwrest.sql.functions.signature import Function, same
from kwrest.types.kinds import DATE, FLOAT8, INT8, INTERVAL, STRING, TIME, TIMESTAMP, TIMESTAMPTZ, Family, Type

CLOCK = Type(Family.TIMESTAMP, "TIMESTAMP")
MOMENT = Type(Family.TIMESTAMPTZ, "TIMESTAMPTZ")

FUNCTIONS: tuple[Function, ...] = (
    Function("age", (TIMESTAMPTZ, TIMESTAMPTZ), INTERVAL, "sub.time", "3.4"),
    Function("age", (TIMESTAMPTZ,), INTERVAL, "age.now", "3.4", volatile=True),
    Function("current_date", (), DATE, "now.date", "3.4", volatile=True),
    Function("current_time", (), TIME, "now.time", "3.4", volatile=True),
    *(
        row
        for name in ("now", "current_timestamp", "transaction_timestamp", "statement_timestamp", "clock_timestamp")
        for row in (
            Function(name, (), TIMESTAMPTZ, "now", "3.4", volatile=True),
            Function(name, (INT8,), TIMESTAMPTZ, "now.digits", "3.4", volatile=True),
        )
    ),
    Function("localtimestamp", (), TIMESTAMP, "now.local", "3.4", volatile=True),
    Function("localtimestamp", (INT8,), TIMESTAMP, "now.local", "3.4", volatile=True),
    Function("localtime", (), TIME, "now.time", "3.4", volatile=True),
    Function("timeofday", (), STRING, "timeofday", "3.4", volatile=True),
    *(
        Function("date_trunc", (STRING, type_), type_ if type_.family is Family.INTERVAL else same(1), key, "3.4")
        for type_, key in (
            (TIMESTAMPTZ, "date_trunc"),
            (CLOCK, "date_trunc"),
            (INTERVAL, "date_trunc.interval"),
        )
    ),
    Function("date_trunc", (STRING, DATE), TIMESTAMPTZ, "date_trunc", "3.4"),
    *(
        Function(name, (STRING, type_), FLOAT8, f"extract.{kind}", "3.4")
        for name in ("extract", "date_part")
        for type_, kind in (
            (TIMESTAMPTZ, "time"),
            (CLOCK, "time"),
            (DATE, "time"),
            (TIME, "clock"),
            (INTERVAL, "interval"),
        )
    ),
    Function("extract_duration", (STRING, INTERVAL), INT8, "extract_duration", "3.4"),
    *(
        Function("experimental_strftime", (type_, STRING), STRING, "strftime", "3.4")
        for type_ in (TIMESTAMPTZ, CLOCK, DATE)
    ),
    Function("experimental_strptime", (STRING, STRING), TIMESTAMPTZ, "strptime", "3.4"),
    # the number counts milliseconds for whole numbers, seconds otherwise, as a cast does
    Function("to_timestamp", (INT8,), CLOCK, "to_timestamp.int", "3.4"),
    Function("to_timestamp", (FLOAT8,), CLOCK, "to_timestamp.float", "3.4"),
    Function("timezone", (STRING, TIMESTAMPTZ), CLOCK, "zone.local", "3.4"),
    Function("timezone", (STRING, CLOCK), TIMESTAMPTZ, "zone.instant", "3.4"),
    *(
        Function("time_bucket", (type_, width), same(0), "time_bucket", "3.2")
        for type_ in (TIMESTAMPTZ, CLOCK)
        for width in (INTERVAL, INT8)
    ),
)
