"""Ask for a page as the browser does, and read figures, charts and totals off the answer as a reader would."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient

from tests.dash_portal.portal_world import PortalWorld

OUTPUTS = [{"id": "_pages_content", "property": "children"}, {"id": "_pages_store", "property": "data"}]


class AskedPage:
    """A page's answer as plain data."""

    def __init__(self, answer: Any) -> None:
        self.tree = answer

    def components(self, part: Any = None) -> list[dict[str, Any]]:
        """Return all components of the page, each with its type and properties."""
        held = self.tree if part is None else part
        if isinstance(held, list):
            return [component for child in held if child is not None for component in self.components(child)]
        if not isinstance(held, dict) or "props" not in held:
            return []
        return [held, *self.components(held["props"].get("children") or [])]

    def by_id(self, name: str | dict[str, str]) -> dict[str, Any]:
        """Return the properties of the component of that id."""
        return next(part["props"] for part in self.components() if part["props"].get("id") == name)

    def figure(self, name: str) -> str:
        """Return the value of a card."""
        value: str = self.by_id(f"figure-{name}")["data-value"]
        return value

    def chart(self, chart_id: str) -> dict[str, dict[str, Any]]:
        """Return per series of a chart its values by category."""
        data = self.by_id({"type": "chart", "chart": chart_id})["figure"]["data"]
        return {
            trace["name"]: dict(
                zip(*((trace["x"], trace["y"])[:: -1 if trace["orientation"] == "h" else 1]), strict=True)
            )
            for trace in data
        }

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows of the page's table, as far as this page of it goes."""
        grid = next(part for part in self.components() if part["type"] == "AgGrid")
        rows: list[dict[str, Any]] = grid["props"]["rowData"]
        return rows

    def total(self) -> int:
        """Return how many rows the page's table has on all its pages."""
        return int(self.by_id("table-total")["data-total"])


def ask_page(world: PortalWorld, client: FlaskClient, path: str, search: str) -> AskedPage:
    """Return the page of a link."""
    body = {
        "output": ".._pages_content.children..._pages_store.data..",
        "outputs": OUTPUTS,
        "inputs": [
            {"id": "_pages_location", "property": "pathname", "value": path},
            {"id": "_pages_location", "property": "search", "value": search},
        ],
        "changedPropIds": ["_pages_location.search"],
    }
    headers = {"X-CSRFToken": world.csrf_token(client)}
    answer = client.post("/_dash-update-component", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    return AskedPage(answer.json["response"]["_pages_content"]["children"])
