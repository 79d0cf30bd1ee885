"""Dashboards are answered here, before Dash would: what is finished is sent as it is.

Dash would take the answer apart, look at each piece and make JSON of it anew for every request: half of the work of a
page that is known. The request was checked like any other callback's (`callback_requests.py`) before it comes here.
"""

from __future__ import annotations

from typing import Any, Final

from flask import Flask, Response, request

from dash_portal.callback_requests import PATH
from dash_portal.ui.page import PAGES, Page, changes_json, page_json, view_outputs
from dash_portal.view import View

PAGE_CONTENT: Final = ".._pages_content.children..._pages_store.data.."


def init_app(app: Flask) -> None:
    """Answer for the dashboards; every other callback goes on to Dash. Comes after the check of callbacks."""
    by_output = {_callback_name(page): page for page in PAGES.values()}

    @app.before_request
    def _answer() -> Response | None:
        if request.path != PATH or request.method != "POST":
            return None
        asked = request.get_json()
        if asked["output"] == PAGE_CONTENT:
            return _page(asked["inputs"])
        page = by_output.get(asked["output"])
        return None if page is None else _sent(changes_json(page, asked["inputs"][0].get("value")))


def _page(inputs: Any) -> Response | None:
    values = {one["property"]: one.get("value") for one in inputs}
    page = PAGES.get(f"/{str(values['pathname']).strip('/')}")
    if page is None:
        return None
    view = View.parsed(page.path, values.get("search"))
    return _sent(
        f'{{"_pages_content":{{"children":{page_json(page, view)}}},'
        f'"_pages_store":{{"data":{{"title":"{page.title}"}}}}}}'
    )


def _sent(response: str) -> Response:
    return Response(f'{{"multi":true,"response":{response}}}', mimetype="application/json")


def _callback_name(page: Page) -> str:
    """Return the name that Dash gives to the callback of a page's view."""
    outputs = (f"{name}.{prop}" for name, prop in view_outputs(page))
    return f"..{'...'.join(outputs)}.."
