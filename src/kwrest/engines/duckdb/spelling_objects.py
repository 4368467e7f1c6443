"""Making and changing JSON in DuckDB's SQL, which has functions to read it only: objects are put together as text, with
their keys sorted as KWDB keeps them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from kwrest.engines.duckdb.spelling_text import capped, error, guarded, once
from kwrest.sql import bound
from kwrest.sql.spell.expressions import Written, quoted
from kwrest.types.kinds import Family, Type


def path_to(key: str) -> str:
    """DuckDB's path to a key. It is quoted: bare, `$` and `/` at its start would make it a path of its own."""
    if key in ("", "*"):  # DuckDB refuses the one and reads the other as "all keys", quoted too
        return f"/{key}"
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'$."{escaped}"'


def written_path(key: str) -> str:
    """The same for a key that is known at run time only. key: its printed text."""
    escaped = f"replace(replace({key}, '\\', '\\\\'), '\"', '\\\"')"
    return f"CASE WHEN {key} IN ('', '*') THEN '/' || {key} ELSE '$.\"' || {escaped} || '\"' END"


def spaced(document: str) -> str:
    """The text KWDB shows: a blank behind `:` and `,`, save within strings."""
    tokens = f'regexp_extract_all(CAST({document} AS VARCHAR), \'"(?:[^"\\\\]|\\\\.)*"|[:,]|[^":,\\s]+\')'
    return (
        f"CASE WHEN {document} IS NOT NULL THEN array_to_string(list_transform({tokens},"
        " lambda t: CASE t WHEN ':' THEN ': ' WHEN ',' THEN ', ' ELSE t END), '') END"
    )


def text_of(document: str) -> str:
    """What `->>` gives: a string without its quotes, null as NULL, everything else as its text."""
    return once(
        (document,),
        lambda d: (
            f"(CASE WHEN json_type({d}) IN ('OBJECT', 'ARRAY') THEN {spaced(d)} ELSE json_extract_string({d}, '$') END)"
        ),
    )


def object_of(keys: str, value: str) -> str:
    """An object with these keys. value: the text of a key's value, the key called `k`."""
    pairs = (
        f"list_transform(list_sort({keys}), lambda k: CAST(to_json(k) AS VARCHAR) || ':' || CAST({value} AS VARCHAR))"
    )
    return f"CAST('{{' || array_to_string({pairs}, ',') || '}}' AS JSON)"


def _items(document: str) -> str:
    return f"CAST({document} AS JSON[])"


def _value(document: str, key: str = "k") -> str:
    return f"json_extract({document}, {written_path(key)})"


def by_kind(document: str, if_object: str, if_array: str, otherwise: str) -> str:
    """One of three, by what the document is."""
    return (
        f"(CASE json_type({document}) WHEN 'OBJECT' THEN {if_object} WHEN 'ARRAY' THEN {if_array} ELSE {otherwise} END)"
    )


def _refused(document: str, sqlstate: str, text: str) -> str:
    return f"CASE WHEN {document} IS NOT NULL THEN {error(sqlstate, text)} END"


# ---------------------------------------------------------------- operators


def _concat(call: bound.Call, arguments: Sequence[str]) -> str:
    """Two objects become one, the right one's keys win; everything else becomes one array."""

    def body(x: str, y: str) -> str:
        def items(v: str) -> str:
            return f"CASE json_type({v}) WHEN 'ARRAY' THEN {_items(v)} ELSE [{v}] END"

        keys = f"list_distinct(list_concat(json_keys({x}), json_keys({y})))"
        merged = object_of(keys, f"CASE WHEN list_contains(json_keys({y}), k) THEN {_value(y)} ELSE {_value(x)} END")
        return (
            f"(CASE WHEN json_type({x}) = 'OBJECT' AND json_type({y}) = 'OBJECT' THEN {merged}"
            f" WHEN {x} IS NOT NULL AND {y} IS NOT NULL THEN to_json(list_concat({items(x)}, {items(y)})) END)"
        )

    return once(arguments, body)


def _without_key(call: bound.Call, arguments: Sequence[str]) -> str:
    """An object without a key, an array without the equal texts."""

    def body(document: str, key: str) -> str:
        kept = object_of(f"list_filter(json_keys({document}), lambda q: q <> {key})", _value(document))
        left = f"to_json(list_filter({_items(document)}, lambda e: e <> to_json({key})))"
        return by_kind(document, kept, left, _refused(document, "22023", "cannot delete from scalar"))

    return once(arguments, body)


def _without_keys(call: bound.Call, arguments: Sequence[str]) -> str:
    def body(document: str, keys: str) -> str:
        kept = object_of(
            f"list_filter(json_keys({document}), lambda q: NOT coalesce(list_contains({keys}, q), false))",
            _value(document),
        )
        texts = f"list_transform({keys}, lambda t: to_json(t))"
        left = f"to_json(list_filter({_items(document)}, lambda e: NOT coalesce(list_contains({texts}, e), false)))"
        return by_kind(document, kept, left, _refused(document, "22023", "cannot delete from scalar"))

    return once(arguments, body)


def _without_index(call: bound.Call, arguments: Sequence[str]) -> str:
    def body(document: str, index: str) -> str:
        at = f"CASE WHEN {index} < 0 THEN len({_items(document)}) + {index} ELSE {index} END + 1"
        left = f"to_json(list_filter({_items(document)}, lambda e, i: i <> {at}))"
        wrong = _refused(document, "22023", "cannot delete from object using integer index")
        return by_kind(document, wrong, left, _refused(document, "22023", "cannot delete from scalar"))

    return once(arguments, body)


# ---------------------------------------------------------------- paths


def constant_path(steps: bound.Expr) -> list[bound.Value] | None:
    """The steps of a path that is written out; None when it is known at run time only."""
    if isinstance(steps, bound.ArrayOf) and all(isinstance(step, bound.Const) for step in steps.items):
        return [step.value for step in steps.items if isinstance(step, bound.Const)]
    if isinstance(steps, bound.Const) and isinstance(steps.value, tuple):
        return list(steps.value)
    return None


def _is_index(step: str) -> bool:
    return step.removeprefix("-").isdecimal() and step.isascii() and len(step) < 10


def _place(document: str, step: str) -> str:
    """The place, from 1, that an index means in an array."""
    index = int(step)
    return f"(len({_items(document)}) + {index + 1})" if index < 0 else str(index + 1)


def _without_path(call: bound.Call, arguments: Sequence[str]) -> str:
    steps = constant_path(call.arguments[1])
    if steps is None:
        return error("0A000", "a path that is no constant is not supported")
    for place, step in enumerate(steps, 1):
        if not isinstance(step, str):
            return error("22004", f"path element at position {place} is null")
    return _pruned(arguments[0], [str(step) for step in steps]) if steps else arguments[0]


def _pruned(document: str, steps: Sequence[str]) -> str:
    """The document without what a path leads to; itself where it leads nowhere."""
    step, rest = steps[0], steps[1:]
    key = quoted(step)

    def body(d: str) -> str:
        if rest:
            inner = _pruned(f"json_extract({d}, {quoted(path_to(step))})", rest)
            made = object_of(f"json_keys({d})", f"CASE WHEN k = {key} THEN {inner} ELSE {_value(d)} END")
            changed = f"CASE WHEN list_contains(json_keys({d}), {key}) THEN {made} ELSE {d} END"
        else:
            changed = object_of(f"list_filter(json_keys({d}), lambda q: q <> {key})", _value(d))
        if not _is_index(step):
            shown = step.replace("'", "''").replace("|", " ").replace("\n", " ")
            listed = error("22P02", f"a path element is not an integer: {shown}")
        elif rest:
            inside = _pruned("e", rest)
            listed = f"to_json(list_transform({_items(d)}, lambda e, i: CASE WHEN i = {_place(d, step)} THEN {inside} ELSE e END))"
        else:
            listed = f"to_json(list_filter({_items(d)}, lambda e, i: i <> {_place(d, step)}))"
        return by_kind(d, changed, listed, d)

    return once((document,), body)


def _set(call: bound.Call, arguments: Sequence[str]) -> str:
    """`jsonb_set(document, path, value [, create])`."""
    steps = constant_path(call.arguments[1])
    if steps is None or any(not isinstance(step, str) for step in steps):
        return error("0A000", "a path that is no constant is not supported")
    create = arguments[3] if len(arguments) > 3 else "true"
    value = f"({arguments[2]})"
    return once(
        (arguments[0], value, create),
        lambda d, v, c: _planted(d, [str(step) for step in steps], v, c) if steps else d,
    )


def _planted(document: str, steps: Sequence[str], value: str, create: str) -> str:
    step, rest = steps[0], steps[1:]
    key = quoted(step)

    def body(d: str, v: str, c: str) -> str:
        own = f"list_contains(json_keys({d}), {key})"
        new = _planted(f"json_extract({d}, {quoted(path_to(step))})", rest, v, c) if rest else v
        keys = (
            f"json_keys({d})"
            if rest
            else f"CASE WHEN {c} THEN list_distinct(list_append(json_keys({d}), {key})) ELSE json_keys({d}) END"
        )
        made = object_of(keys, f"CASE WHEN k = {key} THEN {new} ELSE {_value(d)} END")
        changed = f"CASE WHEN {own} THEN {made} ELSE {d} END" if rest else made
        listed = d
        if _is_index(step):
            place = _place(d, step)
            inside = _planted("e", rest, v, c) if rest else v
            within = (
                f"to_json(list_transform({_items(d)}, lambda e, i: CASE WHEN i = {place} THEN {inside} ELSE e END))"
            )
            beyond = d
            if not rest:
                longer = "list_prepend({1}, {0})" if int(step) < 0 else "list_append({0}, {1})"
                beyond = f"CASE WHEN {c} THEN to_json({longer.format(_items(d), v)}) ELSE {d} END"
            listed = f"CASE WHEN {place} BETWEEN 1 AND len({_items(d)}) THEN {within} ELSE {beyond} END"
        return by_kind(d, changed, listed, d)

    return once((document, value, create), body)


def _path_of_steps(text: bool) -> Written:
    """`jsonb_extract_path(document, step, …)`."""

    def written(call: bound.Call, arguments: Sequence[str]) -> str:
        found = arguments[0]
        for step in arguments[1:]:
            found = once(
                (found, step),
                lambda d, s: f"coalesce({_value(d, s)}, json_extract({d}, TRY_CAST({s} AS BIGINT)))",
            )
        return text_of(found) if text else found

    return written


# ---------------------------------------------------------------- builders


def of_value(x: str, type_: Type) -> str:
    """A value of KWDB's type as JSON."""
    if type_.family in (Family.TIMESTAMP, Family.TIMESTAMPTZ):
        zone = " || 'Z'" if type_.family is Family.TIMESTAMPTZ else ""
        return f"to_json(replace(CAST({x} AS VARCHAR), ' ', 'T'){zone})"
    if type_.family is Family.BYTES:
        return f"to_json('\\x' || lower(hex({x})))"
    if type_.family in (Family.DATE, Family.TIME, Family.INTERVAL):
        return f"to_json(CAST({x} AS VARCHAR))"
    if type_.element is not None and type_.element.family in (Family.TIMESTAMP, Family.TIMESTAMPTZ, Family.BYTES):
        return f"to_json(list_transform({x}, lambda u: {of_value('u', type_.element)}))"
    return f"to_json({x})"


def _of(call: bound.Call, arguments: Sequence[str]) -> str:
    return of_value(arguments[0], call.arguments[0].type)


def _array(call: bound.Call, arguments: Sequence[str]) -> str:
    items = [
        f"coalesce({of_value(x, a.type)}, CAST('null' AS JSON))" for x, a in zip(arguments, call.arguments, strict=True)
    ]
    return f"to_json([{', '.join(items)}])" if items else "CAST('[]' AS JSON)"


def _object(call: bound.Call, arguments: Sequence[str]) -> str:
    """Keys and values in turns; of equal keys the last counts."""
    if not arguments:
        return "CAST('{}' AS JSON)"
    if len(arguments) % 2:
        return error("22023", "argument list must have even number of elements")
    keys = ", ".join(f"CAST({key} AS VARCHAR)" for key in arguments[::2])
    values = ", ".join(
        f"coalesce({of_value(x, a.type)}, CAST('null' AS JSON))"
        for x, a in zip(arguments[1::2], call.arguments[1::2], strict=True)
    )
    return once((f"[{keys}]", f"[{values}]"), _paired)


def _paired(keys: str, values: str) -> str:
    last = f"{values}[len({keys}) - list_position(list_reverse({keys}), k) + 1]"
    missing = f"list_count({keys}) <> len({keys})"
    made = object_of(f"list_distinct({keys})", last)
    return guarded(missing, "22023", "argument 1 cannot be null", capped(f"len({keys})", made))


def _object_of_texts(call: bound.Call, arguments: Sequence[str]) -> str:
    """`json_object(texts)` with keys and values in turns, `json_object(keys, values)`."""

    def values(x: str) -> str:
        return f"list_transform({x}, lambda u: coalesce(to_json(u), CAST('null' AS JSON)))"

    if len(arguments) == 2:
        return once(
            arguments,
            lambda k, v: guarded(
                f"len({k}) <> len({v})", "2202E", "mismatched array dimensions", _paired(k, values(v))
            ),
        )

    def body(x: str) -> str:
        keys, others = (f"list_filter({x}, lambda u, i: i % 2 = {rest})" for rest in (1, 0))
        return guarded(
            f"len({x}) % 2 = 1", "2202E", "array must have even number of elements", _paired(keys, values(others))
        )

    return once(arguments, body)


# ---------------------------------------------------------------- lists for generators


def _elements(value: Callable[[str], str]) -> Written:
    return lambda call, a: once(
        a,
        lambda d: (
            f"(CASE WHEN json_type({d}) = 'ARRAY' THEN {value(_items(d))}"
            f" ELSE {_refused(d, '22023', 'cannot be called on a non-array')} END)"
        ),
    )


def _members(value: Callable[[str], str]) -> Written:
    return lambda call, a: once(
        a,
        lambda d: (
            f"(CASE WHEN json_type({d}) = 'OBJECT' THEN {value(d)}"
            f" ELSE {_refused(d, '22023', 'cannot be called on a non-object')} END)"
        ),
    )


def _sorted_keys(document: str) -> str:
    return f"list_sort(json_keys({document}))"


OBJECTS: Mapping[str, Written] = {
    "concat.json": _concat,
    "json.without": _without_key,
    "json.without.keys": _without_keys,
    "json.without.index": _without_index,
    "json.without.path": _without_path,
    "json.set": _set,
    "json.extract_path": _path_of_steps(False),
    "json.extract_path_text": _path_of_steps(True),
    "json.of": _of,
    "json.build_array": _array,
    "json.build_object": _object,
    "json.object_of_texts": _object_of_texts,
    "json.elements": _elements(lambda items: items),
    "json.elements_text": _elements(lambda items: f"list_transform({items}, lambda e: {text_of('e')})"),
    "json.keys": _members(_sorted_keys),
    "json.each.1": _members(_sorted_keys),
    "json.each.2": _members(lambda d: f"list_transform({_sorted_keys(d)}, lambda k: {_value(d)})"),
    "json.each_text.1": _members(_sorted_keys),
    "json.each_text.2": _members(lambda d: f"list_transform({_sorted_keys(d)}, lambda k: {text_of(_value(d))})"),
}
