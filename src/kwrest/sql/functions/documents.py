"""JSON, arrays, addresses (facts 3.4, 6)."""

from __future__ import annotations

from kwrest.sql.functions.signature import ANY, Function, same
from kwrest.types.kinds import BOOL, INET, INT8, JSONB, STRING, array_of

_ANY_ARRAY = array_of(ANY)
_TEXTS = array_of(STRING)


FUNCTIONS: tuple[Function, ...] = (
    Function("array_length", (_ANY_ARRAY, INT8), INT8, "array_length", "6"),
    Function("array_lower", (_ANY_ARRAY, INT8), INT8, "array_lower", "6"),
    Function("array_upper", (_ANY_ARRAY, INT8), INT8, "array_length", "6"),
    Function("cardinality", (_ANY_ARRAY,), INT8, "cardinality", "6"),
    Function("array_append", (_ANY_ARRAY, ANY), same(0), "concat.array.element", "6"),
    Function("array_prepend", (ANY, _ANY_ARRAY), same(1), "concat.element.array", "6"),
    Function("array_cat", (_ANY_ARRAY, _ANY_ARRAY), same(0), "concat.array.array", "6"),
    Function("array_position", (_ANY_ARRAY, ANY), INT8, "array_position", "6"),
    Function("array_positions", (_ANY_ARRAY, ANY), array_of(INT8), "array_positions", "6"),
    Function("array_replace", (_ANY_ARRAY, ANY, ANY), same(0), "array_replace", "6"),
    Function("array_remove", (_ANY_ARRAY, ANY), same(0), "array_remove", "6"),
    Function("jsonb_typeof", (JSONB,), STRING, "json.type", "6"),
    Function("json_typeof", (JSONB,), STRING, "json.type", "6"),
    Function("jsonb_array_length", (JSONB,), INT8, "json.length", "6"),
    Function("json_array_length", (JSONB,), INT8, "json.length", "6"),
    Function("jsonb_pretty", (JSONB,), STRING, "json.pretty", "6"),
    *(
        row
        for prefix in ("json", "jsonb")
        for row in (
            Function(f"{prefix}_set", (JSONB, _TEXTS, JSONB), JSONB, "json.set", "6"),
            Function(f"{prefix}_set", (JSONB, _TEXTS, JSONB, BOOL), JSONB, "json.set", "6"),
            Function(f"{prefix}_extract_path", (JSONB, STRING), JSONB, "json.extract_path", "6", variadic=True),
            Function(
                f"{prefix}_extract_path_text", (JSONB, STRING), STRING, "json.extract_path_text", "6", variadic=True
            ),
            Function(f"{prefix}_build_array", (ANY,), JSONB, "json.build_array", "6", variadic=True),
            Function(f"{prefix}_build_object", (ANY,), JSONB, "json.build_object", "6", variadic=True),
            Function(f"{prefix}_object", (_TEXTS,), JSONB, "json.object_of_texts", "6"),
            Function(f"{prefix}_object", (_TEXTS, _TEXTS), JSONB, "json.object_of_texts", "6"),
        )
    ),
    Function("json_remove_path", (JSONB, _TEXTS), JSONB, "json.without.path", "6"),
    Function("array_to_json", (_ANY_ARRAY,), JSONB, "json.of", "6"),
    Function("to_json", (ANY,), JSONB, "json.of", "6"),
    Function("to_jsonb", (ANY,), JSONB, "json.of", "6"),
    Function("host", (INET,), STRING, "inet.host", "6"),
    Function("masklen", (INET,), INT8, "inet.masklen", "6"),
    Function("family", (INET,), INT8, "inet.family", "6"),
    Function("inet_same_family", (INET, INET), BOOL, "inet.same_family", "6"),
)
