"""Type names: `INT`, `VARCHAR(20)`, `DOUBLE PRECISION`, `TIMESTAMP(3) WITH TIME ZONE`, `INT[]`."""

from __future__ import annotations

from kwrest.sql import tree
from kwrest.sql.grammar.cursor import Cursor
from kwrest.sql.grammar.keywords import NO_NAME, UNRESERVED, words
from kwrest.sql.lexer import Kind

TYPES: dict[str, int] = {
    **dict.fromkeys(
        words(
            """int int2 int4 int8 int64 integer smallint bigint tinyint serial serial2 serial4 serial8 smallserial bigserial
            real float4 float8 double bool boolean date uuid inet json jsonb bytes bytea oid name geometry
            regclass regproc regprocedure regtype regnamespace int2vector oidvector"""
        ),
        0,
    ),
    **dict.fromkeys(
        words(
            """char character varchar nchar nvarchar string text bpchar clob blob varbytes
            float bit varbit time timetz timestamp timestamptz interval"""
        ),
        1,
    ),
    **dict.fromkeys(words("decimal dec numeric"), 2),
}
"""Type's name → how many numbers may stand in parentheses behind it."""

_LENGTHS = frozenset(
    ("CHAR", "CHARACTER", "VARCHAR", "NCHAR", "NVARCHAR", "STRING", "CHARACTER VARYING", "BIT", "VARBIT")
)
"""Types whose number counts something: 0 is refused by the grammar."""

INTERVAL_UNITS = frozenset(("year", "month", "day", "hour", "minute", "second"))


class TypeParser(Cursor):
    """Reads type names."""

    __slots__ = ()

    def type_name(self) -> tree.TypeName:
        """A type with its numbers and array brackets. Raises SyntaxDetail for a name that is no type."""
        token = self.token
        count = TYPES.get(token.key)
        if count is None:
            # The catalog's names: `"char"`, and `_int4` for an array.
            if token.kind is Kind.QUOTED and token.value in TYPES:
                self.next()
                return tree.TypeName(token.value.upper(), (), self._brackets(), token.at)
            if token.key[0] == "_" and token.key[1:] in TYPES:
                self.next()
                return tree.TypeName(token.key[1:].upper(), (), True, token.at)
            if token.kind is Kind.WORD and token.key not in NO_NAME and token.key not in UNRESERVED:
                self.wrong("type does not exist")
            self.wrong()
        self.next()
        words = [token.key]
        if token.key == "double" and self.accept("precision"):
            words.append("precision")
        elif token.key in ("character", "char", "bit") and self.accept("varying"):
            words.append("varying")
        numbers = self._numbers(count, " ".join(words).upper()) if self.key == "(" else ()
        if token.key in ("time", "timestamp") and self.key in ("with", "without") and self.peek() == "time":
            words += [self.next().key, self.expect("time").key, self.expect("zone").key]
        elif token.key == "interval":
            self.interval_unit()
        return tree.TypeName(" ".join(words).upper(), numbers, self._brackets(), token.at)

    def interval_unit(self) -> str:
        """`day`, `year to month`, `second(3)` behind INTERVAL; of a range the last unit counts. Empty when there is none."""
        if self.key not in INTERVAL_UNITS:
            return ""
        unit = self.next().key
        if self.accept("to"):
            unit = self.expect_any(*INTERVAL_UNITS)
        if unit == "second" and self.key == "(":
            self._numbers(1, "INTERVAL")
        return unit

    def _numbers(self, count: int, name: str) -> tuple[int, ...]:
        if not count:
            self.wrong()
        self.next()
        numbers = [self.integer()]
        while len(numbers) < count and self.accept(","):
            numbers.append(self.integer())
        if numbers[0] == 0 and name in _LENGTHS and self.key == ")":
            self.wrong(f"length for type {name} must be at least 1")
        self.expect(")")
        return tuple(numbers)

    def _brackets(self) -> bool:
        array = self.accept("array")
        while self.key == "[" and self.peek() in ("]", "NUMBER"):
            self.next()
            if self.key == "NUMBER":
                self.integer()
            self.expect("]")
            array = True
        return array
