"""JSON, arrays and addresses in DuckDB's SQL. JSON is stored as JSON, INET and UUID as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from kwrest.engines.duckdb.spelling_text import capped, error, once, only_within
from kwrest.sql import bound
from kwrest.sql.functions.strings import MAX_TEXT
from kwrest.sql.spell.expressions import Written, quoted


def _path_to(key: str) -> str:
    """DuckDB's path to a key. It is quoted: bare, `$` and `/` at its start would make it a path of its own."""
    if key in ("", "*"):  # DuckDB refuses the one and reads the other as "all keys", quoted too
        return f"/{key}"
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'$."{escaped}"'


def _written_path(key: str) -> str:
    """The same for a key that is known at run time only. key: its printed text."""
    escaped = f"replace(replace({key}, '\\', '\\\\'), '\"', '\\\"')"
    return f"CASE WHEN {key} IN ('', '*') THEN '/' || {key} ELSE '$.\"' || {escaped} || '\"' END"


def _get(function: str) -> Written:
    def written(call: bound.Call, arguments: Sequence[str]) -> str:
        key = call.arguments[1]
        if isinstance(key, bound.Const) and isinstance(key.value, str):
            return f"{function}({arguments[0]}, {quoted(_path_to(key.value))})"
        return once(arguments, lambda document, key: f"{function}({document}, {_written_path(key)})")

    return written


def _path(function: str) -> Written:
    """`#>`: each step is a key or an index, whichever the document has."""

    def written(call: bound.Call, arguments: Sequence[str]) -> str:
        steps = call.arguments[1]
        if isinstance(steps, bound.ArrayOf):
            values = [step.value if isinstance(step, bound.Const) else None for step in steps.items]
        elif isinstance(steps, bound.Const) and isinstance(steps.value, tuple):
            values = list(steps.value)
        else:
            values = [None]
        text = arguments[0]
        if not values:
            return text
        for value in values[:-1]:
            text = _step("json_extract", text, value)
        return _step(function, text, values[-1])

    return written


def _step(function: str, document: str, key: bound.Value) -> str:
    if not isinstance(key, str):
        return "NULL"
    # Joined, never formatted: a key may have braces in it, and what stood between them would leave the quotes.
    path = quoted(_path_to(key))
    if not (key.removeprefix("-").isdecimal() and key.isascii()) or len(key) > 9:
        return f"{function}({document}, {path})"
    return once((document,), lambda x: f"coalesce({function}({x}, {path}), {function}({x}, {int(key)}))")


def _concat(call: bound.Call, arguments: Sequence[str]) -> str:
    """Objects merge, everything else becomes one array."""

    def body(x: str, y: str) -> str:
        def items(v: str) -> str:
            return f"CASE json_type({v}) WHEN 'ARRAY' THEN CAST({v} AS JSON[]) ELSE [{v}] END"

        return (
            f"(CASE WHEN json_type({x}) = 'OBJECT' AND json_type({y}) = 'OBJECT' THEN json_merge_patch({x}, {y})"
            f" WHEN {x} IS NOT NULL AND {y} IS NOT NULL THEN to_json(list_concat({items(x)}, {items(y)})) END)"
        )

    return once(arguments, body)


def _without(call: bound.Call, arguments: Sequence[str]) -> str:
    """An object without a key, an array without the equal texts."""

    def body(document: str, key: str) -> str:
        kept = f"list_filter(CAST({document} AS JSON[]), lambda e: e <> to_json({key}))"
        return (
            f"(CASE json_type({document}) WHEN 'OBJECT' THEN json_merge_patch({document}, json_object({key}, NULL))"
            f" WHEN 'ARRAY' THEN to_json({kept})"
            f" ELSE CASE WHEN {document} IS NOT NULL THEN {error('22023', 'cannot delete from scalar')} END END)"
        )

    return once(arguments, body)


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
        return capped(size, f"array_to_string({listed}, {arguments[1]})")

    return once(arguments[:1], body)  # DuckDB takes a separator that is a constant only, so it stands where it stood


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
    "json.get": _get("json_extract"),
    "json.get_text": _get("json_extract_string"),
    "json.at": "json_extract({0}, {1})",
    "json.at_text": "json_extract_string({0}, {1})",
    "json.path": _path("json_extract"),
    "json.path_text": _path("json_extract_string"),
    "json.without": _without,
    "json.contains": "json_contains({0}, {1})",
    "json.contained": "json_contains({1}, {0})",
    "json.has": _has,
    "json.has_any": _has_several("bool_or"),
    "json.has_all": _has_several("bool_and"),
    "json.type": f"({_JSON_TYPE})",
    "json.length": "CAST(json_array_length({0}) AS BIGINT)",
    "json.pretty": "json_pretty({0})",
    "json.of": "to_json({0})",
    "concat.json": _concat,
    **_COMPARED,
    "array_length": "CASE WHEN {1} = 1 AND len({0}) > 0 THEN len({0}) END",
    "array_lower": "CASE WHEN {1} = 1 AND len({0}) > 0 THEN 1 END",
    "cardinality": "len({0})",
    "array_position": "list_position({0}, {1})",
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
