"""SET and RESET CLUSTER SETTING: the name is known, the value is a constant of the setting's type (facts 5)."""

from __future__ import annotations

from kwrest.errors import TypeMismatch, UnknownSetting, WrongSettingType
from kwrest.sql import tree
from kwrest.sql.bind.context import Context, setting_type
from kwrest.sql.bind.literals import NotConstant, typed_value
from kwrest.sql.bound import AdminRight
from kwrest.sql.definitions import SetSetting
from kwrest.types.kinds import INTERVAL
from kwrest.types.text import to_text


def bind_set_setting(statement: tree.SetSetting, context: Context) -> SetSetting:
    """Bind SET CLUSTER SETTING; value None resets. Durations come as the text of an interval.

    Raises UnknownSetting, WrongSettingType, InvalidText. The range is the setting's own to check.
    """
    rights = (AdminRight("SET CLUSTER SETTING"),)
    context.ask(rights[0])
    facts = context.world.setting(statement.name)
    if facts is None:
        raise UnknownSetting(name=statement.name)
    if statement.value is None or isinstance(statement.value, tree.Default):
        return SetSetting(statement.name, None, rights)
    type, word = setting_type(facts.type)
    expr = statement.value
    if isinstance(expr, tree.Name) and len(expr.parts) == 1:
        # A bare word is text: SET CLUSTER SETTING ts.dedup.rule = merge.
        expr = tree.String(expr.parts[0].name)
    try:
        value = typed_value(expr, type, statement.name, context.zone)
    except TypeMismatch as error:
        raise WrongSettingType(name=statement.name, wanted=word, given=error.facts["value"]) from None
    except NotConstant:
        raise WrongSettingType(name=statement.name, wanted=word, given="expression") from None
    if value is None:
        raise WrongSettingType(name=statement.name, wanted=word, given="unknown")
    if type is INTERVAL:
        value = to_text(value, INTERVAL)
    if not isinstance(value, str | int | float | bool):
        raise WrongSettingType(name=statement.name, wanted=word, given="expression")
    return SetSetting(statement.name, value, rights)
