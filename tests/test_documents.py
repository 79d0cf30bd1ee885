"""What the documents name is there: files, links, tables, and the words of the code."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import pytest

from settings import PortalSettings, ProviderSettings, Settings, SyncSettings

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(path.relative_to(ROOT) for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
SPLIT_BY_SUBJECT = [path for path in DOCUMENTS if path.parts[:2] in {("docs", "architecture"), ("docs", "decisions")}]
GUIDES = [*SPLIT_BY_SUBJECT, Path("docs/glossary.md"), Path("docs/recipes.md"), Path("CONTRIBUTING.md")]
PARTS = ("sync", "dash_portal", "pages", "emulator", "migrations", "tests", "docs", "benchmarks")
OF_THE_WIRE = {"X-Web-Key"}


def prose(document: Path) -> str:
    return (ROOT / document).read_text()


@lru_cache(maxsize=1)
def source() -> str:
    files = [*ROOT.glob("*.py"), *(file for part in PARTS for file in ROOT.glob(f"{part}/**/*.py"))]
    return "\n".join(file.read_text() for file in [*files, ROOT / "Makefile", ROOT / "pyproject.toml"])


@lru_cache(maxsize=1)
def files() -> str:
    below = [file for part in PARTS for file in ROOT.glob(f"{part}/**/*") if file.is_file()]
    return "\n".join(f"/{file.relative_to(ROOT)}" for file in [*ROOT.glob("*.*"), *below]) + "\n"


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_link_leads_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", prose(document))
    local = [target for target in targets if "://" not in target]
    assert [target for target in local if not (ROOT / document.parent / target).exists()] == []


@pytest.mark.parametrize("document", GUIDES, ids=str)
def test_lines_fit_a_screen(document: Path) -> None:
    assert [line for line in prose(document).splitlines() if len(line) > 120] == []


@pytest.mark.parametrize("document", GUIDES, ids=str)
def test_every_file_that_a_guide_names_is_there(document: Path) -> None:
    """Files are named from the root, or from the package that the page is about."""
    named = re.findall(r"`((?:[\w.]+/)*\w+\.(?:py|js|md|html|toml))", prose(document))
    missing = [name for name in named if f"/{name}\n" not in files()]
    assert missing == []


FOR_OPERATORS = (Path("README.md"), Path("docs/operate.md"))
OF_OTHERS = re.compile(r"OTEL_|SSL_CERT_FILE|PORTAL_(?:HOST|UPSTREAM)|DATABASE_PASSWORD|DEMO_")


@pytest.mark.parametrize("document", FOR_OPERATORS, ids=str)
def test_settings_commands_figures_and_lines_of_the_log_are_called_what_operators_read(document: Path) -> None:
    text = prose(document)
    known = {name.upper() for kind in (Settings, PortalSettings, SyncSettings) for name in kind.model_fields}
    known |= {f"OIDC_NAME_{name.upper()}" for name in ProviderSettings.model_fields}
    spelled = re.findall(r"`([A-Z]+(?:_[A-Z]+)+)(?:=[^`]*)?`", text)
    settings = {re.sub("^OIDC_(?:GOOGLE|ENTRA|KEYCLOAK)_", "OIDC_NAME_", name) for name in spelled}
    assert {name for name in settings - known if not OF_OTHERS.match(name)} == set()
    for package, command in set(re.findall(r"python -m (dash_portal|sync) ([a-z][a-z-]+)", text)):
        assert f'("{command}"' in source(), f"{package} {command}"
    named = set(re.findall(r"`((?:portal|clienttether|brand|web_key|access_token)_[a-z_]+)", text))
    words = named - {"portal_web"}
    assert {name for name in words if f'"{name.removesuffix("_total")}"' not in source()} == set()


def test_every_name_in_the_glossary_is_one_of_the_code() -> None:
    named = set(re.findall(r"`([A-Za-z_][\w.-]*)`", prose(Path("docs/glossary.md")))) - OF_THE_WIRE
    words = {word for name in named for word in re.split(r"[.-]", name)}
    assert len(words) > 50
    assert sorted(word for word in words if not re.search(rf"\b{word}\b", source())) == []
