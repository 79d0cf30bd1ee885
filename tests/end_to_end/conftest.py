"""One running portal for all that only read it: the same figures, asked of its answers and of its pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.end_to_end.counting import Counted
from tests.end_to_end.running_portal import SLUGS, RunningPortal, running_portal


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPortal]:
    with running_portal(f"sqlite:///{tmp_path_factory.mktemp('portal') / 'portal.db'}") as running:
        yield running


@pytest.fixture(params=sorted(SLUGS))
def brand(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def counted(portal: RunningPortal, brand: str) -> Counted:
    return Counted(portal.emulator.account(SLUGS[brand].web_key))
