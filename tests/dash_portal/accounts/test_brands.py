from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.exc import DatabaseError

from dash_portal.accounts import brands
from dash_portal.accounts.audit import AuditAction, record
from dash_portal.accounts.errors import AccountError, NotAllowedError
from dash_portal.portal import open_portal
from database import AgencySession, PortalSession
from models import Tenant, TenantStatus, utc_now
from tests.dash_portal.portal_world import PortalWorld

GOOD = {"slug": "new", "name": "New Brand", "timezone": "America/Chicago", "web_key": "CT_new_web_key"}


def create(world: PortalWorld, by: str = "agency@mellon.example", **changes: Any) -> Tenant:
    with AgencySession(world.engine, writes=True) as session:
        made = brands.create_brand(session, actor=world.actor(by), cipher=world.cipher, **(GOOD | changes))
        session.commit()
    return made


@pytest.mark.parametrize(
    "changes",
    [
        {"slug": "own"},
        {"slug": "-x"},
        {"slug": "a" * 64},
        {"name": " "},
        {"timezone": "../../etc/passwd"},
        {"web_key": "with space"},
        {"web_key": "schlüssel"},
        {"accent_colour": "red"},
        {"accent_colour": "#12345;"},
    ],
)
def test_malformed_brands_are_refused(world: PortalWorld, changes: dict[str, str]) -> None:
    with pytest.raises(AccountError):
        create(world, **changes)


@pytest.mark.parametrize("email", ["viewer@own.example", "admin@own.example"])
def test_only_the_agency_touches_brands(world: PortalWorld, email: str) -> None:
    actor, own = world.actor(email), world.brands["own"]
    verbs: list[Callable[[AgencySession], object]] = [
        lambda session: brands.suspend_brand(session, actor=actor, tenant_id=own, now=utc_now()),
        lambda session: brands.reactivate_brand(session, actor=actor, tenant_id=own, now=utc_now()),
        lambda session: brands.replace_web_key(
            session, actor=actor, tenant_id=own, web_key="CT_another", cipher=world.cipher
        ),
        lambda session: brands.change_brand(
            session, actor=actor, tenant_id=own, name="X", slug="x", timezone="UTC", accent_colour=None
        ),
    ]
    with pytest.raises(NotAllowedError):
        create(world, by=email)
    for verb in verbs:
        with AgencySession(world.engine, writes=True) as session, pytest.raises(NotAllowedError):
            verb(session)


def test_a_replaced_key_leaves_no_trace_but_its_end(world: PortalWorld) -> None:
    with AgencySession(world.engine, writes=True) as session:
        brands.replace_web_key(
            session,
            actor=world.actor("agency@mellon.example"),
            tenant_id=world.brands["own"],
            web_key="CT_another_key_wxyz",
            cipher=world.cipher,
        )
        session.commit()
        stored = brands.find_brand(session, world.brands["own"])
        assert stored.web_key_last4 == "wxyz"
        assert world.cipher.decrypt(stored.web_key_encrypted) == "CT_another_key_wxyz"
    assert world.audit("web_key_changed")[0].details == {"ends_in": "wxyz"}


def test_no_brand_gets_the_key_of_another_by_whatever_way(world: PortalWorld) -> None:
    agency = world.actor("agency@mellon.example")
    with AgencySession(world.engine, writes=True) as session:
        taken = world.cipher.decrypt(brands.find_brand(session, world.brands["other"]).web_key_encrypted)
        other = brands.find_brand(session, world.brands["other"]).name
        with pytest.raises(AccountError, match=f"already belongs to the brand {other}"):
            brands.replace_web_key(
                session, actor=agency, tenant_id=world.brands["own"], web_key=taken, cipher=world.cipher
            )
        brands.replace_web_key(
            session, actor=agency, tenant_id=world.brands["other"], web_key=taken, cipher=world.cipher
        )
        assert taken not in (brands.find_brand(session, world.brands["other"]).web_key_hash or "")


def test_a_brand_changes_and_comes_back(world: PortalWorld) -> None:
    agency = world.actor("agency@mellon.example")
    with AgencySession(world.engine, writes=True) as session:
        changed = brands.change_brand(
            session,
            actor=agency,
            tenant_id=world.brands["shut"],
            name="  Open   Brand ",
            slug="open",
            timezone="UTC",
            accent_colour="#AABBCC",
        )
        brands.reactivate_brand(session, actor=agency, tenant_id=world.brands["shut"], now=utc_now())
        session.commit()
    assert (changed.name, changed.slug, changed.accent_colour) == ("Open Brand", "open", "#aabbcc")
    assert changed.status is TenantStatus.ACTIVE
    assert world.sign_in("viewer@shut.example").get("/api/sync/status?brand=open").status_code == 200


@pytest.mark.parametrize("change", ["UPDATE audit_log SET action = 'nothing'", "DELETE FROM audit_log"])
@pytest.mark.parametrize("as_web", [True, False])
def test_the_audit_log_is_only_ever_added_to(world: PortalWorld, change: str, as_web: bool) -> None:
    """Neither the web role nor, where a host gives only one role, the owner of the tables can rewrite history."""
    with PortalSession(world.engine) as session:
        record(session, AuditAction.SIGNED_IN, world.actor("viewer@own.example"))
        session.commit()
    engine = open_portal(world.settings).engine if as_web else world.engine
    with PortalSession(engine) as session, pytest.raises(DatabaseError):
        session.connection().exec_driver_sql(change)
    assert len(world.audit("signed_in")) == 1
    if as_web:
        engine.dispose()
