"""KWDB's hash functions that DuckDB lacks, byte by byte. NULL among several arguments is no byte at all; of NULLs only, NULL."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from kwrest.engines.duckdb.spelling_text import capped, once, only_within
from kwrest.sql import bound
from kwrest.sql.functions.strings import MAX_HASHED
from kwrest.sql.spell.expressions import Written
from kwrest.types.kinds import Family

_SIGNED = 1 << 63


def _digits(call: bound.Call, arguments: Sequence[str]) -> str:
    """The bytes of all arguments in hexadecimal digits."""
    parts = [
        f"coalesce(hex({text if argument.type.family is Family.BYTES else f'encode({text})'}), '')"
        for text, argument in zip(arguments, call.arguments, strict=True)
    ]
    if not parts:
        return "''"
    return f"CASE WHEN {' OR '.join(f'{text} IS NOT NULL' for text in arguments)} THEN {' || '.join(parts)} END"


def _over_bytes(start: int, step: Callable[[str, str], str], finish: Callable[[str], str]) -> Written:
    """A hash that starts with a number and changes it with each byte. step: of the texts of number and byte."""

    def written(call: bound.Call, arguments: Sequence[str]) -> str:
        def body(digits: str) -> str:
            size = f"strlen({digits}) // 2"
            short = only_within(size, digits, MAX_HASHED)
            byte = f"CAST('0x' || substr({short}, CAST(2 * i - 1 AS BIGINT), 2) AS HUGEINT)"
            numbers = f"list_transform(generate_series(1, strlen({short}) // 2), lambda i: {byte})"
            made = f"list_reduce(list_prepend(CAST({start} AS HUGEINT), {numbers}), lambda h, b: {step('h', 'b')})"
            return f"CASE WHEN {digits} IS NOT NULL THEN {capped(size, finish(made), MAX_HASHED)} END"

        return once((_digits(call, arguments),), body)

    return written


def _fnv(bits: int, offset: int, prime: int, after: bool) -> Written:
    """FNV-1, or FNV-1a, which multiplies after it has mixed in the byte."""
    modulus = 1 << bits

    def step(h: str, b: str) -> str:
        if after:
            return f"(xor({h}, {b}) * {prime}) % {modulus}"
        return f"xor(({h} * {prime}) % {modulus}, {b})"

    def signed(h: str) -> str:
        if bits == 32:
            return f"CAST({h} AS BIGINT)"
        return once((h,), lambda v: f"CAST(CASE WHEN {v} >= {_SIGNED} THEN {v} - {1 << 64} ELSE {v} END AS BIGINT)")

    return _over_bytes(offset, step, signed)


def _crc(polynomial: int) -> Written:
    """A cyclic redundancy check of 32 bits, the lowest bit first."""

    def step(h: str, b: str) -> str:
        rounds = "[CAST(0 AS HUGEINT), 0, 0, 0, 0, 0, 0, 0]"
        bit = f"xor(r // 2, CASE WHEN r % 2 = 1 THEN CAST({polynomial} AS HUGEINT) ELSE 0 END)"
        return f"list_reduce(list_prepend(xor({h}, {b}), {rounds}), lambda r, q: {bit})"

    return _over_bytes((1 << 32) - 1, step, lambda h: f"CAST(xor({h}, CAST({(1 << 32) - 1} AS HUGEINT)) AS BIGINT)")


HASHES: Mapping[str, Written] = {
    "crc32c": _crc(0x82F63B78),
    "crc32ieee": _crc(0xEDB88320),
    "fnv32": _fnv(32, 0x811C9DC5, 0x01000193, False),
    "fnv32a": _fnv(32, 0x811C9DC5, 0x01000193, True),
    "fnv64": _fnv(64, 0xCBF29CE484222325, 0x00000100000001B3, False),
    "fnv64a": _fnv(64, 0xCBF29CE484222325, 0x00000100000001B3, True),
}
