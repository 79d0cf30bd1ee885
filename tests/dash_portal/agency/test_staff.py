"""The agency's staff over HTTP: what is shown to them, how they come to it, and how it is taken away."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from sqlmodel import col, select
from werkzeug.test import TestResponse

from dash_portal.accounts.company_requirement import must_use_company, require_of_agency
from dash_portal.accounts.erasing import erase_brand
from dash_portal.accounts.errors import NotAllowedError
from dash_portal.accounts.staff import set_staff
from dash_portal.accounts.staff_terms import StaffTerms
from dash_portal.brand_access import brands_of
from database import AgencySession
from models import Invite, Role, SyncRequest, Tenant, TenantStatus, User, utc_now
from tests.dash_portal.portal_world import PASSWORD, PortalWorld
from tests.pages.asked_pages import ask_page

AGENCY, STAFF, VIEWER = "agency@mellon.example", "staff@mellon.example", "viewer@own.example"


def asked_for(world: PortalWorld) -> set[str]:
    """Return the brands that a sync was asked for."""
    with AgencySession(world.engine) as session:
        question = select(Tenant.slug).join(SyncRequest, col(SyncRequest.tenant_id) == Tenant.id)
        return set(session.exec(question))


def send(
    world: PortalWorld, client: FlaskClient, path: str, *slugs: str, **fields: str | Sequence[str]
) -> TestResponse:
    """Send the form that says what someone looks after."""
    brands = [str(world.brands[slug]) for slug in slugs]
    return client.post(path, data={**fields, "brands": brands, "csrf_token": world.csrf_token(client)})


def change(world: PortalWorld, agency: FlaskClient, *slugs: str, **fields: str) -> TestResponse:
    return send(world, agency, f"/agency/users/{world.people[STAFF]}/staff", *slugs, **{"reach": "some", **fields})


def offered(page: str) -> set[str]:
    """Return the addresses of the page that lead somewhere in the agency's part."""
    return {path.partition("?")[0] for path in re.findall(r'(?:href|formaction|action)="(/agency/[^"]+)"', page)}


@pytest.mark.parametrize(
    ("terms", "before", "cover"),
    [
        (StaffTerms(frozenset({1, 2})), StaffTerms(frozenset({1})), True),
        (StaffTerms(frozenset({1})), StaffTerms(frozenset({1})), True),
        (StaffTerms(frozenset({1})), StaffTerms(frozenset({2})), False),
        (StaffTerms(all_brands=True), StaffTerms(frozenset({1})), True),
        (StaffTerms(frozenset({1})), StaffTerms(all_brands=True), False),
        (StaffTerms(frozenset({1})), StaffTerms(frozenset({1}), raw_answers=True), False),
        (StaffTerms(frozenset({1}), raw_answers=True), StaffTerms(frozenset({1})), True),
    ],
)
def test_what_gives_all_that_was_given_before(terms: StaffTerms, before: StaffTerms, cover: bool) -> None:
    assert terms.cover(before) is cover


def test_staff_are_shown_their_brands_and_offered_what_they_may_do(world: PortalWorld) -> None:
    world.hire(STAFF, "own", "shut")
    staff = world.sign_in(STAFF)
    assert staff.get("/").location == "/agency/sync"
    page = staff.get("/agency/sync").text
    assert ("Own Brand" in page, "Shut Brand" in page, "Other Brand" in page) == (True, True, False)
    assert offered(page) == {"/agency/sync", "/agency/sync/_all", "/agency/sync/own", "/agency/sync/shut"} | {
        "/agency/sync/own/now",
        "/agency/brands/_open",
    }
    assert offered(staff.get("/agency/sync/own").text) <= {
        "/agency/sync",
        "/agency/sync/own/now",
        "/agency/brands/_open",
    }
    assert "Other Brand" not in staff.get("/agency/brands/_menu").text
    assert staff.get("/agency/sync/other").status_code == staff.get("/agency/sync/nowhere").status_code == 404
    account = staff.get("/account").text
    assert "/agency/users" not in account
    assert "Join the accounts" not in account
    assert [staff.get(f"/leads?brand={slug}").status_code for slug in ("own", "shut", "other")] == [200, 200, 403]
    assert staff.get("/agency/brands/_open?q=other").location == "/agency/sync?q=other"


def test_staff_sync_their_brands_and_let_nothing_in(world: PortalWorld) -> None:
    world.hire(STAFF, "own", "shut")
    staff = world.sign_in(STAFF)
    assert world.post(staff, "/agency/sync/own/confirm").status_code == 403
    assert world.post(staff, "/agency/sync/other/now").status_code == 404
    assert world.post(staff, "/agency/sync/_all").location == "/agency/sync?done=all"
    assert asked_for(world) == {"own"}
    assert [entry.tenant_id for entry in world.audit("sync_requested")] == [world.brands["own"]]
    assert world.post(staff, "/agency/sync/own/now").location == "/agency/sync/own?done=already"


def test_who_looks_after_all_brands_sees_each_of_them(world: PortalWorld) -> None:
    world.hire(STAFF, all_brands=True)
    staff = world.sign_in(STAFF)
    page = staff.get("/agency/sync").text
    assert all(name in page for name in ("Own Brand", "Shut Brand", "Other Brand"))
    assert "/agency/users" not in offered(page)
    assert world.post(staff, "/agency/sync/_all").status_code == 303
    assert asked_for(world) == {"own", "other"}


def test_staff_are_invited_and_join_with_what_was_chosen_for_them(world: PortalWorld) -> None:
    agency = world.sign_in(AGENCY)
    made = send(world, agency, "/agency/users/staff", "own", reach="some", raw_answers="yes", email=STAFF).text
    link = re.search(r'value="http://localhost(/join/[^"]+)"', made)
    assert link is not None
    invited = agency.get("/agency/users").text
    assert "Agency staff, raw answers" in invited
    with AgencySession(world.engine) as session:
        assert session.exec(select(Invite.role)).one() is Role.TENANT_VIEWER, "what the release before can read"
    new = world.visitor()
    joined = world.post(
        new, link[1], page=link[1], name="Sam", password="nine quiet harbours", again="nine quiet harbours"
    )
    assert joined.status_code == 303
    page = new.get("/agency/sync").text
    assert "Own Brand" in page
    assert "Other Brand" not in page
    assert world.audit("user_invited")[0].details == {
        "email": STAFF,
        "role": "agency_staff",
        "brands": "own",
        "raw_answers": True,
    }


def test_an_invitation_of_staff_opens_nothing_once_each_of_its_brands_is_erased(world: PortalWorld) -> None:
    made = send(world, world.sign_in(AGENCY), "/agency/users/staff", "own", reach="some", email=STAFF).text
    link = re.search(r'value="http://localhost(/join/[^"]+)"', made)
    assert link is not None
    with AgencySession(world.engine, writes=True) as session:
        erase_brand(session, session.get_one(Tenant, world.brands["own"]), actor=world.actor(AGENCY))
        session.commit()
    chosen = "nine quiet harbours"
    joined = world.post(world.visitor(), link[1], page=link[1], name="Sam", password=chosen, again=chosen)
    assert joined.status_code == 410
    with AgencySession(world.engine) as session:
        assert session.exec(select(User.id).where(User.email == STAFF)).first() is None


@pytest.mark.parametrize(
    ("form", "field", "words"),
    [
        ({"email": STAFF, "reach": "some"}, "brands", "Please choose at least one brand, or all."),
        ({"email": "nobody", "reach": "all"}, "email", "Please give an e-mail address"),
        ({"email": AGENCY, "reach": "all"}, "email", "There is already someone"),
        ({"email": STAFF, "reach": "none"}, "reach", "Not a valid choice."),
    ],
)
def test_what_is_wrong_with_an_invitation_of_staff_is_said_at_its_field(
    world: PortalWorld, form: dict[str, str], field: str, words: str
) -> None:
    answer = send(world, world.sign_in(AGENCY), "/agency/users/staff", **form)
    assert answer.status_code == 400
    assert f'id="{field}-error" role="alert">{words}' in answer.text
    assert f'value="{form["email"]}"' in answer.text


def test_what_is_given_is_there_with_the_next_click_and_what_is_taken_ends_the_session(world: PortalWorld) -> None:
    world.hire(STAFF, "own")
    agency, staff = world.sign_in(AGENCY), world.sign_in(STAFF)
    assert staff.get("/leads?brand=other").status_code == 403
    assert change(world, agency, "own", "other").location == "/agency/users?done=staff"
    assert staff.get("/leads?brand=other").status_code == 200
    change(world, agency, "other")
    assert staff.get("/leads?brand=other").status_code == 302
    again = world.sign_in(STAFF)
    assert [again.get(f"/leads?brand={slug}").status_code for slug in ("own", "other")] == [403, 200]
    assert [entry.details["brands"] for entry in world.audit("staff_changed")] == ["other, own", "other"]


def test_who_looks_after_no_brand_any_more_has_no_access_until_brands_are_chosen(world: PortalWorld) -> None:
    world.hire(STAFF, "own")
    agency, staff = world.sign_in(AGENCY), world.sign_in(STAFF)
    change(world, agency)
    assert staff.get("/agency/sync").status_code == 302
    assert world.try_to_sign_in(world.visitor(), STAFF).status_code != 303
    person = f"/agency/users/{world.people[STAFF]}"
    assert world.post(agency, f"{person}/reactivate").status_code == 400
    change(world, agency, "other")
    assert "Other Brand" in world.sign_in(STAFF).get("/agency/sync").text
    world.post(agency, f"{person}/deactivate")
    assert change(world, agency, "own").status_code == 400
    assert world.post(agency, f"{person}/reactivate").status_code == 303
    assert world.sign_in(STAFF).get("/agency/sync").status_code == 200
    change(world, agency)
    world.post(agency, f"{person}/free-address")
    assert change(world, agency, "own").status_code == 400, "whose address it is by now nobody knows"


@pytest.mark.parametrize("who", [STAFF, AGENCY])
def test_whose_row_says_that_they_have_no_access_has_none_whatever_their_session_says(
    world: PortalWorld, who: str
) -> None:
    world.hire(STAFF, "own")
    client = world.sign_in(who)
    world.deactivate(who)
    assert client.get("/agency/sync").status_code == 302


def test_the_review_tells_what_staff_look_after_and_brands_admins_do_not_see_them(world: PortalWorld) -> None:
    world.hire(STAFF, "own", "other", raw_answers=True)
    world.hire("all@mellon.example", all_brands=True)
    agency = world.sign_in(AGENCY)
    file = list(csv.DictReader(io.StringIO(agency.get("/agency/users/file.csv").text.removeprefix("\ufeff"))))
    lines = [(line["Role"], line["Brand"], line["Access"]) for line in file if "Agency staff" in line["Role"]]
    assert sorted(lines) == [
        ("Agency staff", "all brands", "yes"),
        ("Agency staff, raw answers", "Other Brand", "yes"),
        ("Agency staff, raw answers", "Own Brand", "yes"),
    ]
    assert STAFF in agency.get("/agency/users?q=raw+answers").text
    assert STAFF not in agency.get("/agency/users?q=all+brands").text
    admin = world.sign_in("admin@own.example")
    assert STAFF not in admin.get("/team").text + admin.get("/team/file.csv").text


def test_only_who_is_an_agency_admin_now_chooses_what_staff_look_after(world: PortalWorld) -> None:
    world.hire(STAFF, "own")
    world.hire("all@mellon.example", all_brands=True)
    agency = world.actor(AGENCY)
    demoted = replace(agency, access_epoch=world.user(AGENCY).access_epoch - 1)
    of_staff = replace(agency, user_id=world.people["all@mellon.example"], role=Role.AGENCY_STAFF)
    terms = StaffTerms(all_brands=True)
    for actor in (demoted, of_staff):
        with AgencySession(world.engine, writes=True) as session, pytest.raises(NotAllowedError):
            set_staff(session, actor=actor, user_id=world.people[STAFF], terms=terms, now=utc_now())


def test_the_brands_that_staff_are_told_of_by_number_are_theirs(world: PortalWorld) -> None:
    world.hire(STAFF, "own")
    with world.sign_in(STAFF) as staff:
        staff.get("/agency/sync")
        assert [brand.slug for brand in brands_of(world.brands.values())] == ["own"]


def test_people_of_a_brand_become_staff_and_staff_become_others(world: PortalWorld) -> None:
    agency, viewer = world.sign_in(AGENCY), world.people[VIEWER]
    of_brand = world.sign_in(VIEWER)
    assert world.post(agency, f"/agency/users/{viewer}/role", role="agency_staff", about="own").status_code == 400
    assert send(world, agency, f"/agency/users/{viewer}/staff", reach="some").status_code == 400
    assert send(world, agency, f"/agency/users/{viewer}/staff", "other", reach="some").status_code == 303
    assert world.roles(VIEWER) == {}
    assert of_brand.get("/leads").status_code == 302
    staff = world.sign_in(VIEWER)
    assert [staff.get(f"/leads?brand={slug}").status_code for slug in ("own", "other")] == [403, 200]
    world.post(agency, f"/agency/users/{viewer}/role", role="tenant_viewer", about="own")
    assert world.roles(VIEWER) == {"own": Role.TENANT_VIEWER}
    back = world.sign_in(VIEWER)
    assert [back.get(f"/leads?brand={slug}").status_code for slug in ("own", "other")] == [200, 403]
    assert back.get("/agency/sync").status_code == 403
    assert send(world, agency, f"/agency/users/{world.people[AGENCY]}/staff", "own", reach="some").status_code == 400


def test_a_new_password_for_staff_comes_by_a_link_of_the_agencys(world: PortalWorld) -> None:
    world.hire(STAFF, "own")
    page = world.post(world.sign_in(AGENCY), f"/agency/users/{world.people[STAFF]}/reset").text
    link = re.search(r'value="http://localhost(/reset/[^"]+)"', page)
    assert link is not None
    chosen = "nine quiet harbours"
    assert world.post(world.visitor(), link[1], page=link[1], password=chosen, again=chosen).status_code == 303
    assert world.try_to_sign_in(world.visitor(), STAFF, PASSWORD).status_code != 303
    assert world.try_to_sign_in(world.visitor(), STAFF, chosen).status_code == 303


def test_a_session_that_ended_with_its_last_brand_does_not_wake_with_another(world: PortalWorld) -> None:
    world.hire(STAFF, "own")
    agency, staff = world.sign_in(AGENCY), world.sign_in(STAFF)
    with AgencySession(world.engine, writes=True) as session:
        erase_brand(session, session.get_one(Tenant, world.brands["own"]), actor=world.actor(AGENCY))
        session.commit()
    assert staff.get("/agency/sync").status_code == 302
    assert change(world, agency, "other").status_code == 303
    assert staff.get("/agency/sync").status_code == 302
    assert world.sign_in(STAFF).get("/agency/sync").status_code == 200


def test_links_of_staff_are_void_once_what_they_stand_on_has_changed(world: PortalWorld) -> None:
    world.hire(STAFF, "own", "other")
    agency, door = world.sign_in(AGENCY), world.visitor()
    made = world.post(agency, f"/agency/users/{world.people[STAFF]}/reset").text
    invited = send(world, agency, "/agency/users/staff", reach="all", email="new@mellon.example").text
    found = [re.search(r'value="http://localhost(/(?:reset|join)/[^"]+)"', page) for page in (made, invited)]
    paths = [link[1] for link in found if link is not None]
    assert [door.get(path).status_code for path in paths] == [200, 200]
    change(world, agency, "own")
    assert [door.get(path).status_code for path in paths] == [410, 200], "less than when the link was made"
    with AgencySession(world.engine, writes=True) as session:
        maker = session.get_one(User, world.people[AGENCY])
        maker.role, maker.is_staff = Role.TENANT_VIEWER, True
        session.commit()
    assert door.get(paths[1]).status_code == 410, "staff themselves invite nobody"


def test_what_the_agency_asks_of_its_people_it_asks_of_staff_and_no_brand_does(world: PortalWorld) -> None:
    world.hire(STAFF, "own")
    asked = world.try_to_sign_in(world.visitor(), STAFF)
    assert asked.location.startswith("/account/two-step")
    with AgencySession(world.engine, writes=True) as session:
        session.get_one(Tenant, world.brands["own"]).company_sign_in_only = True
        session.commit()
    staff = world.sign_in(STAFF)
    assert staff.get("/leads").status_code == 200
    with AgencySession(world.engine, writes=True) as session:
        require_of_agency(
            session, actor=world.actor(AGENCY), emergency_id=world.people[AGENCY], keep_session=None, now=utc_now()
        )
        session.commit()
        assert must_use_company(session, session.get_one(User, world.people[STAFF]))
    assert staff.get("/leads").status_code == 302


def test_whose_brands_are_all_suspended_sees_how_they_stand(world: PortalWorld) -> None:
    world.hire(STAFF, "own")
    staff = world.sign_in(STAFF)
    with AgencySession(world.engine, writes=True) as session:
        session.get_one(Tenant, world.brands["own"]).status = TenantStatus.SUSPENDED
        session.commit()
    assert "Suspended" in staff.get("/agency/sync").text
    assert staff.get("/leads?brand=own").status_code == 200
    page = ask_page(world, staff, "/leads", "?brand=own").by_id("page")
    assert page["data-brand"] == "own", "its links name the brand: without one they lead to the first active one"
