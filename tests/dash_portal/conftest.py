from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.dash_portal.portal_world import PortalWorld, close_world, make_shared_world


@pytest.fixture
def world(database_url: str, encryption_key: str) -> Iterator[PortalWorld]:
    made = make_shared_world(database_url, encryption_key)
    yield made
    close_world(made)
