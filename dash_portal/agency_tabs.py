"""The agency's pages as tabs, and the right that each asks for: on those pages, and in the menu of a dashboard."""

from __future__ import annotations

from typing import Final

from dash_portal.accounts.rights_table import Capability

AGENCY_TABS: Final = (
    ("/agency/sync", "Sync health", Capability.SYNC_HEALTH),
    ("/agency/brands", "Brands", Capability.BRANDS),
    ("/agency/users", "People", Capability.PEOPLE),
    ("/agency/audit", "Audit log", Capability.AUDIT_LOG),
)
