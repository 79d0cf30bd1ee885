from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.dash_portal.world import World, close_world, make_world


@pytest.fixture
def world(database_url: str, encryption_key: str) -> Iterator[World]:
    made = make_world(database_url, encryption_key)
    yield made
    close_world(made)
