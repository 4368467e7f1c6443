"""Cluster settings: names, values, ranges and KWDB's words for what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kwrest.catalog.settings import SETTINGS, Plain, Settings, converted
from kwrest.engines import open_engine
from kwrest.engines.base import Engine
from kwrest.errors import KwrestError
from kwrest.model import Dedup
from kwrest.sql.definitions import SetSetting
from kwrest.system import own_request

REQUEST = own_request("test", seconds=3600)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One for all tests, which reset what they set."""
    with closing(open_engine("duckdb:", tmp_path_factory.mktemp("settings"))) as engine:
        yield engine


def shown(settings: Settings, name: str) -> str | None:
    found = settings.setting(name)
    return None if found is None else found.value


@pytest.mark.parametrize(
    "name, value, after",
    [
        ("server.rest.timeout", 1, "1"),
        ("server.rest.timeout", 2**63 - 1, "9223372036854775807"),
        ("SERVER.Rest.timeout", "120", "120"),
        ("ts.dedup.rule", "merge", "merge"),
        ("ts.dedup.rule", "reject", "reject"),
        ("audit.enabled", True, "true"),
        ("audit.enabled", "on", "true"),
        ("sql.notices.enabled", "F", "false"),
        ("sql.defaults.default_int_size", 4, "4"),
        ("server.web_session_timeout", "90m", "1h30m0s"),
        ("server.web_session_timeout", "1h0m0.25s", "1h0m0.25s"),
        ("server.web_session_timeout", "100ms", "0.1s"),
        ("server.web_session_timeout", "1 day 02:00:00", "26h0m0s"),
        ("cluster.connection.timezone", "Asia/Shanghai", "Asia/Shanghai"),
        ("server.restful_service.default_request_timezone", -12, "-12"),
        ("server.host_based_authentication.configuration", "any text", "any text"),
    ],
)
def test_a_setting_holds_at_once_and_is_stored(engine: Engine, name: str, value: Plain, after: str) -> None:
    settings = Settings(engine)
    settings.apply(SetSetting(name, value, ()), REQUEST)
    assert shown(settings, name) == after and settings.version == 2
    assert shown(Settings(engine), name) == after
    settings.apply(SetSetting(name, None, ()), REQUEST)
    assert settings.settings() == Settings(engine).settings() and settings.version == 3


def test_a_setting_is_there_after_a_restart(tmp_path: Path) -> None:
    with closing(open_engine("duckdb:", tmp_path)) as engine:
        Settings(engine).apply(SetSetting("server.rest.timeout", 2**63 - 1, ()), REQUEST)
    with closing(open_engine("duckdb:", tmp_path)) as engine:
        assert Settings(engine).number("server.rest.timeout") == 2**63 - 1


@pytest.mark.parametrize(
    "name, value, text",
    [
        ("nosuch", 1, "unknown cluster setting 'nosuch'"),
        ("nosuch", None, "unknown cluster setting 'nosuch'"),
        ("server.rest.timeout", 0, "invalid value, the range of server.rest.timeout is [1, 9223372036854775807]"),
        ("server.rest.timeout", 2**63, "invalid value, the range of server.rest.timeout is [1, 9223372036854775807]"),
        ("server.rest.timeout", "abc",
         'could not parse "abc" as type int: strconv.ParseInt: parsing "abc": invalid syntax'),
        ("server.rest.timeout", "1_0",
         'could not parse "1_0" as type int: strconv.ParseInt: parsing "1_0": invalid syntax'),
        ("server.rest.timeout", "9223372036854775808",
         'could not parse "9223372036854775808" as type int: strconv.ParseInt: parsing "9223372036854775808": '
         "value out of range"),
        ("server.rest.timeout", True, "argument of SET CLUSTER SETTING server.rest.timeout must be type int, not type bool"),
        ("server.rest.timeout", 1.5, "argument of SET CLUSTER SETTING server.rest.timeout must be type int, not type float"),
        ("ts.dedup.rule", "newest", "ts.dedup.rule setting value is not right"),
        ("ts.dedup.rule", "Override", "ts.dedup.rule setting value is not right"),
        ("ts.dedup.rule", 1, "argument of SET CLUSTER SETTING ts.dedup.rule must be type string, not type int"),
        ("ts.dedup.rule", "keep",
         "ts.dedup.rule = keep is not supported, use one of override, merge, discard, reject"),
        ("ts.rows_per_block.max_limit", 9, "invalid value, the range of ts.rows_per_block.max_limit is [10, 1000]"),
        ("ts.mount.max_limit", -1, "invalid value, the range of ts.mount.max_limit is [0, 2147483647]"),
        ("ts.partition.interval", 0, "invalid value, the range of ts.partition.interval is [1, 9223372036854775807]"),
        ("server.restful_service.default_request_timezone", 15,
         "server.restful_service.default_request_timezone must be set between -12 and 14"),
        ("sql.defaults.default_int_size", 5, "invalid value, sql.defaults.default_int_size must be one of 4, 8"),
        ("cluster.connection.timezone", "Mars", "invalid value, could not parse Mars as time zone"),
        ("cluster.connection.timezone", "../etc", "invalid value, could not parse ../etc as time zone"),
        ("server.query.timeout", "999ms", "server.query.timeout must be set between 1s and 24h0m0s"),
        ("server.query.timeout", "25h", "server.query.timeout must be set between 1s and 24h0m0s"),
        ("server.query.timeout", "soon", 'could not parse "soon" as type interval'),
        ("server.query.timeout", 10,
         "argument of SET CLUSTER SETTING server.query.timeout must be type interval, not type int"),
        ("audit.enabled", "perhaps", 'could not parse "perhaps" as type bool: invalid bool value'),
        ("server.web_session_timeout", "soon", 'could not parse "soon" as type interval'),
        ("version", "21.0", "the cluster setting version cannot be changed"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_in_words(engine: Engine, name: str, value: Plain | None, text: str) -> None:
    settings = Settings(engine)
    before = settings.settings()
    with pytest.raises(KwrestError) as refused:
        settings.apply(SetSetting(name, value, ()), REQUEST)
    assert refused.value.message == text
    assert settings.settings() == before and settings.version == 1


def test_reset_gives_the_default_back(engine: Engine) -> None:
    settings = Settings(engine)
    settings.apply(SetSetting("ts.dedup.rule", "discard", ()), REQUEST)
    assert (settings.dedup, Settings(engine).dedup) == (Dedup.DISCARD, Dedup.DISCARD)
    settings.apply(SetSetting("ts.dedup.rule", None, ()), REQUEST)
    assert (settings.dedup, Settings(engine).dedup) == (Dedup.OVERRIDE, Dedup.OVERRIDE)


def test_a_duration_in_seconds(engine: Engine) -> None:
    settings = Settings(engine)
    assert settings.seconds("server.query.timeout") == 300
    settings.apply(SetSetting("server.query.timeout", "1m30s", ()), REQUEST)
    assert settings.seconds("server.query.timeout") == 90


def test_the_rows_are_in_order_and_their_defaults_allowed() -> None:
    assert [s.name for s in SETTINGS] == sorted({s.name for s in SETTINGS})
    for setting in SETTINGS:
        if setting.type != "m":
            assert converted(setting, setting.default) == setting.default
