"""Someone who may see several brands: each brand for itself, and what happens at one stays there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from dash_portal.accounts import brands, links
from database import AgencySession
from models import Membership, Role, utc_now
from tests.dash_portal.portal_world import PASSWORD, PortalWorld
from tests.pages.asked_pages import ask_page

WHO = "viewer@own.example"
ADMIN = "admin@own.example"
AGENCY = "agency@mellon.example"


def opened(client: FlaskClient) -> set[str]:
    """Return which brands' dashboards this browser gets."""
    return {slug for slug in ("own", "other", "shut") if client.get(f"/leads?brand={slug}").status_code == 200}


def opened_by_password(world: PortalWorld, email: str, password: str = PASSWORD) -> set[str]:
    client = world.visitor()
    world.try_to_sign_in(client, email, password)
    return opened(client)


def change_brand(world: PortalWorld, verb: Callable[..., object], slug: str) -> None:
    with AgencySession(world.engine, writes=True) as session:
        verb(session, actor=world.actor(AGENCY), tenant_id=world.brands[slug], now=utc_now())
        session.commit()


def test_a_further_brand_is_given_chosen_and_pinned(world: PortalWorld) -> None:
    one_brand = ask_page(world, world.sign_in(WHO), "/leads", "")
    assert not [part for part in one_brand.components() if part["props"].get("id") == "brand-switch"]
    world.give(WHO, "other")
    assert world.roles(WHO) == {"own": Role.TENANT_VIEWER, "other": Role.TENANT_VIEWER}
    client = world.sign_in(WHO)
    assert opened(client) == {"own", "other"}
    for slug, name in (("own", "Own Brand"), ("other", "Other Brand")):
        page = ask_page(world, client, "/leads", f"?brand={slug}")
        switch = page.by_id("brand-switch")
        assert switch["value"] == slug
        assert [option["value"] for option in switch["options"]] == ["other", "own"]
        links = {
            part["props"]["href"] for part in page.components() if "view-link" in str(part["props"].get("className"))
        }
        assert f"/notes?brand={slug}" in links, "links stay with the brand"
        assert page.by_id("page")["data-brand"] == slug
        assert name in client.get(f"/account?brand={slug}").text
    assert ask_page(world, client, "/leads", "").by_id("brand-switch")["value"] == "other", "the first by name"


def test_a_role_is_that_of_its_brand(world: PortalWorld) -> None:
    world.give(ADMIN, "other")
    client = world.sign_in(ADMIN)
    assert "viewer@own.example" in client.get("/team?brand=own").text
    assert client.get("/team?brand=other").status_code == 403
    team = client.get("/team").text
    assert "viewer@own.example" in team, "where no brand is named, the one they administer"
    assert "Own Brand" in team
    assert "Other Brand" not in team
    member = world.membership("viewer@other.example")
    for query in ("?brand=other", "?brand=own", ""):
        answer = world.post(client, f"/team/{member}/deactivate{query}")
        assert answer.status_code == (403 if query == "?brand=other" else 404)
    assert world.post(client, "/team/invite?brand=other", email="x@own.example").status_code == 403
    menus = {slug: str(ask_page(world, client, "/leads", f"?brand={slug}").tree) for slug in ("own", "other")}
    assert "/team?brand=own" in menus["own"]
    assert "/team" not in menus["other"]


def test_two_tabs_of_an_admin_of_two_brands_change_each_their_own(world: PortalWorld) -> None:
    world.give(ADMIN, "other", Role.TENANT_ADMIN)
    client = world.sign_in(ADMIN)
    for slug in ("own", "other", "own"):
        answer = world.post(client, f"/team/invite?brand={slug}", email=f"new@{slug}.example")
        assert f"new@{slug}.example" in answer.text
        done = world.post(client, f"/team/{world.membership(f'viewer@{slug}.example')}/deactivate?brand={slug}")
        assert f"brand={slug}" in done.headers["Location"]
    assert not world.roles("viewer@own.example")
    assert not world.roles("viewer@other.example")
    assert {entry.tenant_id for entry in world.audit("user_deactivated")} == set(
        map(world.brands.get, ("own", "other"))
    )


def test_suspending_a_brand_ends_that_access_and_the_last_one_the_session(world: PortalWorld) -> None:
    world.give(WHO, "other")
    client = world.sign_in(WHO)
    change_brand(world, brands.suspend_brand, "other")
    assert opened(client) == {"own"}
    assert client.get("/api/charts?brand=other").status_code == 403
    change_brand(world, brands.suspend_brand, "own")
    assert client.get("/leads").status_code == 302
    assert opened_by_password(world, WHO) == set()
    change_brand(world, brands.reactivate_brand, "own")
    assert client.get("/leads").status_code == 302, "a session that ended does not wake"
    assert opened_by_password(world, WHO) == {"own"}


def test_a_brands_admin_takes_and_gives_back_the_own_brand_alone(world: PortalWorld) -> None:
    world.give(WHO, "other")
    admin, client, member = world.sign_in(ADMIN), world.sign_in(WHO), world.membership(WHO, "own")
    assert world.post(admin, f"/team/{member}/deactivate").status_code == 303
    assert opened(client) == set(), "what a session stood on has changed"
    assert opened_by_password(world, WHO) == {"other"}
    assert "no access" in admin.get("/team").text
    assert world.post(admin, f"/team/{member}/reactivate").status_code == 303
    assert opened_by_password(world, WHO) == {"own", "other"}
    assert world.user(WHO).active


def test_whose_last_brand_is_taken_signs_in_no_more(world: PortalWorld) -> None:
    world.give(WHO, "other")
    agency, user_id = world.sign_in(AGENCY), world.people[WHO]
    for slug, left in (("own", {"other"}), ("other", set())):
        assert world.post(agency, f"/agency/users/{user_id}/brands/{slug}/take").status_code == 303
        assert opened_by_password(world, WHO) == left
    assert not world.user(WHO).active, "as the release before sees it"
    admin, member = world.sign_in(ADMIN), world.membership(WHO, "own")
    assert world.post(admin, f"/team/{member}/reactivate").status_code == 400, "the agency took it"
    assert world.post(agency, f"/agency/users/{user_id}/brands/other/give-back").status_code == 303
    assert opened_by_password(world, WHO) == {"other"}
    assert world.post(agency, f"/agency/users/{user_id}/brands/shut/take").status_code == 404


def test_the_agency_takes_all_access_and_gives_all_of_it_back(world: PortalWorld) -> None:
    world.give(WHO, "other")
    agency, user_id = world.sign_in(AGENCY), world.people[WHO]
    world.post(agency, f"/agency/users/{user_id}/deactivate")
    assert opened_by_password(world, WHO) == set()
    world.post(agency, f"/agency/users/{user_id}/reactivate")
    assert opened_by_password(world, WHO) == {"own", "other"}


def test_who_becomes_the_agencys_leaves_all_brands(world: PortalWorld) -> None:
    world.give(WHO, "other")
    agency, user_id = world.sign_in(AGENCY), world.people[WHO]
    assert world.post(agency, f"/agency/users/{user_id}/role", role="agency_admin", about="").status_code == 303
    assert world.roles(WHO) == {}
    assert world.sign_in(WHO).get("/agency/users").status_code == 200
    assert world.post(agency, f"/agency/users/{user_id}/role", role="tenant_viewer", about="other").status_code == 303
    assert opened_by_password(world, WHO) == {"other"}


def test_links_about_one_brand_outlive_what_happens_at_another(world: PortalWorld) -> None:
    world.give(ADMIN, "other", Role.TENANT_ADMIN)
    made = {}
    for slug in ("own", "other"):
        with AgencySession(world.engine, writes=True) as session:
            actor = world.actor(ADMIN)
            at_brand = type(actor)(actor.user_id, actor.email, Role.TENANT_ADMIN, world.brands[slug])
            email, tenant_id = f"new@{slug}.example", world.brands[slug]
            made[slug] = links.invite_user(
                session, actor=at_brand, email=email, role=Role.TENANT_VIEWER, tenant_id=tenant_id, now=utc_now()
            ).path
            session.commit()
    world.post(world.sign_in(AGENCY), f"/agency/users/{world.people[ADMIN]}/brands/own/take")
    assert {slug: world.visitor().get(path).status_code for slug, path in made.items()} == {"own": 410, "other": 200}


@pytest.mark.parametrize("path", ["/leads", "/account", "/team", "/api/charts"])
def test_who_has_no_brand_is_not_signed_in(world: PortalWorld, path: str) -> None:
    client = world.sign_in(ADMIN)
    with AgencySession(
        world.engine, writes=True
    ) as session:  # behind the portal's back: the request itself must notice
        membership = session.get_one(Membership, world.membership(ADMIN))
        session.delete(membership)
        session.commit()
    assert client.get(path).status_code in {302, 401}
    assert world.try_to_sign_in(world.visitor(), ADMIN).status_code == 401


def test_each_membership_knows_when_its_person_signed_in_since(world: PortalWorld) -> None:
    before = utc_now() - timedelta(seconds=1)
    world.sign_in(WHO)
    world.give(WHO, "other", Role.TENANT_VIEWER)
    team = world.sign_in("admin@other.example").get("/team").text
    assert WHO in team
    row = team.split(WHO)[1][:200]
    assert "never signed in" in row, "that they signed in before is another brand's business"
    world.sign_in(WHO)
    assert world.user(WHO).last_sign_in_at is not None
    assert (world.user(WHO).last_sign_in_at or before) > before
    assert "last here" in world.sign_in("admin@other.example").get("/team").text.split(WHO)[1][:200]
