"""What was said: the parser's frozen tree. Names as written after folding, nothing resolved, nothing typed.

`at` is the offset of the node's first character in the statement, for error texts and for result names.
"""

from __future__ import annotations

from dataclasses import dataclass, field

# ---------------------------------------------------------------- names and types


@dataclass(frozen=True, slots=True)
class Ident:
    """A name. Unquoted ones arrive folded to lower case; `quoted` remembers `"…"`."""

    name: str
    quoted: bool = False
    at: int = 0


@dataclass(frozen=True, slots=True)
class TypeName:
    """A type as written: name folded to upper case with its words joined by one blank (`DOUBLE PRECISION`)."""

    name: str
    arguments: tuple[int, ...] = ()
    array: bool = False
    at: int = 0


# ---------------------------------------------------------------- expressions


class Expr:
    """Base of all expressions."""

    __slots__ = ()
    at: int


@dataclass(frozen=True, slots=True)
class Number(Expr):
    """`text` as written: `12`, `1.5`, `1e3`, `0xCAFE`; never signed."""

    text: str
    at: int = 0


@dataclass(frozen=True, slots=True)
class String(Expr):
    """A single-quoted constant, escapes resolved (`''`, and backslashes of `e'…'`)."""

    value: str
    at: int = 0


@dataclass(frozen=True, slots=True)
class BytesLiteral(Expr):
    """`b'…'` or `x'…'`."""

    value: bytes
    at: int = 0


@dataclass(frozen=True, slots=True)
class BitLiteral(Expr):
    """`B'0101'`: the digits."""

    digits: str
    at: int = 0


@dataclass(frozen=True, slots=True)
class Boolean(Expr):
    value: bool
    at: int = 0


@dataclass(frozen=True, slots=True)
class Null(Expr):
    at: int = 0


@dataclass(frozen=True, slots=True)
class Duration(Expr):
    """`1h`, `10s`, `3mon`: number and unit without quotes. The unit as written, lower case."""

    number: str
    unit: str
    at: int = 0


@dataclass(frozen=True, slots=True)
class TypedLiteral(Expr):
    """`timestamp '…'`, `interval '1 hour'`, `date '…'`. unit: of `interval '5' day`."""

    type: TypeName
    text: str
    unit: str = ""
    at: int = 0


@dataclass(frozen=True, slots=True)
class Name(Expr):
    """A column reference, qualified or not: `c`, `t.c`, `db.t.c`, `db.public.t.c`."""

    parts: tuple[Ident, ...]
    at: int = 0


@dataclass(frozen=True, slots=True)
class Star(Expr):
    """`*` or `t.*`."""

    table: tuple[Ident, ...] = ()
    at: int = 0


@dataclass(frozen=True, slots=True)
class Unary(Expr):
    """op: `-`, `+`, `~`, `NOT`."""

    op: str
    operand: Expr
    at: int = 0


@dataclass(frozen=True, slots=True)
class Binary(Expr):
    """op in capitals: `AND OR + - * / // % ^ # & | << >> || = != < <= > >= ~ !~ ~* !~* -> ->> #> #>> @> <@ ? ?| ?& &&`,
    and `IS DISTINCT FROM`, `IS NOT DISTINCT FROM`. `<>` arrives as `!=`."""

    op: str
    left: Expr
    right: Expr
    at: int = 0


@dataclass(frozen=True, slots=True)
class Like(Expr):
    """op: `LIKE`, `ILIKE`, `SIMILAR TO`."""

    op: str
    operand: Expr
    pattern: Expr
    escape: Expr | None = None
    negated: bool = False
    at: int = 0


@dataclass(frozen=True, slots=True)
class Between(Expr):
    operand: Expr
    low: Expr
    high: Expr
    negated: bool = False
    symmetric: bool = False
    at: int = 0


@dataclass(frozen=True, slots=True)
class InList(Expr):
    operand: Expr
    items: tuple[Expr, ...]
    negated: bool = False
    at: int = 0


@dataclass(frozen=True, slots=True)
class InQuery(Expr):
    operand: Expr
    query: Query
    negated: bool = False
    at: int = 0


@dataclass(frozen=True, slots=True)
class Is(Expr):
    """what: `NULL`, `TRUE`, `FALSE`, `UNKNOWN`, `NAN`. ISNULL and NOTNULL arrive as `NULL`."""

    operand: Expr
    what: str
    negated: bool = False
    at: int = 0


@dataclass(frozen=True, slots=True)
class Quantified(Expr):
    """`x = ANY (…)`, `x > ALL (…)`; right is a query or an array expression. SOME arrives as ANY."""

    op: str
    quantifier: str
    left: Expr
    right: Expr | Query
    at: int = 0


@dataclass(frozen=True, slots=True)
class When:
    condition: Expr
    result: Expr


@dataclass(frozen=True, slots=True)
class Case(Expr):
    operand: Expr | None
    whens: tuple[When, ...]
    otherwise: Expr | None
    at: int = 0


@dataclass(frozen=True, slots=True)
class Window:
    """`OVER (PARTITION BY … ORDER BY …)`; frame: as written, folded, or empty."""

    partition_by: tuple[Expr, ...] = ()
    order_by: tuple[OrderItem, ...] = ()
    frame: str = ""


@dataclass(frozen=True, slots=True)
class Call(Expr):
    """A function call, aggregates included. name: folded; star: `count(*)`.

    Special forms arrive as calls: `extract(unit FROM x)` → extract('unit', x); `position(a IN b)` → strpos(b, a);
    `substring(x FROM a FOR b)` → substring(x, a, b); `trim(BOTH a FROM b)` → btrim/ltrim/rtrim; `overlay(…)`;
    `current_timestamp`, `current_date`, `current_user`, … without parentheses (`bare`); COALESCE, NULLIF, IF, IFNULL,
    GREATEST, LEAST likewise. Bare words as arguments of interpolate (PREV, NEXT, LINEAR, NULL) arrive as Name / Null.
    """

    name: str
    arguments: tuple[Expr, ...] = ()
    star: bool = False
    distinct: bool = False
    order_by: tuple[OrderItem, ...] = ()
    filter: Expr | None = None
    over: Window | None = None
    bare: bool = False
    at: int = 0


@dataclass(frozen=True, slots=True)
class Cast(Expr):
    """`CAST(x AS t)` or `x::t`; annotated: `x:::t`."""

    operand: Expr
    type: TypeName
    annotated: bool = False
    at: int = 0


@dataclass(frozen=True, slots=True)
class AtTimeZone(Expr):
    operand: Expr
    zone: Expr
    at: int = 0


@dataclass(frozen=True, slots=True)
class Collate(Expr):
    operand: Expr
    locale: str
    at: int = 0


@dataclass(frozen=True, slots=True)
class Subquery(Expr):
    """A scalar subquery `(SELECT …)`."""

    query: Query
    at: int = 0


@dataclass(frozen=True, slots=True)
class Exists(Expr):
    query: Query
    at: int = 0


@dataclass(frozen=True, slots=True)
class Array(Expr):
    """`ARRAY[…]`."""

    items: tuple[Expr, ...]
    at: int = 0


@dataclass(frozen=True, slots=True)
class ArrayQuery(Expr):
    """`ARRAY(SELECT …)`."""

    query: Query
    at: int = 0


@dataclass(frozen=True, slots=True)
class Index(Expr):
    """`a[i]`."""

    operand: Expr
    index: Expr
    at: int = 0


@dataclass(frozen=True, slots=True)
class Tuple(Expr):
    """`(a, b)` or `ROW(a, b)`."""

    items: tuple[Expr, ...]
    at: int = 0


@dataclass(frozen=True, slots=True)
class Default(Expr):
    """`DEFAULT` as a value of INSERT or UPDATE."""

    at: int = 0


@dataclass(frozen=True, slots=True)
class QuotedValue(Expr):
    """A double-quoted token in VALUES: an untyped literal (contract S3)."""

    value: str
    at: int = 0


# ---------------------------------------------------------------- queries


@dataclass(frozen=True, slots=True)
class OrderItem:
    """nulls_first: None when not written."""

    expr: Expr
    descending: bool = False
    nulls_first: bool | None = None


@dataclass(frozen=True, slots=True)
class SelectItem:
    """text: the item as written, blanks folded; the binder names unnamed columns KWDB's way."""

    expr: Expr
    alias: Ident | None = None


class FromItem:
    """Base of what stands in FROM."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class TableRef(FromItem):
    """name: `t`, `db.t` or `db.public.t`."""

    name: tuple[Ident, ...]
    alias: Ident | None = None
    columns: tuple[Ident, ...] = ()
    at: int = 0


@dataclass(frozen=True, slots=True)
class FromQuery(FromItem):
    query: Query
    alias: Ident | None = None
    columns: tuple[Ident, ...] = ()
    lateral: bool = False
    at: int = 0


@dataclass(frozen=True, slots=True)
class FromFunction(FromItem):
    """`generate_series(1, 3) AS g(x)`."""

    call: Call
    alias: Ident | None = None
    columns: tuple[Ident, ...] = ()
    ordinality: bool = False
    at: int = 0


@dataclass(frozen=True, slots=True)
class FromShow(FromItem):
    """`[SHOW …]`."""

    show: Statement
    alias: Ident | None = None
    columns: tuple[Ident, ...] = ()
    at: int = 0


@dataclass(frozen=True, slots=True)
class Join(FromItem):
    """kind: `INNER`, `LEFT`, `RIGHT`, `FULL`, `CROSS`."""

    kind: str
    left: FromItem
    right: FromItem
    on: Expr | None = None
    using: tuple[Ident, ...] = ()
    natural: bool = False
    at: int = 0


class Body:
    """Base of what a query is made of."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Select(Body):
    """items of the list; sources: the comma-separated FROM items; distinct_on: of DISTINCT ON (…)."""

    items: tuple[SelectItem, ...]
    sources: tuple[FromItem, ...] = ()
    where: Expr | None = None
    group_by: tuple[Expr, ...] = ()
    having: Expr | None = None
    distinct: bool = False
    distinct_on: tuple[Expr, ...] = ()
    windows: tuple[tuple[Ident, Window], ...] = ()
    at: int = 0


@dataclass(frozen=True, slots=True)
class Values(Body):
    rows: tuple[tuple[Expr, ...], ...]
    at: int = 0


@dataclass(frozen=True, slots=True)
class SetOperation(Body):
    """op: `UNION`, `INTERSECT`, `EXCEPT`."""

    op: str
    left: Query
    right: Query
    all: bool = False
    at: int = 0


@dataclass(frozen=True, slots=True)
class CommonTable:
    name: Ident
    columns: tuple[Ident, ...]
    query: Query


class Statement:
    """Base of everything that can be said between two semicolons."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Query(Statement):
    """A query with what surrounds it. `TABLE t` arrives as SELECT * FROM t. limit: None, or an expression; LIMIT ALL is None."""

    body: Body
    order_by: tuple[OrderItem, ...] = ()
    limit: Expr | None = None
    offset: Expr | None = None
    with_: tuple[CommonTable, ...] = ()
    recursive: bool = False
    at: int = 0


@dataclass(frozen=True, slots=True)
class Explain(Statement):
    statement: Statement


# ---------------------------------------------------------------- writes


@dataclass(frozen=True, slots=True)
class Insert(Statement):
    """INSERT or UPSERT. source: None for DEFAULT VALUES; a Query whose body is Values for VALUES.
    on_conflict, returning: whether such a clause was written (with their parts, for relational tables)."""

    table: TableRef
    columns: tuple[Ident, ...]
    source: Query | None
    upsert: bool = False
    on_conflict: OnConflict | None = None
    returning: tuple[SelectItem, ...] = ()


@dataclass(frozen=True, slots=True)
class OnConflict:
    """columns of the target; assignments empty: DO NOTHING."""

    columns: tuple[Ident, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    where: Expr | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """`a = x`, or `(a, b) = (x, y)` / `(a, b) = (SELECT …)`."""

    columns: tuple[Ident, ...]
    value: Expr


@dataclass(frozen=True, slots=True)
class Update(Statement):
    table: TableRef
    assignments: tuple[Assignment, ...]
    sources: tuple[FromItem, ...] = ()
    where: Expr | None = None
    order_by: tuple[OrderItem, ...] = ()
    limit: Expr | None = None
    returning: tuple[SelectItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Delete(Statement):
    table: TableRef
    where: Expr | None = None
    order_by: tuple[OrderItem, ...] = ()
    limit: Expr | None = None
    returning: tuple[SelectItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Truncate(Statement):
    tables: tuple[TableRef, ...]
    cascade: bool = False


# ---------------------------------------------------------------- databases and tables


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time in DDL: `20d`, `10 day`. unit as written, lower case; empty when only a number was written."""

    number: int
    unit: str
    at: int = 0


@dataclass(frozen=True, slots=True)
class CreateDatabase(Statement):
    name: Ident
    time_series: bool
    if_not_exists: bool = False
    retention: Span | None = None
    partition_interval: Span | None = None


@dataclass(frozen=True, slots=True)
class DropDatabase(Statement):
    """behaviour: `CASCADE`, `RESTRICT` or empty."""

    name: Ident
    if_exists: bool = False
    behaviour: str = ""


@dataclass(frozen=True, slots=True)
class AlterDatabase(Statement):
    """Exactly one of the three is set."""

    name: Ident
    rename_to: Ident | None = None
    retention: Span | None = None
    partition_interval: Span | None = None
    time_series: bool = False


@dataclass(frozen=True, slots=True)
class Use(Statement):
    name: Ident


@dataclass(frozen=True, slots=True)
class ColumnDefinition:
    """nullable: None when neither NULL nor NOT NULL was written. constraints: other things said of the column."""

    name: Ident
    type: TypeName
    nullable: bool | None = None
    default: Expr | None = None
    default_text: str = ""
    primary_key: bool = False
    unique: bool = False
    check: Expr | None = None
    other: tuple[
        str, ...
    ] = ()  # `computed column`, `references`, `family`, …: what a time-series table refuses by name


@dataclass(frozen=True, slots=True)
class TableConstraint:
    """kind: `primary key`, `unique`, `check`, `foreign key`, `index`, `family`, `inverted index`."""

    kind: str
    columns: tuple[Ident, ...] = ()
    name: Ident | None = None
    check: Expr | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class CreateTable(Statement):
    """tags: None for a relational table; primary_tags: None when the clause is missing (contract S2)."""

    name: tuple[Ident, ...]
    columns: tuple[ColumnDefinition, ...]
    tags: tuple[ColumnDefinition, ...] | None = None
    primary_tags: tuple[Ident, ...] | None = None
    constraints: tuple[TableConstraint, ...] = ()
    if_not_exists: bool = False
    temporary: bool = False
    retention: Span | None = None
    active_time: Span | None = None
    partition_interval: Span | None = None
    dict_encoding: bool = False
    query: Query | None = None  # CREATE TABLE … AS
    at: int = 0


@dataclass(frozen=True, slots=True)
class DropTable(Statement):
    names: tuple[tuple[Ident, ...], ...]
    if_exists: bool = False
    behaviour: str = ""


class AlterAction:
    """Base of what one ALTER TABLE may do."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class AddColumn(AlterAction):
    column: ColumnDefinition
    tag: bool = False
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True)
class DropColumn(AlterAction):
    name: Ident
    tag: bool = False
    if_exists: bool = False
    behaviour: str = ""


@dataclass(frozen=True, slots=True)
class RenameColumn(AlterAction):
    name: Ident
    to: Ident
    tag: bool = False


@dataclass(frozen=True, slots=True)
class AlterColumnType(AlterAction):
    name: Ident
    type: TypeName
    tag: bool = False


@dataclass(frozen=True, slots=True)
class AlterColumnDefault(AlterAction):
    """default None: DROP DEFAULT."""

    name: Ident
    default: Expr | None
    default_text: str = ""


@dataclass(frozen=True, slots=True)
class AlterColumnNull(AlterAction):
    name: Ident
    nullable: bool


@dataclass(frozen=True, slots=True)
class RenameTable(AlterAction):
    to: tuple[Ident, ...]


@dataclass(frozen=True, slots=True)
class SetTableOption(AlterAction):
    """option: `retentions`, `activetime`, `partition interval`."""

    option: str
    value: Span


@dataclass(frozen=True, slots=True)
class OtherAction(AlterAction):
    """An action of KWDB's grammar that a later part brings. text: its first words, for the refusal."""

    text: str


@dataclass(frozen=True, slots=True)
class AlterTable(Statement):
    name: tuple[Ident, ...]
    actions: tuple[AlterAction, ...]
    if_exists: bool = False


# ---------------------------------------------------------------- users, rights, settings


@dataclass(frozen=True, slots=True)
class CreateUser(Statement):
    """role: CREATE ROLE was written. options: (`PASSWORD`, value or None), (`CREATEROLE`, None), …, in order, capitals."""

    name: Ident
    role: bool = False
    if_not_exists: bool = False
    options: tuple[tuple[str, str | None], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class AlterUser(Statement):
    name: Ident
    role: bool = False
    if_exists: bool = False
    options: tuple[tuple[str, str | None], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class DropUser(Statement):
    names: tuple[Ident, ...]
    role: bool = False
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class Grant(Statement):
    """kind: `DATABASE`, `TABLE` or `SCHEMA`. objects: names as written, patterns with `*` included. revoke: REVOKE."""

    privileges: tuple[str, ...]
    kind: str
    objects: tuple[tuple[Ident, ...], ...]
    grantees: tuple[Ident, ...]
    revoke: bool = False


@dataclass(frozen=True, slots=True)
class GrantRole(Statement):
    """admin_option: WITH ADMIN OPTION, or ADMIN OPTION FOR of a REVOKE."""

    roles: tuple[Ident, ...]
    grantees: tuple[Ident, ...]
    admin_option: bool = False
    revoke: bool = False


@dataclass(frozen=True, slots=True)
class SetSetting(Statement):
    """SET / RESET CLUSTER SETTING. value None: reset or DEFAULT. name: lower case."""

    name: str
    value: Expr | None


@dataclass(frozen=True, slots=True)
class CommentOn(Statement):
    """kind: `DATABASE`, `TABLE`, `COLUMN`."""

    kind: str
    name: tuple[Ident, ...]
    comment: str | None


@dataclass(frozen=True, slots=True)
class Show(Statement):
    """what, in capitals: `DATABASES`, `TABLES`, `COLUMNS`, `CREATE TABLE`, `CREATE DATABASE`, `TAGS`, `TAG VALUES`,
    `RETENTIONS`, `USERS`, `ROLES`, `GRANTS`, `CLUSTER SETTING`, `CLUSTER SETTINGS`, `SCHEMAS`, `INDEXES`, `CONSTRAINTS`,
    `QUERIES`, `SESSIONS`, `STATISTICS`, `PARTITIONS`, `VARIABLE`, `ALL`.
    name: of the table, database or setting, where there is one; comment: WITH COMMENT; rest: other words."""

    what: str
    name: tuple[Ident, ...] = ()
    comment: bool = False
    rest: tuple[str, ...] = ()
    at: int = 0


@dataclass(frozen=True, slots=True)
class OtherStatement(Statement):
    """A statement of KWDB's that kwrest knows and does not run. words: its first words, `CREATE VIEW`, `BEGIN`, …"""

    words: str
