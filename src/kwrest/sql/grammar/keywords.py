"""KWDB's words by what they may name (CockroachDB 20.1's classes, KWDB's additions). Words in none of the sets are free."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """A set of words from a text that reads as a list."""
    return frozenset(text.split())


RESERVED = words(
    """all analyse analyze and any array as asc asymmetric both case cast check collate column comment concurrently
    constraint create current_catalog current_date current_role current_schema current_time current_timestamp
    current_user default deferrable desc distinct do else end except false fetch for foreign from grant group having
    in index initially intersect into lateral leading limit localtime localtimestamp not nothing null offset on only
    or order placing primary references returning select session_user some symmetric table then to trailing true
    union unique using variadic when where window with"""
)
"""No name at all unless quoted. `comment` is KWDB's own addition (recorded: `SELECT comment FROM …` is refused). `user` is
CockroachDB's, but KWDB's manual has tags of that name (facts 9, trap 32): it is a name here, and CURRENT_USER is what one writes
for the user."""

FUNCTION_OR_TYPE = words(
    "collation cross family full ilike inner is isnull join left like natural none notnull outer overlaps right similar"
)
"""May name a function or a type, never a column or a table."""

COLUMN_ONLY = words(
    """annotate_type between bigint bit boolean char character characteristics coalesce dec decimal exists extract
    extract_duration float greatest grouping if iferror ifnull int integer interval iserror least nullif numeric out
    overlay position precision real row smallint string substring time timetz timestamp timestamptz treat trim values
    varbit varchar virtual work"""
)
"""May name a column or a table, never a function: the grammar knows forms of its own for them."""

UNRESERVED = words(
    """abort action add admin aggregate alter at attribute attributes automatic authorization backup begin bigserial
    blob bool bucket_count bundle by bytea bytes cache cancel cascade changefeed close cluster columns commit committed
    compact conflict configuration configurations configure constraints conversion copy covering createrole cube
    current cycle data database databases date day deallocate declare delete defaults deferred detached discard double
    drop encoding enum escape exclude execute experimental explain export extension files filter first following
    force_index function global grants groups hash high histogram hour immediate import include including increment
    incremental indexes inherits inject insert int2 int4 int8 int2vector interleave inverted isolation job jobs json
    jsonb key keys kv language last lc_collate lc_ctype lease less level list local locked login lookup low match
    materialized maxvalue merge minute minvalue month names nan name next no nocreaterole nologin normal no_index_join
    nowait nulls ignore_foreign_keys of off oid oids oidvector operator opt option options ordinality others over owned
    owner parent partial partition password pause physical plan plans preceding prepare priority public publication
    queries query range ranges read recurring recursive ref regclass regproc regprocedure regnamespace regtype
    reindex release rename repeatable replace replication reset restore restrict resume retry revoke role roles
    rollback rollup rows rule running schedule schedules setting settings status savepoint scatter schema schemas scrub
    search second serial serializable serial2 serial4 serial8 sequence sequences server session sessions set share
    show simple skip smallserial snapshot split sql start statistics stdin storage store stored storing strict
    subscription syntax system tables tag tags temp template temporary testing_relocate text ties trace transaction
    trigger truncate trusted type throttling unbounded uncommitted unknown unlogged unsplit until update upsert use
    users uuid valid validate value varying view within without write year zone retentions activetime dict"""
)
"""May name anything. Only one thing depends on this list: KWDB explains an unknown type's error when it is no keyword."""

NO_NAME = RESERVED | FUNCTION_OR_TYPE
"""What cannot name a column, a table, a database."""

NO_FUNCTION = RESERVED | COLUMN_ONLY
"""What cannot be called as an ordinary function."""

NO_BARE_ALIAS = NO_NAME | words("over filter within at between")
"""What cannot name a column of the result without AS."""

CONTINUES_QUERY = words("union intersect except order limit offset fetch for")
"""Behind a query in parentheses these say that it was the first part of a larger one."""
