"""Statements nobody would write: sentences of our own grammar with anything in any place, broken ones, and plain noise."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from kwrest.sql.functions import AGGREGATES, FORMS, PICKS, SCALARS, SERIES, WINDOWS
from kwrest.sql.functions.signature import Function
from kwrest.sql.grammar.types import TYPES
from kwrest.sql.lexer import tokenize
from kwrest.sql.operators import BINARY, Operator
from kwrest.types.kinds import Family, Type

WRITTEN = Path(__file__).parent.parent / "sql" / "grammar"

CONSTANTS = [
    "0",
    "1",
    "-1",
    "2",
    "7",
    "2147483648",
    "9223372036854775807",
    "-9223372036854775808",
    "1.5",
    "-0.0",
    "1e308",
    "1e-320",
    "0.000000000000000001",
    "NULL",
    "true",
    "false",
    "DEFAULT",
    "''",
    "'a'",
    "'x%'",
    "'_'",
    "'5'",
    "'2024-01-01'",
    "'2024-01-01",
    "00:00:00+08'",
    "'1970-01-01'",
    "'23:59:59.999'",
    "'1h'",
    "'10s'",
    "'1",
    "mon'",
    "'-1",
    "day'",
    "'NaN'",
    "'Infinity'",
    "'[1,2]'",
    "'{}'",
    "'{\"a\":[1]}'",
    "'{1,2}'",
    "'\\x00ff'",
    "'UTC'",
    "'Asia/Shanghai'",
    "'127.0.0.1/8'",
    "'漢字'",
    "'é'",
    "'🙂'",
    "'('",
    "b'ff'",
    "B'101'",
    "e'\\n'",
    "now()",
    "1h",
    "10s",
    "ARRAY[1]",
    "ARRAY[]",
    "ARRAY['a']",
    "INTERVAL'1h'",
    "DATE'2024-02-30'",
    '"5"',
    "*",
]
# Constants and columns by the family of their type: what makes a right expression.
TYPED = {
    Family.BOOL: ("true", "false", "NULL::BOOL", "1 = 1"),
    Family.INT: ("1", "-7", "9223372036854775807", "v", "id", "a", "NULL::INT", "0"),
    Family.FLOAT: ("1.5::FLOAT", "f", "'NaN'::FLOAT", "'-Infinity'::FLOAT", "1e308::FLOAT", "0.0::FLOAT"),
    Family.DECIMAL: ("1.25", "x", "99999999999999999999.5", "-0.001", "'NaN'::DECIMAL"),
    Family.STRING: ("'a'", "''", "s", "b", "site", "'漢字 🙂'", "NULL::STRING", "'2024-01-01'", "'{\"a\": 1}'", "'%_'"),
    Family.BYTES: ("b'ff'", "'\\x00ff'::BYTES", "''::BYTES"),
    Family.TIMESTAMP: ("'2024-01-01 12:00:00'::TIMESTAMP", "'1970-01-01'::TIMESTAMP", "NULL::TIMESTAMP"),
    Family.TIMESTAMPTZ: ("ts", "k", "now()", "'2024-02-29 23:59:59.999+08'::TIMESTAMPTZ", "'0001-01-01'::TIMESTAMPTZ"),
    Family.DATE: ("'2024-02-29'::DATE", "'9999-12-31'::DATE"),
    Family.TIME: ("'12:30:00.5'::TIME",),
    Family.INTERVAL: ("'1h'::INTERVAL", "'1 mon -2 days'::INTERVAL", "'0s'::INTERVAL", "1d"),
    Family.UUID: ("'63616665-6630-3064-6465-616462656562'::UUID",),
    Family.INET: ("'192.168.0.1/8'::INET", "'::1'::INET"),
    Family.JSON: ("'{\"a\": [1, null]}'::JSONB", "'[]'::JSONB", "'null'::JSONB", "'\"x\"'::JSONB"),
    Family.ARRAY: ("ARRAY[1, 2]", "ARRAY['a', NULL]", "ARRAY[]::INT[]"),
}
NAMES = [
    "ts",
    "v",
    "s",
    "f",
    "id",
    "site",
    "a",
    "b",
    "k",
    "x",
    "t",
    "p",
    "r",
    "secret",
    "d.t",
    "defaultdb.public.t",
    "t.v",
    "p.ts",
    '""',
    '"V"',
    "kwrest_system.users",
    "rowid",
]
TABLES = [
    "t",
    "p",
    "r",
    "w",
    "secret",
    "shop.o",
    "iot.m",
    "kwrest_system.sessions",
    "nope",
    "(SELECT",
    "*",
    "FROM",
    "t)",
    "[SHOW",
    "TABLES]",
    "generate_series(1,3)",
]
TYPE_NAMES = [*sorted(TYPES), "INT[]", "VARCHAR(3)", "DECIMAL(5,2)", "TIMESTAMPTZ(9)", "CHAR(0)", "NOPE"]
SYMBOLS = [
    *sorted({row.symbol for row in BINARY}),
    "AND",
    "OR",
    "=",
    "<>",
    "<",
    "LIKE",
    "IS DISTINCT FROM",
    "IN",
    "||",
    "::",
]
CALLED = sorted({*SCALARS, *AGGREGATES, *WINDOWS, *PICKS, *SERIES, *FORMS, "coalesce", "nullif", "greatest", "nope"})
SHOWS = [
    "DATABASES",
    "TABLES",
    "COLUMNS FROM t",
    "CREATE t",
    "TAGS FROM p",
    "TAG VALUES FROM p",
    "RETENTIONS ON TABLE p",
    "USERS",
    "ROLES",
    "GRANTS",
    "GRANTS ON t",
    "GRANTS ON DATABASE shop",
    "GRANTS FOR plain",
    "CLUSTER SETTINGS",
    "CLUSTER SETTING ts.dedup.rule",
    "SCHEMAS",
    "INDEX FROM r",
    "CONSTRAINTS FROM r",
    "SESSIONS",
    "QUERIES",
    "TIME ZONE",
    "ALL",
    "TS PARTITIONS",
    "STATISTICS FOR TABLE t",
    "CREATE DATABASE iot",
    "TABLES WITH COMMENT",
]


def _by_result() -> tuple[dict[Family, list[Function]], dict[Family, list[Operator]]]:
    functions: dict[Family, list[Function]] = {}
    for rows in SCALARS.values():
        for row in rows:
            if isinstance(row.result, Type):
                functions.setdefault(row.result.family, []).append(row)
    operators: dict[Family, list[Operator]] = {}
    for operator in BINARY:
        operators.setdefault(operator.result.family if operator.result else operator.left, []).append(operator)
    return functions, operators


GIVING_FUNCTIONS, GIVING_OPERATORS = _by_result()


class Sentences:
    """Makes statements by a dice of one's own: the same dice, the same statements."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._written = [
            line for file in sorted(WRITTEN.glob("*.txt")) for line in file.read_text("utf-8").splitlines()
            if line and not line.startswith(("  ", "#"))
        ]  # fmt: skip

    def body(self) -> tuple[str, bytes]:
        """An endpoint and a request body."""
        dice = self._dice
        kind = dice.random()
        if kind < 0.55:
            endpoint, text = dice.choice(self._MAKERS)(self)
        elif kind < 0.9:
            endpoint, text = dice.choice(("ddl", "insert", "query", "query")), self._broken(dice.choice(self._written))
        else:
            return dice.choice(("ddl", "insert", "query", "telegraf")), self._noise()
        if dice.random() < 0.1:
            text = self._broken(text)
        body = text.encode("utf-8", "replace")
        return endpoint, self._bitten(body) if dice.random() < 0.05 else body

    # ------------------------------------------------------------ parts

    def expression(self, depth: int = 3) -> str:
        """Any expression, seldom a right one."""
        dice, some = self._dice, self.expression
        if depth <= 0 or dice.random() < 0.25:
            return dice.choice(CONSTANTS if dice.random() < 0.6 else NAMES)
        shape = dice.randrange(12)
        inner = depth - 1
        if shape < 4:
            arguments = ", ".join(some(inner) for _ in range(dice.choice((0, 1, 1, 2, 2, 3))))
            over = dice.choice(
                (
                    "",
                    "",
                    "",
                    "",
                    " OVER ()",
                    f" OVER (PARTITION BY {some(0)} ORDER BY {some(0)})",
                    f" FILTER (WHERE {some(0)})",
                )
            )
            return f"{dice.choice(CALLED)}({dice.choice(('', '', '', 'DISTINCT '))}{arguments}){over}"
        if shape < 7:
            return f"{some(inner)} {dice.choice(SYMBOLS)} {some(inner)}"
        return (
            lambda: f"({some(inner)})",
            lambda: f"CAST({some(inner)} AS {dice.choice(TYPE_NAMES)})",
            lambda: f"CASE WHEN {some(inner)} THEN {some(inner)} ELSE {some(inner)} END",
            lambda: (
                f"{some(inner)} {dice.choice(('IS NULL', 'IS NOT TRUE', f'BETWEEN {some(0)} AND {some(0)}', f'IN ({some(0)}, {some(0)})'))}"
            ),
            lambda: f"{dice.choice(('', 'EXISTS ', 'ARRAY', '1 = ANY '))}({self.select(inner)})",
        )[shape - 7]()

    def right(self, family: Family, depth: int = 3) -> str:
        """An expression that has that type, or one of every type for UNKNOWN, by our own tables of functions and operators."""
        dice = self._dice
        if family is Family.UNKNOWN:
            family = dice.choice(tuple(TYPED))
        rows = [*GIVING_FUNCTIONS.get(family, ()), *GIVING_OPERATORS.get(family, ())]
        if depth <= 0 or not rows or dice.random() < 0.3:
            return dice.choice(TYPED.get(family, ("NULL",)))
        row = dice.choice(rows)
        if isinstance(row, Operator):
            return f"({self.right(row.left, depth - 1)} {row.symbol} {self.right(row.right, depth - 1)})"
        return f"{row.name}({', '.join(self.right(argument.family, depth - 1) for argument in row.arguments)})"

    def _right_query(self) -> tuple[str, str]:
        dice, any_ = self._dice, Family.UNKNOWN
        table = dice.choice(("t", "r", "t, r", "r LEFT JOIN shop.o AS o ON r.a = o.a"))
        where = f" WHERE {self.right(Family.BOOL)}" if dice.random() < 0.4 else ""
        if dice.random() < 0.3:
            picked = f"{dice.choice(sorted(AGGREGATES))}({self.right(any_, 1)})"
            return "query", f"SELECT {picked}, count(*) FROM {table}{where} GROUP BY {self.right(any_, 1)}"
        order = f" ORDER BY {self.right(any_, 2)}" if dice.random() < 0.3 else ""
        return (
            "query",
            f"SELECT {', '.join(self.right(any_) for _ in range(dice.randint(1, 3)))} FROM {table}{where}{order} LIMIT 5",
        )

    def select(self, depth: int = 3) -> str:
        """Any query."""
        dice, some = self._dice, self.expression
        parts = [
            f"SELECT {dice.choice(('', '', 'DISTINCT '))}{', '.join(some(depth) for _ in range(dice.choice((1, 1, 2, 3))))}"
        ]
        if dice.random() < 0.85:
            joined = dice.choice((", ", " JOIN ", " LEFT JOIN ", " NATURAL JOIN ", " CROSS JOIN "))
            on = f" ON {some(1)}" if joined in (" JOIN ", " LEFT JOIN ") else ""
            one = dice.choice(TABLES)
            parts.append(f"FROM {one}" if dice.random() < 0.6 else f"FROM {one}{joined}{dice.choice(TABLES)} AS x{on}")
        for word, chance in (
            ("WHERE", 0.5),
            ("GROUP BY", 0.25),
            ("HAVING", 0.1),
            ("ORDER BY", 0.3),
            ("LIMIT", 0.2),
            ("OFFSET", 0.1),
        ):
            if dice.random() < chance:
                parts.append(f"{word} {some(2 if word == 'WHERE' else 1)}")
        if dice.random() < 0.08 and depth > 0:
            parts.append(f"{dice.choice(('UNION', 'UNION ALL', 'INTERSECT', 'EXCEPT'))} {self.select(depth - 1)}")
        return " ".join(parts)

    def _query(self) -> tuple[str, str]:
        with_ = f"WITH w AS ({self.select(1)}) " if self._dice.random() < 0.1 else ""
        return "query", with_ + self.select()

    def _show(self) -> tuple[str, str]:
        return "query", f"SHOW {self._dice.choice(SHOWS)}"

    def _insert(self) -> tuple[str, str]:
        dice = self._dice
        columns = (
            f" ({', '.join(dice.choice(NAMES) for _ in range(dice.randint(1, 4)))})" if dice.random() < 0.5 else ""
        )
        rows = ", ".join(
            f"({', '.join(self.expression(dice.choice((0, 0, 0, 2))) for _ in range(dice.randint(1, 5)))})"
            for _ in range(dice.randint(1, 3))
        )
        source = f"VALUES {rows}" if dice.random() < 0.8 else self.select(1)
        end = dice.choice(("", "", "", " ON CONFLICT DO NOTHING", " RETURNING *"))
        return (
            "insert",
            f"{dice.choice(('INSERT', 'INSERT', 'UPSERT'))} INTO {dice.choice(TABLES)}{columns} {source}{end}",
        )

    def _change(self) -> tuple[str, str]:
        dice, some, table = self._dice, self.expression, self._dice.choice(TABLES)
        return "ddl", dice.choice((
            lambda: f"DELETE FROM {table} WHERE {some(2)}",
            lambda: f"UPDATE {table} SET {dice.choice(NAMES)} = {some(2)} WHERE {some(2)}",
            lambda: f"UPDATE {table} SET {dice.choice(NAMES)} = {some(1)} FROM {dice.choice(TABLES)} WHERE {some(2)}",
            lambda: f"TRUNCATE {table}",
        ))()  # fmt: skip

    def _definition(self) -> tuple[str, str]:
        dice, some = self._dice, self.expression
        table, column, kind = dice.choice(TABLES), dice.choice(NAMES), dice.choice(TYPE_NAMES)
        name = f"n{dice.randrange(5)}"
        return "ddl", dice.choice((
            lambda: f"CREATE TABLE {name} ({column} {kind} DEFAULT {some(1)}, b {dice.choice(TYPE_NAMES)} CHECK ({some(1)}))",
            lambda: f"CREATE TABLE {name} (a INT PRIMARY KEY, b {kind} UNIQUE, FOREIGN KEY (a) REFERENCES {table})",
            lambda: f"CREATE TABLE {name} (ts {kind} NOT NULL, v {dice.choice(TYPE_NAMES)}) TAGS (g {kind} NOT NULL) PRIMARY TAGS (g) RETENTIONS {dice.choice(CONSTANTS)}",
            lambda: f"CREATE TABLE {name} AS {self.select(2)}",
            lambda: f"CREATE VIEW {name} AS {self.select(2)}",
            lambda: f"CREATE INDEX {name} ON {table} ({column})",
            lambda: f"ALTER TABLE {table} ADD COLUMN {column} {kind} DEFAULT {some(1)}",
            lambda: f"ALTER TABLE {table} {dice.choice(('DROP', 'RENAME'))} COLUMN {column}{dice.choice(('', ' TO y'))}",
            lambda: f"ALTER TABLE {table} ALTER COLUMN {column} TYPE {kind}",
            lambda: f"ALTER TABLE {table} {dice.choice(('RENAME TO', 'SET RETENTIONS =', 'ADD CONSTRAINT', 'DROP TAG', 'ADD TAG'))} {dice.choice(NAMES)} {kind}",
            lambda: f"DROP {dice.choice(('TABLE', 'VIEW', 'INDEX', 'DATABASE'))} {name} {dice.choice(('', 'CASCADE'))}",
            lambda: f"COMMENT ON COLUMN {table}.{column} IS {dice.choice(CONSTANTS)}",
            lambda: f"GRANT {dice.choice(('ALL', 'SELECT', 'DROP, INSERT', 'nope'))} ON {dice.choice(('TABLE', 'DATABASE'))} {table} TO {name}",
            lambda: f"CREATE {dice.choice(('USER', 'ROLE'))} {name} WITH {dice.choice(('LOGIN', 'PASSWORD NULL', 'VALID UNTIL ' + some(0)))}",
            lambda: f"SET CLUSTER SETTING ts.dedup.rule = {some(0)}",
        ))()  # fmt: skip

    _MAKERS: tuple[Callable[[Sentences], tuple[str, str]], ...] = (
        *(_right_query,) * 4, *(_query,) * 3, _show, _insert, _insert, _change, _definition,
    )  # fmt: skip

    # ------------------------------------------------------------ damage

    def _broken(self, text: str) -> str:
        """A statement with tokens lost, doubled, exchanged or put in from elsewhere."""
        dice = self._dice
        try:
            words = [text[token.at : token.end] for token in tokenize(text)][:-1]
        except Exception:  # what cannot be read as tokens is damaged as text
            words = list(text)
        for _ in range(dice.randint(1, 4)):
            place = dice.randrange(len(words) + 1)
            match dice.randrange(5):
                case 0:
                    del words[place : place + dice.randint(1, 3)]
                case 1:
                    words[place:place] = words[place : place + 3] * dice.randint(1, 3)
                case 2:
                    words.insert(
                        place,
                        dice.choice(
                            (*CONSTANTS, *NAMES, *SYMBOLS, *TYPE_NAMES, ";", "(", ")", "'", '"', "/*", "--", "$$")
                        ),
                    )
                case 3:
                    words.insert(place, self.expression(2))
                case 4:
                    words = words[: place or 1]
        return " ".join(words)

    def _bitten(self, body: bytes) -> bytes:
        """A body with bytes changed."""
        bitten = bytearray(body)
        for _ in range(self._dice.randint(1, 5)):
            bitten.insert(self._dice.randrange(len(bitten) + 1), self._dice.randrange(256))
        return bytes(bitten)

    def _noise(self) -> bytes:
        """Bytes that mean nothing."""
        dice = self._dice
        if dice.random() < 0.5:
            return dice.randbytes(dice.randrange(200))
        alphabet = "'\"`;,.()[]{}\\/*-+=<>|&^%$#@!?:~ \t\r\n\0aAéß漢🙂0189_"
        return "".join(dice.choice(alphabet) for _ in range(dice.randrange(200))).encode()
