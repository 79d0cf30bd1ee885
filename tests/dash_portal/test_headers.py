from __future__ import annotations

import re

import pytest

from tests.dash_portal.portal_world import PortalWorld, close_world, make_world


@pytest.fixture(params=["sqlite"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Headers do not depend on the database."""
    return str(request.param)


@pytest.mark.parametrize("path", ["/login", "/healthz", "/leads", "/api/charts", "/nope", "/assets/requests.js"])
def test_every_answer_carries_the_headers(world: PortalWorld, path: str) -> None:
    for client in (world.visitor(), world.sign_in("viewer@own.example")):
        headers = client.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe-eval" not in policy
        scripts = re.search(r"script-src ([^;]+)", policy)
        assert scripts is not None
        assert "unsafe-inline" not in scripts[1]
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "Strict-Transport-Security" not in headers


@pytest.mark.parametrize("path", ["/login", "/leads", "/account", "/api/charts", "/api/sync/status", "/_dash-layout"])
def test_private_answers_are_kept_nowhere(world: PortalWorld, path: str) -> None:
    assert world.sign_in("viewer@own.example").get(path).headers["Cache-Control"] == "no-store"


def test_files_are_kept_for_a_year(world: PortalWorld) -> None:
    client = world.sign_in("viewer@own.example")
    page = client.get("/leads").text
    addresses = re.findall(r'(?:src|href)="(/[^"]+\.(?:js|css)[^"]*)"', page)
    assert any("bootstrap" in address for address in addresses)
    assert len(addresses) > 5
    for address in [*addresses, plotly_address(world)]:
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert "max-age=31536000" in answer.headers["Cache-Control"], address


def test_dash_gets_the_small_plotly_bundle_where_it_asks_for_the_big_one(world: PortalWorld) -> None:
    client = world.sign_in("viewer@own.example")
    body = client.get(plotly_address(world)).data
    assert len(body) < 2_000_000
    assert b"plotly.js (finance" in body[:300]


def plotly_address(world: PortalWorld) -> str:
    """Return the address that Dash itself works out for plotly.js."""
    from dash import dcc

    dash_app = world.app.extensions["dash"]
    resources = [script for script in dcc._js_dist if "plotly.min.js" in str(script.get("relative_package_path"))]
    with world.app.test_request_context():
        made = dash_app._collect_and_register_resources([{**resources[0], "async": None}])
    assert made
    return str(made[0])


def test_answers_are_compressed_as_the_browser_likes(world: PortalWorld) -> None:
    client = world.visitor()
    for wish in ("zstd", "br", "gzip"):
        answer = client.get("/vendor/bootstrap.min.css", headers={"Accept-Encoding": wish})
        assert answer.headers["Content-Encoding"] == wish
        assert len(answer.data) < 60_000


def test_behind_tls_cookies_and_transport_are_pinned(database_url: str, encryption_key: str) -> None:
    world = make_world(database_url, encryption_key, portal_secure_cookies=True, portal_trusted_proxies=1)
    proxy = {
        "HTTP_X_FORWARDED_PROTO": "https",
        "HTTP_X_FORWARDED_FOR": "203.0.113.9",
        "HTTP_X_FORWARDED_HOST": "portal.example",
    }
    client = world.visitor(**proxy)
    page = client.get("/login", base_url="https://portal.example")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token is not None
    answer = client.post(
        "/login",
        base_url="https://portal.example",
        headers={"Referer": "https://portal.example/login"},
        data={"email": "viewer@own.example", "password": "seven green lanterns", "csrf_token": token[1]},
    )
    assert answer.status_code == 303
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    cookies = answer.headers.getlist("Set-Cookie")
    (session,) = [cookie for cookie in cookies if cookie.startswith("__Host-session=")]
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(session.split("; "))
    assert "Domain" not in session
    home = client.get("/leads", base_url="https://portal.example")
    (csrf,) = [cookie for cookie in home.headers.getlist("Set-Cookie") if cookie.startswith("__Host-csrf=")]
    assert "Secure" in csrf
    assert '"csrf_token_name":"__Host-csrf"' in home.text
    assert world.audit("signed_in")[0].address == "203.0.113.9"
    close_world(world)


def test_without_the_setting_no_proxy_is_believed(world: PortalWorld) -> None:
    world.sign_in("viewer@own.example", HTTP_X_FORWARDED_FOR="203.0.113.9")
    assert world.audit("signed_in")[0].address == "127.0.0.1"


def test_no_answer_leads_to_the_host_that_a_request_names(world: PortalWorld) -> None:
    client = world.sign_in("viewer@own.example")
    answer = client.post("/account/sessions//end", data={"csrf_token": world.csrf_token(client)})
    assert answer.status_code == 405
    assert "Location" not in answer.headers
