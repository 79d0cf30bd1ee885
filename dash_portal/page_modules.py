"""Load the pages and register their callbacks with a Dash application.

Dash keeps pages and callbacks in globals of its own, which the first application uses up. A copy is kept here, so that
a process can make more than one application (tests do).
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path
from typing import Any, Final

import dash
from dash import _callback

_PAGES: Final = Path(__file__).parents[1] / "pages"
_kept: dict[str, Any] = {}


def load_pages() -> None:
    """Import every module of `pages/` and hand its layout and callbacks to the application made last."""
    for module in pkgutil.iter_modules([str(_PAGES)]):
        importlib.import_module(f"pages.{module.name}")
    for page in dash.page_registry.values():
        page.setdefault("layout", None)
        if page["layout"] is None:
            page["layout"] = sys.modules[page["module"]].layout
    if not _kept:
        _kept["callbacks"] = list(_callback.GLOBAL_CALLBACK_LIST)
        _kept["map"] = dict(_callback.GLOBAL_CALLBACK_MAP)
        _kept["scripts"] = list(_callback.GLOBAL_INLINE_SCRIPTS)
        return
    _callback.GLOBAL_CALLBACK_LIST[:] = _kept["callbacks"]
    _callback.GLOBAL_CALLBACK_MAP.clear()
    _callback.GLOBAL_CALLBACK_MAP.update(_kept["map"])
    _callback.GLOBAL_INLINE_SCRIPTS[:] = _kept["scripts"]


def page_paths() -> frozenset[str]:
    """Return the paths of all pages."""
    return frozenset(page["path"] for page in dash.page_registry.values())
