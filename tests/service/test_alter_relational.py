"""ALTER TABLE of relational tables: constraints, defaults, NOT NULL, keys; with rows in the tables, and after a restart."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from tests.service.plant import Plant

DONE = ["success"]
_numbers = count(1)


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    plant = Plant(tmp_path_factory.mktemp("relational"))
    yield plant
    plant.stop()


def made(plant: Plant, columns: str = "a INT PRIMARY KEY, b INT, c STRING") -> str:
    """A table with the rows (1, 10, 'x'), (2, NULL, 'y'), (3, 10, NULL)."""
    t = f"r{next(_numbers)}"
    assert plant.ddl(f"CREATE TABLE {t} ({columns})", "defaultdb") == DONE
    plant.insert(f"INSERT INTO {t} VALUES (1, 10, 'x'), (2, NULL, 'y'), (3, 10, NULL)", "defaultdb")
    return t


ROWS: list[list[Any]] = [[1, 10, "x"], [2, None, "y"], [3, 10, None]]


@pytest.mark.parametrize("actions, rows", [
    ("ADD COLUMN d INT DEFAULT 7", [[*row, 7] for row in ROWS]),
    ("ADD COLUMN d INT NOT NULL DEFAULT 7", [[*row, 7] for row in ROWS]),
    ("ADD COLUMN d STRING DEFAULT concat('b', 'c')", [[*row, "bc"] for row in ROWS]),
    ("ADD COLUMN d INT CHECK (d > a) DEFAULT 9", [[*row, 9] for row in ROWS]),
    ("ADD COLUMN d INT UNIQUE", [[*row, None] for row in ROWS]),
    ("ADD COLUMN d INT REFERENCES {t} (a) DEFAULT 2", [[*row, 2] for row in ROWS]),
    ("DROP COLUMN b, ADD COLUMN b STRING DEFAULT 'new'", [[a, c, "new"] for a, _, c in ROWS]),
    ("ALTER b TYPE INT8, ALTER b TYPE STRING", [[a, None if b is None else str(b), c] for a, b, c in ROWS]),
    ("RENAME COLUMN b TO d, ADD CHECK (d > 5)", ROWS),
    ("ADD CONSTRAINT k CHECK (b > 5), DROP CONSTRAINT k", ROWS),
    ("ALTER a TYPE STRING", [[str(a), b, c] for a, b, c in ROWS]),
    ("ALTER a TYPE INT8, ADD CONSTRAINT u UNIQUE (a, b)", ROWS),
])  # fmt: skip
def test_actions_with_rows_in_the_table(plant: Plant, actions: str, rows: list[list[Any]]) -> None:
    t = made(plant)
    assert plant.ddl(f"ALTER TABLE {t} {actions.format(t=t)}", "defaultdb") == DONE
    assert plant.query(f"SELECT * FROM {t} ORDER BY 1", "defaultdb") == rows


@pytest.mark.parametrize("actions, refusal", [
    ("ADD COLUMN d INT NOT NULL", 'null value in column "d" violates not-null constraint'),
    ("ADD COLUMN d INT DEFAULT 7 UNIQUE", "duplicate key value (d)=(7) violates unique constraint"),
    ("ADD COLUMN d INT DEFAULT 7 REFERENCES {t} (a)", "violates foreign key constraint"),
    ("ADD COLUMN d INT DEFAULT 1 CHECK (d > a)", "failed to satisfy CHECK constraint (d > a)"),
    ("ALTER COLUMN b SET NOT NULL", 'null value in column "b" violates not-null constraint'),
    ("ADD CONSTRAINT u UNIQUE (b)", 'duplicate key value (b)=(10) violates unique constraint "u"'),
    ("ADD CONSTRAINT k CHECK (b > 10)", "failed to satisfy CHECK constraint (b > 10)"),
    ("ADD CONSTRAINT f FOREIGN KEY (b) REFERENCES {t} (a)", 'violates foreign key constraint "f"'),
    ("ADD PRIMARY KEY (a)", "multiple primary keys for table"),
    ("ALTER PRIMARY KEY USING COLUMNS (b)", 'cannot use nullable column "b" in primary key'),
    ("DROP CONSTRAINT \"primary\"", "primary key dropped without subsequent addition of new primary key in same transaction"),
    ("DROP CONSTRAINT nosuch", 'constraint "nosuch" does not exist'),
    ("DROP COLUMN a", 'column "a" is referenced by the primary key'),
    ("ALTER COLUMN a DROP NOT NULL", 'column "a" is in a primary index'),
    ("ADD COLUMN d INT, ADD COLUMN d INT", 'duplicate column name: "d"'),
    ("DROP COLUMN b, ALTER COLUMN b TYPE INT8", 'column "b" does not exist'),
    ("ADD COLUMN d INT, ALTER COLUMN c TYPE INT8", 'could not parse "x" as type int'),
    ("RENAME TO q, ADD COLUMN d INT", "ALTER TABLE RENAME TO with other actions is not supported"),
    ("ADD INDEX (b)", "ALTER TABLE ADD INDEX is not supported"),
])  # fmt: skip
def test_what_rows_do_not_fit_changes_nothing(plant: Plant, actions: str, refusal: str) -> None:
    t = made(plant)
    shown = plant.query(f"SHOW CREATE TABLE {t}", "defaultdb")
    (answer,) = plant.ddl(f"ALTER TABLE {t} {actions.format(t=t)}", "defaultdb")
    assert refusal in answer
    assert plant.query(f"SHOW CREATE TABLE {t}", "defaultdb") == shown
    assert plant.query(f"SELECT * FROM {t} ORDER BY 1", "defaultdb") == ROWS
    plant.insert(f"INSERT INTO {t} VALUES (4, 4, 'z')", "defaultdb")


@pytest.mark.parametrize("actions, refused, taken", [
    ("ADD CONSTRAINT k CHECK (b > 5)", "(4, 5, '')", "(4, 6, '')"),
    ("ADD CONSTRAINT u UNIQUE (c)", "(4, 4, 'x')", "(4, 4, 'z')"),
    ("ADD CONSTRAINT f FOREIGN KEY (b) REFERENCES {p} (a)", "(4, 5, '')", "(4, 10, '')"),
    ("ALTER c TYPE VARCHAR(3), ADD CONSTRAINT u UNIQUE (c)", "(4, 4, 'x')", "(4, 4, 'z')"),
    ("ADD CONSTRAINT u UNIQUE (c), ALTER c TYPE VARCHAR(3)", "(4, 4, 'x')", "(4, 4, 'z')"),
    ("ADD CONSTRAINT k CHECK (b > 5), RENAME COLUMN b TO z", "(4, 5, '')", "(4, 6, '')"),
    ("ADD CONSTRAINT k CHECK (b > 5), ALTER b TYPE INT8", "(4, 5, '')", "(4, 6, '')"),
    ("ALTER a TYPE INT8", "(3, 4, 'z')", "(4, 4, 'z')"),
    ("ALTER PRIMARY KEY USING COLUMNS (a)", "(3, 4, 'z')", "(4, 4, 'z')"),
    ('DROP CONSTRAINT "primary", ADD CONSTRAINT pk PRIMARY KEY (a)', "(3, 4, 'z')", "(4, 4, 'z')"),
    ("ADD CONSTRAINT k CHECK (b > 5), RENAME CONSTRAINT k TO m, VALIDATE CONSTRAINT m", "(4, 5, '')", "(4, 6, '')"),
])  # fmt: skip
def test_what_was_added_is_kept_to(plant: Plant, actions: str, refused: str, taken: str) -> None:
    t, p = made(plant), f"p{next(_numbers)}"
    plant.ddl(f"CREATE TABLE {p} (a INT PRIMARY KEY)", "defaultdb")
    plant.insert(f"INSERT INTO {p} VALUES (10)", "defaultdb")
    assert plant.ddl(f"ALTER TABLE {t} {actions.format(t=t, p=p)}", "defaultdb") == DONE
    for row in (refused, refused):
        with pytest.raises(AssertionError, match=r"violates|failed to satisfy"):
            plant.insert(f"INSERT INTO {t} VALUES {row}", "defaultdb")
    plant.insert(f"INSERT INTO {t} VALUES {taken}", "defaultdb")


def test_what_was_dropped_is_not_kept_to(plant: Plant) -> None:
    t = made(plant)

    def alter(actions: str) -> None:
        assert plant.ddl(f"ALTER TABLE {t} {actions}", "defaultdb") == DONE

    alter(f"ADD CONSTRAINT k CHECK (b > 5), ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES {t} (a)")
    alter("DROP CONSTRAINT k, DROP CONSTRAINT f")
    plant.insert(f"INSERT INTO {t} VALUES (4, 5, '')", "defaultdb")
    alter("ADD CONSTRAINT k CHECK (b > 0), DROP COLUMN b")
    plant.insert(f"INSERT INTO {t} VALUES (5, '')", "defaultdb")
    for action, default in (("SET DEFAULT 'd'", "d"), ("SET DEFAULT concat('e', 'f')", "ef"), ("DROP DEFAULT", None)):
        alter(f"ALTER COLUMN c {action}")
        plant.insert(f"INSERT INTO {t} (a) VALUES (6)", "defaultdb")
        assert plant.query(f"SELECT c FROM {t} WHERE a = 6", "defaultdb") == [[default]]
        plant.ddl(f"DELETE FROM {t} WHERE a = 6", "defaultdb")
    alter("ALTER COLUMN c SET DEFAULT 'd', ALTER COLUMN c DROP NOT NULL")


def test_values_that_become_the_same_break_a_key(plant: Plant) -> None:
    t = f"r{next(_numbers)}"
    plant.ddl(f"CREATE TABLE {t} (a STRING UNIQUE)", "defaultdb")
    plant.insert(f"INSERT INTO {t} VALUES ('1'), ('01')", "defaultdb")
    (answer,) = plant.ddl(f"ALTER TABLE {t} ALTER a TYPE INT8", "defaultdb")
    assert answer.startswith("duplicate key value (a)=(1)")
    assert plant.query(f"SELECT a FROM {t} ORDER BY a", "defaultdb") == [["01"], ["1"]]


def test_the_key_before_stays_unique(plant: Plant) -> None:
    t = made(plant, "a INT PRIMARY KEY, b INT, c STRING")
    plant.ddl(f"DELETE FROM {t}; ALTER TABLE {t} ALTER COLUMN b SET NOT NULL", "defaultdb")
    assert plant.ddl(f"ALTER TABLE {t} ALTER PRIMARY KEY USING COLUMNS (b)", "defaultdb") == DONE
    assert plant.query(f"SELECT index_name, column_name FROM [SHOW INDEXES FROM {t}] WHERE NOT implicit", "defaultdb") == [
        ["primary", "b"], [f"{t}_a_key", "a"],
    ]  # fmt: skip
    plant.insert(f"INSERT INTO {t} VALUES (1, 1, '')", "defaultdb")
    for row in ("(1, 2, '')", "(2, 1, '')"):
        with pytest.raises(AssertionError, match="violates unique constraint"):
            plant.insert(f"INSERT INTO {t} VALUES {row}", "defaultdb")


def test_a_column_others_refer_to_stays(plant: Plant) -> None:
    t, child = made(plant), f"c{next(_numbers)}"
    plant.ddl(f"CREATE TABLE {child} (x INT REFERENCES {t} (a))", "defaultdb")
    for action in ("ALTER a TYPE INT8", 'DROP CONSTRAINT "primary", ADD PRIMARY KEY (a)'):
        (answer,) = plant.ddl(f"ALTER TABLE {t} {action}", "defaultdb")
        assert "foreign key" in answer
    plant.insert(f"INSERT INTO {child} VALUES (3)", "defaultdb")
    assert plant.ddl(f"ALTER TABLE {t} RENAME COLUMN a TO key; ALTER TABLE {t} RENAME TO {t}x", "defaultdb") == DONE * 2
    with pytest.raises(AssertionError, match="violates foreign key constraint"):
        plant.insert(f"INSERT INTO {child} VALUES (4)", "defaultdb")


def test_all_of_it_is_there_after_a_restart(plant: Plant) -> None:
    tables = [name for name, _ in plant.query("SHOW TABLES", "defaultdb")]
    assert len(tables) > 40
    before = {name: plant.query(f"SHOW CREATE TABLE {name}", "defaultdb") for name in tables}
    assert plant.check() == []
    assert {name: plant.query(f"SHOW CREATE TABLE {name}", "defaultdb") for name in tables} == before
    for name in tables:
        plant.query(f"SELECT * FROM {name}", "defaultdb")
