from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = {
    "settings",
    "database",
    "models",
    "encryption",
    "logs",
    "call_habits",
    "cleaning",
    "clock",
    "date_only",
    "markup",
    "accents",
    "notes_rhythm",
    "standing_answers",
    "timetable",
    "time_zones",
    "watching",
    "tracing",
    "migrations",
    "sync",
    "dash_portal",
    "pages",
    "emulator",
}
MAY_IMPORT = {
    "clock": set(),
    "models": {"clock"},
    "encryption": set(),
    "logs": set(),
    "call_habits": {"models"},
    "cleaning": set(),
    "date_only": set(),
    "markup": {"cleaning"},
    "accents": set(),
    "notes_rhythm": set(),
    "standing_answers": {"models"},
    "timetable": set(),
    "time_zones": set(),
    "tracing": set(),
    "watching": {"database", "models", "timetable"},
    "settings": {"encryption", "models"},
    "database": {"accents", "clock", "models"},
}


@pytest.mark.parametrize("module", MAY_IMPORT)
def test_the_ground_floor_stands_on_nothing_above_it(module: str) -> None:
    """import-linter looks into packages only; the single files of the ground floor are looked at here."""
    imported = set()
    for node in ast.walk(ast.parse((ROOT / f"{module}.py").read_text())):
        if isinstance(node, ast.Import):
            imported |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported.add(node.module.split(".")[0])
    assert imported & OURS <= MAY_IMPORT[module]
