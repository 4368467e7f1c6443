"""JSON, arrays and addresses in DuckDB's SQL. JSON is stored as JSON, INET and UUID as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from kwrest.engines.duckdb.spelling_objects import OBJECTS, constant_path, path_to, text_of, written_path
from kwrest.engines.duckdb.spelling_text import capped, once, only_within
from kwrest.sql import bound
from kwrest.sql.functions.strings import MAX_TEXT
from kwrest.sql.spell.expressions import Written, quoted


def _get(call: bound.Call, arguments: Sequence[str]) -> str:
    """`->` with a key."""
    key = call.arguments[1]
    if isinstance(key, bound.Const) and isinstance(key.value, str):
        return f"json_extract({arguments[0]}, {quoted(path_to(key.value))})"
    return once(arguments, lambda document, key: f"json_extract({document}, {written_path(key)})")


def _path(call: bound.Call, arguments: Sequence[str]) -> str:
    """`#>`: each step is a key or an index, whichever the document has."""
    steps = constant_path(call.arguments[1])
    if steps is None:
        step = f"coalesce(json_extract(d, {written_path('(s->>0)')}), json_extract(d, TRY_CAST(s->>0 AS BIGINT)))"
        listed = f"list_prepend({arguments[0]}, list_transform({arguments[1]}, lambda t: to_json([t])))"
        return f"list_reduce({listed}, lambda d, s: {step})"
    text = arguments[0]
    for value in steps:
        text = _step(text, value)
    return text


def _step(document: str, key: bound.Value) -> str:
    if not isinstance(key, str):
        return "CAST(NULL AS JSON)"
    # Joined, never formatted: a key may have braces in it, and what stood between them would leave the quotes.
    path = quoted(path_to(key))
    if not (key.removeprefix("-").isdecimal() and key.isascii()) or len(key) > 9:
        return f"json_extract({document}, {path})"
    return once((document,), lambda x: f"coalesce(json_extract({x}, {path}), json_extract({x}, {int(key)}))")


def _as_text(written: Written) -> Written:
    """`->>` and `#>>`: the text of what the operator without the second `>` gives."""

    def text(call: bound.Call, arguments: Sequence[str]) -> str:
        made = written.format(*arguments) if isinstance(written, str) else written(call, arguments)
        return text_of(made)

    return text


_TYPES = {
    "OBJECT": "object",
    "ARRAY": "array",
    "VARCHAR": "string",
    "BOOLEAN": "boolean",
    "NULL": "null",
    "UBIGINT": "number",
    "BIGINT": "number",
    "DOUBLE": "number",
    "HUGEINT": "number",
}
_JSON_TYPE = "CASE json_type({0})" + "".join(f" WHEN '{a}' THEN '{b}'" for a, b in _TYPES.items()) + " END"


def _has(call: bound.Call, arguments: Sequence[str]) -> str:
    return once(arguments, _has_key)


def _has_key(document: str, key: str) -> str:
    return (
        f"(CASE json_type({document}) WHEN 'OBJECT' THEN list_contains(json_keys({document}), {key})"
        f" WHEN 'ARRAY' THEN list_contains(CAST({document} AS VARCHAR[]), {key})"
        f" WHEN 'VARCHAR' THEN json_extract_string({document}, '$') = {key} ELSE {document} IS NULL AND NULL END)"
    )


def _has_several(aggregate: str) -> Written:
    def written(call: bound.Call, arguments: Sequence[str]) -> str:
        tests = f"list_transform({arguments[1]}, lambda k: {_has_key(arguments[0], 'k')})"
        return f"list_aggregate({tests}, '{aggregate}')"

    return written


# Equal documents may be written differently: minified text, keys as stored (sorted on the way in).
_SAME = "CAST(json({%d}) AS VARCHAR)"
_COMPARED: dict[str, Written] = {
    f"{key}.jsonb": f"({_SAME % 0} {op} {_SAME % 1})"
    for key, op in {
        "eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">=",
        "distinct": "IS DISTINCT FROM", "not_distinct": "IS NOT DISTINCT FROM",
    }.items()
}  # fmt: skip


def _array_text(call: bound.Call, arguments: Sequence[str]) -> str:
    """The elements were made already; what is written between them, or for them, must not multiply without end."""

    added = " + ".join(f"coalesce(strlen({text}), 0)" for text in arguments[1:])

    def body(array: str) -> str:
        size = f"CAST(len({array}) AS HUGEINT) * ({added})"
        listed = only_within(size, array, MAX_TEXT)
        if len(arguments) > 2:
            listed = f"list_transform({listed}, lambda e: coalesce(CAST(e AS VARCHAR), {arguments[2]}))"
        else:
            listed = f"list_filter({listed}, lambda e: e IS NOT NULL)"
        if isinstance(call.arguments[1], bound.Const):
            return capped(size, f"array_to_string({listed}, {arguments[1]})")
        # DuckDB's array_to_string takes no other separator than a constant.
        texts = f"list_transform({listed}, lambda e: CAST(e AS VARCHAR))"
        joined = f"list_reduce({texts}, lambda a, b: a || {arguments[1]} || b, '')"
        return capped(size, f"substr({joined}, length({arguments[1]}) + 1)")

    return once(arguments[:1], body)


def _subscripts(call: bound.Call, arguments: Sequence[str]) -> str:
    """The indexes of an array, which has one dimension."""
    array, dimension, back = (*arguments, *("CAST(1 AS BIGINT)", "false")[len(arguments) - 1 :])
    upwards = f"CASE WHEN {dimension} = 1 THEN generate_series(1, len({array})) END"
    return f"(CASE WHEN {back} THEN list_reverse({upwards}) ELSE {upwards} END)"


_BITS = "CASE WHEN contains({0}, '/') THEN CAST(split_part({0}, '/', 2) AS BIGINT) WHEN contains({0}, ':') THEN 128 ELSE 32 END"


def _address_bits(x: str) -> str:
    """The bits of an address as text, 32 or 128 of them."""
    host = f"split_part({x}, '/', 1)"
    left = f"list_filter(string_split(split_part({host}, '::', 1), ':'), lambda g: g <> '')"
    right = f"list_filter(string_split(split_part({host}, '::', 2), ':'), lambda g: g <> '')"
    groups = f"list_concat({left}, list_resize(CAST([] AS VARCHAR[]), CAST(8 - len({left}) - len({right}) AS BIGINT), '0'), {right})"
    long = f"array_to_string(list_transform({groups}, lambda g: lpad(g, 4, '0')), '')"
    short = f"array_to_string(list_transform(string_split({host}, '.'), lambda g: lpad(to_hex(CAST(g AS BIGINT)), 2, '0')), '')"
    return f"CAST(CAST(unhex(CASE WHEN contains({x}, ':') THEN {long} ELSE {short} END) AS BIT) AS VARCHAR)"


def _within(inner: int, strict: bool) -> Callable[[bound.Call, Sequence[str]], str]:
    """Whether one network lies in another of the same family; `<<` is strict."""

    def written(call: bound.Call, arguments: Sequence[str]) -> str:
        def body(a: str, b: str, bits_a: str, bits_b: str) -> str:
            small, large = _BITS.format(a), _BITS.format(b)
            longer = f"({small}) {'>' if strict else '>='} ({large})"
            same = f"left({bits_a}, ({large})) = left({bits_b}, ({large}))"
            return f"({longer} AND length({bits_a}) = length({bits_b}) AND {same})"

        a, b = arguments[inner], arguments[1 - inner]
        return once((a, b), lambda x, y: once((x, y, _address_bits(x), _address_bits(y)), body))

    return written


def _overlaps(call: bound.Call, arguments: Sequence[str]) -> str:
    return f"({_WITHIN(call, arguments)} OR {_AROUND(call, arguments)})"


_WITHIN = _within(0, False)
_AROUND = _within(1, False)

DOCUMENTS: Mapping[str, Written] = {
    "json.get": _get,
    "json.get_text": _as_text(_get),
    "json.at": "json_extract({0}, {1})",
    "json.at_text": _as_text("json_extract({0}, {1})"),
    "json.path": _path,
    "json.path_text": _as_text(_path),
    "json.contains": "json_contains({0}, {1})",
    "json.contained": "json_contains({1}, {0})",
    "json.has": _has,
    "json.has_any": _has_several("bool_or"),
    "json.has_all": _has_several("bool_and"),
    "json.type": f"({_JSON_TYPE})",
    "json.length": "CAST(json_array_length({0}) AS BIGINT)",
    "json.pretty": "json_pretty({0})",
    **OBJECTS,
    **_COMPARED,
    "array_length": "CASE WHEN {1} = 1 AND len({0}) > 0 THEN len({0}) END",
    "array_lower": "CASE WHEN {1} = 1 AND len({0}) > 0 THEN 1 END",
    "cardinality": "len({0})",
    "array_position": "list_position({0}, {1})",
    "array_positions": lambda call, a: (
        f"list_filter(list_transform({a[0]}, lambda e, i: CASE WHEN e IS NOT DISTINCT FROM {a[1]} THEN i END),"
        " lambda i: i IS NOT NULL)"
    ),
    "array_replace": lambda call, a: (
        f"list_transform({a[0]}, lambda e: CASE WHEN e IS NOT DISTINCT FROM {a[1]} THEN {a[2]} ELSE e END)"
    ),
    "array_remove": lambda call, a: f"list_filter({a[0]}, lambda e: e IS DISTINCT FROM {a[1]})",
    "array_to_string": _array_text,
    "subscripts": _subscripts,
    "inet.host": "split_part({0}, '/', 1)",
    "inet.masklen": "(CASE WHEN {0} IS NOT NULL THEN " + _BITS + " END)",
    "inet.within": _within(0, True),
    "inet.around": _within(1, True),
    "inet.overlaps": _overlaps,
    "inet.family": "CASE WHEN contains({0}, ':') THEN 6 ELSE 4 END",
    "inet.same_family": "(contains({0}, ':') = contains({1}, ':'))",
}
