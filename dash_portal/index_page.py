"""The HTML document around the application: the theme before the first paint, a skeleton until the data is there."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any, Final

from dash import Dash

from dash_portal.served_files import ASSETS, asset_url, vendor_url

FIRST_SCRIPT: Final = "first/screen.js"
NAMED_HERE: Final = r"\.js$"
"""Assets that Dash must not name a second time (a pattern of file names)."""
STARTS_DASH: Final = 'addEventListener("DOMContentLoaded", () => new DashRenderer());'
"""Dash starts when the modules before it have run."""

_LOADED_BY_CHARTS: Final = (
    "/_dash-component-suites/dash/dcc/async-graph.js",
    "/_dash-component-suites/plotly/package_data/plotly.min.js",
)
"""What the first chart of a visit asks for, which no document names."""
_LOADED_BY_TABLES: Final = ("/_dash-component-suites/dash_ag_grid/async-community.js",)
"""What the first table of a visit asks for, likewise."""


def own_modules() -> list[dict[str, Any]]:
    """Return the portal's own scripts for `Dash(external_scripts=...)`: as modules, each with names of its own."""
    return [{"src": asset_url(file.name), "type": "module"} for file in sorted(ASSETS.glob("*.js"))]


def index_string() -> str:
    """Return the document, with Dash's own places in it; it holds no data."""
    return f"""<!DOCTYPE html>
<html lang="en" data-echarts="{vendor_url("echarts.min.js")}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{{%title%}}</title>
<link rel="icon" href="data:,">
<script src="{asset_url(FIRST_SCRIPT)}"></script>
<link rel="stylesheet" href="{vendor_url("bootstrap.min.css")}">
{{%css%}}
</head>
<body>
<noscript>
<h1>The dashboards need JavaScript</h1>
<p>Please allow it for this address in your browser, then load the page again.</p>
<p><a href="/account">Your account</a> works without it.</p>
</noscript>
{{%app_entry%}}
<footer>{{%config%}}{{%scripts%}}{{%renderer%}}</footer>
</body>
</html>"""


def first_files(dash_app: Dash) -> tuple[str, ...]:
    """Return the addresses of what a first dashboard loads, in that order; none of it holds data."""
    reader = _Addresses()
    with dash_app.server.test_request_context("/leads"):
        reader.feed(dash_app.index())
    return (*reader.addresses, *_LOADED_BY_CHARTS, *_LOADED_BY_TABLES)


class _Addresses(HTMLParser):
    """Gathers what a document loads."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        address = dict(attrs).get({"script": "src", "link": "href"}.get(tag, "")) or ""
        if address.startswith("/"):
            self.addresses.append(address)
