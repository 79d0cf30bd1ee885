"""Every route and every callback, found by introspection, as each kind of person: nobody sees what is not theirs.

A new route or callback that this test has no words for makes it fail: say here what an attacker would put into it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import cycle, product
from pathlib import Path
from typing import Any
from urllib.parse import quote

import dash
import dash_ag_grid
import dash_bootstrap_components
import pytest
from flask.testing import FlaskClient
from sqlmodel import col, delete
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from dash_portal import served_files
from dash_portal.accounts import sheet_addresses
from dash_portal.accounts.rights_table import OF_CALLBACK, OF_SCOPE, RIGHTS, Capability, capability_of, rights_of
from dash_portal.api import key_guard
from dash_portal.api.allowance import Allowances
from dash_portal.dashboards.chart_catalogue import CHART_IDS
from dash_portal.exports import EXPORTS
from dash_portal.security import OPEN_TO_EVERYONE
from database import BRAND_OWNED_TABLES, AgencySession
from models import ApiScope, Membership, Role, StaffBrand, TenantStatus
from tests.conftest import DATABASE_KINDS
from tests.dash_portal.portal_world import PortalWorld
from tests.security.conftest import suspend
from tests.security.marked_rows import handle, treasure

OTHERS = ("other", "shut")
PAGES = ("/leads", "/pipeline", "/hot-list", "/notes", "/schedule")
SUITES = (dash, dash_ag_grid, dash_bootstrap_components)
FOR_THE_AGENCY = ("agency",)
FOR_TENANT_ADMINS = ("team.", "team_keys.")


def route_values(world: PortalWorld, slug: str) -> dict[str, list[str]]:
    """Return, for each variable in a route, what an attacker who is after this brand would put there."""
    tenant_id, user_id = str(world.brands[slug]), str(world.people[f"viewer@{slug}.example"])
    return {
        "chart_id": list(CHART_IDS),
        "table": list(EXPORTS),
        "field": ["lead_source"],
        "call": ["read_client_list"],
        "provider": ["acme"],
        "identity_id": [handle(slug)],
        "token": [slug, handle(slug)],
        "session_id": [handle(slug)],
        "user_id": [user_id],
        "key_id": [handle(slug)],
        "membership_id": [world.membership(f"viewer@{slug}.example")],
        "invite_id": [f"invite-{slug}"],
        "tenant_id": [tenant_id],
        "slug": [slug],
        "run_id": [handle(slug)],
        "request_id": [handle(slug)],
        "check_id": [handle(slug)],
        "resource": ["leads"],
        "position": ["1"],
        "theme": ["light"],
        "mark": ["x"],
        "name": ["bootstrap.min.css"],
        "filename": ["requests.js"],
        "path": [f"{slug}/{tenant_id}", "leads", "notes"],
        "_word": [slug],
        "_unknown": [f"leads/{handle(slug)}"],
        "package_name": ["dash", "plotly"],
        "fingerprinted_path": ["dash-renderer/build/dash_renderer.min.js"],
        "fingerprinted": ["package_data/plotly.min.js"],
    }


def query_strings(slug: str) -> list[str]:
    """Return what an attacker would put behind a path: this brand's slug, and for one brand its ids and filters too."""
    if slug != "other":
        return ["", f"?brand={slug}"]
    known = quote(handle(slug))
    filters = "&".join(
        f"{name}={known}"
        for name in ("client", "lead", "note", "deal", "activity", "stage", "source", "status", "author", "kind", "q")
    )
    return ["", f"?brand={slug}", f"?{filters}", f"?brand={slug}&{filters}", f"?brand=own&brand={slug}&tenant_id=2"]


def form_fields(world: PortalWorld, slug: str) -> dict[str, str]:
    """Return what an attacker would put into any form."""
    return {
        "brand": slug,
        "slug": slug,
        "tenant": slug,
        "tenant_id": str(world.brands[slug]),
        "user_id": str(world.people[f"viewer@{slug}.example"]),
        "run_id": handle(slug),
        "role": "agency_admin",
        "email": f"viewer@{slug}.example",
        "name": "X",
        "current": "x",
        "password": "x",
        "again": "x",
        "code": "1",
    }


CALLBACK_VALUES: dict[tuple[str, str], str] = {
    ("_pages_location", "pathname"): "path",
    ("_pages_location", "search"): "search",
    **{(f'{{"page":"{page[1:]}","type":"view"}}', "data"): "view" for page in PAGES},
    ("details-view", "data"): "view",
    ('{"chart":["MATCH"],"type":"chart-table-view"}', "data"): "view",
    ("freshness-asks", "n_intervals"): "count",
    ('{"page":["ALL"],"type":"shown"}', "data"): "shown",
}
"""Which kind of value each input and state of a callback takes: a new one has to be named here.

But for what a callback gives itself and is told back, so that it gives only news: that is "drawn".
"""


def kind_of(output: str, spec: dict[str, Any]) -> str:
    """Return which kind of value this input or state of a callback takes."""
    drawn = f"{spec['id']}.{spec['property']}" in output.strip(".").split("...")
    kind = CALLBACK_VALUES.get((spec["id"], spec["property"]), "drawn" if drawn else None)
    assert kind is not None, f"{output}: name {spec} in CALLBACK_VALUES"
    return kind


def callback_values(slug: str, kind: str) -> list[Any]:
    every: dict[str, list[Any]] = {
        "path": [*PAGES, "/", f"/{slug}"],
        "search": query_strings(slug),
        "count": [1],
        "drawn": [{"brand": slug, "tenant_id": 2}],
        "shown": [{"brand": slug, "resources": ["leads", "notes"], "tenant_id": 2}, {"brand": None}, None],
        "view": [
            *query_strings(slug),
            *(query.removeprefix("?") for query in query_strings(slug)),
            {"brand": slug, "tenant_id": 2},
            None,
        ],
    }
    return every[kind]


@dataclass(frozen=True)
class Call:
    """One request of the walk."""

    method: str
    path: str
    endpoint: str
    body: Any = None


def route_calls(world: PortalWorld, slug: str) -> Iterator[Call]:
    """Yield requests for every rule of the application, each variable filled in, each method tried."""
    values = route_values(world, slug)
    for rule in world.app.url_map.iter_rules():
        missing = rule.arguments - values.keys()
        assert not missing, f"{rule.rule}: say in route_values what an attacker would put into {missing}"
        for combination in product(*(values[name] for name in sorted(rule.arguments))):
            path = _path(world, rule, dict(zip(sorted(rule.arguments), combination, strict=True)))
            for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
                if rule.rule == "/_dash-update-component":
                    continue  # walked callback by callback
                for query in query_strings(slug) if method == "GET" else [f"?brand={slug}", ""]:
                    yield Call(method, path + query, rule.endpoint, form_fields(world, slug))


def _path(world: PortalWorld, rule: Rule, arguments: dict[str, str]) -> str:
    """Fill a rule's variables in; numbers as numbers, so that each converter is content."""
    typed = {
        name: int(value) if rule._converters[name].__class__.__name__ == "IntegerConverter" else value
        for name, value in arguments.items()
    }
    adapter = world.app.url_map.bind("localhost")
    return adapter.build(rule.endpoint, typed, method=min(rule.methods or {"GET"}), force_external=False)


def walk(world: PortalWorld, slug: str, is_refused: Callable[[Call], bool]) -> Iterator[Call]:
    """Yield all requests; of those that are refused before any row of a brand is asked for, each on one database in turn.

    What does ask for rows is asked of both: there SQLite's session and PostgreSQL's row-level security are two guards.
    """
    turns = cycle(DATABASE_KINDS)
    for call in (*route_calls(world, slug), *callback_calls(world, slug)):
        if not is_refused(call) or next(turns) == world.engine.dialect.name:
            yield call


def names_brand(call: Call, slug: str) -> bool:
    """Tell whether the address names this brand, for all but open doors and what is opened by a word of its own."""
    has_own_guard = call.endpoint in OPEN_TO_EVERYONE or call.path.startswith(sheet_addresses.PATH)
    return f"brand={slug}" in call.path and not has_own_guard


def filled_in(spec: dict[str, Any], value: Any) -> Any:
    """Return an input or state as the browser sends it; one that may be many as a list of one of them."""
    if not spec["id"].startswith("{"):
        return {**spec, "value": value}
    entry = {**spec, "id": _id(spec["id"]), "value": value}
    return [entry] if ["ALL"] in json.loads(spec["id"]).values() else entry


def callback_calls(world: PortalWorld, slug: str) -> Iterator[Call]:
    """Yield requests for every registered callback, its inputs and states filled with the brand's."""
    for output, registered in world.app.extensions["dash"].callback_map.items():
        if "callback" not in registered:
            continue  # runs in the browser
        specs = [*registered["inputs"], *registered["state"]]
        kinds = [kind_of(output, spec) for spec in specs]
        for combination in product(*(callback_values(slug, kind) for kind in kinds)):
            filled = [filled_in(spec, value) for spec, value in zip(specs, combination, strict=True)]
            count = len(registered["inputs"])
            yield Call(
                "POST",
                "/_dash-update-component",
                "callback",
                {
                    "output": output,
                    "outputs": _outputs(output),
                    "inputs": filled[:count],
                    "state": filled[count:],
                    "changedPropIds": [f"{spec['id']}.{spec['property']}" for spec in registered["inputs"]],
                },
            )


def each_callback_once(world: PortalWorld, slug: str) -> list[Call]:
    """Return one request for each registered callback, the first that is walked."""
    return list({call.body["output"]: call for call in reversed([*callback_calls(world, slug)])}.values())


def capability_asked(world: PortalWorld, call: Call) -> Capability | None:
    """Return what the table of rights says that this request asks for: by its route, or by what sets its callback off."""
    if call.endpoint != "callback":
        return capability_of(call.endpoint)
    registered = world.app.extensions["dash"].callback_map[call.body["output"]]
    return OF_CALLBACK.get(registered["inputs"][0]["id"])


def _outputs(output: str) -> Any:
    many = output.startswith("..")
    names = output[2:-2].split("...") if many else [output]
    made = [{"id": _id(name.rpartition(".")[0]), "property": name.rpartition(".")[2]} for name in names]
    return made if many else made[0]


def _id(name: str) -> Any:
    """Return an id as the browser sends it; of parts that may be any, one that there is."""
    if not name.startswith("{"):
        return name
    there_is = {"page": "leads", "chart": "leads-sources"}
    return {key: there_is[key] if isinstance(part, list) else part for key, part in json.loads(name).items()}


def send(world: PortalWorld, client: FlaskClient, call: Call, token: str | None) -> TestResponse:
    if call.endpoint == "callback":
        headers = {"X-CSRFToken": token} if token else {}
        return client.post(call.path, data=json.dumps(call.body), content_type="application/json", headers=headers)
    if call.method == "GET":
        return client.get(call.path, buffered=True)
    return client.open(call.path, method=call.method, buffered=True, data={**call.body, "csrf_token": token or ""})


def shown(answer: TestResponse, call: Call, slug: str) -> str:
    """Return what an answer shows. The sign-in page greets with name and logo of the brand that its address names."""
    text: str = answer.data.decode(errors="replace")
    if call.endpoint != "sign_in.login":
        return text
    return re.sub(r'<img class="face[^>]*>', "", text).replace(f"Brand {treasure(slug)}", "")


def with_strange_cookies(world: PortalWorld, client: FlaskClient, slug: str) -> FlaskClient:
    for name, value in (("brand", slug), ("tenant", slug), ("tenant_id", str(world.brands[slug]))):
        client.set_cookie(name, value)
    return client


def everything_of(world: PortalWorld, slug: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of a brand, its people, invitations and sessions included, to see that nothing was changed."""
    tenant_id = world.brands[slug]
    tables = {}
    with AgencySession(world.engine) as session:
        connection = session.connection()
        for table in (*BRAND_OWNED_TABLES, "users", "memberships", "invites", "api_keys"):
            rows = connection.exec_driver_sql(f"SELECT * FROM {table} WHERE tenant_id = {tenant_id}").all()
            tables[table] = sorted((tuple(row) for row in rows), key=repr)
        tables["tenants"] = [tuple(connection.exec_driver_sql(f"SELECT * FROM tenants WHERE id = {tenant_id}").one())]
    return tables


STAFF = "staff@mellon.example"


def hire(world: PortalWorld, *slugs: str, all_brands: bool = False, raw_answers: bool = False) -> frozenset[Capability]:
    """Make someone of the agency's staff; return what they may do at the brands they look after."""
    world.hire(STAFF, *slugs, all_brands=all_brands, raw_answers=raw_answers)
    return rights_of(Role.AGENCY_STAFF, frozenset({Capability.RAW_ANSWERS}) if raw_answers else frozenset())


def prepared(world: PortalWorld, email: str, further: str | None) -> tuple[list[str], frozenset[Capability]]:
    """Let this person see a further brand; return whose nothing they may get, and what they may as one of the agency.

    What staff of one brand and staff of two have in common is asked once: the one is after "other", the other "shut".
    """
    if email == STAFF:
        rights = hire(world, *filter(None, ("own", further)), raw_answers=True)
        return ["other" if further is None else "shut"], rights
    if further is not None:
        world.give(email, further)
    return [slug for slug in OTHERS if slug != further], frozenset()


@pytest.mark.parametrize(
    ("email", "further"),
    [
        ("viewer@own.example", None),
        ("admin@own.example", None),
        ("admin@own.example", "other"),
        (STAFF, None),
        (STAFF, "other"),
    ],
    ids=["viewer", "admin", "admin of one and viewer of another", "staff of one", "staff of two"],
)
def test_who_sees_some_brands_gets_nothing_of_another(marked: PortalWorld, email: str, further: str | None) -> None:
    strangers, rights = prepared(marked, email, further)
    before = {slug: everything_of(marked, slug) for slug in strangers}
    client = marked.sign_in(email)
    token = marked.csrf_token(client)
    own_seen = False
    for slug in strangers:
        with_strange_cookies(marked, client, slug)
        for call in walk(marked, slug, partial(names_brand, slug=slug)):
            if call.endpoint == "sign_in.logout" and call.method == "POST":
                continue
            answer = send(marked, client, call, token)
            text = shown(answer, call, slug)
            where = f"{call.method} {call.path} {call.body if call.endpoint == 'callback' else ''}"
            assert treasure(slug) not in text, where
            assert treasure(slug) not in str(answer.headers), where
            if handle(slug) not in where:
                assert handle(slug) not in text, where
            if f"brand={slug}" in call.path and call.endpoint not in OPEN_TO_EVERYONE and answer.status_code != 405:
                if call.path.startswith(sheet_addresses.PATH):  # opened by its own word, whoever is signed in
                    assert answer.status_code == 401, where
                else:
                    assert answer.status_code in {403, 413}, where
            if call.endpoint.startswith(FOR_THE_AGENCY) and capability_of(call.endpoint) not in rights:
                assert answer.status_code in {403, 404, 405}, where
            if call.endpoint.startswith(FOR_TENANT_ADMINS) and not email.startswith("admin"):
                assert answer.status_code in {403, 405}, where
            assert answer.status_code < 500, where
            own_seen = own_seen or treasure("own") in text
    assert own_seen, "the walk never came to a page that shows anything"
    assert {slug: everything_of(marked, slug) for slug in strangers} == before


def test_a_viewer_of_a_brand_is_no_admin_there_for_being_one_elsewhere(marked: PortalWorld) -> None:
    marked.give("admin@own.example", "other")
    client = marked.sign_in("admin@own.example")
    token = marked.csrf_token(client)
    before = everything_of(marked, "other")
    for call in route_calls(marked, "other"):
        if call.endpoint.startswith(FOR_TENANT_ADMINS):
            answer = send(marked, client, call, token)
            is_there = "brand=other" in call.path and "brand=own" not in call.path
            assert answer.status_code in ({403, 405} if is_there else {200, 400, 404, 405}), call.path
            text = shown(answer, call, "other").replace(f"Brand {treasure('other')}", "")  # which they may see
            assert treasure("other") not in text, call.path
    assert everything_of(marked, "other") == before


@pytest.mark.parametrize(
    ("email", "role"),
    [
        ("viewer@own.example", Role.TENANT_VIEWER),
        ("admin@own.example", Role.TENANT_ADMIN),
        (STAFF, Role.AGENCY_STAFF),
        ("agency@mellon.example", Role.AGENCY_ADMIN),
    ],
)
def test_each_role_gets_what_the_table_of_rights_says(marked: PortalWorld, email: str, role: Role) -> None:
    rights = hire(marked, all_brands=True) if email == STAFF else RIGHTS[role]
    client = marked.sign_in(email)
    token = marked.csrf_token(client)
    reached: dict[Capability, bool] = {}
    for call in (*route_calls(marked, "own"), *each_callback_once(marked, "own")):
        if call.endpoint in OPEN_TO_EVERYONE:
            continue
        where = f"{call.method} {call.path} {call.body if call.endpoint == 'callback' else ''}"
        capability = capability_asked(marked, call)
        assert capability is not None, f"{where}: say in accounts/rights_table.py what it asks for"
        answer = send(marked, client, call, token)
        allowed = capability in rights
        assert (answer.status_code != 403) == allowed, f"{where}: {answer.status_code}"
        assert answer.status_code < 500, where
        reached[capability] = allowed
    assert reached.keys() == set(Capability), "each has an endpoint"


def test_who_is_allowed_raw_answers_gets_them_of_the_brands_they_look_after(marked: PortalWorld) -> None:
    hire(marked, "own", raw_answers=True)
    client = marked.sign_in(STAFF)
    raw = [call for call in route_calls(marked, "own") if capability_of(call.endpoint) is Capability.RAW_ANSWERS]
    answers = [send(marked, client, call, None).status_code for call in raw if call.method == "GET"]
    assert set(answers) <= {200, 404}, "the row of the world is no whole answer"
    assert 200 in answers
    for call in route_calls(marked, "other"):
        if capability_of(call.endpoint) is Capability.RAW_ANSWERS:
            assert send(marked, client, call, None).status_code in {403, 404, 405}, call.path
    of_another = f"/agency/sync/own/runs/{handle('other')}/answers"
    for path in (of_another, f"{of_another}?q=gold", f"{of_another}/leads/1", f"{of_another}/leads/1/download"):
        assert client.get(path).status_code == 404, path


@pytest.mark.parametrize(
    "who",
    ["nobody", "deactivated", "suspended", "viewer without a brand", "admin without a brand", "staff without one"],
)
def test_who_has_no_living_session_gets_nothing(marked: PortalWorld, who: str) -> None:
    if who == "nobody":
        client, token = marked.visitor(), None
    elif who == "deactivated":
        client = marked.sign_in("viewer@own.example")
        token = marked.csrf_token(client)
        marked.deactivate("viewer@own.example")
    elif "without" in who:
        hire(marked, "own")
        email = STAFF if who.startswith("staff") else f"{who.partition(' ')[0]}@own.example"
        client = marked.sign_in(email)
        token = marked.csrf_token(client)
        with AgencySession(marked.engine, writes=True) as session:
            for table in (Membership, StaffBrand):
                session.exec(delete(table).where(col(table.user_id) == marked.people[email]))
            session.commit()
    else:
        suspend(marked, "shut", TenantStatus.ACTIVE)
        client = marked.sign_in("viewer@shut.example")
        token = marked.csrf_token(client)
        suspend(marked, "shut", TenantStatus.SUSPENDED)
    bundles = marked.app.config["PORTAL_BUNDLES"]
    for slug in ("own",) if "without" in who else ("own", "shut"):
        for call in walk(marked, slug, lambda call: call.endpoint not in OPEN_TO_EVERYONE):
            if call.endpoint in OPEN_TO_EVERYONE or (call.method == "GET" and call.path in bundles):
                continue
            answer = send(marked, client, call, token)
            where = f"{call.method} {call.path}"
            if call.path.startswith(("/api", "/_")):
                assert answer.status_code in {401, 405}, where
            else:
                assert answer.status_code in {302, 405}, where
                assert answer.status_code == 405 or answer.headers["Location"].startswith("/login"), where
            assert "gold-" not in answer.data.decode(errors="replace"), where


def test_every_path_of_the_api_says_which_key_opens_it(marked: PortalWorld) -> None:
    of_keys = frozenset().union(*OF_SCOPE.values())
    for rule in marked.app.url_map.iter_rules():
        if rule.endpoint not in OPEN_TO_EVERYONE:
            opens = capability_of(rule.endpoint) in of_keys
            assert opens == rule.rule.startswith("/api/"), (
                f"{rule.rule}: say in accounts/rights_table.py what it asks for"
            )


def is_closed_to_keys(call: Call, slug: str) -> bool:
    return names_brand(call, slug) or not call.path.startswith("/api/")


@pytest.mark.parametrize("scope", list(ApiScope))
def test_a_key_opens_nothing_of_another_brand(
    marked: PortalWorld, scope: ApiScope, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_guard, "ALLOWANCES", Allowances(1_000_000, seconds=1))
    before = {slug: everything_of(marked, slug) for slug in OTHERS}
    program, opened = marked.program(marked.make_key("own", scope)), 0
    for slug in OTHERS:
        with_strange_cookies(marked, program, slug)
        for call in walk(marked, slug, partial(is_closed_to_keys, slug=slug)):
            if call.endpoint in OPEN_TO_EVERYONE or call.path in marked.app.config["PORTAL_BUNDLES"]:
                continue
            answer = send(marked, program, call, None)
            where, text = f"{call.method} {call.path}", answer.data.decode(errors="replace")
            assert treasure(slug) not in text + str(answer.headers), where
            assert handle(slug) in where or handle(slug) not in text, where
            assert "Set-Cookie" not in answer.headers or not call.path.startswith("/api/"), where
            assert answer.status_code < 500, where
            if not call.path.startswith("/api/"):
                assert answer.status_code in {302, 400, 401, 405}, where
            elif answer.status_code == 200:
                assert capability_of(call.endpoint) in OF_SCOPE[scope], where
                assert f"brand={slug}" not in call.path, where
                opened += capability_of(call.endpoint) is not Capability.API
    assert opened, "the walk never came to anything that this key opens"
    assert {slug: everything_of(marked, slug) for slug in OTHERS} == before


def test_of_dash_only_published_bundles_are_open(marked: PortalWorld) -> None:
    visitor, signed_in = marked.visitor(), marked.sign_in("viewer@own.example")
    installed = {
        hashlib.sha256(file.read_bytes()).digest()
        for folder in (
            *(Path(str(suite.__file__)).parent for suite in SUITES),
            Path(served_files.__file__).parent / "vendor",
        )
        for file in folder.rglob("*.js")
    }
    named = re.findall(r'rel="prefetch" href="(/_dash[^"]+)"', visitor.get("/login").text)
    assert len(named) > 5
    for address in named:
        answer = visitor.get(address)
        assert answer.status_code == 200
        assert hashlib.sha256(answer.data).digest() in installed, address
        assert visitor.get(f"{address}?brand=own").status_code == 401
        assert visitor.post(address).status_code in {400, 401}
    for path in (
        "/_dash-component-suites/dash_ag_grid/async-enterprise.js",
        "/_dash-component-suites/dash/dcc/async-markdown.js",
        "/_dash-layout",
        "/_dash-dependencies",
        "/_reload-hash",
    ):
        assert visitor.get(path).status_code == 401, path
    assert signed_in.get("/_dash-layout").status_code == 200


def test_the_open_doors_show_nothing_of_any_brand(marked: PortalWorld) -> None:
    client = marked.visitor()
    for slug in ("own", "other"):
        for call in route_calls(marked, slug):
            if call.endpoint in OPEN_TO_EVERYONE:
                answer = send(marked, client, call, None)
                assert "gold-" not in shown(answer, call, slug), call.path
                assert answer.status_code < 500, call.path


def test_the_agency_sees_the_brand_it_names_and_no_other(marked: PortalWorld) -> None:
    """The counterpart: the marks do come back where they may, so that their absence means something."""
    client = marked.sign_in("agency@mellon.example")
    token = marked.csrf_token(client)
    seen = {"own": 0, "other": 0}
    stranger = {"own": "other", "other": "own"}
    for slug in seen:
        paths = [f"{page}?brand={slug}" for page in PAGES]
        answers = [marked_page(client, token, path) for path in paths]
        answers += [client.get(f"/export/{table}.csv?brand={slug}", buffered=True) for table in EXPORTS]
        answers += [client.get(f"/print/{table}?brand={slug}") for table in EXPORTS]
        for answer in answers:
            text = answer.data.decode(errors="replace")
            assert answer.status_code == 200
            seen[slug] += treasure(slug) in text
            shown = text.replace(f"Brand {treasure(stranger[slug])}", "")  # its name stands in the brand switch
            assert treasure(stranger[slug]) not in shown
    assert all(count >= 8 for count in seen.values()), seen


def marked_page(client: FlaskClient, token: str, link: str) -> TestResponse:
    """Return a page's content as its callback answers it."""
    path, _, query = link.partition("?")
    body = {
        "output": ".._pages_content.children..._pages_store.data..",
        "outputs": _outputs(".._pages_content.children..._pages_store.data.."),
        "inputs": [
            {"id": "_pages_location", "property": "pathname", "value": path},
            {"id": "_pages_location", "property": "search", "value": f"?{query}"},
        ],
        "changedPropIds": ["_pages_location.pathname"],
    }
    return client.post("/_dash-update-component", json=body, headers={"X-CSRFToken": token})


def test_two_tabs_on_two_brands_never_mix(marked: PortalWorld) -> None:
    """One browser, one session: each page stays with the brand it was made for, whatever the other tab does."""
    client = marked.sign_in("agency@mellon.example")
    token = marked.csrf_token(client)
    name = '{"page":"notes","type":"view"}'
    callbacks = marked.app.extensions["dash"].callback_map
    output = next(key for key, known in callbacks.items() if [spec["id"] for spec in known["inputs"]] == [name])
    for slug, stranger in (("own", "other"), ("other", "own"), ("own", "other")):
        body = {
            "output": output,
            "outputs": _outputs(output),
            "inputs": [filled_in({"id": name, "property": "data"}, f"brand={slug}")],
            "state": [filled_in(spec, None) for spec in callbacks[output]["state"]],
            "changedPropIds": [f"{name}.data"],
        }
        answer = client.post("/_dash-update-component", json=body, headers={"X-CSRFToken": token})
        assert treasure(slug) in answer.text
        assert treasure(stranger) not in answer.text


def test_a_token_of_another_persons_session_is_refused(marked: PortalWorld) -> None:
    viewer, stranger = marked.sign_in("viewer@own.example"), marked.sign_in("viewer@other.example")
    token = marked.csrf_token(stranger)
    answer = viewer.post("/account/name", data={"name": "Renamed", "csrf_token": token})
    assert answer.status_code == 400
    assert marked.user("viewer@own.example").name != "Renamed"
