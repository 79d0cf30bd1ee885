"""A brand that is only a row."""

from __future__ import annotations

from sqlalchemy import Engine

from database import AgencySession
from encryption import Cipher
from tests.factories import make_tenant


def add_brand(engine: Engine, cipher: Cipher) -> int:
    """Add a brand and return its id."""
    with AgencySession(engine, writes=True) as session:
        tenant = make_tenant(cipher)
        session.add(tenant)
        session.commit()
        assert tenant.id is not None
        return tenant.id
