"""Asking the worker for a sync: of one brand or of all, and confirming what was held back.

A wish is a row that the worker picks up within seconds. While one waits or runs for a brand, asking again adds none.
"""

from __future__ import annotations

from typing import Any

from sqlmodel import col, select

from dash_portal.accounts.audit import Actor, AuditAction, record
from dash_portal.accounts.errors import AccountError
from dash_portal.accounts.rights import require_agency
from database import AgencySession
from models import OPEN_REQUESTS, SyncRequest, Tenant, TenantStatus


def request_sync(session: AgencySession, *, actor: Actor, tenant_id: int) -> bool:
    """Ask for a sync of the brand; return whether that was new. Raises AccountError when it is suspended."""
    return _request(session, actor, tenant_id, accept=False)


def confirm_held_back(session: AgencySession, *, actor: Actor, tenant_id: int) -> bool:
    """Ask for a sync that lets in what the last one held back; return whether that was new."""
    return _request(session, actor, tenant_id, accept=True)


def request_all(session: AgencySession, *, actor: Actor) -> int:
    """Ask for a sync of every active brand that none is asked for yet; return how many that were."""
    require_agency(actor)
    active = session.exec(_locked(select(Tenant.id).where(Tenant.status == TenantStatus.ACTIVE))).all()
    waiting = set(session.exec(select(SyncRequest.tenant_id).where(col(SyncRequest.status).in_(OPEN_REQUESTS))))
    asked = [tenant_id for tenant_id in active if tenant_id is not None and tenant_id not in waiting]
    session.add_all(SyncRequest(tenant_id=tenant_id, requested_by=actor.user_id) for tenant_id in asked)
    if asked:
        record(session, AuditAction.SYNC_REQUESTED, actor, brands=len(asked))
    return len(asked)


def _request(session: AgencySession, actor: Actor, tenant_id: int, *, accept: bool) -> bool:
    require_agency(actor)
    status = session.exec(_locked(select(Tenant.status).where(Tenant.id == tenant_id))).one_or_none()
    if status is not TenantStatus.ACTIVE:
        raise AccountError("This brand is suspended: reactivate it first.")
    waiting = select(SyncRequest.request_id).where(
        SyncRequest.tenant_id == tenant_id, col(SyncRequest.status).in_(OPEN_REQUESTS), SyncRequest.accept == accept
    )
    if session.exec(waiting.limit(1)).first() is not None:
        return False
    session.add(SyncRequest(tenant_id=tenant_id, requested_by=actor.user_id, accept=accept))
    action = AuditAction.HELD_BACK_CONFIRMED if accept else AuditAction.SYNC_REQUESTED
    record(session, action, actor, tenant_id=tenant_id)
    return True


def _locked(question: Any) -> Any:
    """Let two people who press the button at once come one after the other (PostgreSQL; SQLite has one writer)."""
    return question.with_for_update()
