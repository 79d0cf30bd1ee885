"""One running portal for all that only read it, and one for each test that has to set it up."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.counting import Counted
from tests.end_to_end.fresh_portal import FreshPortal, fresh_portal
from tests.end_to_end.pulled_portal import pulled_portal
from tests.end_to_end.running_portal import SLUGS, RunningPortal


@pytest.fixture(scope="session")
def portal(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPortal]:
    """Two brands that were pulled once, served by programs that need not import everything first."""
    path = tmp_path_factory.mktemp("portal") / "portal.db"
    shutil.copy(migrated_sqlite, path)
    with pulled_portal(f"sqlite:///{path}", WEB_CONCURRENCY="1") as pulled:
        yield pulled


@pytest.fixture(params=sorted(SLUGS))
def brand(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def counted(portal: RunningPortal, brand: str) -> Counted:
    return Counted(portal.emulator.account(SLUGS[brand].web_key))


@pytest.fixture(name="fresh_portal")
def fresh_portal_fixture(database_url: str) -> Iterator[FreshPortal]:
    with fresh_portal(database_url) as portal:
        yield portal
