"""What every page of the agency stands in: its header with tabs and the brand switcher, its style and its script."""

from __future__ import annotations

from typing import Any, Final

from flask import render_template, request

from dash_portal.brand_access import current_viewer, require_role, selectable_brands
from models import Role

TABS: Final = (
    ("/agency/sync", "Sync health"),
    ("/agency/brands", "Brands"),
    ("/agency/users", "People"),
    ("/agency/audit", "Audit log"),
)


_PAGE_DIGITS: Final = 6


def asked_page() -> int:
    """Return which page of a list the address asks for, from 1; anything but a number of six digits is the first."""
    text = request.args.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) <= _PAGE_DIGITS else 1


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
        **parts,
    )
