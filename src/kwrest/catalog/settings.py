"""Cluster settings: what there is (one row each), what each is now, and how it changes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kwrest.catalog.rows import put, records
from kwrest.engines.base import Change, Engine, Remove, Step
from kwrest.errors import (
    EngineRestarting,
    InvalidText,
    KeepNotSupported,
    KwrestError,
    NotATimeZone,
    ReadOnlySetting,
    SettingNotBetween,
    SettingNotOneOf,
    SettingOutOfRange,
    UnknownSetting,
    WrongDedupRule,
    WrongSettingType,
)
from kwrest.model import Dedup, Request
from kwrest.sql.bind.context import SettingFacts, setting_type
from kwrest.sql.bound import Interval
from kwrest.sql.definitions import SetSetting
from kwrest.system import SETTINGS as STORED
from kwrest.types.kinds import FLOAT8, INTERVAL, STRING, Type
from kwrest.types.reasons import TextError
from kwrest.types.text import from_text

Plain = str | int | float | bool
INT8_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. type: KWDB's letter (`i` int, `b` bool, `f` float, `s` string, `d` duration, `m` fixed);
    default: as a value of that type, a duration as text (`168h0m0s`); check: raises when a value is not allowed."""

    name: str
    type: str
    default: Plain
    description: str
    check: Callable[[str, Plain], None] = lambda name, value: None


# ---------------------------------------------------------------- checks


def _within(low: int, high: int) -> Callable[[str, Plain], None]:
    def check(name: str, value: Plain) -> None:
        if not low <= _number(value) <= high:
            raise SettingOutOfRange(name=name, low=low, high=high)

    return check


def _between(low: int, high: int) -> Callable[[str, Plain], None]:
    """As `_within`, in the other words KWDB has for it."""

    def check(name: str, value: Plain) -> None:
        if not low <= _number(value) <= high:
            raise SettingNotBetween(name=name, low=low, high=high)

    return check


def _lasting(shortest: str, longest: str) -> Callable[[str, Plain], None]:
    """A duration from one to another."""

    def check(name: str, value: Plain) -> None:
        if not seconds(shortest) <= seconds(str(value)) <= seconds(longest):
            raise SettingNotBetween(name=name, low=shortest, high=longest)

    return check


def _one_of(*choices: Plain) -> Callable[[str, Plain], None]:
    def check(name: str, value: Plain) -> None:
        if value not in choices:
            raise SettingNotOneOf(name=name, choices=", ".join(map(str, choices)))

    return check


def _dedup_rule(name: str, value: Plain) -> None:
    rules = [rule.value for rule in Dedup]
    if value == "keep":
        raise KeepNotSupported(choices=", ".join(rules))
    if value not in rules:
        raise WrongDedupRule()


def _time_zone(name: str, value: Plain) -> None:
    try:
        ZoneInfo(str(value))
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a name that is a folder of the zone data
        raise NotATimeZone(value=value) from None


_STORAGE = "of KWDB's storage; kept, without effect here"

SETTINGS = (
    Setting("audit.enabled", "b", False, "kept, without effect here"),
    Setting("audit.log.enabled", "b", True, "kept, without effect here"),
    Setting("cluster.connection.timezone", "s", "UTC", "time zone of requests that name none", _time_zone),
    Setting("default_transaction_read_only.enabled", "b", False, "kept, without effect here"),
    Setting("server.host_based_authentication.configuration", "s", "", "kept, without effect here"),
    Setting(
        # Not below a second: an administrator must still be able to raise it.
        "server.query.timeout", "d", "5m0s", "how long a statement may run; timeout= asks for less", _lasting("1s", "24h0m0s"),
    ),
    Setting("server.rest.timeout", "i", 60, "minutes a token lives unused", _within(1, INT8_MAX)),
    Setting(
        "server.restful_service.default_request_timezone", "i", 0, "the same in hours, older; holds while cluster.connection.timezone is UTC",
        _between(-12, 14),
    ),
    Setting("server.sql_connections.max_limit", "i", 200, "kept, without effect here", _within(4, 50000)),
    Setting("server.user_login.timeout", "d", "10s", "kept, without effect here"),
    Setting("server.web_session_timeout", "d", "168h0m0s", "kept, without effect here"),
    Setting("sql.auto_limit.quantity", "i", 0, "kept, without effect here", _within(0, INT8_MAX)),
    Setting("sql.defaults.default_int_size", "i", 8, "kept, INT is INT4 whatever it says", _one_of(4, 8)),
    Setting(
        "sql.defaults.serial_normalization", "s", "rowid", "kept, without effect here",
        _one_of("rowid", "virtual_sequence", "sql_sequence"),
    ),
    Setting("sql.notices.enabled", "b", True, "kept, without effect here"),
    Setting("sql.ts_insert_select.row_memory", "i", 200, "kept, without effect here", _within(0, INT8_MAX)),
    Setting("sql.ts_insert_select.row_number", "i", 10000, "kept, without effect here", _within(0, INT8_MAX)),
    Setting("sql.ts_insert_select_limit.enabled", "b", False, "kept, without effect here"),
    Setting("ts.blocks_per_shard.max_limit", "i", 500, _STORAGE, _within(1, 1000000)),
    Setting("ts.cached_partitions_per_subgroup.max_limit", "i", 10, _STORAGE, _within(0, 2**31 - 1)),
    Setting(
        "ts.dedup.rule", "s", "override",
        "what a second row with the same primary tags and timestamp does: override, merge, discard or reject",
        _dedup_rule,
    ),
    Setting("ts.entities_per_subgroup.max_limit", "i", 500, _STORAGE, _within(1, 2**31 - 1)),
    Setting("ts.mount.max_limit", "i", 1000, _STORAGE, _within(0, 2**31 - 1)),
    Setting("ts.parallel_degree", "i", 0, "kept, without effect here", _within(0, INT8_MAX)),
    Setting("ts.partition.interval", "i", 864000, "seconds; kept, without effect here", _within(1, INT8_MAX)),
    Setting("ts.rows_per_block.max_limit", "i", 1000, _STORAGE, _within(10, 1000)),
    Setting("version", "m", "20.1", "the SQL dialect's version"),
)  # fmt: skip
BY_NAME = {s.name: s for s in SETTINGS}

# ---------------------------------------------------------------- values of each type

_WORDS = {bool: "bool", int: "int", float: "float", str: "string"}
_UTC = ZoneInfo("UTC")
_DAY = 24 * 3600 * 10**9  # nanoseconds; a month of a duration has 30


def converted(setting: Setting, value: Plain) -> Plain:
    """The value as one of the setting's type, checked. Text is read as the type; nothing else is turned into another.

    Raises WrongSettingType, InvalidText, ReadOnlySetting and what the setting's check raises.
    """
    if setting.type == "m":
        raise ReadOnlySetting(name=setting.name)
    type_, word = setting_type(setting.type)
    if isinstance(value, str):
        read = value if type_ is STRING else _read(value, type_)
    elif type_ is FLOAT8 and type(value) is int:
        read = float(value)
    elif _WORDS[type(value)] != word:
        raise WrongSettingType(name=setting.name, wanted=word, given=_WORDS[type(value)])
    else:
        read = value
    setting.check(setting.name, read)
    return read


def shown(value: Plain) -> str:
    """As SHOW CLUSTER SETTING prints a value."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _read(text: str, type_: Type) -> Plain:
    """The value a text stands for; of a duration its one spelling. Raises InvalidText."""
    try:
        read = from_text(text, type_, _UTC)
    except TextError as wrong:
        raise InvalidText(reason=wrong.reason) from None
    if isinstance(read, Interval):
        return duration_text((read.months * 30 + read.days) * _DAY + read.nanoseconds)
    assert isinstance(read, bool | int | float), "of every type in the table"
    return read


def duration_text(nanoseconds: int) -> str:
    """A duration as KWDB prints those of settings: `1h0m0s`, `1m30s`, `0.25s`."""
    sign, rest = "-" if nanoseconds < 0 else "", abs(nanoseconds)
    minutes, rest = divmod(rest, 60 * 10**9)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{Decimal(rest) / 10**9:f}s"
    return sign + (f"{hours}h{minutes}m{seconds}" if hours else f"{minutes}m{seconds}" if minutes else seconds)


@lru_cache(maxsize=64)
def seconds(text: str) -> float:
    """The length of a duration setting's value."""
    read = from_text(text, INTERVAL, _UTC)
    assert isinstance(read, Interval), "it was checked when it was set"
    return ((read.months * 30 + read.days) * _DAY + read.nanoseconds) / 10**9


def _number(value: Plain) -> int:
    assert isinstance(value, int), "only integer settings have ranges"
    return value


# ---------------------------------------------------------------- the settings of one server


class Settings:
    """What is set now. Read from the engine at the start; a change is stored first, then holds for everyone at once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._doubtful = False
        self.version = 1
        self._set = _stored(engine)

    def get(self, name: str) -> Plain:
        """The value now. Raises UnknownSetting."""
        return self._set.get(name, _find(name).default)

    def number(self, name: str) -> int:
        """The value of an integer setting now."""
        return _number(self.get(name))

    def seconds(self, name: str) -> float:
        """The value of a duration setting now."""
        return seconds(str(self.get(name)))

    @property
    def zone(self) -> ZoneInfo:
        """Of requests that name none: `cluster.connection.timezone` when it is set, else the older setting's hours."""
        name = str(self.get("cluster.connection.timezone"))
        hours = self.number("server.restful_service.default_request_timezone")
        if name != "UTC" or not hours:
            return ZoneInfo(name)
        return ZoneInfo(f"Etc/GMT{-hours:+d}")  # POSIX counts west: Etc/GMT-8 is eight hours east

    @property
    def dedup(self) -> Dedup:
        """`ts.dedup.rule` now."""
        return Dedup(self.get("ts.dedup.rule"))

    def setting(self, name: str) -> SettingFacts | None:
        """The setting as SHOW prints it; None when there is none of that name. Names are matched folded."""
        found = BY_NAME.get(name.lower())
        return None if found is None else self._facts(found)

    def settings(self) -> Sequence[SettingFacts]:
        """All settings, by name."""
        return [self._facts(s) for s in SETTINGS]

    def _facts(self, setting: Setting) -> SettingFacts:
        return SettingFacts(setting.name, shown(self.get(setting.name)), setting.type, setting.description)

    def apply(self, definition: SetSetting, request: Request) -> None:
        """SET or RESET CLUSTER SETTING; durable and in force when this returns.

        Raises UnknownSetting and what `converted` raises.
        """
        setting = _find(definition.name)
        value = None if definition.value is None else converted(setting, definition.value)
        with self._lock:
            self._reread()
            after = {name: v for name, v in self._set.items() if name != setting.name}
            step: Step = Remove(STORED, "name", [setting.name])
            if value is not None:
                after[setting.name] = value
                step = put(STORED, [(setting.name, shown(value))])
            try:
                self._engine.change(Change((step,)), request)
            except EngineRestarting:
                self._doubtful = True
                with suppress(KwrestError):  # then the next change asks again, before it decides anything
                    self._reread()
                raise
            self._set = after
            self.version += 1

    def _reread(self) -> None:
        """When a change was lost in the middle of its commit, only the file knows whether it happened."""
        if self._doubtful:
            self._set = _stored(self._engine)
            self.version += 1
            self._doubtful = False


def _stored(engine: Engine) -> Mapping[str, Plain]:
    """What is set. A stored name this version no longer knows is left alone: a later version may know it again."""
    stored = {str(name): str(value) for name, value in records(STORED, engine.read_system(STORED))}
    return {s.name: converted(s, stored[s.name]) for s in SETTINGS if s.name in stored}


def _find(name: str) -> Setting:
    found = BY_NAME.get(name.lower())
    if found is None:
        raise UnknownSetting(name=name)
    return found
