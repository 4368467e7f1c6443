"""Ways out of the sandbox, by what they try to reach. Each must be refused, whoever asks; a new idea is one more line."""

from __future__ import annotations

FILES = """
    SELECT * FROM read_csv('/etc/passwd')
    SELECT * FROM read_csv_auto('/etc/passwd')
    SELECT * FROM read_text('/etc/passwd')
    SELECT * FROM read_blob('/etc/passwd')
    SELECT * FROM read_parquet('/etc/passwd')
    SELECT * FROM read_json('/etc/passwd')
    SELECT * FROM read_json_auto('/etc/passwd')
    SELECT * FROM read_json_objects('/etc/passwd')
    SELECT * FROM read_ndjson('/etc/passwd')
    SELECT * FROM read_duckdb('kwrest.duckdb')
    SELECT * FROM read_csv(['/etc/passwd', '/etc/group'])
    SELECT * FROM read_csv('https://localhost/x.csv')
    SELECT * FROM glob('/*')
    SELECT * FROM sniff_csv('/etc/passwd')
    SELECT * FROM parquet_metadata('/etc/passwd')
    SELECT * FROM parquet_schema('/etc/passwd')
    SELECT * FROM parquet_scan('/etc/passwd')
    SELECT * FROM '/etc/passwd'
    SELECT * FROM "/etc/passwd"
    SELECT * FROM "kwrest.duckdb"
    SELECT * FROM 'x.csv'
    SELECT * FROM "x.parquet"
    SELECT * FROM "s3://bucket/x.csv"
    SELECT * FROM "http://localhost/x.json"
    SELECT * FROM "file:///etc/passwd"
    SELECT * FROM "/proc/self/environ"
    SELECT * FROM "../kwrest.duckdb"
    SELECT * FROM public."/etc/passwd"
    SELECT * FROM defaultdb.public."/etc/passwd"
    SELECT * FROM t JOIN '/etc/passwd' ON true
    SELECT * FROM t, "/etc/passwd"
    SELECT (SELECT * FROM "/etc/passwd")
    SELECT * FROM t WHERE v IN (SELECT 1 FROM "/etc/passwd")
    WITH x AS (SELECT * FROM "/etc/passwd") SELECT * FROM x
    TABLE "/etc/passwd"
    SELECT read_text('/etc/passwd')
    SELECT content FROM read_text('/etc/shadow')
    SELECT pg_read_file('/etc/passwd')
    SELECT pg_ls_dir('/')
    SELECT lo_import('/etc/passwd')
    SELECT load_file('/etc/passwd')
    SELECT xpath('/x', 'y')
    COPY t TO '/tmp/out.csv'
    COPY t FROM '/etc/passwd'
    COPY (SELECT 1) TO '/tmp/out.csv'
    EXPORT DATABASE '/tmp/out'
    EXPORT INTO CSV '/tmp/out' FROM TABLE t
    IMPORT DATABASE '/tmp/out'
    IMPORT TABLE CREATE USING '/tmp/x.sql' CSV DATA ('/tmp/x.csv')
    IMPORT INTO t CSV DATA ('/etc/passwd')
    BACKUP TO '/tmp/out'
    RESTORE FROM '/tmp/out'
    SELECT * FROM t INTO OUTFILE '/tmp/out'
    SELECT * INTO x FROM t
    .read /etc/passwd
    \\i /etc/passwd
    \\! id
"""

ENGINE = """
    ATTACH ':memory:' AS x
    ATTACH '/tmp/x.duckdb' AS x
    ATTACH 'kwrest.duckdb' AS x (READ_ONLY)
    DETACH kwrest
    USE memory
    INSTALL httpfs
    LOAD httpfs
    FORCE INSTALL httpfs FROM 'http://localhost'
    UPDATE EXTENSIONS
    PRAGMA database_list
    PRAGMA version
    PRAGMA memory_limit='1TB'
    PRAGMA enable_profiling
    PRAGMA show_tables
    SET memory_limit = '1TB'
    SET threads = 1000
    SET temp_directory = '/tmp'
    SET enable_external_access = true
    SET lock_configuration = false
    SET SESSION search_path = 'kwrest'
    SET GLOBAL threads = 1
    SET VARIABLE x = 1
    SET TIME ZONE 'UTC'
    RESET memory_limit
    CALL pragma_version()
    CALL checkpoint()
    CHECKPOINT
    FORCE CHECKPOINT
    VACUUM
    ANALYZE
    CREATE MACRO f() AS 1
    CREATE FUNCTION f() AS 1
    CREATE TYPE mood AS ENUM ('a')
    CREATE SECRET s (TYPE s3)
    CREATE TEMP TABLE x AS SELECT 1
    CREATE TEMPORARY VIEW x AS SELECT 1
    CREATE OR REPLACE TABLE t (a int)
    CREATE PERSISTENT SECRET s (TYPE s3)
    DROP MACRO f
    DROP SECRET s
    SUMMARIZE t
    SUMMARIZE SELECT * FROM t
    DESCRIBE SELECT * FROM t
    FROM t
    FROM t SELECT v
    PIVOT t ON v
    UNPIVOT t ON v INTO NAME n VALUE x
    PREPARE p AS SELECT 1
    EXECUTE p
    DEALLOCATE p
    BEGIN TRANSACTION
    COMMIT
    ROLLBACK
    ABORT
    START TRANSACTION READ WRITE
    SELECT * FROM query('select 1')
    SELECT * FROM query_table('kwrest.users')
    SELECT * FROM query_table(['t', 't'])
    SELECT json_execute_serialized_sql('{}')
    SELECT * FROM json_execute_serialized_sql(json_serialize_sql('select 1'))
    SELECT json_serialize_sql('select 1')
    SELECT json_serialize_plan('select 1')
    SELECT getenv('HOME')
    SELECT current_setting('temp_directory')
    SELECT set_config('memory_limit', '1TB', false)
    SELECT getvariable('x')
    SELECT write_log('x')
    SELECT parse_duckdb_log_message('x', 'y')
    SELECT which_secret('x', 'y')
    SELECT * FROM which_secret('x', 'y')
    SELECT * FROM duckdb_settings()
    SELECT * FROM duckdb_tables()
    SELECT * FROM duckdb_columns
    SELECT * FROM duckdb_extensions()
    SELECT * FROM duckdb_secrets()
    SELECT * FROM duckdb_logs()
    SELECT * FROM duckdb_temporary_files()
    SELECT * FROM duckdb_memory()
    SELECT * FROM duckdb_functions()
    SELECT * FROM duckdb_databases()
    SELECT * FROM pragma_database_list()
    SELECT * FROM pragma_version()
    SELECT * FROM pragma_storage_info('t')
    SELECT * FROM pragma_table_info('t')
    SELECT * FROM pragma_user_agent()
    SELECT * FROM storage_info('t')
    SELECT * FROM seq_scan('t')
    SELECT * FROM arrow_scan(1, 2, 3)
    SELECT * FROM python_arrow_scan(1)
    SELECT * FROM pandas_scan(1)
    SELECT * FROM python_map_function(1)
    SELECT * FROM repeat_row(1, num_rows=10)
    SELECT * FROM test_all_types()
    SELECT * FROM checkpoint()
    SELECT * FROM range(10)
    SELECT sleep_ms(100000)
    SELECT pg_sleep(100000)
    SELECT nextval('x')
    SELECT txid_current()
    SELECT in_search_path('a', 'b')
    SELECT * FROM t AS OF SYSTEM TIME '-1s' WHERE error('x')
    SELECT error('22012|x')
    SELECT error('kwrest')
    SELECT kwdb_internal.force_panic('x')
    SELECT crdb_internal.force_error('x', 'y')
    SELECT kwdb_internal.node_executable_version()
    SELECT pg_terminate_backend(1)
    SELECT pg_cancel_backend(1)
    SELECT pg_advisory_lock(1)
    SELECT inet_server_addr()
    SELECT dblink('host=localhost', 'select 1')
    SELECT current_schemas(true, 1)
    SELECT struct_pack(a := 1)
    SELECT list_transform([1], x -> x)
    SELECT {'a': 1}
    SELECT MAP {'a': 1}
    SELECT [x for x in [1,2]]
    SELECT x -> x + 1
    SELECT 1::HUGEINT
    SELECT 'a'::ENUM('a')
    SELECT v::STRUCT(a INT) FROM t
    SELECT v::UNION(a INT) FROM t
    SELECT TRY_CAST('a' AS INT)
    SELECT $1
    SELECT ?
    SELECT $name
    SELECT #1 FROM t
    SELECT v FROM t QUALIFY row_number() OVER () = 1
    SELECT v FROM t USING SAMPLE 1
    SELECT v FROM t TABLESAMPLE 10%
    SELECT COLUMNS('.*') FROM t
    SELECT COLUMNS(*) FROM t
    SELECT * EXCLUDE (v) FROM t
    SELECT * REPLACE (1 AS v) FROM t
    SELECT * RENAME (v AS w) FROM t
    SELECT * LIKE 'v%' FROM t
    SELECT v.x.y FROM t
    SELECT v[1:2] FROM t
    SELECT t.* IS NULL FROM t
    SELECT t FROM t
    SELECT ROW(v) FROM t ORDER BY ALL
    SELECT v FROM t GROUP BY ALL
    SELECT v FROM t POSITIONAL JOIN t u
    SELECT v FROM t UNION BY NAME SELECT v FROM t
    SELECT v FROM t; ATTACH ':memory:' AS x
    SELECT v FROM t; SET threads = 1
    SELECT v FROM t; DROP TABLE t
    SELECT 1 /* */; COPY t TO '/tmp/x'
    WITH x AS (DELETE FROM t RETURNING v) SELECT * FROM x
    WITH x AS (INSERT INTO t VALUES (1, 1, 1)) SELECT * FROM x
    WITH x AS (UPDATE t SET v = 1 RETURNING v) SELECT * FROM x
    WITH x AS MATERIALIZED (DROP TABLE t) SELECT 1
    SELECT * FROM (DELETE FROM t)
    SELECT * FROM [DELETE FROM t]
    SELECT * FROM [INSERT INTO t VALUES (1, 1, 1) RETURNING v]
    SELECT * FROM [DROP TABLE t]
    SELECT * FROM [SET threads = 1]
    EXPLAIN ANALYZE DELETE FROM t
    EXPLAIN DROP TABLE t
    SELECT 1 WHERE EXISTS (DELETE FROM t)
    SELECT v FROM t FOR UPDATE; DELETE FROM t
"""

OWN_TABLES = """
    SELECT * FROM kwrest.users
    SELECT * FROM "kwrest"."users"
    SELECT * FROM kwrest.kwrest.users
    SELECT * FROM kwrest.public.users
    SELECT * FROM memory.main.users
    SELECT * FROM main.users
    SELECT * FROM temp.users
    SELECT * FROM system.users
    SELECT * FROM system.public.users
    SELECT * FROM "kwrest_system"."kwrest"."users"
    SELECT password FROM kwrest_system.users
    SELECT secret FROM kwrest_system.sessions
    SELECT "password" FROM kwrest_system.public.users
    SELECT kwrest_system.users.password FROM kwrest_system.users
    SELECT u.* FROM kwrest_system.users AS u WHERE u.password LIKE 'a%'
    SELECT a.name FROM kwrest_system.users a JOIN kwrest_system.users b ON a.password = b.password
    SELECT name FROM kwrest_system.users ORDER BY password
    SELECT name FROM kwrest_system.users GROUP BY name, password
    SELECT name FROM kwrest_system.users NATURAL JOIN kwrest_system.sessions WHERE secret = 'x'
    SELECT max(password) FROM kwrest_system.users
    SELECT row_number() OVER (ORDER BY password) FROM kwrest_system.users
    SELECT v, (SELECT password FROM kwrest_system.users LIMIT 1) FROM t
    SELECT * FROM kwrest_system.users u (a, b, c, d, e, f, g, h, i, j, k, l, m)
    SELECT 1 FROM kwrest_system.users WHERE password > 'a'
    SELECT users FROM kwrest_system.users
    SELECT (users).password FROM kwrest_system.users
    SELECT row_to_json(users) FROM kwrest_system.users
    SELECT * FROM kwrest_system.users USING SAMPLE 1
    SELECT * FROM [SHOW COLUMNS FROM kwrest_system.users] WHERE column_name = (SELECT password FROM kwrest_system.users LIMIT 1)
    SHOW CREATE TABLE kwrest_system.users
    SHOW TABLES FROM kwrest
    SHOW TABLES FROM memory
    SHOW COLUMNS FROM kwrest.users
    SHOW COLUMNS FROM pg_catalog.pg_class
    SHOW TAG VALUES FROM kwrest_system.users
    SELECT * FROM information_schema.tables
    SELECT * FROM information_schema.schemata
    SELECT * FROM pg_catalog.pg_class
    SELECT * FROM pg_catalog.pg_authid
    SELECT * FROM pg_class
    SELECT * FROM pg_user
    SELECT * FROM pg_shadow
    SELECT * FROM pg_settings
    SELECT * FROM sqlite_master
    SELECT * FROM kwdb_internal.cluster_queries
    SELECT * FROM crdb_internal.tables
    SELECT * FROM d2.p100
    SELECT * FROM d100.p103
    SELECT * FROM d100.e103
    SELECT * FROM p103
    SELECT * FROM e103
    SELECT eid FROM t
    SELECT rowid FROM t
    SELECT c1 FROM t
    SELECT s1.c1 FROM t
    SELECT ctid FROM t
    SELECT oid FROM t
    SELECT tableoid FROM t
    SELECT filename FROM t
    SELECT file_row_number FROM t
"""

DEFINITIONS = """
    DROP TABLE kwrest_system.users
    DROP TABLE kwrest_system.users CASCADE
    TRUNCATE kwrest_system.users
    DELETE FROM kwrest_system.users
    DELETE FROM kwrest.users
    UPDATE kwrest_system.users SET admin = true
    UPDATE kwrest_system.settings SET value = '1'
    ALTER TABLE kwrest_system.users ADD COLUMN x int
    ALTER TABLE kwrest_system.users DROP COLUMN password
    ALTER TABLE kwrest_system.users RENAME TO kwrest_system.u
    ALTER TABLE t RENAME TO kwrest_system.t
    ALTER TABLE kwrest_system.users RENAME COLUMN password TO p
    ALTER DATABASE kwrest_system RENAME TO mine
    ALTER DATABASE defaultdb RENAME TO kwrest_system
    COMMENT ON TABLE kwrest_system.users IS 'x'
    COMMENT ON COLUMN kwrest_system.users.password IS 'x'
    COMMENT ON DATABASE kwrest_system IS 'x'
    CREATE TABLE kwrest_system.x (k int)
    CREATE TABLE kwrest.x (k int)
    CREATE TABLE memory.main.x (k int)
    CREATE TABLE x AS SELECT password FROM kwrest_system.users
    CREATE VIEW x AS SELECT name FROM kwrest_system.users
    CREATE VIEW x AS SELECT password FROM kwrest_system.users
    CREATE VIEW x AS SELECT * FROM read_csv('/etc/passwd')
    CREATE VIEW x AS SELECT * FROM "/etc/passwd"
    CREATE VIEW x AS DELETE FROM t
    CREATE VIEW kwrest_system.x AS SELECT 1
    DROP VIEW kwrest_system.users
    CREATE INDEX i ON kwrest_system.users (name)
    DROP DATABASE kwrest_system CASCADE
    DROP DATABASE kwrest CASCADE
    DROP DATABASE defaultdb
    CREATE DATABASE kwrest_system
    CREATE SCHEMA kwrest
    GRANT ALL ON DATABASE kwrest_system TO plain
    GRANT ALL ON DATABASE system TO plain
    GRANT SELECT ON TABLE kwrest_system.users TO plain
    GRANT SELECT ON TABLE kwrest_system.* TO plain
    USE kwrest_system
    USE kwrest
    USE memory
    CREATE TABLE x (k int DEFAULT (SELECT 1))
    CREATE TABLE x (k STRING DEFAULT getenv('HOME'))
    CREATE TABLE x (k STRING DEFAULT (SELECT password FROM kwrest_system.users))
    CREATE TABLE x (k int CHECK (k IN (SELECT 1 FROM kwrest_system.users)))
    CREATE TABLE x (k int, CHECK (getenv('HOME') = ''))
    CREATE TABLE x (k int REFERENCES kwrest_system.users (name))
    UPDATE t SET id = 1 WHERE id = (SELECT 1 FROM read_csv('/etc/passwd'))
    DELETE FROM t WHERE id = (SELECT 1 FROM "/etc/passwd")
    DELETE FROM t USING kwrest_system.users
    DROP USER root
    DROP ROLE admin
    DROP USER admin
    DROP ROLE public
    CREATE USER root
    CREATE USER admin
    CREATE USER public
    CREATE ROLE kwrest_system; DROP DATABASE kwrest_system
    REVOKE admin FROM root
    ALTER USER root WITH NOLOGIN
    ALTER ROLE admin WITH PASSWORD 'x'
    SET CLUSTER SETTING memory_limit = '1TB'
    SET CLUSTER SETTING kwrest.x = 1
    SET CLUSTER SETTING server.rest.timeout = (SELECT 1)
    RESET CLUSTER SETTING threads
"""

INSERTS = """
    INSERT INTO kwrest_system.users VALUES ('x', 'y', true, true, 1)
    INSERT INTO kwrest_system.rejected (line) VALUES ('x')
    INSERT INTO kwrest.users VALUES ('x', 'y', true, true, 1)
    INSERT INTO t SELECT * FROM read_csv('/etc/passwd')
    INSERT INTO t SELECT now(), 1, 1 FROM "/etc/passwd"
    INSERT INTO t TABLE kwrest_system.users
    INSERT INTO "/tmp/x.csv" VALUES (1)
    UPSERT INTO kwrest_system.settings VALUES ('a', 'b')
    INSERT INTO kwrest_system.grants VALUES ('table', 1, 'plain', 'ALL') ON CONFLICT DO NOTHING
    INSERT INTO t (ts, v, id) VALUES (getenv('HOME'), 1, 1)
    INSERT INTO t (ts, v, id) VALUES (now(), (SELECT count(*) FROM "/etc/passwd"), 1)
    INSERT INTO t (ts, v, id, eid) VALUES (now(), 1, 1, 1)
    INSERT INTO t (ts, v, id) VALUES (now(), 1, 1); COPY t TO '/tmp/x'
    INSERT INTO t BY NAME SELECT 1 AS v
    INSERT OR REPLACE INTO t VALUES (now(), 1, 1)
    INSERT INTO d100.p103 VALUES (1)
"""


def _statements(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines()]


# (endpoint, statement): a statement may also be one that no endpoint takes.
WAYS = [
    *(("query", s) for s in _statements(FILES) + _statements(ENGINE) + _statements(OWN_TABLES)),
    *(("ddl", s) for s in _statements(DEFINITIONS)),
    *(("insert", s) for s in _statements(INSERTS)),
]
