"""Vendored front-end files, and the small Plotly bundle on the exact path where Dash asks for the big one.

Scripts and styles are compressed as hard as it goes, once in a process: they are most of a first visit's weight.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

import brotli
from backports import zstd
from dash.fingerprint import check_fingerprint
from flask import Blueprint, Flask, Response, abort, request, send_from_directory

_VENDOR: Final = Path(__file__).parent / "vendor"
_STATIC: Final = Path(__file__).parent / "static"
ASSETS: Final = Path(__file__).parent / "assets"
_SERVED: Final = frozenset({"bootstrap.min.css", "echarts.min.js", "htmx.min.js"})
_PLOTLY: Final = "plotly-finance.min.js"
_YEAR: Final = 31_536_000
ZSTD_LEVEL = 19
"""How hard scripts and styles are compressed: harder makes none of them smaller."""

blueprint = Blueprint("served_files", __name__)


def vendor_url(name: str) -> str:
    """Return the address of a vendored file; it changes with the file, so that browsers may keep it for a year."""
    return f"/vendor/{name}?v={_mark(_VENDOR / name)}"


def static_url(name: str) -> str:
    """Return the address of a file of the sign-in pages; it changes with the file."""
    return f"/static/{name}?v={_mark(_STATIC / name)}"


def asset_url(name: str) -> str:
    """Return the address of one of the dashboards' own scripts and styles; it changes with the file."""
    return f"/assets/{name}?v={_mark(ASSETS / name)}"


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
    path, _has_fingerprint = check_fingerprint(fingerprinted)
    if path != "package_data/plotly.min.js":
        abort(404)
    return send_from_directory(_VENDOR, _PLOTLY, max_age=_YEAR)


@lru_cache(maxsize=32)
def _mark(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def init_app(app: Flask) -> None:
    """Compress scripts and styles here, so that what compresses the other answers finds them done."""
    app.after_request(_compress)


def _compress(response: Response) -> Response:
    if request.method != "GET" or response.status_code != 200 or response.mimetype not in _COMPRESSED:
        return response
    encoding = next((name for name in _HARDEST if request.accept_encodings.quality(name)), "")
    if not encoding or "Content-Encoding" in response.headers:
        return response
    response.direct_passthrough = False
    response.set_data(_compressed(response.get_data(), encoding))
    response.content_encoding = encoding
    response.vary.add("Accept-Encoding")
    return response


@lru_cache(maxsize=256)
def _compressed(content: bytes, encoding: str) -> bytes:
    return _HARDEST[encoding](content)


_COMPRESSED: Final = frozenset({"text/css", "text/javascript", "application/javascript"})
_HARDEST: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "zstd": lambda content: zstd.compress(content, ZSTD_LEVEL),
    "br": lambda content: brotli.compress(content, quality=9),  # at 11 the first one would wait for seconds
    "gzip": lambda content: gzip.compress(content, 9, mtime=0),
}
"""Ways to compress by their names, the best first."""
