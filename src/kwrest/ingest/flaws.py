"""What can be wrong with one line of line protocol, as rows: every reason the scanner can give, with its SQLSTATE.

A flaw is a property of the text alone: no change of the schema makes such a line storable, so none is curable.
"""

from __future__ import annotations

from enum import Enum

from kwrest.model import Reject

MAX_SHOWN = 200  # characters of a culprit that a reason repeats
MAX_KEPT = 1000  # characters kept of a line that is too long to be kept whole


class Flaw(Enum):
    """A reason to refuse a line: (SQLSTATE, sentence). `{what}` is the culprit as it stood in the line."""

    NOT_UTF8 = ("22021", "the line is not valid UTF-8")
    NUL = ("22021", "the line contains a NUL character")
    TOO_LONG = ("54000", "the line is longer than {what} bytes")
    NO_MEASUREMENT = ("42601", "the measurement is empty")
    NO_FIELDS = ("42601", "the line has no field set")
    NO_TAG_VALUE = ("42601", 'tag "{what}" has no value')
    NO_TAG_KEY = ("42601", 'a tag has no key at "{what}"')
    TAG_EQUALS = ("42601", 'an "=" in the value of tag "{what}" must be escaped')
    DUPLICATE_TAG = ("42601", 'tag "{what}" is given twice')
    NO_FIELD_KEY = ("42601", 'a field has no key at "{what}"')
    NO_FIELD_VALUE = ("42601", 'field "{what}" has no value')
    DUPLICATE_FIELD = ("42601", 'field "{what}" is given twice')
    OPEN_QUOTE = ("42601", 'the quoted text of field "{what}" does not end')
    AFTER_QUOTE = ("42601", 'a comma or a blank must follow the quoted text of field "{what}"')
    BAD_VALUE = ("22P02", '"{what}" is no number, boolean or quoted text')
    NOT_FINITE = ("22003", 'the number "{what}" is not finite')
    OUT_OF_INT64 = ("22003", 'the integer "{what}" is out of range for 64 bits')
    BAD_TIME = ("22P02", '"{what}" is no timestamp')
    TOO_VARIED = ("54000", "the lines of this body have more than {what} different fields")
    TIME_RANGE = ("22008", 'the timestamp "{what}" is out of range: it must lie between the years 1677 and 2262')

    @property
    def sqlstate(self) -> str:
        return self.value[0]

    def reason(self, what: str = "") -> str:
        """The sentence a client reads about this flaw."""
        return self.value[1].replace("{what}", what if len(what) <= MAX_SHOWN else what[:MAX_SHOWN] + "…")


class FlawedLine(Exception):
    """Raised inside the scanner only, where the flaw is found; `scan` turns it into a Reject."""

    def __init__(self, flaw: Flaw, what: str = "") -> None:
        super().__init__(flaw, what)
        self.flaw = flaw
        self.what = what

    def reject(self, number: int, text: str) -> Reject:
        """The refusal of line `number`, which reads `text`."""
        return Reject(number, self.flaw.reason(self.what), text, self.flaw.sqlstate, curable=False)
