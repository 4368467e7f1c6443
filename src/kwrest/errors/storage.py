"""Failures of opening the data, and what the engine says while it runs."""

from __future__ import annotations

from kwrest.errors.base import KwrestError, SqlError, Transient


class StartError(KwrestError):
    """The server cannot start; the sentence is for the person at the console."""

    text = "{reason}"


class UnknownEngine(StartError):
    text = 'unknown engine "{url}": this server knows "duckdb:"'


class DataInUse(StartError):
    text = "the data directory {path} is in use by process {pid} ({command})"


class DataTooNew(StartError):
    text = "the data directory {path} has format {found}, this server reads up to {known}: use the newer server that wrote it"


class DataTooOld(StartError):
    text = "the data directory {path} has format {found}, this server reads from {known} on: export with the server that wrote it, and import"


class StorageDamaged(StartError):
    """The cause goes to the log; nothing is repaired or deleted without being asked."""

    text = "the data in {path} is damaged: {what}"


class StorageUnreachable(StartError):
    text = "the data directory {path} cannot be used: {reason}"


class BackupUnusable(StartError):
    """A folder that is to be a backup, or to be made of one, and cannot."""

    text = "the folder {path} cannot be used: {what}"


class EngineRestarting(Transient):
    sqlstate = "57P03"
    text = "the storage is being reopened, please try again"


class InDoubt(EngineRestarting):
    """What was written may be stored or not: the disk failed while it was committed, and only a later start will tell."""


class RunTimeError(SqlError):
    """A guard in the generated text: KWDB's own words and SQLSTATE, decided where the guard was made."""

    def __init__(self, sqlstate: str, reason: str) -> None:
        super().__init__(reason=reason)
        self.sqlstate = sqlstate  # type: ignore[misc]  # a class constant elsewhere; here the guard names it


class ValueOutOfRange(SqlError):
    sqlstate, text = "22003", "value out of range"


class UnreadableText(SqlError):
    """A conversion that no guard foresaw."""

    sqlstate, text = "22P02", "could not parse a value as the type that was asked for"


class MoreThanOneRow(SqlError):
    sqlstate, text = "21000", "more than one row returned by a subquery used as an expression"


class InsertFailed(SqlError):
    """What KWDB says when the rows come from elsewhere than VALUES."""

    sqlstate, text = "23502", 'insert failed, reason:null value in column "{column}" violates not-null constraint'
