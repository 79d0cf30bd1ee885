"""The drawing layer stays little: its Python, its JavaScript, of which each file says why Dash has no part for it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import dash_portal.index_page
import pages

PORTAL = Path(dash_portal.index_page.__file__).parent
ASSETS = PORTAL / "assets"
SCRIPTS = sorted(ASSETS.rglob("*.js"))
OWN_SCRIPTS = sorted(path for path in PORTAL.rglob("*.js") if path.parent != PORTAL / "vendor")
STYLES = sorted(ASSETS.rglob("*.css"))
DRAWING = sorted(
    path for folder in (PORTAL / "components", Path(pages.__file__).parent) for path in folder.glob("*.py")
)
MOST_LINES_OF_SCRIPT = 350
MOST_LINES_OF_STYLE = 450
MOST_LINES_OF_PYTHON = 2000


def lines(files: list[Path]) -> int:
    return sum(len(file.read_text().splitlines()) for file in files)


def test_scripts_and_styles_stay_little() -> None:
    """The scripts of dashboards and plain pages together, vendored ones apart."""
    assert 0 < lines(OWN_SCRIPTS) <= MOST_LINES_OF_SCRIPT
    assert 0 < lines(STYLES) <= MOST_LINES_OF_STYLE


def test_what_draws_stays_little() -> None:
    """The parts of a page and the five dashboards, with everything in them."""
    assert 0 < lines(DRAWING) <= MOST_LINES_OF_PYTHON


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_each_script_opens_with_why_it_is_there(script: Path) -> None:
    assert script.read_text().startswith("// ")
    assert re.search(r"Dash|dcc\.", "".join(script.read_text().splitlines()[:3]))
