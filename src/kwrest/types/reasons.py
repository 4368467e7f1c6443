"""Why a text is no value of a type. Callers turn the reason into the error that fits where the text stood."""

from __future__ import annotations


class TextError(ValueError):
    """The text is no value of the type; `reason` is KWDB's explanation as a cast or a relational INSERT prints it."""

    sqlstate = "22P02"

    @property
    def reason(self) -> str:
        return str(self.args[0])


class TimestampTextError(TextError):
    """Not a date or time."""

    sqlstate = "22007"


class RangeError(TextError):
    """A value, but beyond what the type holds (`infinity`, 30 February is none, year 300000 is)."""

    sqlstate = "22003"
