"""What a process knows of one brand is never another's, and a changed view is what the page would have been made as."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from dash_portal.dashboards.answers import ANSWERS
from tests.dash_portal.portal_world import PortalWorld
from tests.pages.asked_pages import ask_page
from tests.security.test_isolation import PAGES, _outputs, filled_in

QUERIES = {
    "/leads": "q=gold&source=grip-own-zq",
    "/pipeline": "stage=grip-own-zq",
    "/hot-list": "sort=iff",
    "/notes": "q=gold",
    "/schedule": "size=50",
}


def change(world: PortalWorld, client: FlaskClient, path: str, query: str) -> dict[str, dict[str, Any]]:
    """Return what a changed view changes: properties by the id of their component."""
    name = f'{{"page":"{path[1:]}","type":"view"}}'
    callbacks = world.app.extensions["dash"].callback_map
    output = next(key for key, known in callbacks.items() if [spec["id"] for spec in known["inputs"]] == [name])
    body = {
        "output": output,
        "outputs": _outputs(output),
        "inputs": [filled_in({"id": name, "property": "data"}, query)],
        "state": [filled_in(spec, None) for spec in callbacks[output]["state"]],
        "changedPropIds": [f"{name}.data"],
    }
    answer = client.post("/_dash-update-component", json=body, headers={"X-CSRFToken": world.csrf_token(client)})
    assert answer.status_code == 200, answer.text
    changed: dict[str, dict[str, Any]] = json.loads(answer.data)["response"]
    return changed


@pytest.mark.parametrize("path", PAGES)
def test_a_changed_view_shows_what_the_page_made_of_its_link_shows(marked: PortalWorld, path: str) -> None:
    client = marked.sign_in("viewer@own.example")
    made = ask_page(marked, client, path, f"?{QUERIES[path]}")
    changed = change(marked, client, path, QUERIES[path])
    assert len(changed) >= 4
    for name, properties in changed.items():
        if '"type":"shown"' in name:
            continue  # how old the data is grows with every second
        held = made.by_id(json.loads(name) if name.startswith("{") else name)
        assert {prop: held.get(prop) for prop in properties} == properties


def test_what_is_known_belongs_to_one_brand(marked: PortalWorld) -> None:
    ANSWERS.forget()
    for path in PAGES:
        first = ask_page(marked, marked.sign_in("viewer@own.example"), path, "")
        second = ask_page(marked, marked.sign_in("viewer@other.example"), path, "")
        assert "gold-own" in json.dumps(first.tree)
        assert "gold-own" not in json.dumps(second.tree)
        assert "gold-other" in json.dumps(second.tree)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_few_components(marked: PortalWorld, path: str) -> None:
    """Dash looks at each of its components at every step of every callback."""
    page = ask_page(marked, marked.sign_in("viewer@own.example"), path, "")
    assert 30 < len(page.components()) <= 150
