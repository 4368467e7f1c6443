"""Comparison, IN, LIKE and the other tests: within a family only, constants adapt (facts 3.5)."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from kwrest.errors import DatatypeMismatch, Unsupported, UnsupportedComparison
from kwrest.sql.bind.casts import cast
from kwrest.sql.bind.constants import NULL, Numeral, accepts, is_null, settle, settles, untyped
from kwrest.sql.bind.names import described
from kwrest.sql.bind.patterns import check_regex, ends_in_escape, similar_regex
from kwrest.sql.bound import And, Call, Const, Expr, In, Or, TupleOf
from kwrest.sql.operators import COMPARABLE, COMPARISONS, TESTS
from kwrest.types import kinds
from kwrest.types.kinds import BOOL, Family, Type

_FLOAT4_MAX = 3.4028234663852886e38
FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def common_comparable(left: Type, right: Type) -> Type | None:
    """The type in which two typed values compare; None when they do not."""
    if Family.UNKNOWN in (left.family, right.family):
        return right if left.family is Family.UNKNOWN else left
    if left.family is right.family:
        if left.element is not None and right.element is not None:
            element = common_comparable(left.element, right.element)
            return kinds.array_of(element) if element is not None else None
        return left if left.precision >= right.precision else right
    for families in COMPARABLE:
        if left.family in families and right.family in families:
            return max(left, right, key=lambda type_: families.index(type_.family))
    return None


def align(op: str, left: Expr, right: Expr, zone: ZoneInfo) -> tuple[Expr, Expr]:
    """Both operands in the type in which they compare. Raises UnsupportedComparison (22023)."""
    refusal = UnsupportedComparison(left=described(left.type), op=op, right=described(right.type))
    if untyped(left) and untyped(right):
        if isinstance(left, Numeral) == isinstance(right, Numeral) and not is_null(left) and not is_null(right):
            if isinstance(left, Numeral) and left.type != right.type:
                return settle(left, kinds.DECIMAL), settle(right, kinds.DECIMAL)
            return settle(left), settle(right)
        if is_null(left) or is_null(right):
            known = right if is_null(left) else left
            return (NULL, NULL) if is_null(known) else (settle(left, known.type), settle(right, known.type))
        left, right = (settle(left), right) if isinstance(left, Numeral) else (left, settle(right))
    if untyped(left):
        meets = _meeting(left, right.type)
        if meets is None:
            raise refusal
        left = meets
    elif untyped(right):
        meets = _meeting(right, left.type)
        if meets is None:
            raise refusal
        right = meets
    common = common_comparable(left.type, right.type)
    if common is None:
        raise refusal
    return _as(left, common, zone), _as(right, common, zone)


def _meeting(constant: Expr, type_: Type) -> Expr | None:
    """An untyped constant beside a value of the type."""
    settled = settles(constant, type_)
    if (
        settled is not None
        and type_ == kinds.FLOAT4
        and isinstance(settled, Const)
        and isinstance(settled.value, float)
    ):
        # 1.23 equals a stored FLOAT4 of 1.23: the constant is as coarse as the column.
        return Const(settled.value, type_) if abs(settled.value) <= _FLOAT4_MAX else settled
    if settled is not None or not isinstance(constant, Numeral):
        return settled
    # 1.5 beside an integer stays a DECIMAL, and both compare as DECIMAL.
    return settle(constant) if type_.family in COMPARABLE[0] else None


def _as(expr: Expr, common: Type, zone: ZoneInfo) -> Expr:
    if expr.type.family is common.family and expr.type.element is None:
        same_clock = common.precision == 9 and expr.type.precision != 9 and common.family in COMPARABLE[1]
        return cast(expr, common, zone) if same_clock else expr
    target = {Family.FLOAT: kinds.FLOAT8, Family.DECIMAL: kinds.DECIMAL}.get(common.family, common)
    return cast(expr, target, zone)


def compare(op: str, left: Expr, right: Expr, zone: ZoneInfo) -> Expr:
    """`left op right`; op as in tree.Binary. NULL beside `=` and its like is NULL without a type."""
    if isinstance(left, TupleOf) or isinstance(right, TupleOf):
        return _compare_tuples(op, left, right, zone)
    if op not in ("IS DISTINCT FROM", "IS NOT DISTINCT FROM") and (is_null(left) or is_null(right)):
        return NULL
    left, right = align(op, left, right, zone)
    return _compared(COMPARISONS[op], left, right)


def _compared(key: str, left: Expr, right: Expr) -> Expr:
    family = left.type.family
    # NaN sorts before every number, and equal JSON may be written differently: the engine has rows of their own for them.
    if (family is Family.FLOAT and key in ("lt", "le", "gt", "ge")) or family is Family.JSON:
        key = f"{key}.{family.value}"
    return Call(key, (left, right), BOOL)


def _compare_tuples(op: str, left: Expr, right: Expr, zone: ZoneInfo) -> Expr:
    if not isinstance(left, TupleOf) or not isinstance(right, TupleOf):
        raise UnsupportedComparison(left=_tuple_name(left), op=op, right=_tuple_name(right))
    if len(left.items) != len(right.items):
        raise DatatypeMismatch(reason=f"expected tuple {_tuple_name(right)} to have a length of {len(left.items)}")
    pairs = list(zip(left.items, right.items, strict=True))
    if op == "=":
        return And(tuple(compare("=", a, b, zone) for a, b in pairs))
    if op == "!=":
        return Or(tuple(compare("!=", a, b, zone) for a, b in pairs))
    if op not in FLIPPED:
        every = tuple(compare("IS NOT DISTINCT FROM", a, b, zone) for a, b in pairs)
        return And(every) if op == "IS NOT DISTINCT FROM" else Call("not", (And(every),), BOOL)
    # (a, b) < (c, d) is a < c OR a = c AND b < d
    a, b = pairs[-1]
    result = compare(op, a, b, zone)
    for a, b in reversed(pairs[:-1]):
        result = Or((compare(op[0], a, b, zone), And((compare("=", a, b, zone), result))))
    return result


def _tuple_name(expr: Expr) -> str:
    if isinstance(expr, TupleOf):
        return f"tuple{{{', '.join(described(item.type) for item in expr.items)}}}"
    return described(expr.type)


def in_list(operand: Expr, items: Sequence[Expr], negated: bool, zone: ZoneInfo) -> Expr:
    """`operand [NOT] IN (items)`: every item compares with the operand."""
    if isinstance(operand, TupleOf):
        tests = tuple(compare("=", operand, item, zone) for item in items)
        return _negated(Or(tests), negated)
    if not items:
        return Const(negated, BOOL)
    if is_null(operand):
        return NULL
    family = operand.type
    typed = next((item.type for item in items if not untyped(item)), None)
    if untyped(operand):
        operand = settle(operand, typed) if typed is not None and accepts(operand, typed.family) else settle(operand)
        family = operand.type
    settled: list[Expr] = []
    common: Type | None = family
    for item in items:
        if is_null(item):
            settled.append(item)
            continue
        meets = _meeting(item, family) if untyped(item) else item
        common = common_comparable(common, meets.type) if meets is not None and common is not None else None
        if meets is None or common is None:
            raise UnsupportedComparison(
                left=described(family), op="IN", right=f"tuple{{{', '.join(described(i.type) for i in items)}}}"
            )
        settled.append(meets)
    assert common is not None
    return In(
        _as(operand, common, zone),
        tuple(settle(i, common) if is_null(i) else _as(i, common, zone) for i in settled),
        negated,
    )


def _negated(expr: Expr, negated: bool) -> Expr:
    return Call("not", (expr,), BOOL) if negated else expr


def between(operand: Expr, low: Expr, high: Expr, zone: ZoneInfo, *, negated: bool, symmetric: bool) -> Expr:
    """`operand [NOT] BETWEEN [SYMMETRIC] low AND high`."""

    def within(a: Expr, b: Expr) -> Expr:
        tests = (compare(">=", operand, a, zone), compare("<=", operand, b, zone))
        return And(tuple(Const(None, BOOL) if is_null(test) else test for test in tests))

    inside = Or((within(low, high), within(high, low))) if symmetric else within(low, high)
    return _negated(inside, negated)


def like(op: str, operand: Expr, pattern: Expr, escape: Expr | None, negated: bool, zone: ZoneInfo) -> Expr:
    """LIKE, ILIKE, SIMILAR TO. `\\` escapes unless ESCAPE says otherwise (facts 9, trap 52)."""
    shown = f"NOT {op}" if negated else op
    if is_null(operand) or is_null(pattern):
        return NULL
    left, right = settles(operand, kinds.STRING), settles(pattern, kinds.STRING)
    if left is None or right is None:
        raise UnsupportedComparison(left=described(operand.type), op=shown, right=described(pattern.type))
    if op == "SIMILAR TO":
        if not isinstance(right, Const) or not isinstance(right.value, str):
            raise Unsupported(what="SIMILAR TO with a pattern that is no constant")
        regex = Const(similar_regex(right.value), kinds.STRING)
        check_regex(similar_regex(right.value))
        return _negated(Call("regex.whole", (left, regex), BOOL), negated)
    letter = Const("\\", kinds.STRING)
    if escape is not None:
        found = settles(escape, kinds.STRING)
        if not isinstance(found, Const) or not isinstance(found.value, str) or len(found.value) > 1:
            raise DatatypeMismatch(reason="invalid escape string")
        letter = found
    pattern_text = right.value if isinstance(right, Const) else None
    if isinstance(pattern_text, str) and ends_in_escape(pattern_text, str(letter.value)):
        # Nothing is like it (recorded); an engine would refuse it.
        return _negated(Call("never", (left,), BOOL), negated)
    return _negated(Call("like" if op == "LIKE" else "ilike", (left, right, letter), BOOL), negated)


def test(op: str, left: Expr, right: Expr, zone: ZoneInfo) -> Expr:
    """`~`, `@>`, `?`, `<<` and their like: rows of `TESTS`."""
    if is_null(left) or is_null(right):
        return NULL
    rows = [row for row in TESTS if row[0] == op]
    for _, left_family, right_family, key in rows:
        a = _fits(left, left_family, right.type)
        b = _fits(right, right_family, left.type)
        if a is not None and b is not None:
            if left_family is Family.ARRAY and right_family is Family.ARRAY:
                a, b = align(op, a, b, zone)
            if key in _REGEXES and isinstance(b, Const) and isinstance(b.value, str):
                check_regex(b.value)
            return Call(key, (a, b), BOOL)
    raise UnsupportedComparison(left=described(left.type), op=op, right=described(right.type))


_REGEXES = ("regex", "not_regex", "iregex", "not_iregex")
_PLAIN = {
    Family.STRING: kinds.STRING,
    Family.JSON: kinds.JSONB,
    Family.INET: kinds.INET,
}


def _fits(expr: Expr, family: Family, other: Type) -> Expr | None:
    if not untyped(expr):
        return expr if expr.type.family is family else None
    wanted = _PLAIN.get(family)
    if family is Family.ARRAY:
        wanted = other if other.element is not None else kinds.array_of(kinds.STRING)
    # A bare text is a regular expression or a text before it is anything else, unless the other side says JSON or INET.
    return settles(expr, wanted) if wanted is not None else None


def is_test(expr: Expr, what: str, negated: bool) -> Expr:
    """`IS [NOT] NULL, TRUE, FALSE, UNKNOWN, NAN`."""
    if what in ("TRUE", "FALSE"):
        settled = settles(expr, BOOL)
        if settled is None:
            raise DatatypeMismatch(reason=f"argument of IS {what} must be type bool, not type {described(expr.type)}")
        key = "distinct" if negated else "not_distinct"
        return Call(key, (settled, Const(what == "TRUE", BOOL)), BOOL)
    if what == "NAN":
        if expr.type.family not in (Family.FLOAT, Family.DECIMAL, Family.INT, Family.UNKNOWN):
            raise UnsupportedComparison(left=described(expr.type), op="IS NAN", right="float")
        test_ = Call("is_nan", (settle(expr, kinds.FLOAT8),), BOOL)
        return _negated(test_, negated)
    return Call("is_not_null" if negated else "is_null", (settle(expr),), BOOL)
