"""Text and bytes (facts 3.4). What can make a longer text than it was given has a cap in bytes."""

from __future__ import annotations

from kwrest.sql.functions.signature import ANY, Function
from kwrest.types.kinds import BOOL, BYTES, GEOMETRY, INT8, STRING, Family, Type, array_of

BIT = Type(Family.BIT, "VARBIT")
# DuckDB computes 2048 values at once and its memory limit does not bind them: what one value may grow to is multiplied.
MAX_GROWN = 1 << 16  # bytes that repeat, lpad and rpad may make
MAX_TEXT = 1 << 18  # bytes of a value that is put together from others
MAX_HASHED = 1 << 16  # bytes that a hash made step by step reads
HASHES = ("crc32c", "crc32ieee", "fnv32", "fnv32a", "fnv64", "fnv64a")

FUNCTIONS: tuple[Function, ...] = (
    Function("ascii", (STRING,), INT8, "ascii", "3.4"),
    Function("bit_length", (STRING,), INT8, "bit_length.string", "3.4"),
    Function("bit_length", (BYTES,), INT8, "bit_length.bytes", "3.4"),
    Function("btrim", (STRING,), STRING, "btrim", "3.4"),
    Function("btrim", (STRING, STRING), STRING, "btrim.set", "3.4"),
    Function("char_length", (STRING,), INT8, "length.string", "3.4"),
    Function("char_length", (BYTES,), INT8, "length.bytes", "3.4"),
    Function("character_length", (STRING,), INT8, "length.string", "3.4"),
    Function("character_length", (BYTES,), INT8, "length.bytes", "3.4"),
    Function("chr", (INT8,), STRING, "chr", "3.4"),
    Function("concat", (STRING,), STRING, "concat.texts", "3.4", variadic=True, cap=MAX_TEXT),
    Function("concat", (GEOMETRY,), STRING, "concat.texts", "3.4", variadic=True, cap=MAX_TEXT),
    Function("concat_ws", (STRING, STRING), STRING, "concat_ws", "3.4", variadic=True, cap=MAX_TEXT),
    *(
        Function(name, (type_,), INT8, name, "3.4", variadic=True, cap=MAX_HASHED)
        for name in HASHES
        for type_ in (STRING, BYTES)
    ),
    Function("decode", (STRING, STRING), BYTES, "decode", "3.4"),
    Function("encode", (BYTES, STRING), STRING, "encode", "3.4", cap=MAX_TEXT),
    Function("get_bit", (BYTES, INT8), INT8, "get_bit", "3.4"),
    Function("initcap", (STRING,), STRING, "initcap", "3.4"),
    Function("left", (STRING, INT8), STRING, "left", "3.4"),
    Function("length", (STRING,), INT8, "length.string", "3.4"),
    Function("length", (BYTES,), INT8, "length.bytes", "3.4"),
    Function("length", (BIT,), INT8, "length.string", "3.4"),
    Function("lower", (STRING,), STRING, "lower", "3.4"),
    Function("lpad", (STRING, INT8), STRING, "lpad", "3.4", cap=MAX_GROWN),
    Function("lpad", (STRING, INT8, STRING), STRING, "lpad", "3.4", cap=MAX_GROWN),
    Function("ltrim", (STRING,), STRING, "ltrim", "3.4"),
    Function("ltrim", (STRING, STRING), STRING, "ltrim.set", "3.4"),
    Function("md5", (STRING,), STRING, "md5", "3.4"),
    Function("octet_length", (STRING,), INT8, "octet_length", "3.4"),
    Function("octet_length", (BYTES,), INT8, "length.bytes", "3.4"),
    Function("overlay", (STRING, STRING, INT8), STRING, "overlay", "3.4", cap=MAX_TEXT),
    Function("overlay", (STRING, STRING, INT8, INT8), STRING, "overlay", "3.4", cap=MAX_TEXT),
    Function("quote_ident", (STRING,), STRING, "quote_ident", "3.4", cap=MAX_TEXT),
    Function("quote_literal", (STRING,), STRING, "quote_literal", "3.4", cap=MAX_TEXT),
    Function("regexp_extract", (STRING, STRING), STRING, "regexp_extract", "3.4"),
    Function("regexp_replace", (STRING, STRING, STRING), STRING, "regexp_replace", "3.4", cap=MAX_TEXT),
    Function("regexp_replace", (STRING, STRING, STRING, STRING), STRING, "regexp_replace", "3.4", cap=MAX_TEXT),
    Function("repeat", (STRING, INT8), STRING, "repeat", "3.4", cap=MAX_GROWN),
    Function("replace", (STRING, STRING, STRING), STRING, "replace", "3.4", cap=MAX_TEXT),
    Function("reverse", (STRING,), STRING, "reverse", "3.4"),
    Function("right", (STRING, INT8), STRING, "right", "3.4"),
    Function("rpad", (STRING, INT8), STRING, "rpad", "3.4", cap=MAX_GROWN),
    Function("rpad", (STRING, INT8, STRING), STRING, "rpad", "3.4", cap=MAX_GROWN),
    Function("rtrim", (STRING,), STRING, "rtrim", "3.4"),
    Function("rtrim", (STRING, STRING), STRING, "rtrim.set", "3.4"),
    Function("sha1", (STRING,), STRING, "sha1", "3.4"),
    Function("sha256", (STRING,), STRING, "sha256", "3.4"),
    Function("split_part", (STRING, STRING, INT8), STRING, "split_part", "3.4"),
    Function("strpos", (STRING, STRING), INT8, "strpos", "3.4"),
    *(
        row
        for name in ("substr", "substring")
        for row in (
            Function(name, (STRING, INT8), STRING, "substr", "3.4"),
            Function(name, (STRING, INT8, INT8), STRING, "substr", "3.4"),
            Function(name, (STRING, STRING), STRING, "substr.regex", "3.4"),
            Function(name, (STRING, STRING, STRING), STRING, "substr.regex", "3.4"),
        )
    ),
    Function("starts_with", (STRING, STRING), BOOL, "starts_with", "3.4"),
    Function("to_hex", (INT8,), STRING, "to_hex", "3.4"),
    Function("translate", (STRING, STRING, STRING), STRING, "translate", "3.4"),
    Function("trim", (STRING,), STRING, "btrim", "3.4"),
    Function("trim", (STRING, STRING), STRING, "btrim.set", "3.4"),
    Function("string_to_array", (STRING, STRING, STRING), array_of(STRING), "string_to_array", "3.4", cap=MAX_TEXT),
    Function("string_to_array", (STRING, STRING), array_of(STRING), "string_to_array", "3.4", cap=MAX_TEXT),
    Function("array_to_string", (array_of(ANY), STRING), STRING, "array_to_string", "3.4", cap=MAX_TEXT),
    Function("array_to_string", (array_of(ANY), STRING, STRING), STRING, "array_to_string", "3.4", cap=MAX_TEXT),
    Function("upper", (STRING,), STRING, "upper", "3.4"),
)
