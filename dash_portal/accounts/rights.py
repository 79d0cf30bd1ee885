"""Whom an actor may manage: the agency everyone, a tenant admin the viewers of the own brand, a viewer nobody."""

from __future__ import annotations

from dash_portal.accounts.audit import Actor
from dash_portal.accounts.errors import NotAllowedError
from models import Role


def require_may_manage(actor: Actor, *, role: Role, tenant_id: int | None) -> None:
    """Raise NotAllowedError unless the actor may manage a person of this role and brand."""
    if actor.role is Role.AGENCY_ADMIN:
        return
    own_viewer = role is Role.TENANT_VIEWER and tenant_id is not None and tenant_id == actor.tenant_id
    if actor.role is not Role.TENANT_ADMIN or not own_viewer:
        raise NotAllowedError("You may manage only the viewers of your own brand.")


def require_agency(actor: Actor) -> None:
    """Raise NotAllowedError unless the actor is of the agency."""
    if actor.role is not Role.AGENCY_ADMIN:
        raise NotAllowedError("Only the agency may do this.")
