"""What tests of storing stand on: a brand without a wire."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from encryption import Cipher
from tests.sync.storing.bare_brand import add_brand


@pytest.fixture
def tenant(engine: Engine, cipher: Cipher) -> int:
    """A brand without any row."""
    return add_brand(engine, cipher)
