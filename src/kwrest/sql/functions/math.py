"""Numbers (facts 3.4). Integers where a row asks for FLOAT8 are converted; DECIMAL has rows of its own."""

from __future__ import annotations

from kwrest.sql.functions.signature import Function
from kwrest.types.kinds import BOOL, DECIMAL, FLOAT8, INT8

_FLOAT_ONLY = "acos asin atan cos cot degrees radians sin tan cosh sinh tanh"
_FLOAT_OR_DECIMAL = "cbrt exp ln sqrt"

FUNCTIONS: tuple[Function, ...] = (
    Function("abs", (INT8,), INT8, "abs.int", "3.4"),
    Function("abs", (FLOAT8,), FLOAT8, "abs", "3.4"),
    Function("abs", (DECIMAL,), DECIMAL, "abs", "3.4"),
    *(Function(name, (FLOAT8,), FLOAT8, name, "3.4") for name in _FLOAT_ONLY.split()),
    *(
        Function(name, (type_,), type_, f"{name}.{type_.family.value}", "3.4")
        for name in _FLOAT_OR_DECIMAL.split()
        for type_ in (FLOAT8, DECIMAL)
    ),
    Function("atan2", (FLOAT8, FLOAT8), FLOAT8, "atan2", "3.4"),
    *(
        Function(name, (type_,), type_, f"{key}.{type_.family.value}", "3.4")
        for name, key in (("ceil", "ceil"), ("ceiling", "ceil"), ("floor", "floor"))
        for type_ in (FLOAT8, DECIMAL)
    ),
    *(
        Function(name, (INT8,), FLOAT8, f"{key}.int", "3.4")
        for name, key in (("ceil", "ceil"), ("ceiling", "ceil"), ("floor", "floor"))
    ),
    Function("div", (INT8, INT8), INT8, "floordiv.int", "3.4"),
    Function("div", (FLOAT8, FLOAT8), FLOAT8, "floordiv.float", "3.4"),
    Function("div", (DECIMAL, DECIMAL), DECIMAL, "floordiv.decimal", "3.4"),
    Function("isnan", (FLOAT8,), BOOL, "is_nan", "3.4"),
    Function("isnan", (DECIMAL,), BOOL, "is_nan", "3.4"),
    Function("log", (FLOAT8,), FLOAT8, "log.float", "3.4"),
    Function("log", (DECIMAL,), DECIMAL, "log.decimal", "3.4"),
    Function("log", (FLOAT8, FLOAT8), FLOAT8, "log.base.float", "3.4"),
    Function("log", (DECIMAL, DECIMAL), DECIMAL, "log.base.decimal", "3.4"),
    Function("mod", (INT8, INT8), INT8, "mod.call.int", "3.4"),
    Function("mod", (FLOAT8, FLOAT8), FLOAT8, "mod.call.float", "3.4"),
    Function("mod", (DECIMAL, DECIMAL), DECIMAL, "mod.call.decimal", "3.4"),
    Function("pi", (), FLOAT8, "pi", "3.4"),
    *(
        row
        for name in ("pow", "power")
        for row in (
            Function(name, (INT8, INT8), INT8, "pow.int", "3.4"),
            Function(name, (FLOAT8, FLOAT8), FLOAT8, "pow.float", "3.4"),
            Function(name, (DECIMAL, DECIMAL), DECIMAL, "pow.decimal", "3.4"),
        )
    ),
    Function("random", (), FLOAT8, "random", "3.4", volatile=True),
    Function("round", (FLOAT8,), FLOAT8, "round.float", "3.4"),
    Function("round", (DECIMAL,), DECIMAL, "round.decimal", "3.4"),
    Function("round", (FLOAT8, INT8), FLOAT8, "round.float.digits", "3.4"),
    Function("round", (DECIMAL, INT8), DECIMAL, "round.decimal.digits", "3.4"),
    Function("sign", (INT8,), INT8, "sign.int", "3.4"),
    Function("sign", (FLOAT8,), FLOAT8, "sign", "3.4"),
    Function("sign", (DECIMAL,), DECIMAL, "sign", "3.4"),
    Function("trunc", (FLOAT8,), FLOAT8, "trunc.float", "3.4"),
    Function("trunc", (DECIMAL,), DECIMAL, "trunc.decimal", "3.4"),
    Function("trunc", (DECIMAL, INT8), DECIMAL, "trunc.decimal.digits", "3.4"),
    Function("width_bucket", (FLOAT8, FLOAT8, FLOAT8, INT8), INT8, "width_bucket", "3.4"),
    Function("width_bucket", (INT8, INT8, INT8, INT8), INT8, "width_bucket", "3.4"),
    Function("width_bucket", (DECIMAL, DECIMAL, DECIMAL, INT8), INT8, "width_bucket", "3.4"),
)
