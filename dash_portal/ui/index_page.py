"""The HTML document around the application: the theme before the first paint, a skeleton until the data is there."""

from __future__ import annotations

import re
from typing import Any, Final

from dash import Dash
from flask import request

from dash_portal.served_files import asset_url, vendor_url

THEME_SCRIPT: Final = "first/theme.js"
NAMED_BY_THE_DOCUMENT: Final = r"^theme\.js$"
"""Assets that Dash must not name a second time (a pattern of file names)."""
_WITH_THE_TABLE: Final = "/notes"
_TABLE_ENGINE: Final = re.compile(r'<script src="(/[^"]+/)dash_ag_grid(\.[^."]+)\.min\.js"></script>')
"""The tag of the table engine's first file: its folder, and the mark of its version."""
_NEVER_NEEDED: Final = ("/dash_table/",)
"""Dash's old table, which no page has."""


_WITH_CHARTS: Final = "/leads"
_LOADED_BY_CHARTS: Final = (
    "/_dash-component-suites/dash/dcc/async-graph.js",
    "/_dash-component-suites/plotly/package_data/plotly.min.js",
)
"""What the first chart of a visit asks for, which no document names."""
_ADDRESS: Final = re.compile(r'(?:src|href)="(/[^"]+)"')

_DOCUMENT = """<!DOCTYPE html>
<html lang="en" data-echarts="{echarts}" data-table-engine="{table_engine}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="icon" href="data:,">
<script src="{theme}"></script>
<link rel="stylesheet" href="{bootstrap}">
{css}
</head>
<body>
<div id="react-entry-point"><div class="skeleton" role="status"><span class="visually-hidden">Loading</span></div></div>
<noscript>This portal needs JavaScript.</noscript>
<footer>{config}{scripts}{renderer}</footer>
</body>
</html>"""


class PortalDash(Dash):
    """Dash with a document of our own. The table engine is part of it only where its table is."""

    def interpolate_index(self, **parts: Any) -> str:  # type: ignore[override]
        """Return the document for the page that is asked for; it holds no data."""
        scripts = "".join(tag for tag in _tags(parts["scripts"]) if not any(path in tag for path in _NEVER_NEEDED))
        engine = _table_engine(scripts)
        tags = "".join(f'<script src="{address}"></script>' for address in engine)
        scripts = _TABLE_ENGINE.sub(tags if request.path == _WITH_THE_TABLE else "", scripts)
        return _DOCUMENT.format(
            title=parts["title"],
            theme=asset_url(THEME_SCRIPT),
            echarts=vendor_url("echarts.min.js"),
            table_engine=" ".join(engine),
            bootstrap=vendor_url("bootstrap.min.css"),
            css=parts["css"],
            config=parts["config"],
            scripts=scripts,
            renderer=parts["renderer"],
        )

    def first_files(self) -> tuple[str, ...]:
        """Return the addresses of what a first dashboard with charts loads, in that order; none of it holds data."""
        with self.server.test_request_context(_WITH_CHARTS):
            document = self.index()  # type: ignore[no-untyped-call]
        return (*_ADDRESS.findall(document), *_LOADED_BY_CHARTS)


def _tags(scripts: str) -> list[str]:
    return [f"{tag}</script>" for tag in scripts.split("</script>") if tag.strip()]


def _table_engine(scripts: str) -> tuple[str, ...]:
    """Return the addresses of the table engine: what Dash names, and what that would ask for when it is first used."""
    named = _TABLE_ENGINE.search(scripts)
    if named is None:
        return ()
    folder, mark = named.groups()
    return (f"{folder}dash_ag_grid{mark}.min.js", f"{folder}async-community{mark}.js")
