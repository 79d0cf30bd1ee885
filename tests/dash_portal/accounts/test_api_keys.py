from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import select

from dash_portal.accounts.api_keys import (
    AGENCY,
    LONGEST_LIFE,
    MOST_KEYS,
    PREFIX,
    ListedKey,
    find_key,
    listed_keys,
    make_key,
    parsed_scopes,
    revoke_key,
)
from dash_portal.accounts.audit import Actor
from dash_portal.accounts.errors import AccountError, FieldError, NotAllowedError, NotFoundError
from dash_portal.accounts.tokens import token_hash
from database import AgencySession, BrandSession
from logs import scrub
from models import ApiKey, ApiScope, utc_now
from tests.dash_portal.portal_world import PortalWorld

ALL = tuple(ApiScope)


def make(world: PortalWorld, who: str, slug: str, name: str = "website", *, days: int | None = 90) -> str:
    actor = world.actor(who)
    with AgencySession(world.engine, writes=True) as session:
        made = make_key(
            session, actor=actor, tenant_id=world.brands[slug], name=name, scopes=ALL, days=days, now=utc_now()
        )
        session.commit()
    return made.key


def listed(world: PortalWorld, slug: str = "own") -> list[ListedKey]:
    with BrandSession(world.engine, world.brands[slug]) as session:
        return listed_keys(session, world.brands[slug], now=utc_now())


def test_a_key_is_256_bits_that_neither_the_database_nor_a_log_holds(world: PortalWorld) -> None:
    key = make(world, "admin@own.example", "own")
    assert key.startswith(PREFIX)
    assert len(key) - len(PREFIX) == 43  # 256 bits in base 64
    with AgencySession(world.engine) as session:
        stored = session.exec(select(ApiKey)).one()
    assert stored.key_hash == token_hash(key)
    assert key not in repr(stored)
    assert stored.key_last4 == key[-4:]
    assert scrub(f"GET /api?key={key[:24]} failed") == "GET /api?key=[redacted] failed"
    entry = world.audit("api_key_made")[0]
    assert (entry.actor_email, entry.tenant_id) == ("admin@own.example", world.brands["own"])
    assert entry.details == {"name": "website", "scopes": "charts,rows,status"}


@pytest.mark.parametrize(
    ("who", "slug", "may"),
    [
        ("admin@own.example", "own", True),
        ("agency@mellon.example", "own", True),
        ("agency@mellon.example", "other", True),
        ("admin@own.example", "other", False),
        ("viewer@own.example", "own", False),
    ],
)
def test_who_may_make_and_revoke_keys_of_a_brand(world: PortalWorld, who: str, slug: str, may: bool) -> None:
    given = world.make_key(slug, ApiScope.ROWS)
    (key,) = listed(world, slug)

    def revoke(actor: Actor) -> None:
        with AgencySession(world.engine, writes=True) as session:
            revoke_key(session, actor=actor, tenant_id=world.brands[slug], key_id=key.key_id, now=utc_now())
            session.commit()

    if may:
        assert find_key(world.engine, make(world, who, slug), now=utc_now()) is not None
        revoke(world.actor(who))
        assert find_key(world.engine, given, now=utc_now()) is None
        assert [entry.details for entry in world.audit("api_key_revoked")] == [{"name": "rows"}]
        return
    with pytest.raises(NotAllowedError):
        make(world, who, slug)
    with pytest.raises(NotAllowedError):
        revoke(world.actor(who))
    assert find_key(world.engine, given, now=utc_now()) is not None


def test_a_key_of_another_brand_is_not_there_to_be_revoked(world: PortalWorld) -> None:
    world.make_key("other")
    (key,) = listed(world, "other")
    own, actor = world.brands["own"], world.actor("admin@own.example")
    with BrandSession(world.engine, own, writes=True) as session, pytest.raises(NotFoundError):
        revoke_key(session, actor=actor, tenant_id=own, key_id=key.key_id, now=utc_now())


def test_a_key_ends_by_itself_and_stays_in_the_list(world: PortalWorld) -> None:
    key, now = make(world, "admin@own.example", "own", days=30), utc_now()
    assert find_key(world.engine, key, now=now + timedelta(days=29, hours=23)) is not None
    assert find_key(world.engine, key, now=now + timedelta(days=30, seconds=1)) is None
    with AgencySession(world.engine) as session:
        later = listed_keys(session, world.brands["own"], now=now + timedelta(days=31))
    assert [(key.has_expired, key.maker) for key in later] == [(True, "Admin")]
    assert not listed(world)[0].has_expired


def test_a_brand_is_not_told_who_of_the_agency_made_a_key(world: PortalWorld) -> None:
    make(world, "agency@mellon.example", "own")
    world.make_key("own")
    assert [(key.name, key.maker) for key in listed(world)] == [("everything", None), ("website", AGENCY)]


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("name", {"name": " \n"}),
        ("name", {"name": "x" * 81}),
        ("name", {"name": "taken"}),
        ("scopes", {"scopes": ()}),
        ("days", {"days": 0}),
        ("days", {"days": LONGEST_LIFE + 1}),
    ],
)
def test_what_no_key_can_be_is_said_at_its_field(world: PortalWorld, field: str, changes: dict[str, object]) -> None:
    make(world, "admin@own.example", "own", "taken")
    wish = {"name": "website", "scopes": ALL, "days": 90, "tenant_id": world.brands["own"]} | changes
    with AgencySession(world.engine, writes=True) as session, pytest.raises(FieldError) as refused:
        make_key(session, actor=world.actor("admin@own.example"), now=utc_now(), **wish)  # type: ignore[arg-type]
    assert refused.value.field == field


def test_a_brand_has_so_many_keys_and_no_more(world: PortalWorld) -> None:
    with AgencySession(world.engine, writes=True) as session:
        for number in range(MOST_KEYS):
            session.add(
                ApiKey(
                    tenant_id=world.brands["own"], name=f"{number}", scopes=[], key_hash=f"{number}", key_last4="1234"
                )
            )
        session.commit()
    with pytest.raises(FieldError, match="50 keys at most"):
        make(world, "admin@own.example", "own")
    assert make(world, "admin@other.example", "other")


def test_scopes_are_read_as_they_are_written() -> None:
    assert parsed_scopes("rows, status") == {ApiScope.ROWS, ApiScope.STATUS}
    with pytest.raises(AccountError, match="There is no scope 'all': use charts,rows,status"):
        parsed_scopes("rows,all")
