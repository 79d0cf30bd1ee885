"""What a key opens, over HTTP: the paths below /api, of its own brand and within its scopes, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection, text
from sqlmodel import select
from werkzeug.test import TestResponse

from dash_portal.api.key_guard import ALLOWANCES, PER_MINUTE
from database import AgencySession
from models import ApiKey, ApiScope, Tenant, TenantStatus, utc_now
from tests.dash_portal.portal_world import PortalWorld

STATUS = "/api/sync/status"


def problem_of(answer: TestResponse) -> tuple[int, str]:
    """Return status and title, once it is clear that the answer is a problem as programs get it."""
    assert answer.mimetype == "application/problem+json"
    assert answer.json is not None
    assert set(answer.json) == {"type", "title", "status", "detail"}
    assert answer.json["status"] == answer.status_code
    return answer.status_code, answer.json["title"]


def test_a_key_opens_the_api_without_a_cookie_and_nothing_else(world: PortalWorld) -> None:
    program = world.program(world.make_key("own"))
    answer = program.get(STATUS)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers.get("Vary", "")
    for page in ("/", "/leads", "/account", "/team", "/agency/sync", "/export/leads.csv", "/print/leads", "/apis"):
        assert program.get(page).headers["Location"].startswith("/login"), page
    assert program.get("/_dash-layout").status_code == 401
    assert program.post("/api/nothing").status_code == 404, "no token of a form is asked for"


def test_beside_a_key_no_cookie_counts(world: PortalWorld) -> None:
    browser = world.sign_in("agency@mellon.example")
    key = {"Authorization": f"Bearer {world.make_key('own')}"}
    assert browser.get(f"{STATUS}?brand=other").status_code == 200
    assert browser.get(f"{STATUS}?brand=other", headers=key).status_code == 403
    assert browser.get(STATUS, headers={"Authorization": "Bearer mpk_nonsense"}).status_code == 401


@pytest.mark.parametrize("scope", list(ApiScope))
def test_a_key_opens_what_its_scope_names(world: PortalWorld, scope: ApiScope) -> None:
    program = world.program(world.make_key("own", scope))
    for path, needed in ((STATUS, ApiScope.STATUS), ("/api/charts/leads-by-source", ApiScope.CHARTS)):
        answer = program.get(path)
        if scope is needed:
            assert answer.status_code == 200
            continue
        assert problem_of(answer) == (403, "Not with this key")
        assert f'error="insufficient_scope", scope="{needed.value}"' in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("slug", ["other", "shut", "no-such-brand"])
def test_another_brand_is_refused_as_it_is_for_people(world: PortalWorld, slug: str) -> None:
    program = world.program(world.make_key("own"))
    assert program.get(f"{STATUS}?brand=own").status_code == 200
    assert problem_of(program.get(f"{STATUS}?brand={slug}"))[0] == 403
    assert problem_of(program.get(f"{STATUS}?brand=own&brand={slug}"))[0] == 403


def end_by(world: PortalWorld, how: str) -> None:
    with AgencySession(world.engine) as session:
        key = session.exec(select(ApiKey)).one()
        if how == "expired":
            key.expires_at = utc_now() - timedelta(seconds=1)
        elif how == "revoked":
            key.revoked_at = utc_now()
        else:
            session.get_one(Tenant, key.tenant_id).status = TenantStatus.SUSPENDED
        session.commit()


@pytest.mark.parametrize("how", ["expired", "revoked", "suspended"])
def test_a_key_that_ended_opens_nothing_from_the_next_request_on(world: PortalWorld, how: str) -> None:
    program = world.program(world.make_key("own", days=1))
    assert program.get(STATUS).status_code == 200
    end_by(world, how)
    answer = program.get(STATUS)
    assert problem_of(answer) == (401, "This key is refused")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api", error="invalid_token"'


@pytest.mark.parametrize("key", ["", "mpk_", "nonsense", "mpk_" + "x" * 43, "Ä", "mpk_\x80"])
def test_what_is_no_key_opens_nothing(world: PortalWorld, key: str) -> None:
    world.make_key("own")
    assert world.program(key).get(STATUS).status_code == 401


def test_who_asks_too_often_is_told_when_to_ask_again(world: PortalWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ALLOWANCES, "_clock", lambda: 0.0)  # a slow machine takes longer than half a second for these
    key = world.make_key("own")
    program, other = world.program(key), world.program(world.make_key("own", ApiScope.STATUS))
    answers = [program.get("/api/nothing") for _ in range(PER_MINUTE + 1)]
    assert [answer.status_code for answer in answers[:-1]] == [404] * PER_MINUTE
    assert problem_of(answers[-1]) == (429, "Too many requests")
    assert answers[-1].headers["Retry-After"] == "1"
    assert other.get(STATUS).status_code == 200


def test_the_last_use_is_noted_and_never_waited_for(world: PortalWorld, database_kind: str) -> None:
    program = world.program(world.make_key("own"))

    def last_use(connection: Connection) -> object:
        return connection.scalar(text("SELECT last_used_at FROM api_keys"))

    if database_kind == "sqlite":  # the one write lock is taken, as by a sync that lands
        with world.engine.connect().execution_options(writes=True) as writer, writer.begin():
            assert program.get(STATUS).status_code == 200
            assert last_use(writer) is None
    assert program.get(STATUS).status_code == 200
    with AgencySession(world.engine) as session:
        assert last_use(session.connection()) is not None
