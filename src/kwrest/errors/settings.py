"""Failures of cluster settings."""

from __future__ import annotations

from kwrest.errors.base import SqlError


class UnknownShownSetting(SqlError):
    sqlstate, text = "42704", 'unknown setting: "{name}"'


class SettingOutOfRange(SqlError):
    sqlstate, text = "22023", "invalid value, the range of {name} is [{low}, {high}]"


class SettingNotBetween(SqlError):
    sqlstate, text = "22023", "{name} must be set between {low} and {high}"


class SettingNotOneOf(SqlError):
    sqlstate, text = "22023", "invalid value, {name} must be one of {choices}"


class WrongDedupRule(SqlError):
    sqlstate, text = "22023", "ts.dedup.rule setting value is not right"


class KeepNotSupported(SqlError):
    sqlstate = "0A000"
    text = "ts.dedup.rule = keep is not supported, use one of {choices}"


class NotATimeZone(SqlError):
    sqlstate, text = "22023", "invalid value, could not parse {value} as time zone"


class ReadOnlySetting(SqlError):
    sqlstate, text = "42501", "the cluster setting {name} cannot be changed"


class UnknownSetting(SqlError):
    sqlstate, text = "42704", "unknown cluster setting '{name}'"


class WrongSettingType(SqlError):
    sqlstate = "42804"
    text = "argument of SET CLUSTER SETTING {name} must be type {wanted}, not type {given}"
