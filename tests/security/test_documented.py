"""The document names tests: each of them has to be there."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
DOCUMENT = TESTS.parent / "docs" / "security.md"


def test_every_test_that_the_table_names_is_there() -> None:
    missing, path = [], ""
    for named in re.findall(r"(?:(?:[a-z_]+/)*test_[a-z_]+\.py)(?:::test_\w+)?|::test_\w+", DOCUMENT.read_text()):
        file, _, function = named.partition("::")  # without a file, that of the test named before is meant
        path = file or path
        source = (TESTS / path).read_text() if (TESTS / path).is_file() else ""
        if not source or (function and f"def {function}(" not in source):
            missing.append(named)
    assert missing == []


def test_every_row_of_the_table_says_how_and_by_what() -> None:
    rows = [line for line in DOCUMENT.read_text().splitlines() if re.match(r"\| \d+\.\d+", line)]
    assert len(rows) > 60
    for row in rows:
        item, how, shown = (cell.strip() for cell in row.strip("|").split("|"))
        assert item
        assert how
        assert shown
