from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlmodel import select

from database import AgencySession
from models import ApiKey, ApiScope, Invite, Role, Tenant, TenantStatus, User, utc_now
from tests.dash_portal.portal_world import PortalWorld, close_world, make_shared_world
from tests.security.marked_rows import fill_with_marked_rows, handle, treasure


@pytest.fixture
def world(database_url: str, encryption_key: str) -> Iterator[PortalWorld]:
    made = make_shared_world(database_url, encryption_key)
    yield made
    close_world(made)


@pytest.fixture
def marked(world: PortalWorld) -> PortalWorld:
    """The small world with marked rows in every table of every brand, its people and invitations included."""
    with AgencySession(world.engine) as session:
        for slug, tenant_id in world.brands.items():
            fill_with_marked_rows(session, slug, tenant_id)
            session.get_one(Tenant, tenant_id).name = f"Brand {treasure(slug)}"
            for user in session.exec(select(User).where(User.tenant_id == tenant_id)):
                user.name = f"Person {treasure(slug)}"
            session.add(
                Invite(
                    id=f"invite-{slug}",
                    token_hash=slug,
                    email=f"{treasure(slug)}@x.example",
                    role=Role.TENANT_VIEWER,
                    tenant_id=tenant_id,
                    expires_at=utc_now() + timedelta(days=7),
                )
            )
            session.add(
                ApiKey(
                    id=handle(slug),
                    tenant_id=tenant_id,
                    name=treasure(slug),
                    scopes=list(ApiScope),
                    key_hash=slug,
                    key_last4="1234",
                )
            )
        session.commit()
    return world


def suspend(world: PortalWorld, slug: str, status: TenantStatus) -> None:
    """Change a brand's state behind the portal's back, so that nothing but the check of each request can notice."""
    with AgencySession(world.engine) as session:
        session.get_one(Tenant, world.brands[slug]).status = status
        session.commit()
