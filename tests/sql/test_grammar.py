"""The grammar, by tables: `grammar/*.txt` hold a statement, then `  => ` and its tree (see shapes.py) or `  !! ` and the error."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kwrest.errors import SqlError
from kwrest.sql.grammar import parse
from tests.sql.shapes import shape

FOLDER = Path(__file__).parent / "grammar"


def rows() -> Iterator[object]:
    for path in sorted(FOLDER.glob("*.txt")):
        lines: list[str] = []
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if line.startswith(("  => ", "  !! ")):
                yield pytest.param("\n".join(lines), line[2:4], line[5:], id=f"{path.stem}:{number}")
                lines = []
            elif line.strip() and not (line.startswith("# ") and not lines):
                lines.append(line)
        assert not lines, f"{path.name} ends without an expectation: {lines}"


@pytest.mark.parametrize(("text", "mark", "expected"), list(rows()))
def test_statement(text: str, mark: str, expected: str) -> None:
    if mark == "=>":
        assert shape(parse(text)) == expected
        return
    with pytest.raises(SqlError) as failure:
        parse(text)
    assert failure.value.message == expected
