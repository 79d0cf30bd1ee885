"""Dashboards are answered without Dash's help: what is sent must be what Dash itself would have sent."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from dash_portal.dashboards.answers import ANSWERS
from dash_portal.page_answers import PAGE_CONTENT
from dash_portal.ui.page import PAGES, view_outputs
from tests.dash_portal.portal_world import PortalWorld
from tests.pages.asked_pages import OUTPUTS

QUERIES = {"/leads": "?q=a&source=Facebook", "/pipeline": "?stage=New+Lead", "/notes": "?q=x", "/schedule": "?page=2"}


def page_call(path: str, search: Any = "") -> dict[str, Any]:
    return {
        "output": PAGE_CONTENT,
        "outputs": OUTPUTS,
        "inputs": [
            {"id": "_pages_location", "property": "pathname", "value": path},
            {"id": "_pages_location", "property": "search", "value": search},
        ],
        "changedPropIds": ["_pages_location.pathname"],
    }


def view_call(path: str, query: str) -> dict[str, Any]:
    page = PAGES[path]
    outputs = [{"id": name, "property": prop} for name, prop in view_outputs(page)]
    names = "...".join(f"{name}.{prop}" for name, prop in view_outputs(page))
    return {
        "output": f"..{names}..",
        "outputs": outputs,
        "inputs": [{"id": f"{page.name}-view", "property": "data", "value": query}],
        "changedPropIds": [f"{page.name}-view.data"],
    }


def ask(world: PortalWorld, client: FlaskClient, body: dict[str, Any]) -> Any:
    headers = {"X-CSRFToken": world.csrf_token(client)}
    answer = client.post("/_dash-update-component", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return json.loads(answer.data)


def without_moments(tree: Any) -> Any:
    """Leave out what grows with every second."""
    if isinstance(tree, dict):
        return {name: without_moments(one) for name, one in tree.items() if name not in {"data-stamp", "data-age"}}
    return [without_moments(one) for one in tree] if isinstance(tree, list) else tree


@pytest.mark.parametrize("path", list(PAGES))
@pytest.mark.parametrize("kind", ["page", "view"])
def test_it_is_what_dash_would_have_sent(marked: PortalWorld, path: str, kind: str) -> None:
    client = marked.sign_in("viewer@own.example")
    search = QUERIES.get(path, "")
    body = page_call(path, search) if kind == "page" else view_call(path, search)
    sent = ask(marked, client, body)
    hooks = marked.app.before_request_funcs[None]
    ours = next(hook for hook in hooks if hook.__module__ == "dash_portal.page_answers")
    hooks.remove(ours)
    assert without_moments(sent) == without_moments(ask(marked, client, body))
    assert len(json.dumps(sent)) > 500


def test_what_is_known_belongs_to_one_brand(marked: PortalWorld) -> None:
    ANSWERS.forget()
    first = ask(marked, marked.sign_in("viewer@own.example"), page_call("/leads"))
    second = ask(marked, marked.sign_in("viewer@other.example"), page_call("/leads"))
    assert "gold-own" in json.dumps(first)
    assert "gold-own" not in json.dumps(second)
    assert "gold-other" in json.dumps(second)


@pytest.mark.parametrize("search", [None, "", "?brand=&q=%00" + "a" * 10, "nonsense", "?&&=="])
def test_odd_searches_are_survived(marked: PortalWorld, search: Any) -> None:
    client = marked.sign_in("viewer@own.example")
    headers = {"X-CSRFToken": marked.csrf_token(client)}
    answer = client.post("/_dash-update-component", json=page_call("/leads", search), headers=headers)
    assert answer.status_code in {200, 400}
    assert answer.status_code == 400 or "_pages_content" in answer.text
