from __future__ import annotations

import json
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.dash_portal.portal_world import PortalWorld


@pytest.fixture(params=["sqlite"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """A request's shape is judged before any database is asked."""
    return str(request.param)


ROUTER = ".._pages_content.children..._pages_store.data.."
GOOD: dict[str, Any] = {
    "output": ROUTER,
    "outputs": [
        {"id": "_pages_content", "property": "children"},
        {"id": "_pages_store", "property": "data"},
    ],
    "inputs": [
        {"id": "_pages_location", "property": "pathname", "value": "/leads"},
        {"id": "_pages_location", "property": "search", "value": ""},
    ],
    "changedPropIds": ["_pages_location.pathname"],
}


def send(world: PortalWorld, body: object, *, token: bool = True, raw: bytes | None = None) -> TestResponse:
    client = world.sign_in("viewer@own.example")
    headers = {"X-CSRFToken": world.csrf_token(client)} if token else {}
    data = raw if raw is not None else json.dumps(body).encode()
    return client.post("/_dash-update-component", data=data, content_type="application/json", headers=headers)


def test_a_page_comes_through_its_callback(world: PortalWorld) -> None:
    answer = send(world, GOOD)
    assert answer.status_code == 200
    assert "Own Brand" in answer.text


def test_a_callback_without_the_token_is_refused(world: PortalWorld) -> None:
    answer = send(world, GOOD, token=False)
    assert answer.status_code == 400
    assert set(answer.json or {}) == {"error"}


@pytest.mark.parametrize("slug", ["other", "shut", "no-such-brand"])
def test_another_brand_in_the_pages_address_is_refused(world: PortalWorld, slug: str) -> None:
    inputs = [GOOD["inputs"][0], {**GOOD["inputs"][1], "value": f"?brand={slug}"}]
    answer = send(world, {**GOOD, "inputs": inputs})
    assert answer.status_code == 403
    assert "Brand" not in answer.text


def changed(**changes: Any) -> dict[str, Any]:
    return {**GOOD, **changes}


def with_path(**changes: Any) -> dict[str, Any]:
    return {**GOOD, "inputs": [{**GOOD["inputs"][0], **changes}, GOOD["inputs"][1]]}


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "text",
        7,
        {},
        {"output": None},
        {"output": "no-such.output"},
        {"output": "_pages_dummy.children", "inputs": [{"id": "_pages_store", "property": "data"}], "outputs": {}},
        changed(inputs=None),
        changed(inputs=[]),
        changed(inputs=GOOD["inputs"] * 2),
        changed(inputs=list(reversed(GOOD["inputs"]))),
        changed(outputs=None),
        changed(outputs=[{"id": "other", "property": "children"}] * 2),
        changed(outputs=[None, None]),
        changed(state=[{"id": "x", "property": "y"}]),
        changed(changedPropIds="x"),
        changed(changedPropIds=[None]),
        changed(changedPropIds=["x"] * 1000),
        with_path(value=None, id=None),
        with_path(value={"a": 1}),
        with_path(value=7),
        with_path(value="leads"),
        with_path(value="["),
        with_path(id=["x"]),
        with_path(property="children"),
        with_path(value="\ud800"),
        with_path(value="/leads\x00"),
        {**GOOD, "inputs": [GOOD["inputs"][0], {**GOOD["inputs"][1], "value": "?q=" + "x" * 501}]},
        {**GOOD, "inputs": [GOOD["inputs"][0], {**GOOD["inputs"][1], "value": "?" + "&".join(["q=1"] * 101)}]},
    ],
)
def test_what_is_no_callback_of_the_portal_is_refused(world: PortalWorld, body: object) -> None:
    answer = send(world, body)
    assert answer.status_code == 400
    assert set(answer.json or {}) == {"error"}


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[" * 100_000, b'{"output": NaN}', b"\xff\xfe", b'{"a":' * 60 + b"1" + b"}" * 60]
)
def test_what_can_not_be_read_is_refused(world: PortalWorld, raw: bytes) -> None:
    assert send(world, None, raw=raw).status_code == 400
