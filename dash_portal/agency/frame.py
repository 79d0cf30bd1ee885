"""What every page of the agency stands in: its header with tabs and the brand switcher, its style and its script."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from flask import Response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from dash_portal.accounts.rights_table import Capability
from dash_portal.agency.drawn import drawn
from dash_portal.agency_tabs import AGENCY_TABS
from dash_portal.brand_access import Brand, Viewer, current_viewer, initials, require_agency, selectable_brands
from dash_portal.security import asked_by_htmx
from models import TenantStatus

MENU_BRANDS: Final = 50
"""How many brands the menu of every page holds; beyond them, one types a part of the name."""


def tabs_of(viewer: Viewer) -> tuple[tuple[str, str], ...]:
    """Return the tabs (address, words) that this person may open."""
    return tuple((path, words) for path, words, capability in AGENCY_TABS if capability in viewer.agency_rights)


def may(capability: str) -> bool:
    """Tell whether this person may do what is called so in `Capability`: templates ask, to offer nothing in vain."""
    return Capability[capability] in current_viewer().agency_rights


def go_to(address: str) -> ResponseReturnValue:
    """Send the browser on after a change: a form that htmx sent is left like any other."""
    if asked_by_htmx():
        return Response(status=204, headers={"HX-Redirect": address})
    return redirect(address, code=303)


def viewers_zone() -> str:
    """Return the zone in which this person reads times: their own, or UTC while they have chosen none."""
    return current_viewer().own_zone or "UTC"


def brand_menu(brands: Sequence[Brand]) -> Markup:
    """Return the list of brands to open, drawn once for as long as they are called so: it stands on every page."""
    suspended, brands = TenantStatus.SUSPENDED, brands[: MENU_BRANDS + 1]
    return _drawn_menu(tuple((brand.slug, brand.name, brand.status is suspended) for brand in brands))


@lru_cache(maxsize=64)
def _drawn_menu(brands: tuple[tuple[str, str, bool], ...]) -> Markup:
    return drawn("brand_menu.html", brands=brands[:MENU_BRANDS], more=len(brands) > MENU_BRANDS)


def page(template: str, *, done: str | None = None, **parts: Any) -> str:
    """Return a page of the agency. Raises RoleForbiddenError for anyone else.

    `done` says what came of a change. To a page that stays where it is, the change itself shows that; so there it is
    said to those who can't see.
    """
    require_agency()
    viewer, brands = current_viewer(), selectable_brands(most=MENU_BRANDS + 1)
    tabs = tabs_of(viewer)
    tab = next((path for path, _ in tabs if request.path.startswith(path)), "")
    return render_template(
        f"agency/{template}",
        viewer=viewer,
        initials=initials(viewer.name or viewer.email),
        tabs=tabs,
        current_tab=tab,
        brands=brands,
        brand_menu=brand_menu(brands),
        done=None if asked_by_htmx() else done,
        said=(done or parts.get("problem")) if asked_by_htmx() else None,
        **parts,
    )
