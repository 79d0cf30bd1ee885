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


ITEMS = {
    f"{section}.{number}": int(level)
    for section, levels in (
        line.split() for line in (Path(__file__).parent / "asvs_5_0_0.txt").read_text().splitlines()
    )
    for number, level in enumerate(levels, start=1)
}
"""The requirements of OWASP ASVS 5.0.0 by their level: the file has a line for each section, a digit for each item."""


def items_named(text: str) -> set[str]:
    """Return the items that a text names: one by one, from one to another, or a section or chapter whole."""
    named: set[str] = set()
    for first, last in re.findall(r"(?<![\d.])(\d+(?:\.\d+){0,2})(?:-(\d+\.\d+\.\d+))?", text):
        section, _, number = first.rpartition(".")
        between = range(int(number or 0), int(last.rpartition(".")[2]) + 1) if last else ()
        named |= {f"{section}.{item}" for item in between} or (
            {first} if first.count(".") == 2 else {item for item in ITEMS if item.startswith(f"{first}.")} or {first}
        )
    return named


def test_every_item_of_the_measure_is_spoken_of_and_none_that_it_has_not() -> None:
    chapter = DOCUMENT.read_text().partition("## ASVS 5.0.0, level 2")[2]
    table, _, rest = chapter.partition("### Not met, or met in part")
    not_met, _, not_applicable = rest.partition("### Not applicable")
    met = items_named(" ".join(re.findall(r"^\| ([\d., -]+) \|", table, re.MULTILINE)))
    in_part = items_named(" ".join(re.findall(r"^- \*\*([\d., /-]+)\*\*", not_met, re.MULTILINE)))
    others = items_named(not_applicable)
    assert met | in_part | others <= ITEMS.keys()
    assert {item for item, level in ITEMS.items() if level <= 2} <= met | in_part | others
    assert not others & (met | in_part), "what applies is met or not"
