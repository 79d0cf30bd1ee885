"""One name, one thing: a class has its name to itself, and what is held for a moment is named for what it holds."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
FILES = sorted(
    path
    for folder in ("", "dash_portal/**/", "pages/**/", "sync/**/", "emulator/**/", "migrations/")
    for path in ROOT.glob(f"{folder}*.py")
    if "vendor" not in path.parts
)
BY_EACH_WING = {"CommandError"}
"""The wings know nothing of each other, and each says with this that a command of its own can't be carried out."""
SAYS_NOTHING = {"one", "found", "told", "said", "asked"}


def test_no_two_public_classes_have_one_name() -> None:
    classes = Counter(
        node.name
        for path in FILES
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert len(classes) > 200
    assert {name for name, times in classes.items() if times > 1} == BY_EACH_WING


def test_what_is_held_is_named_for_what_it_is() -> None:
    held = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in FILES
        for name in SAYS_NOTHING & _held_in(ast.parse(path.read_text()))
    }
    assert held == set()


def _held_in(module: ast.Module) -> set[str]:
    """Return the names of what the module's code assigns, and of what its functions take."""
    nodes = list(ast.walk(module))
    assigned = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return assigned | {node.arg for node in nodes if isinstance(node, ast.arg)}
