"""KWDB's operators as rows: which families they take, what they give, what their operands are cast to (facts 3.5).

Comparison is a rule, not a table of pairs: see `COMPARABLE`. A constant that has no type yet takes the type the row asks for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kwrest.types import kinds
from kwrest.types.kinds import Family, Type


@dataclass(frozen=True, slots=True)
class Operator:
    """One overload. key: the bound operator; left, right: families; as_: what the operands are cast to before.

    result None: the type of the left operand, `FROM_RIGHT`: of the right one.
    """

    symbol: str
    left: Family
    right: Family
    result: Type | None
    key: str
    left_as: Type | None = None
    right_as: Type | None = None
    from_right: bool = False


@dataclass(frozen=True, slots=True)
class UnaryOperator:
    symbol: str
    operand: Family
    result: Type | None
    key: str
    as_: Type | None = None


_INT, _FLOAT, _DECIMAL = Family.INT, Family.FLOAT, Family.DECIMAL


def _numeric(symbol: str, name: str, *, integer: Type = kinds.INT8, mixed: bool) -> Iterable[Operator]:
    """The numeric overloads. mixed: FLOAT combines with INT and with DECIMAL, which gives DECIMAL (+ - * /); the others refuse the pair."""
    yield Operator(symbol, _INT, _INT, integer, f"{name}.int", kinds.INT8, kinds.INT8)
    yield Operator(symbol, _FLOAT, _FLOAT, kinds.FLOAT8, f"{name}.float", kinds.FLOAT8, kinds.FLOAT8)
    if mixed:
        yield Operator(symbol, _INT, _FLOAT, kinds.FLOAT8, f"{name}.float", kinds.FLOAT8, kinds.FLOAT8)
        yield Operator(symbol, _FLOAT, _INT, kinds.FLOAT8, f"{name}.float", kinds.FLOAT8, kinds.FLOAT8)
    pairs = [(_DECIMAL, _DECIMAL), (_INT, _DECIMAL), (_DECIMAL, _INT)]
    if mixed:
        pairs += [(_DECIMAL, _FLOAT), (_FLOAT, _DECIMAL)]
    for left, right in pairs:
        yield Operator(
            symbol,
            left,
            right,
            kinds.DECIMAL,
            f"{name}.decimal",
            None if left is _DECIMAL else kinds.DECIMAL,
            None if right is _DECIMAL else kinds.DECIMAL,
        )


_TIMES = (Family.TIMESTAMP, Family.TIMESTAMPTZ)

BINARY: tuple[Operator, ...] = (
    *_numeric("+", "add", mixed=True),
    *_numeric("-", "sub", mixed=True),
    *_numeric("*", "mul", mixed=True),
    # int / int leaves the integers: 7 / 2 is 3.5, a DECIMAL
    *_numeric("/", "div", integer=kinds.DECIMAL, mixed=True),
    *_numeric("//", "floordiv", mixed=False),
    *_numeric("%", "mod", mixed=False),
    *_numeric("^", "pow", mixed=False),
    *(
        Operator(symbol, _INT, _INT, kinds.INT8, key, kinds.INT8, kinds.INT8)
        for symbol, key in (("&", "bitand"), ("|", "bitor"), ("#", "bitxor"), ("<<", "shl"), (">>", "shr"))
    ),
    *(
        Operator(symbol, Family.BIT, Family.BIT, None, f"{key}.bits")
        for symbol, key in (("&", "bitand"), ("|", "bitor"), ("#", "bitxor"))
    ),
    # time ± length
    *(
        Operator(symbol, family, Family.INTERVAL, None, f"{key}.time.interval")
        for symbol, key in (("+", "add"), ("-", "sub"))
        for family in _TIMES
    ),
    *(Operator("+", Family.INTERVAL, family, None, "add.interval.time", from_right=True) for family in _TIMES),
    *(Operator("-", family, family, kinds.INTERVAL, "sub.time") for family in _TIMES),
    # mixed pairs meet as TIMESTAMPTZ
    Operator("-", Family.TIMESTAMP, Family.TIMESTAMPTZ, kinds.INTERVAL, "sub.time", left_as=kinds.TIMESTAMPTZ),
    Operator("-", Family.TIMESTAMPTZ, Family.TIMESTAMP, kinds.INTERVAL, "sub.time", right_as=kinds.TIMESTAMPTZ),
    Operator("+", Family.DATE, Family.INT, kinds.DATE, "add.date.int"),
    Operator("+", Family.INT, Family.DATE, kinds.DATE, "add.int.date"),
    Operator("-", Family.DATE, Family.INT, kinds.DATE, "sub.date.int"),
    Operator("-", Family.DATE, Family.DATE, kinds.INT8, "sub.date"),
    Operator(
        "-",
        Family.DATE,
        Family.TIMESTAMP,
        kinds.INTERVAL,
        "sub.time",
        left_as=Type(Family.TIMESTAMP, "TIMESTAMP"),
    ),
    Operator(
        "-",
        Family.TIMESTAMP,
        Family.DATE,
        kinds.INTERVAL,
        "sub.time",
        right_as=Type(Family.TIMESTAMP, "TIMESTAMP"),
    ),
    Operator("-", Family.DATE, Family.TIMESTAMPTZ, kinds.INTERVAL, "sub.time", left_as=kinds.TIMESTAMPTZ),
    Operator("-", Family.TIMESTAMPTZ, Family.DATE, kinds.INTERVAL, "sub.time", right_as=kinds.TIMESTAMPTZ),
    Operator("+", Family.DATE, Family.INTERVAL, Type(Family.TIMESTAMP, "TIMESTAMP"), "add.date.interval"),
    Operator("+", Family.INTERVAL, Family.DATE, Type(Family.TIMESTAMP, "TIMESTAMP"), "add.interval.date"),
    Operator("-", Family.DATE, Family.INTERVAL, Type(Family.TIMESTAMP, "TIMESTAMP"), "sub.date.interval"),
    Operator("+", Family.DATE, Family.TIME, Type(Family.TIMESTAMP, "TIMESTAMP"), "add.date.time"),
    Operator("+", Family.TIME, Family.DATE, Type(Family.TIMESTAMP, "TIMESTAMP"), "add.time.date"),
    Operator("-", Family.DATE, Family.TIME, Type(Family.TIMESTAMP, "TIMESTAMP"), "sub.date.time"),
    Operator("+", Family.TIME, Family.INTERVAL, kinds.TIME, "add.clock.interval"),
    Operator("-", Family.TIME, Family.INTERVAL, kinds.TIME, "sub.clock.interval"),
    Operator("+", Family.INTERVAL, Family.TIME, kinds.TIME, "add.interval.clock"),
    Operator("-", Family.TIME, Family.TIME, kinds.INTERVAL, "sub.clock"),
    Operator("+", Family.INTERVAL, Family.INTERVAL, kinds.INTERVAL, "add.interval"),
    Operator("-", Family.INTERVAL, Family.INTERVAL, kinds.INTERVAL, "sub.interval"),
    Operator("*", Family.INTERVAL, _INT, kinds.INTERVAL, "mul.interval.int"),
    Operator("*", _INT, Family.INTERVAL, kinds.INTERVAL, "mul.int.interval"),
    Operator("*", Family.INTERVAL, _FLOAT, kinds.INTERVAL, "mul.interval.float"),
    Operator("*", _FLOAT, Family.INTERVAL, kinds.INTERVAL, "mul.float.interval"),
    Operator("*", Family.INTERVAL, _DECIMAL, kinds.INTERVAL, "mul.interval.float", right_as=kinds.FLOAT8),
    Operator("*", _DECIMAL, Family.INTERVAL, kinds.INTERVAL, "mul.float.interval", left_as=kinds.FLOAT8),
    Operator("/", Family.INTERVAL, _INT, kinds.INTERVAL, "div.interval", right_as=kinds.FLOAT8),
    Operator("/", Family.INTERVAL, _FLOAT, kinds.INTERVAL, "div.interval"),
    # text, bytes, bits, JSON, addresses
    Operator("||", Family.STRING, Family.STRING, kinds.STRING, "concat.string"),
    Operator("||", Family.GEOMETRY, Family.GEOMETRY, kinds.STRING, "concat.string"),
    Operator("||", Family.BYTES, Family.BYTES, kinds.BYTES, "concat.bytes"),
    Operator("||", Family.BIT, Family.BIT, None, "concat.bits"),
    Operator("||", Family.JSON, Family.JSON, kinds.JSONB, "concat.json"),
    Operator("->", Family.JSON, Family.STRING, kinds.JSONB, "json.get"),
    Operator("->", Family.JSON, _INT, kinds.JSONB, "json.at"),
    Operator("->>", Family.JSON, Family.STRING, kinds.STRING, "json.get_text"),
    Operator("->>", Family.JSON, _INT, kinds.STRING, "json.at_text"),
    Operator("#>", Family.JSON, Family.ARRAY, kinds.JSONB, "json.path", right_as=kinds.array_of(kinds.STRING)),
    Operator("#>>", Family.JSON, Family.ARRAY, kinds.STRING, "json.path_text", right_as=kinds.array_of(kinds.STRING)),
    Operator("-", Family.JSON, Family.STRING, kinds.JSONB, "json.without"),
    Operator("-", Family.JSON, _INT, kinds.JSONB, "json.without.index"),
    Operator("-", Family.JSON, Family.ARRAY, kinds.JSONB, "json.without.keys", right_as=kinds.array_of(kinds.STRING)),
    Operator("#-", Family.JSON, Family.ARRAY, kinds.JSONB, "json.without.path", right_as=kinds.array_of(kinds.STRING)),
)

UNARY: tuple[UnaryOperator, ...] = (
    UnaryOperator("-", _INT, kinds.INT8, "neg.int", kinds.INT8),
    UnaryOperator("-", _FLOAT, kinds.FLOAT8, "neg.float"),
    UnaryOperator("-", _DECIMAL, kinds.DECIMAL, "neg.decimal"),
    UnaryOperator("-", Family.INTERVAL, kinds.INTERVAL, "neg.interval"),
    UnaryOperator("~", _INT, kinds.INT8, "bitnot", kinds.INT8),
    UnaryOperator("~", Family.BIT, None, "bitnot.bits"),
    UnaryOperator("+", _INT, None, "plus"),
    UnaryOperator("+", _FLOAT, None, "plus"),
    UnaryOperator("+", _DECIMAL, None, "plus"),
    UnaryOperator("+", Family.STRING, None, "plus"),
    UnaryOperator("+", Family.INTERVAL, None, "plus"),
)

COMPARISONS: dict[str, str] = {
    "=": "eq",
    "!=": "ne",
    "<": "lt",
    "<=": "le",
    ">": "gt",
    ">=": "ge",
    "IS DISTINCT FROM": "distinct",
    "IS NOT DISTINCT FROM": "not_distinct",
}

# Families whose values compare with each other. Within a set the later family is what both sides are cast to.
COMPARABLE: tuple[tuple[Family, ...], ...] = (
    (Family.INT, Family.DECIMAL, Family.FLOAT),
    (Family.DATE, Family.TIMESTAMP, Family.TIMESTAMPTZ),
)

# text search and containment: symbol → (left family, right family, key)
TESTS: tuple[tuple[str, Family, Family, str], ...] = (
    ("LIKE", Family.STRING, Family.STRING, "like"),
    ("ILIKE", Family.STRING, Family.STRING, "ilike"),
    ("SIMILAR TO", Family.STRING, Family.STRING, "similar"),
    ("~", Family.STRING, Family.STRING, "regex"),
    ("!~", Family.STRING, Family.STRING, "not_regex"),
    ("~*", Family.STRING, Family.STRING, "iregex"),
    ("!~*", Family.STRING, Family.STRING, "not_iregex"),
    ("@>", Family.JSON, Family.JSON, "json.contains"),
    ("<@", Family.JSON, Family.JSON, "json.contained"),
    ("?", Family.JSON, Family.STRING, "json.has"),
    ("?|", Family.JSON, Family.ARRAY, "json.has_any"),
    ("?&", Family.JSON, Family.ARRAY, "json.has_all"),
    ("@>", Family.ARRAY, Family.ARRAY, "array.contains"),
    ("<@", Family.ARRAY, Family.ARRAY, "array.contained"),
    ("&&", Family.ARRAY, Family.ARRAY, "array.overlaps"),
    ("<<", Family.INET, Family.INET, "inet.within"),
    (">>", Family.INET, Family.INET, "inet.around"),
    ("&&", Family.INET, Family.INET, "inet.overlaps"),
)


def binary(symbol: str, left: Family, right: Family) -> Operator | None:
    """The overload of `left symbol right`, if there is one."""
    return _BINARY.get((symbol, left, right))


def overloads(symbol: str) -> tuple[Operator, ...]:
    """All overloads of a binary operator, in the order in which they are tried."""
    return tuple(row for row in BINARY if row.symbol == symbol)


def unary(symbol: str, operand: Family) -> UnaryOperator | None:
    """The overload of `symbol operand`, if there is one."""
    return _UNARY.get((symbol, operand))


_BINARY = {(row.symbol, row.left, row.right): row for row in BINARY}
_UNARY = {(row.symbol, row.operand): row for row in UNARY}
