"""Roles in the words of the people who have them."""

from __future__ import annotations

from typing import Final

from models import Role

ROLE_WORDS: Final = {
    Role.TENANT_VIEWER: "Brand viewer",
    Role.TENANT_ADMIN: "Brand admin",
    Role.AGENCY_ADMIN: "Agency admin",
}

ROLE_MEANING: Final = {
    Role.TENANT_VIEWER: "sees the dashboards of one brand",
    Role.TENANT_ADMIN: "also invites and deactivates that brand's viewers",
    Role.AGENCY_ADMIN: "sees and manages everything",
}
