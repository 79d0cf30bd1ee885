"""The agency's pages over HTTP: who gets them, what they do, and what is noted of it."""

from __future__ import annotations

import io
import json
import re
import zlib
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from urllib.parse import urlsplit

import pytest
from sqlmodel import col, select
from werkzeug.test import TestResponse

from dash_portal.agency.frame import MENU_BRANDS
from dash_portal.agency.paging import PER_PAGE
from database import AgencySession, BrandSession
from models import (
    CheckOutcome,
    ConnectionCheck,
    RawBody,
    RawSnapshot,
    Resource,
    ResourceFreshness,
    Role,
    RunStatus,
    SyncErrorKind,
    SyncRequest,
    SyncRunResource,
    Tenant,
    TenantLogo,
    User,
    utc_now,
)
from tests.conftest import DATABASE_KINDS, new_database
from tests.dash_portal.agency.histories import add_brand, add_run, beat, every_state, failed_results
from tests.dash_portal.co_branding.test_logo_files import SVG, png
from tests.dash_portal.portal_world import PortalWorld, close_world, make_shared_world
from tests.factories import make_tenant
from tests.pages.asked_pages import ask_page

AGENCY = "agency@mellon.example"
BODY = json.dumps({"ResultCode": "CT_200", "data": [{"firstName": "Zoë <b>", "phone": "555"}]}).encode()


@pytest.fixture(scope="module", params=DATABASE_KINDS)
def every_state_once(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, encryption_key: str
) -> Iterator[PortalWorld]:
    with new_database(request.param, request, tmp_path_factory.mktemp("states")) as url:
        made = make_shared_world(url, encryption_key)
        every_state(made.engine, made.cipher, utc_now(), asker=made.people[AGENCY])
        yield made
        close_world(made)


@pytest.fixture
def states(every_state_once: PortalWorld) -> PortalWorld:
    """Brands that stand in every way, for tests that leave them as they are."""
    every_state_once.take_turn()
    return every_state_once


def add_refused_brand(world: PortalWorld, slug: str, **columns: str) -> None:
    """Add a brand whose last sync was refused with its web key."""
    kind = (SyncErrorKind.KEY_REFUSED, "web key refused: is it this brand's?")
    tenant_id = add_brand(world.engine, world.cipher, slug, **columns)
    add_run(
        world.engine,
        tenant_id,
        utc_now(),
        status=RunStatus.FAILED,
        results=failed_results(*Resource),
        errors={None: kind},
    )


def add_answer(world: PortalWorld, slug: str, resource: Resource = Resource.LEADS) -> str:
    """Keep one raw answer of a run; return the run's id."""
    tenant_id = world.brands[slug]
    run_id = add_run(world.engine, tenant_id, utc_now())
    with AgencySession(world.engine) as session:
        session.add(RawBody(tenant_id=tenant_id, sha256="a" * 64, body=zlib.compress(BODY), size=len(BODY)))
        session.add(
            RawSnapshot(
                tenant_id=tenant_id,
                run_id=run_id,
                resource=resource,
                position=0,
                request="read_client_list?limit=100&offset=0",
                fetched_at=utc_now(),
                record_count=1,
                sha256="a" * 64,
                whole=True,
            )
        )
        session.commit()
    return run_id


@pytest.mark.parametrize("resource", [Resource.LEADS, Resource.NOTES])
def test_answers_that_were_just_as_before_are_found_where_they_first_came(
    world: PortalWorld, resource: Resource
) -> None:
    first, tenant_id = add_answer(world, "own", resource), world.brands["own"]
    later, earlier = (add_run(world.engine, tenant_id, utc_now() + timedelta(hours=hours)) for hours in (1, -1))
    with AgencySession(world.engine) as session:
        for run_id in (later, earlier):
            result = session.get_one(SyncRunResource, (tenant_id, run_id, resource))
            result.answers_as_before = 1
        session.commit()
    agency = world.sign_in(AGENCY)
    assert "0 new raw answers, 1 as before" in agency.get("/agency/sync/own").text
    its_place = f"/agency/sync/own/runs/{first}/answers/{resource.value}/0"
    for words in ("", "?q=zo"):
        page = agency.get(f"/agency/sync/own/runs/{later}/answers{words}").text
        assert its_place in page
        assert "1 answer was just as before" in page
    assert its_place not in agency.get(f"/agency/sync/own/runs/{earlier}/answers").text
    assert agency.get(its_place).status_code == 200


def paths(world: PortalWorld) -> list[str]:
    run_id = add_answer(world, "own")
    answers = f"/agency/sync/own/runs/{run_id}/answers"
    return [
        "/agency/sync",
        "/agency/sync/_live",
        "/agency/sync/own",
        "/agency/sync/own/live",
        answers,
        f"{answers}?q=zo",
        f"{answers}/leads/0",
        f"{answers}/leads/0/download",
        "/agency/brands",
        "/agency/brands/_new",
        "/agency/brands/_start",
        "/agency/brands/own",
        "/agency/brands/_accent?colour=%23ff0000",
        "/agency/users",
        "/agency/audit",
    ]


def test_only_the_agency_sees_its_pages(world: PortalWorld) -> None:
    agency, admin, nobody = world.sign_in(AGENCY), world.sign_in("admin@own.example"), world.visitor()
    for path in paths(world):
        assert agency.get(path).status_code == 200, path
        assert admin.get(path).status_code == 403, path
        assert nobody.get(path).status_code == 302, path


def test_agency_staff_land_on_sync_health_and_others_on_their_leads(world: PortalWorld) -> None:
    assert world.sign_in(AGENCY).get("/").location == "/agency/sync"
    assert world.sign_in("viewer@own.example").get("/").location == "/leads"


def test_what_brands_and_people_are_called_is_never_markup(world: PortalWorld) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    with AgencySession(world.engine, writes=True) as session:
        tenant = session.get(Tenant, world.brands["own"])
        assert tenant is not None
        tenant.name = hostile
        user = session.get(User, world.people["viewer@own.example"])
        assert user is not None
        user.name = hostile
        session.commit()
    agency = world.sign_in(AGENCY)
    for path in paths(world):
        assert "<img src=x" not in agency.get(path).text, path


def test_every_state_is_on_the_page_in_words(world: PortalWorld) -> None:
    every_state(world.engine, world.cipher, utc_now(), asker=world.people[AGENCY])
    page = world.sign_in(AGENCY).get("/agency/sync").text
    for words in (
        "No worker is running, so nothing is being synced.",
        "The agency&#39;s access token was refused.",
        "ClientTether refused this brand&#39;s web key.",
        "Waiting for your decision",
        "Last sync was cut off",
        "Only partly up to date",
        "Out of date",
        "Waiting for its first sync",
        "Suspended",
        "asked for by Agency",
        "3,812 contacts to go",
        "No worker is there to do it.",
    ):
        assert words in page
    beat(world.engine, utc_now() + timedelta(minutes=5))
    page = world.sign_in(AGENCY).get("/agency/sync").text
    assert "No worker is running" not in page
    assert "No worker is there to do it." not in page


def test_a_brands_row_says_what_is_so_now_however_often_it_was_shown(world: PortalWorld) -> None:
    now, agency = utc_now(), world.sign_in(AGENCY)
    add_run(world.engine, world.brands["own"], now - timedelta(minutes=12, seconds=5))

    def row() -> str:
        return agency.get("/agency/sync").text.partition('id="row-own"')[2].partition("</tr>")[0]

    assert row() == row()
    assert row().count("12 min ago") == 2
    with AgencySession(world.engine, writes=True) as session:
        for age in session.exec(select(ResourceFreshness)):
            age.whole_read_at = now - timedelta(hours=5, minutes=3)
        session.exec(select(Tenant).where(Tenant.slug == "own")).one().name = "Own & Sons"
        session.commit()
    assert "5 h 3 min ago" in row()
    assert "Out of date" in row()
    assert "Own &amp; Sons" in row()
    world.post(agency, "/agency/sync/own/now")
    assert "Queued just now, asked for by Agency." in row()


def links_of(row: str) -> dict[str, str]:
    """The figures of a row that lead to what they count: address by heading."""
    return {
        heading: unescape(href) for heading, href in re.findall(r'data-heading="([^"]+)"[^>]*><a href="(/[^"]+)"', row)
    }


def row_of(page: str, slug: str) -> str:
    return page.partition(f'id="row-{slug}"')[2].partition("</tr>")[0]


def test_a_row_says_what_came_in_what_is_to_be_done_and_what_the_brand_has(states: PortalWorld) -> None:
    agency = states.sign_in(AGENCY)
    page = agency.get("/agency/sync").text
    assert "5 of 5" in row_of(page, "fresh")
    assert len(links_of(row_of(page, "fresh"))) == 4
    for heading, address in links_of(row_of(page, "fresh")).items():
        answer = urlsplit(address)
        opened = ask_page(states, agency, answer.path, f"?{answer.query}")
        assert opened.by_id("unread")["children"] is None, heading
    assert "4 of 5" in row_of(page, "held-back")
    assert "not Leads" in row_of(page, "held-back")
    assert "5 of 5</span>, Leads in part" in row_of(page, "not-understood")
    assert "in part" not in row_of(page, "fresh")
    assert "0 of 5" in row_of(page, "key-refused")
    assert "Replace web key" in row_of(page, "key-refused")
    assert "Replace web key" not in row_of(page, "token-refused")
    never = row_of(page, "waiting")
    assert never.count(">never<") == 1
    assert "all read" not in never
    assert links_of(never) == {}
    assert ">at once<" in never
    assert re.search(r'title="[^"]+">(now|in \d+ (min|h))', row_of(page, "fresh"))


def test_brands_are_narrowed_by_state_and_by_name_and_stay_so_as_the_page_brings_itself_up_to_date(
    states: PortalWorld,
) -> None:
    agency = states.sign_in(AGENCY)

    def slugs(address: str) -> set[str]:
        return set(re.findall(r'id="row-([a-z-]+)"', agency.get(address).text))

    assert slugs("/agency/sync?state=refused") == {"key-refused", "token-refused"}
    assert slugs("/agency/sync?state=suspended&q=vista") == {"suspended"}
    assert {"held-back", "partial"} <= slugs("/agency/sync?state=trouble") <= slugs("/agency/sync") - {"fresh"}
    assert slugs("/agency/sync?state=nonsense") == set()
    address = asks_again(agency.get("/agency/sync?q=PIN+harbor").text.partition('id="live"')[2])
    assert address.startswith("/agency/sync/_live")
    assert slugs(address.replace("seen=", "before=")) == {"fresh"}


MANY = 2 * PER_PAGE + 5
"""More brands than two pages hold."""


@pytest.fixture
def many_brands(world: PortalWorld) -> PortalWorld:
    """Brands for three pages, all of them waiting for their first sync, and one that is refused, the last by name."""
    with AgencySession(world.engine) as session:
        session.add_all(make_tenant(world.cipher, slug=f"brand-{n:03}", name=f"Brand {n:03}") for n in range(MANY))
        session.commit()
    add_refused_brand(world, "refused", name="Zephyr Kites")
    return world


def rows_on(page: str) -> list[str]:
    return re.findall(r'<tr id="(?:row|brand|person)-([a-z0-9-]+)"', page)


def to_page(page: str, number: int) -> str:
    """The address to which a page's own links lead for another page of its list."""
    addresses = {unescape(href) for href in re.findall(r'<a class="button" href="([^"]+)"', page)}
    return next(address for address in addresses if re.search(rf"[?&]page={number}\b", address))


def test_many_brands_are_paged_trouble_first_and_all_are_counted(many_brands: PortalWorld) -> None:
    agency = many_brands.sign_in(AGENCY)
    first = agency.get("/agency/sync").text
    total = MANY + 4
    assert len(first.encode()) < 100_000
    assert rows_on(first)[0] == "refused"
    assert f"All <strong>{total}</strong>" in first
    assert "Need a look <strong>1</strong>" in first
    assert f"1–{PER_PAGE} of {total} brands" in first  # noqa: RUF001 - a dash on purpose
    second = agency.get(to_page(first, 2)).text
    third = agency.get(to_page(second, 3)).text
    assert to_page(third, 2) == to_page(first, 2)
    rows = [slug for page in (first, second, third) for slug in rows_on(page)]
    assert len(rows) == len(set(rows)) == total
    assert rows_on(agency.get("/agency/sync?page=99").text) == rows_on(third)
    live = asks_again(second.partition('id="live"')[2])
    assert "page=2" in live
    assert rows_on(agency.get(live.replace("seen=", "before=")).text) == rows_on(second)


def test_a_page_of_what_was_searched_for_leads_to_the_others_of_it_and_a_sync_comes_back_to_it(
    many_brands: PortalWorld,
) -> None:
    agency = many_brands.sign_in(AGENCY)
    first = agency.get("/agency/sync?q=brand&state=waiting").text
    assert "refused" not in rows_on(first)
    second = agency.get(to_page(first, 2)).text
    assert rows_on(second)
    assert "q=brand" in to_page(second, 1)
    assert "state=waiting" in to_page(second, 1)
    sent = dict(re.findall(r'<input type="hidden" form="asks" name="([a-z]+)" value="([^"]*)">', second))
    assert sent == {"q": "brand", "state": "waiting", "page": "2"}
    sent |= {"back": "all", "csrf_token": many_brands.csrf_token(agency)}
    for address in (f"/agency/sync/{rows_on(second)[0]}/now", "/agency/sync/_all"):
        answer = agency.post(address, data=sent)
        assert rows_on(agency.get(answer.location).text) == rows_on(second), address


def test_the_other_lists_of_an_agency_with_many_brands_are_paged_too(many_brands: PortalWorld) -> None:
    with AgencySession(many_brands.engine) as session:
        brands = session.exec(select(Tenant.id, Tenant.slug).where(col(Tenant.slug).startswith("brand-"))).all()
        session.add_all(
            User(email=f"viewer@{slug}.example", password_hash="", role=Role.TENANT_VIEWER, tenant_id=tenant_id)
            for tenant_id, slug in brands
        )
        session.commit()
    agency = many_brands.sign_in(AGENCY)
    for path, of in (("/agency/brands", MANY + 4), ("/agency/users", MANY + len(many_brands.people))):
        pages = [agency.get(f"{path}?page={number}").text for number in (1, 2, 3)]
        assert all(len(page.encode()) < 100_000 for page in pages)
        rows = [row for page in pages for row in rows_on(page)]
        assert len(rows) == len(set(rows)) == of
        found = agency.get(f"{path}?q=brand-0").text
        assert len(rows_on(found)) == PER_PAGE
        assert "q=brand-0" in to_page(found, 2)
    menu = agency.get("/agency/brands/_menu").text
    assert "Type a part of a name" in menu
    assert menu.count("<li><a") == MENU_BRANDS
    assert "Zephyr Kites" in agency.get("/agency/brands/_menu?q=zephyr").text
    offered = agency.get("/agency/brands/_choices?about=zephyr").text
    assert re.findall(r'<option value="([^"]+)">([^<]+)', offered) == [("refused", "Zephyr Kites")]


def test_a_brand_is_named_by_its_name_or_its_short_name(many_brands: PortalWorld) -> None:
    agency, viewer = many_brands.sign_in(AGENCY), many_brands.people["viewer@own.example"]
    many_brands.post(agency, f"/agency/users/{viewer}/role", role="tenant_viewer", about="own")
    for written in ("refused", "zephyr  kites"):
        given = many_brands.post(agency, f"/agency/users/{viewer}/role", role="tenant_viewer", about=written)
        assert given.status_code == 303
        assert many_brands.roles("viewer@own.example").keys() == {"own", "refused"}
        assert many_brands.post(agency, f"/agency/users/{viewer}/brands/refused/take").status_code == 303
        assert many_brands.roles("viewer@own.example").keys() == {"own"}
    assert "Own Brand" in agency.get("/agency/audit?about=own+brand").text
    assert "Nothing of the kind" in agency.get("/agency/audit?about=no-such-brand").text


def test_a_brands_page_names_what_did_not_come_in(states: PortalWorld) -> None:
    """The advice says why, but of a partial sync one asks first what is missing."""
    agency = states.sign_in(AGENCY)
    for slug, words in (
        ("partial", "3 of 5 came in, not Notes, Schedule"),
        ("not-understood", "5 of 5 came in, Leads in part"),
        ("fresh", "5 of 5 came in"),
        ("failed", "Last sync0 of 5 came in"),
    ):
        page = re.sub(r"<[^>]+>", "", agency.get(f"/agency/sync/{slug}").text)
        assert words in page
    assert "came in</dd>" not in agency.get("/agency/sync/waiting").text


def test_staff_see_what_is_amiss_and_who_can_mend_it(states: PortalWorld) -> None:
    states.hire("staff@mellon.example", all_brands=True)
    staff, admin = states.sign_in("staff@mellon.example"), states.sign_in(AGENCY)
    rows = [client.get("/agency/sync?q=key-refused").text for client in (staff, admin)]
    assert ["Replace web key" in page for page in rows] == [False, True]
    refused = staff.get("/agency/sync/key-refused").text
    assert "An agency admin has to put another web key in place." in refused
    assert 'name="web_key"' not in refused
    held_back = [client.get("/agency/sync/held-back").text for client in (staff, admin)]
    assert ["let it in</button>" in page for page in held_back] == [False, True]
    assert ["An agency admin can let in what was held back." in page for page in held_back] == [True, False]
    not_understood = [client.get("/agency/sync/not-understood").text for client in (staff, admin)]
    assert ["/unused" in page for page in not_understood] == [False, True]
    assert ["/answers" in page for page in not_understood] == [False, True], "raw ones, which nobody allowed them"


def test_a_refused_key_is_replaced_where_it_is_told_and_one_of_another_brand_is_named(world: PortalWorld) -> None:
    add_run(world.engine, add_brand(world.engine, world.cipher, "fresh"), utc_now())
    add_refused_brand(world, "key-refused")
    agency = world.sign_in(AGENCY)
    assert 'action="/agency/brands/key-refused/key"' in agency.get("/agency/sync/key-refused").text
    assert "/agency/brands/fresh/key" not in agency.get("/agency/sync/fresh").text
    refused = world.post(agency, "/agency/brands/key-refused/key", web_key="CT_key_of_own")
    assert refused.status_code == 400
    assert "already belongs to the brand Own Brand" in refused.text
    assert "copy its key" in refused.text
    assert world.post(agency, "/agency/brands/key-refused/key", web_key="CT_its_new_key").status_code == 303


def test_times_are_in_the_zone_of_who_reads_them_and_it_is_named_once(world: PortalWorld) -> None:
    agency = world.sign_in(AGENCY)
    world.post(agency, "/account/display", timezone="Asia/Tokyo")
    add_run(world.engine, world.brands["own"], utc_now())
    assert agency.get("/agency/sync").text.count("times are in Asia/Tokyo") == 1
    assert "JST" in agency.get("/agency/sync/own").text
    assert "Times are in Asia/Tokyo" in agency.get("/agency/audit").text


def test_a_page_that_shows_things_as_they_are_is_told_nothing_new(world: PortalWorld) -> None:
    agency = world.sign_in(AGENCY)
    for path, slug in (("/agency/sync/_live", "own"), ("/agency/sync/other/live", "other")):
        address = asks_again(agency.get(path).text)
        assert address.startswith(path)
        assert agency.get(address).status_code == 204
        world.post(agency, f"/agency/sync/{slug}/now")
        changed = agency.get(address)
        assert changed.status_code == 200
        assert asks_again(changed.text) != address


def asks_again(part: str) -> str:
    """Return the address at which a part of a page asks for what is new."""
    address = re.search(r'hx-get="([^"]+)"', part)
    assert address is not None
    return unescape(address[1])


def test_a_tab_whose_session_has_ended_is_told_so_and_not_shown_the_sign_in_page_in_itself(world: PortalWorld) -> None:
    answer = world.visitor().get("/agency/sync/_live", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["HX-Reswap"] == "none"


def test_a_brand_is_brought_on_with_its_first_sync(world: PortalWorld) -> None:
    agency = world.sign_in(AGENCY)
    form = {"name": "New Brand", "slug": "new-brand", "timezone": "America/Denver", "accent_colour": "#1F6FEB"}
    answer = world.post(agency, "/agency/brands", web_key="CT_the_new_key", **form)
    assert answer.location == "/agency/sync/new-brand?done=created"
    with AgencySession(world.engine) as session:
        tenant = session.exec(select(Tenant).where(Tenant.slug == "new-brand")).one()
        request = session.exec(select(SyncRequest).where(SyncRequest.tenant_id == tenant.id)).one()
    assert (tenant.accent_colour, tenant.web_key_last4) == ("#1f6feb", "_key")
    assert request.requested_by == world.people[AGENCY]
    assert "CT_the_new_key" not in agency.get("/agency/brands/new-brand").text

    refused = world.post(agency, "/agency/brands", web_key="CT_the_new_key", **form | {"slug": "second"})
    assert "already belongs to the brand New Brand" in refused.text
    assert "CT_the_new_key" not in refused.text


def test_a_new_brand_sent_without_a_short_name_gets_that_of_its_name(world: PortalWorld) -> None:
    agency = world.sign_in(AGENCY)
    form = {"name": "Zoë's Café", "slug": " ", "timezone": "America/Denver", "web_key": "CT_the_new_key"}
    assert not re.search(r'<input id="slug"[^>]* required', agency.get("/agency/brands/_new").text)
    assert world.post(agency, "/agency/brands", **form).location == "/agency/sync/zoes-cafe?done=created"
    again = world.post(agency, "/agency/brands", **form | {"web_key": "CT_another_key"})
    assert "There is already a brand with the short name zoes-cafe." in again.text
    nameless = world.post(agency, "/agency/brands", **form | {"name": "日本", "web_key": "CT_another_key"})
    assert "short name is made of small letters" in nameless.text


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"slug": "own"}, "already a brand"),
        ({"slug": "No Spaces"}, "small letters"),
        ({"timezone": "Mars/Olympus"}, "time zone"),
        ({"accent_colour": "red"}, "#1f6feb"),
        ({"web_key": "short"}, "web key"),
        ({"name": "  "}, "name"),
    ],
)
def test_a_form_that_is_wrong_comes_back_filled_in_but_for_the_key(
    world: PortalWorld, form: dict[str, str], words: str
) -> None:
    agency = world.sign_in(AGENCY)
    right = {"name": "New Brand", "slug": "new-brand", "timezone": "America/Denver", "web_key": "CT_secret_key"}
    answer = world.post(agency, "/agency/brands", **(right | form))
    assert answer.status_code == 400
    assert words in answer.text
    assert "CT_secret_key" not in answer.text
    assert "America/Denver" in answer.text


def test_suspending_ends_its_people_and_reactivating_syncs_it(world: PortalWorld) -> None:
    agency, viewer = world.sign_in(AGENCY), world.sign_in("viewer@own.example")
    assert viewer.get("/api/sync/status").status_code == 200
    assert world.post(agency, "/agency/brands/own/suspend").status_code == 303
    assert viewer.get("/api/sync/status").status_code == 401
    assert world.post(agency, "/agency/sync/own/now").status_code == 400
    assert 'formaction="/agency/brands/own/reactivate"' in agency.get("/agency/sync/own").text
    assert world.post(agency, "/agency/brands/own/reactivate").status_code == 303
    with AgencySession(world.engine) as session:
        assert session.exec(select(SyncRequest).where(SyncRequest.tenant_id == world.brands["own"])).one()


def test_another_time_zone_is_followed_by_a_sync_for_every_time_was_read_in_the_old_one(world: PortalWorld) -> None:
    agency, own = world.sign_in(AGENCY), world.brands["own"]
    form = {"name": "Own Brand", "slug": "own", "accent_colour": ""}

    def asked_for() -> int:
        with AgencySession(world.engine) as session:
            return len(session.exec(select(SyncRequest).where(SyncRequest.tenant_id == own)).all())

    assert world.post(agency, "/agency/brands/own", **form, timezone="America/New_York").status_code == 303
    assert asked_for() == 0
    assert world.post(agency, "/agency/brands/own", **form, timezone="Asia/Tokyo").status_code == 303
    assert asked_for() == 1


def upload(world: PortalWorld, path: str, body: bytes) -> TestResponse:
    agency = world.sign_in(AGENCY)
    token = world.csrf_token(agency)
    return agency.post(path, data={"csrf_token": token, "logo": (io.BytesIO(body), "logo")})


def test_a_logo_is_for_its_own_people_and_the_agency_and_on_the_sign_in_page(world: PortalWorld) -> None:
    assert upload(world, "/agency/brands/own/logo/light", png()).status_code == 303
    assert upload(world, "/agency/brands/own/logo/dark", SVG.format("<path d='M0 0'/>").encode()).status_code == 303
    own = world.sign_in("viewer@own.example")
    assert own.get("/logos/own/light").data == png()
    assert own.get("/logos/own/dark").mimetype == "image/svg+xml"
    assert world.sign_in(AGENCY).get("/logos/own/light").status_code == 200
    assert world.sign_in("viewer@other.example").get("/logos/own/light").status_code == 403
    assert world.visitor().get("/logos/own/light").status_code == 302
    assert world.sign_in(AGENCY).get("/logos/other/light").status_code == 404
    door = world.visitor().get("/login?brand=own").text
    assert 'src="data:image/png;base64,' in door
    assert 'src="data:image/png;base64,' in world.visitor().get("/login?next=/leads?brand%3Down").text
    assert "data:image" not in world.visitor().get("/login?brand=other").text
    assert "Shut Brand" not in world.visitor().get("/login?brand=shut").text


def test_a_logo_that_is_none_is_refused_and_the_old_one_stays(world: PortalWorld) -> None:
    upload(world, "/agency/brands/own/logo/light", png())
    answer = upload(world, "/agency/brands/own/logo/light", b"<html>")
    assert answer.status_code == 400
    assert 'id="logo-error" role="alert">A logo is a PNG or an SVG file.' in answer.text
    assert answer.text.count('aria-invalid="true"') == 1  # of two fields the one that was sent
    assert "Please choose a file." in upload(world, "/agency/brands/own/logo/light", b"").text
    with BrandSession(world.engine, world.brands["own"]) as session:
        assert session.exec(select(TenantLogo)).one().body == png()


def test_every_look_at_a_raw_answer_is_noted(world: PortalWorld) -> None:
    run_id = add_answer(world, "own")
    agency, answers = world.sign_in(AGENCY), f"/agency/sync/own/runs/{run_id}/answers"
    assert "read_client_list" in agency.get(answers).text
    assert "1 answer holds" in agency.get(f"{answers}?q=ZOË").text
    assert "0 answers hold" in agency.get(f"{answers}?q=nobody").text
    shown = agency.get(f"{answers}/leads/0?q=firstname").text
    assert "<mark>firstName</mark>" in shown
    assert "Zoë &lt;b&gt;" in shown
    got = agency.get(f"{answers}/leads/0/download")
    assert got.data == BODY
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert [
        len(world.audit(action)) for action in ("snapshots_searched", "snapshot_viewed", "snapshot_downloaded")
    ] == [
        2,
        1,
        1,
    ]
    assert world.audit("snapshot_viewed")[0].tenant_id == world.brands["own"]
    assert agency.get(f"/agency/sync/other/runs/{run_id}/answers").status_code == 404
    assert agency.get(f"{answers}/leads/7").status_code == 404
    assert agency.get(f"{answers}/nonsense/0").status_code == 404


def test_people_are_invited_given_brands_and_never_the_last_admin_locked_out(world: PortalWorld) -> None:
    agency = world.sign_in(AGENCY)
    form = {"email": "new@own.example", "role": "tenant_admin", "about": "own"}
    page = world.post(agency, "/agency/users/invite", **form).text
    assert re.search(r'id="link"[^>]*value="http://localhost/join/', page)
    assert "new@own.example" in agency.get("/agency/users").text
    viewer = world.people["viewer@own.example"]
    given = world.post(agency, f"/agency/users/{viewer}/role", role="tenant_admin", about="other")
    assert given.status_code == 303
    assert world.roles("viewer@own.example") == {"own": Role.TENANT_VIEWER, "other": Role.TENANT_ADMIN}
    assert world.post(agency, f"/agency/users/{viewer}/role", role="tenant_viewer", about="").status_code == 400
    me = world.people[AGENCY]
    assert world.post(agency, f"/agency/users/{me}/deactivate").status_code == 400
    assert world.post(agency, f"/agency/users/{me}/role", role="tenant_viewer", about="own").status_code == 400
    assert world.user(AGENCY).role is Role.AGENCY_ADMIN


@pytest.mark.parametrize(
    ("form", "field", "words"),
    [
        ({"email": "nobody", "role": "tenant_viewer", "about": "own"}, "email", "Please give an e-mail address"),
        ({"email": "new@own.example", "role": "king", "about": "own"}, "role", "Please choose a role."),
        ({"email": "new@own.example", "role": "tenant_viewer", "about": ""}, "about", "Please choose the brand"),
        ({"email": "viewer@own.example", "role": "tenant_viewer", "about": "own"}, "email", "There is already someone"),
    ],
)
def test_what_is_wrong_with_an_invitation_is_said_at_its_field_and_what_was_typed_stays(
    world: PortalWorld, form: dict[str, str], field: str, words: str
) -> None:
    answer = world.post(world.sign_in(AGENCY), "/agency/users/invite", **form)
    assert answer.status_code == 400
    assert f'id="{field}-error" role="alert">{words}' in answer.text
    assert f'value="{form["email"]}"' in answer.text


def test_a_web_key_is_tested_without_being_kept_in_the_open(world: PortalWorld) -> None:
    agency = world.sign_in(AGENCY)
    waiting = world.post(agency, "/agency/brands/_tests", web_key="CT_key_to_try").text
    assert "none is running" in waiting
    result = asks_again(waiting)
    assert agency.get(result).status_code == 204
    assert world.sign_in("admin@own.example").get(result).status_code == 403
    assert "notice-bad" in world.post(agency, "/agency/brands/_tests", web_key="x").text
    with AgencySession(world.engine, writes=True) as session:
        check = session.exec(select(ConnectionCheck)).one()
        check.outcome, check.message, check.finished_at = CheckOutcome.WORKS, "It lets the portal in.", utc_now()
        session.commit()
    assert "It lets the portal in." in agency.get(result).text
    assert "hx-get" not in agency.get(result).text
    assert [entry.details for entry in world.audit("connection_tested")] == [{}]


def test_the_audit_log_is_narrowed_by_brand_person_and_deed(world: PortalWorld) -> None:
    agency = world.sign_in(AGENCY)
    world.post(agency, "/agency/brands/own/suspend")
    world.post(agency, "/agency/sync/other/now")
    only = agency.get("/agency/audit?about=own&action=brand_suspended&who=agency%40").text
    assert "suspended the brand" in only
    assert only.count('data-heading="When"') == 1
    assert "Nothing of the kind" in agency.get("/agency/audit?who=nobody").text
    assert "1 entries" not in agency.get("/agency/audit?about=&action=nonsense&page=x").text


def test_one_reads_times_in_the_zone_one_chose(world: PortalWorld) -> None:
    viewer = world.sign_in("viewer@own.example")
    assert world.post(viewer, "/account/display", timezone="Nowhere/At_All").status_code == 400
    assert world.post(viewer, "/account/display", timezone="Asia/Tokyo").status_code == 303
    assert world.user("viewer@own.example").display_timezone == "Asia/Tokyo"
    assert world.post(viewer, "/account/display", timezone="").status_code == 303
    assert world.user("viewer@own.example").display_timezone is None
