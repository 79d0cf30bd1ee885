"""Whom an actor may manage: an agency admin everyone, a tenant admin the viewers of the own brand, others nobody.

A right is what it is at the moment of use: verbs that change rights begin with `hold_rights`.
"""

from __future__ import annotations

from sqlmodel import Session, select

from dash_portal.accounts.audit import Actor
from dash_portal.accounts.errors import NotAllowedError
from dash_portal.accounts.memberships import role_at
from dash_portal.accounts.rights_table import Capability, rights_of
from database import lock_until_end
from models import Role, User


def may_manage(manager_role: Role | None, manager_tenant_id: int | None, *, role: Role, tenant_id: int | None) -> bool:
    """Tell whether someone of the first role and brand may manage a person of the second."""
    if manager_role is Role.AGENCY_ADMIN:
        return True
    own_viewer = role is Role.TENANT_VIEWER and tenant_id is not None and tenant_id == manager_tenant_id
    return manager_role is Role.TENANT_ADMIN and own_viewer


def require_may_manage(actor: Actor, *, role: Role, tenant_id: int | None) -> None:
    """Raise NotAllowedError unless the actor may manage a person of this role and brand."""
    if not may_manage(actor.role, actor.tenant_id, role=role, tenant_id=tenant_id):
        raise NotAllowedError("You may manage only the viewers of your own brand.")


def require_right(actor: Actor, capability: Capability) -> None:
    """Raise NotAllowedError unless the actor's role, or what they are allowed besides, gives them this."""
    if actor.role is None or capability not in rights_of(actor.role, actor.allowed):
        raise NotAllowedError("Your role does not let you do this.")


def require_agency(actor: Actor) -> None:
    """Raise NotAllowedError unless the actor is an admin of the agency."""
    if actor.role is not Role.AGENCY_ADMIN:
        raise NotAllowedError("Only the agency may do this.")


def hold_rights(session: Session, actor: Actor) -> None:
    """Let nobody else change people, brands or links until this transaction ends, and make sure of the actor's rights.

    One lock for all of them: such changes are rare, and "is another admin left", "is this name free" and "may the maker
    of this link still do this" are true only while nobody else changes anything they speak of.

    Raises NotAllowedError when the actor's rights have changed since the request began.
    """
    lock_until_end(session, "rights")
    if actor.user_id is None:  # the command line has no person whose rights could change
        return
    question = select(User).where(User.id == actor.user_id)
    stored = session.exec(question, execution_options={"populate_existing": True}).one_or_none()
    if stored is None or role_at(session, stored, actor.tenant_id) is not actor.role:
        raise NotAllowedError("Your own access has changed meanwhile.")
    if actor.access_epoch is not None and actor.access_epoch != stored.access_epoch:
        raise NotAllowedError("Your own access has changed meanwhile.")
