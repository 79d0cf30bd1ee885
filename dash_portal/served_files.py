"""Vendored front-end files, and the small Plotly bundle on the exact path where Dash asks for the big one."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Final

from dash.fingerprint import check_fingerprint
from flask import Blueprint, Response, abort, request, send_from_directory

_VENDOR: Final = Path(__file__).parent / "vendor"
_STATIC: Final = Path(__file__).parent / "static"
_ASSETS: Final = Path(__file__).parent / "assets"
_SERVED: Final = frozenset({"bootstrap.min.css", "echarts.min.js"})
_PLOTLY: Final = "plotly-finance.min.js"
_YEAR: Final = 31_536_000

blueprint = Blueprint("served_files", __name__)


def vendor_url(name: str) -> str:
    """Return the address of a vendored file; it changes with the file, so that browsers may keep it for a year."""
    return f"/vendor/{name}?v={_mark(_VENDOR / name)}"


def static_url(name: str) -> str:
    """Return the address of a file of the sign-in pages; it changes with the file."""
    return f"/static/{name}?v={_mark(_STATIC / name)}"


def asset_url(name: str) -> str:
    """Return the address of one of the dashboards' own scripts and styles; it changes with the file."""
    return f"/assets/{name}?v={_mark(_ASSETS / name)}"


@blueprint.get("/vendor/<name>")
def vendor(name: str) -> Response:
    """Serve one vendored file."""
    if name not in _SERVED:
        abort(404)
    known = request.args.get("v") == _mark(_VENDOR / name)
    return send_from_directory(_VENDOR, name, max_age=_YEAR if known else 0)


@blueprint.get("/_dash-component-suites/plotly/<path:fingerprinted>")
def plotly(fingerprinted: str) -> Response:
    """Serve the bundle that holds just the charts in use: a third of the full one."""
    path, _has_fingerprint = check_fingerprint(fingerprinted)  # type: ignore[no-untyped-call]
    if path != "package_data/plotly.min.js":
        abort(404)
    return send_from_directory(_VENDOR, _PLOTLY, max_age=_YEAR)


@lru_cache(maxsize=32)
def _mark(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
