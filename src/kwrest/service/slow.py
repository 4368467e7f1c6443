"""The slow-statement log: one warning for each statement, or body of statements, that took long."""

from __future__ import annotations

import logging

from kwrest.service.queries import Ended
from kwrest.sql.secrets import skeleton

log = logging.getLogger("kwrest.slow")


class SlowLog:
    """Looks at what `Queries` says has ended. seconds: from which a statement is logged; 0: none is.

    The text is logged without its values: a log is read by more people than a table, and kept for longer.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def look(self, ended: Ended) -> None:
        if not self._seconds or ended.seconds < self._seconds:
            return
        log.warning(
            "slow statement id=%s user=%s endpoint=%s db=%s %.3fs rows=%d outcome=%s: %s",
            ended.request_id, _word(ended.user), ended.endpoint, _word(ended.database), ended.seconds, ended.rows,
            ended.outcome, skeleton(ended.statement),
        )  # fmt: skip


def _word(name: str) -> str:
    """A name as one word of the line: blanks and control characters would let a client write lines of its own."""
    return "".join(c if c.isprintable() and c != " " else "?" for c in name[:100])
