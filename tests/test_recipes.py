"""The recipe of a field is followed, step by step as it is written, on a copy of the tree."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

ROOT = Path(__file__).parents[1]
RECIPES = ROOT / "docs" / "recipes.md"
COPIED = ("sync", "dash_portal", "pages", "emulator", "migrations", "tests")
NEEDED_TESTS = (
    "tests/recipes/a_field.py",
    "tests/migrations/test_migrations.py::test_the_migrated_schema_is_what_the_models_say",
    "tests/sync/mapping/test_rules.py",
)


@dataclass(frozen=True, slots=True)
class Edit:
    """Lines that a recipe adds to a file, after lines that stand there."""

    file: str
    after: list[str]
    added: list[str]


def edits_of(recipe: str) -> list[Edit]:
    """Return the edits that a recipe shows, each in the file that was named last before it."""
    parts = re.findall(r"`((?:\w+/)*\w+\.py)`|^ *```diff\n(.*?)^ *```", recipe, re.MULTILINE | re.DOTALL)
    edits, file = [], ""
    for named, shown in parts:
        file = named or file
        if shown:
            lines = dedent(shown).splitlines()
            after = [line[1:] for line in lines if not line.startswith("+")]
            edits.append(Edit(file, after, [line[1:] for line in lines if line.startswith("+")]))
    return edits


def apply(edit: Edit, folder: Path) -> None:
    """Add an edit's lines where its first ones stand, which must be one place, indented as that place is."""
    path = folder / edit.file
    lines = path.read_text().splitlines()
    wanted = [line.strip() for line in edit.after]
    places = [at for at in range(len(lines)) if [line.strip() for line in lines[at : at + len(wanted)]] == wanted]
    assert len(places) == 1, f"{edit.file}: {len(places)} places for {wanted}"
    last = places[0] + len(wanted)
    indent = lines[last - 1][: len(lines[last - 1]) - len(lines[last - 1].lstrip())]
    lines[last:last] = [indent + line.strip() for line in edit.added]
    path.write_text("\n".join(lines) + "\n")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the tree, with what of it was compiled before: only the changed files have to be compiled anew."""
    folder = tmp_path / "tree"
    half_written = shutil.ignore_patterns("*.pyc.*")
    for name in (*COPIED, "__pycache__"):
        if (ROOT / name).exists():
            shutil.copytree(ROOT / name, folder / name, ignore=half_written)
    for file in [*ROOT.glob("*.py"), ROOT / "pyproject.toml"]:
        shutil.copy2(file, folder)
    return folder


def run(folder: Path, *arguments: str) -> str:
    """Run a module of Python in the tree; return what it printed."""
    environment = os.environ | {"DATABASE_URL": f"sqlite:///{folder / 'scratch.db'}", "PYTHONPATH": str(folder)}
    environment.pop("PYTEST_XDIST_WORKER", None)  # a run of its own: its databases are made from this tree's revisions
    done = subprocess.run(
        (sys.executable, "-m", *arguments), cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.timeout(400)
def test_a_field_added_by_its_recipe_is_on_the_page_and_in_the_file(tree: Path, migrated_sqlite: Path) -> None:
    recipe = RECIPES.read_text().split("## A field\n")[1].split("\n## ")[0]
    (migration,) = re.findall(r'`make migration M="(.*?)"`', recipe)
    edits = edits_of(recipe)
    assert len({edit.file for edit in edits}) >= 7

    shutil.copy(migrated_sqlite, tree / "scratch.db")  # what `make migration` makes by `migrate`
    for edit in edits:
        apply(edit, tree)
    run(tree, "alembic", "revision", "--autogenerate", "-m", migration)
    raise_version(tree / "sync" / "mapping" / "rules.py")
    run(tree, "tests.sync.mapping.golden_rows")

    run(tree, "pytest", "-q", "-p", "no:cacheprovider", *NEEDED_TESTS)


def raise_version(rules: Path) -> None:
    source = rules.read_text()
    version = re.search(r"^RULES_VERSION: Final = (\d+)$", source, re.MULTILINE)
    assert version is not None
    rules.write_text(source[: version.start(1)] + str(int(version[1]) + 1) + source[version.end(1) :])
