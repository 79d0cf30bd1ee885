"""Thousands of generated requests against every page, API call, callback and form: plain answers, never a 500.

The examples are derived from the test's own text, so that every run asks the same; with HOSTILE_EXAMPLES=5000 in the
environment it asks that many new ones.
"""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update
from werkzeug.test import TestResponse

from database import AgencySession
from models import SignInFailure, Tenant, TenantStatus, User
from tests.conftest import on_both_databases
from tests.dash_portal.portal_world import PortalWorld, password_hash
from tests.security.test_isolation import _outputs, filled_in, kind_of

PAYLOADS = (
    "<script>zqx(1)</script>",
    '"><img src=x onerror=zqx(1)>',
    "javascript:zqx(1)",
    "' OR '1'='1",
    "'; DROP TABLE leads; --",
    "%' ESCAPE '",
    "{{7*7}}${7*7}",
    "%s%n%x",
    "../../../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "\x00",
    "a\x00b",
    "\r\nX-Evil: 1",
    "\u202ereversed",
    "\ufeff",
    "\u0130\u0131\u017f\u212a",
    "😀" * 50,
    "x" * 400,
    "x" * 5000,
    "-1",
    "0",
    "1e309",
    "NaN",
    "99999999999999999999999999",
    "null",
    "true",
    "[]",
    "%",
    "_",
    "\\",
    "own",
    "other",
    "-created",
    "gold-other-zq",
)
PARAMETERS = (
    "brand",
    "next",
    "source",
    "status",
    "stage",
    "q",
    "sort",
    "page",
    "lead",
    "deal",
    "note",
    "client",
    "contact",
    "author",
    "kind",
    "open",
    "density",
    "format",
    "done",
    "theme",
    "run",
    "from",
    "to",
    "id",
    "",
    "__class__",
    "self",
    "args",
    "layout",
)
FIELDS = (
    "email",
    "password",
    "again",
    "current",
    "name",
    "code",
    "next",
    "role",
    "tenant",
    "tenant_id",
    "slug",
    "timezone",
    "accent_colour",
    "web_key",
    "accept",
    "user_id",
    "csrf_token",
    "starting",
    "theme",
)
PEOPLE = ("viewer@own.example", "admin@own.example", "agency@mellon.example", None)

texts = st.one_of(st.sampled_from(PAYLOADS), st.text(max_size=30))
queries = st.lists(st.tuples(st.sampled_from(PARAMETERS), texts), max_size=5)
forms = st.dictionaries(st.sampled_from(FIELDS), texts, max_size=6)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(
                st.sampled_from(("brand", "query", "resources", "version", "sort", "points", "x")),
                st.text(max_size=5),
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=8,
)
PAGES = ("/leads", "/pipeline", "/hot-list", "/notes", "/schedule", "/", "/agency/sync", "/nope")

often = settings(
    max_examples=int(os.environ.get("HOSTILE_EXAMPLES", "300")),
    deadline=None,
    derandomize="HOSTILE_EXAMPLES" not in os.environ,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


class Browsers:
    """A signed-in browser for each kind of person, made anew when a request has ended its session."""

    def __init__(self, world: PortalWorld) -> None:
        self._world = world
        self._clients: dict[str | None, tuple[FlaskClient, str]] = {}
        self._made = 0

    def of(self, email: str | None) -> tuple[FlaskClient, str]:
        """Return the browser and its token."""
        if email not in self._clients:
            self._make_everything_right()
            self._made += 1
            address = f"10.0.{self._made // 250}.{self._made % 250}"
            made = self._world
            client = made.sign_in(email, REMOTE_ADDR=address) if email else made.visitor(REMOTE_ADDR=address)
            self._clients[email] = (client, self._world.csrf_token(client))
        return self._clients[email]

    def check(self, email: str | None) -> None:
        """Forget the browser if it is signed in no more, or, without anyone, has another token now."""
        if email is None or self._clients[email][0].get("/account").status_code != 200:
            self._clients.pop(email, None)

    def _make_everything_right(self) -> None:
        """Undo what the requests may well do: suspending, renaming, deactivating, throttling, second steps."""
        with AgencySession(self._world.engine, writes=True) as session:
            session.execute(update(Tenant).values(status=TenantStatus.ACTIVE))
            session.execute(update(User).values(active=True, password_hash=password_hash(), totp_confirmed_at=None))
            session.execute(delete(SignInFailure))
            session.commit()


def assert_plain(answer: TestResponse, request: object) -> None:
    text = answer.data.decode(errors="replace")
    assert answer.status_code < 500, request
    assert "Traceback" not in text, request
    assert "sqlalchemy" not in text.lower(), request
    assert "X-Evil" not in answer.headers, request
    if answer.mimetype == "text/html":
        assert "<script>zqx" not in text, request
        assert "<img src=x onerror" not in text, request
        assert 'href="javascript:' not in text, request
    if "Location" in answer.headers:
        assert answer.headers["Location"].startswith("/"), request
        assert not answer.headers["Location"].startswith("//"), request


def test_no_link_or_form_breaks_the_portal(marked: PortalWorld) -> None:
    rules = sorted(
        {(rule.rule, method) for rule in marked.app.url_map.iter_rules() for method in rule.methods or ()}
        | {(path, "GET") for path in PAGES}
    )
    browsers = Browsers(marked)

    @often
    @given(st.sampled_from(rules), st.lists(texts, min_size=3, max_size=3), queries, forms, st.sampled_from(PEOPLE))
    def ask(
        rule: tuple[str, str],
        parts: list[str],
        query: list[tuple[str, str]],
        form: dict[str, str],
        email: str | None,
    ) -> None:
        path, method = rule
        client, token = browsers.of(email)
        for part in parts:
            before, bracket, rest = path.partition("<")
            if bracket:
                path = before + quote(part, safe="") + rest.partition(">")[2]
        address = path + "?" + "&".join(f"{quote(name)}={quote(value)}" for name, value in query)
        data = {"csrf_token": token} | form if method not in {"GET", "HEAD", "OPTIONS"} else None
        assert_plain(client.open(address, method=method, data=data, buffered=True), (email, method, address, data))
        if method == "POST":
            browsers.check(email)

    ask()


def test_no_callback_body_breaks_the_portal(marked: PortalWorld) -> None:
    callbacks = {
        output: registered
        for output, registered in marked.app.extensions["dash"].callback_map.items()
        if "callback" in registered
    }
    browsers = Browsers(marked)

    def value_of(kind: str) -> st.SearchStrategy[Any]:
        if kind == "path":
            return st.one_of(st.sampled_from(PAGES), texts, values)
        if kind == "search":
            made = queries.map(lambda query: "?" + "&".join(f"{quote(name)}={quote(value)}" for name, value in query))
            return st.one_of(made, texts, values)
        if kind == "shown":
            ages = st.fixed_dictionaries({"brand": st.one_of(texts, values), "resources": values})
            return st.one_of(ages, values)
        made = queries.map(lambda query: "&".join(f"{quote(name)}={quote(value)}" for name, value in query))
        return st.one_of(made, texts, values)

    @often
    @given(st.data(), st.sampled_from(sorted(callbacks)), st.sampled_from(PEOPLE[:3]))
    def ask(data: st.DataObject, output: str, email: str) -> None:
        registered = callbacks[output]
        specs = [*registered["inputs"], *registered["state"]]
        filled = [filled_in(spec, data.draw(value_of(kind_of(output, spec)))) for spec in specs]
        count = len(registered["inputs"])
        body = {
            "output": output,
            "outputs": _outputs(output),
            "inputs": filled[:count],
            "state": filled[count:],
            "changedPropIds": [f"{spec['id']}.{spec['property']}" for spec in registered["inputs"]],
        }
        client, token = browsers.of(email)
        answer = client.post(
            "/_dash-update-component",
            data=json.dumps(body),
            content_type="application/json",
            headers={"X-CSRFToken": token},
        )
        assert_plain(answer, (email, body))

    ask()


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_no_made_up_body_breaks_the_portal(marked: PortalWorld) -> None:
    """They are all refused before a row is asked for."""
    client, token = Browsers(marked).of("viewer@own.example")
    keys = st.sampled_from(("output", "outputs", "inputs", "state", "changedPropIds", "cancelJob", "x"))
    outputs = st.sampled_from(sorted(marked.app.extensions["dash"].callback_map))
    bodies = st.one_of(values, st.dictionaries(keys, st.one_of(values, outputs), max_size=7), st.binary(max_size=50))

    @often
    @given(bodies)
    def ask(body: Any) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body)
        answer = client.post(
            "/_dash-update-component",
            data=data,
            content_type="application/json",
            headers={"X-CSRFToken": token},
        )
        assert answer.status_code in {400, 403}, body
        assert_plain(answer, body)

    ask()


HEADERS: list[dict[str, str]] = [
    {"Host": "evil.example"},
    {"X-Forwarded-Host": "evil.example"},
    {"Cookie": "session=" + "x" * 3000},
    {"Cookie": 'session=eyJfdXNlcl9pZCI6IjEifQ.aaaa.bbbb; _csrf_token="'},
    {"Content-Type": "application/json; charset=nonsense"},
    {"Accept-Encoding": "\x7f, gzip;q=x"},
    {"Range": "bytes=99999-1"},
    {"If-Modified-Since": "yesterday"},
    {"If-None-Match": '"'},
    {"User-Agent": "<script>zqx(1)</script>" + "x" * 5000},
]


@pytest.mark.parametrize(
    ("database_kind", "headers"),
    on_both_databases(HEADERS, lambda headers: "User-Agent" in headers),  # of all headers only that one is stored
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_no_header_breaks_the_portal(world: PortalWorld, headers: dict[str, str]) -> None:
    for path in ("/login", "/leads", "/api/charts", "/vendor/bootstrap.min.css", "/assets/requests.js"):
        answer = world.visitor().get(path, headers=headers)
        assert_plain(answer, (path, headers))
        assert "evil.example" not in str(answer.headers) + answer.data.decode(errors="replace")
    client = world.sign_in("viewer@own.example", HTTP_USER_AGENT=headers.get("User-Agent", "x"))
    assert_plain(client.get("/account"), headers)
