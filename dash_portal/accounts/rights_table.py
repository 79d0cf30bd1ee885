"""What each role and each API key may do, and what each endpoint and callback asks for: decided here and nowhere else.

docs/security.md shows the same table. `security.py` asks it before every request, `callback_requests.py` before every
callback; what no capability is named for is open to nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from models import ApiScope, Role


class Capability(StrEnum):
    """Something that may be done, at the brands that one may see. The values are the words of docs/security.md."""

    OWN_ACCOUNT = "own account"
    DASHBOARDS = "dashboards and files"
    API = "how the API is asked"
    API_STATUS = "how fresh the data is, by the API"
    API_CHARTS = "charts, by the API"
    API_ROWS = "rows, by the API"
    SHEET_ADDRESSES = "addresses for spreadsheets"
    TEAM = "the own team and its API keys"
    SYNC_HEALTH = "sync health and run history"
    SYNC_NOW = "sync now"
    ACCEPT = "let in what was held back"
    RAW_ANSWERS = "raw answers"
    BRANDS = "brands and their keys"
    PEOPLE = "people of all brands"
    AUDIT_LOG = "audit log"


OF_EVERYBODY: Final = frozenset(
    {
        Capability.OWN_ACCOUNT,
        Capability.DASHBOARDS,
        Capability.API,
        Capability.API_STATUS,
        Capability.API_CHARTS,
        Capability.API_ROWS,
    }
)

RIGHTS: Final[Mapping[Role, frozenset[Capability]]] = {
    Role.TENANT_VIEWER: OF_EVERYBODY,
    Role.TENANT_ADMIN: OF_EVERYBODY | {Capability.TEAM},
    Role.AGENCY_STAFF: OF_EVERYBODY | {Capability.SYNC_HEALTH, Capability.SYNC_NOW},
    Role.AGENCY_ADMIN: frozenset(Capability) - {Capability.TEAM, Capability.SHEET_ADDRESSES},
}
"""What each role may do: those of a brand at that brand, an agency admin at all, staff at those they look after."""

IF_ALLOWED: Final[Mapping[Role, frozenset[Capability]]] = {Role.AGENCY_STAFF: frozenset({Capability.RAW_ANSWERS})}
"""What a person of a role may do besides, where an agency admin has allowed it to this person."""

OF_SCOPE: Final[Mapping[ApiScope, frozenset[Capability]]] = {
    ApiScope.STATUS: frozenset({Capability.API, Capability.API_STATUS}),
    ApiScope.CHARTS: frozenset({Capability.API, Capability.API_CHARTS}),
    ApiScope.ROWS: frozenset({Capability.API, Capability.API_ROWS, Capability.SHEET_ADDRESSES}),
}
"""What an API key of a scope may do at its brand."""

_OF_BLUEPRINT: Final[Mapping[str, Capability]] = {
    "own": Capability.OWN_ACCOUNT,
    "company_sign_in": Capability.OWN_ACCOUNT,
    "api_page": Capability.DASHBOARDS,
    "chart_pictures": Capability.DASHBOARDS,
    "exports": Capability.DASHBOARDS,
    "logo": Capability.DASHBOARDS,
    "printing": Capability.DASHBOARDS,
    "served_files": Capability.DASHBOARDS,
    "team": Capability.TEAM,
    "team_keys": Capability.TEAM,
    "agency_sync": Capability.SYNC_HEALTH,
    "agency_snapshots": Capability.RAW_ANSWERS,
    "agency_brands": Capability.BRANDS,
    "agency_keys": Capability.BRANDS,
    "agency_people": Capability.PEOPLE,
    "agency_staff": Capability.PEOPLE,
    "agency_sign_in": Capability.PEOPLE,
    "agency_audit": Capability.AUDIT_LOG,
}
_OF_ENDPOINT: Final[Mapping[str, Capability]] = {
    "api.sync_status": Capability.API_STATUS,
    "api.charts": Capability.API_CHARTS,
    "api.one_chart": Capability.API_CHARTS,
    "api.unknown": Capability.API,
    "api_v1.status": Capability.API_STATUS,
    "api_v1.charts": Capability.API_CHARTS,
    "api_v1.one_chart": Capability.API_CHARTS,
    "api_v1.rows": Capability.API_ROWS,
    "api_v1.file": Capability.API_ROWS,
    "api_v1.address_for_sheet": Capability.SHEET_ADDRESSES,
    "api_v1.sheet": Capability.API_ROWS,
    "api_v1.openapi": Capability.API,
    "start": Capability.DASHBOARDS,
    "/": Capability.DASHBOARDS,
    "/<path:path>": Capability.DASHBOARDS,
    "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>": Capability.DASHBOARDS,
    "/_dash-dependencies": Capability.DASHBOARDS,
    "/_dash-layout": Capability.DASHBOARDS,
    "/_dash-update-component": Capability.DASHBOARDS,  # and then what its callback asks for
    "/_favicon.ico": Capability.DASHBOARDS,
    "/_reload-hash": Capability.DASHBOARDS,
    "agency_sync.sync_all": Capability.SYNC_NOW,
    "agency_sync.sync_now": Capability.SYNC_NOW,
    "agency_sync.accept_records": Capability.ACCEPT,
    "agency_sync.accept_total_of": Capability.ACCEPT,
    "agency_sync.confirm": Capability.ACCEPT,
    "agency_sync.unused_field": Capability.ACCEPT,
    "agency_brands.menu": Capability.SYNC_HEALTH,
    "agency_brands.open_first": Capability.SYNC_HEALTH,
}
OF_CALLBACK: Final[Mapping[str, Capability]] = {
    "_pages_location": Capability.DASHBOARDS,
    "details-view": Capability.DASHBOARDS,
    '{"chart":["MATCH"],"type":"chart-table-view"}': Capability.DASHBOARDS,
    "freshness-asks": Capability.DASHBOARDS,
    **{
        f'{{"page":"{page}","type":"view"}}': Capability.DASHBOARDS
        for page in ("leads", "pipeline", "hot-list", "notes", "schedule")
    },
}
"""What each callback that runs here asks for, by the first of its inputs, which is what sets it off."""


def rights_of(role: Role, allowed: frozenset[Capability] = frozenset()) -> frozenset[Capability]:
    """Return what a person of this role may do. `allowed`: besides, as far as the role lets it be allowed."""
    return RIGHTS[role] | (allowed & IF_ALLOWED.get(role, frozenset()))


def capability_of(endpoint: str) -> Capability | None:
    """Return what an endpoint asks for; None for one that the table does not know."""
    return _OF_ENDPOINT.get(endpoint) or _OF_BLUEPRINT.get(endpoint.partition(".")[0])


def scope_of(capability: Capability | None) -> ApiScope | None:
    """Return which scope a key needs for this; None where any will do, or none does."""
    having = [scope for scope in ApiScope if capability in OF_SCOPE[scope]]
    return having[0] if len(having) == 1 else None
