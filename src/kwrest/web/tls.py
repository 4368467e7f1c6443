"""The certificate in use: made or renewed at the start, looked at while the server runs (contract T1)."""

from __future__ import annotations

import logging
import ssl
import stat
import time
from collections.abc import Callable
from datetime import UTC, datetime

from kwrest.web import certificates
from kwrest.web.certificates import CertificateProblem, Folder

logger = logging.getLogger("kwrest.web")

LOOKED_AT = 2.0  # seconds between two looks at the files
JUDGED = 60.0  # seconds between two looks at the end of the certificate and at this machine's addresses


class ServedCertificate:
    """The context for new connections; who is connected already keeps the one they came by.

    `refresh` may block and is called by one thread at a time; `context` may be read from any.
    """

    def __init__(self, folder: Folder, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Make what is missing and load it. Raises CertificateProblem."""
        self._folder, self._clock = folder, clock
        self._told: str | None = None
        certificates.ensure_certificates(folder, clock())
        self._judged = time.monotonic()
        self._renew_if_due()
        self._warn_of_open_keys()
        self._seen = self._state()
        self.context: ssl.SSLContext = certificates.tls_context(folder)

    def refresh(self, *, judge: bool = False) -> None:
        """Take up files that were replaced, and renew a certificate of our own that needs it.

        judge: look at its end and names whenever that was done last. Files that can't be used, perhaps because they are
        being replaced this moment, are told once and change nothing.
        """
        if judge or time.monotonic() - self._judged >= JUDGED:
            self._judged = time.monotonic()
            self._renew_if_due()
        state = self._state()
        if state == self._seen:
            return
        try:
            self.context = certificates.tls_context(self._folder)
            end = certificates.certificate(self._folder.server_crt).not_valid_after_utc
        except CertificateProblem as problem:
            self._tell(f"the certificate in use stays: {problem}")
            return
        self._seen, self._told = state, None
        logger.info("new connections use the certificate that ends on %s", f"{end:%Y-%m-%d}")

    def _renew_if_due(self) -> None:
        try:
            reason = certificates.why_renew(self._folder, self._clock())
            if reason is not None:
                made = certificates.renew(self._folder, self._clock())
                logger.info("the certificate was renewed until %s: %s", f"{made.not_valid_after_utc:%Y-%m-%d}", reason)
            else:
                self._warn_of_the_end()
        except (CertificateProblem, OSError) as problem:
            self._tell(f"the certificate can't be renewed: {problem}")

    def _warn_of_the_end(self) -> None:
        """For those that nobody but the operator can renew: somebody else's, and the CA."""
        for path in (self._folder.server_crt, self._folder.ca_crt):
            if path.exists():
                end = certificates.certificate(path).not_valid_after_utc
                if end - self._clock() < certificates.RENEWED_BELOW:
                    self._tell(f"{path} ends on {end:%Y-%m-%d}, and kwrest can't renew it")

    def _warn_of_open_keys(self) -> None:
        for path in (self._folder.server_key, self._folder.ca_key):
            if path.exists() and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                logger.warning("%s can be read by others than its owner: chmod 600", path)

    def _tell(self, problem: str) -> None:
        """Once, not at every look."""
        if problem != self._told:
            self._told = problem
            logger.warning("%s", problem)

    def _state(self) -> tuple[tuple[int, int, int] | None, ...]:
        """What tells that a file was replaced or written."""
        found: list[tuple[int, int, int] | None] = []
        for path in (self._folder.server_crt, self._folder.server_key):
            try:
                facts = path.stat()
            except OSError:
                found.append(None)
            else:
                found.append((facts.st_ino, facts.st_size, facts.st_mtime_ns))
        return tuple(found)
