"""How fresh a brand's data is, as programs read it: the same from every version of the API."""

from __future__ import annotations

from dash_portal.brand_access import Brand, open_brand
from dash_portal.freshness import SyncStatus, brand_freshness
from dash_portal.portal import portal
from models import utc_now


def status_answer(brand: Brand) -> SyncStatus:
    """Return how the brand's last sync stands and how old its data is."""
    with open_brand(brand) as session:
        cron = portal().settings.sync_cron
        return brand_freshness(session, utc_now(), cron, brand.slug, data_version=brand.data_version).status()
