"""What every page of the agency stands in: its header with tabs and the brand switcher, its style and its script."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from flask import render_template, request

from dash_portal.brand_access import current_viewer, require_role, selectable_brands
from models import Role

_ASSETS: Final = Path(__file__).parents[1] / "assets"

TABS: Final = (
    ("/agency/sync", "Sync health"),
    ("/agency/brands", "Brands"),
    ("/agency/users", "People"),
    ("/agency/audit", "Audit log"),
)


def page(template: str, **parts: Any) -> str:
    """Return a page of the agency. Raises RoleForbiddenError for anyone else."""
    require_role(Role.AGENCY_ADMIN)
    tab = next((path for path, _ in TABS if request.path.startswith(path)), "")
    viewer = current_viewer()
    return render_template(
        f"agency/{template}",
        viewer=viewer,
        initials="".join(word[0] for word in (viewer.name or viewer.email).split()[:2]).upper(),
        tabs=TABS,
        current_tab=tab,
        brands=selectable_brands(),
        asset_url=asset_url,
        **parts,
    )


def asset_url(name: str) -> str:
    """Return the address of one of the dashboards' own files; it changes with the file."""
    return f"/assets/{name}?v={_mark(_ASSETS / name)}"


@lru_cache(maxsize=32)
def _mark(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
