"""What stands above the plain pages of who is signed in: the brand's face and the tabs, as on the dashboards."""

from __future__ import annotations

from dataclasses import dataclass

from flask import g, request

from dash_portal.agency.frame import tabs_of
from dash_portal.brand_access import NotSignedInError, current_viewer, initials, open_brand, selectable_brands
from dash_portal.co_branding.accent import drawn_accent
from dash_portal.co_branding.logos import LogoAddresses, logo_addresses
from dash_portal.dashboard_tabs import TABS


@dataclass(frozen=True, slots=True)
class PageHead:
    """Name, logos or else letters, colours, and the tabs (address, words)."""

    name: str
    letters: str
    logos: LogoAddresses | None
    accent: str | None
    on_accent: str | None
    tabs: tuple[tuple[str, str], ...]


def page_head() -> PageHead | None:
    """Return the head for the person of this request: a brand's of theirs, or the agency's own; None for a visitor.

    The brand is the one whose page it is, else the one that the address names, where they may see it, else the first.
    """
    try:
        viewer = current_viewer()
    except NotSignedInError:
        return None
    if viewer.is_agency:
        return PageHead("Mellon agency", "M", None, None, None, tabs_of(viewer))
    brands = selectable_brands()
    named = [brand for brand in brands if brand.slug == request.args.get("brand")]
    brand = g.get("opened_brand") or (named or brands)[0]
    with open_brand(brand) as session:
        logos = logo_addresses(session, brand.tenant_id, brand.slug)
    accent, on_accent = drawn_accent(brand.accent_colour)
    query = f"?brand={brand.slug}" if viewer.chooses_brand else ""
    tabs = tuple((f"{path}{query}", words) for path, words in TABS)
    return PageHead(brand.name, initials(brand.name), logos, accent, on_accent, tabs)
