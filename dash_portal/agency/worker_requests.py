"""What the portal asks the worker for, as rows that it picks up within seconds; and whether any worker is there.

A sync of one brand or of all, the confirmation of what was held back, and the test of a web key before it is saved:
only the worker knows the agency's token. While a request of a brand waits or runs, asking again adds none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select as select_columns
from sqlmodel import col, select

from dash_portal.accounts.audit import Actor, AuditAction, record
from dash_portal.accounts.brands import valid_web_key
from dash_portal.accounts.errors import AccountError
from dash_portal.accounts.rights import require_agency, require_right
from dash_portal.accounts.rights_table import Capability
from database import AgencySession, StaffSession
from encryption import Cipher
from models import (
    OPEN_REQUESTS,
    WORKER_DEAD_AFTER,
    ConnectionCheck,
    SyncRequest,
    Tenant,
    TenantStatus,
    WorkerHeartbeat,
)

UNANSWERED_AFTER: Final = timedelta(seconds=45)
"""The worker looks for tests every few seconds; beyond this, none is at work."""


def request_sync(session: AgencySession, *, actor: Actor, tenant_id: int) -> bool:
    """Ask for a sync of the brand; return whether that was new. Raises AccountError when it is suspended."""
    return _request(session, actor, tenant_id, accept=False)


def confirm_held_back(session: AgencySession, *, actor: Actor, tenant_id: int) -> bool:
    """Ask for a sync that lets in what the last one held back; return whether that was new."""
    return _request(session, actor, tenant_id, accept=True)


def request_all(session: AgencySession, *, actor: Actor) -> int:
    """Ask for a sync of every active brand that the session sees and none is asked for yet; return how many."""
    require_right(actor, Capability.SYNC_NOW)
    active = session.exec(_locked(select(Tenant.id).where(Tenant.status == TenantStatus.ACTIVE))).all()
    waiting = set(session.exec(select(SyncRequest.tenant_id).where(col(SyncRequest.status).in_(OPEN_REQUESTS))))
    new = [tenant_id for tenant_id in active if tenant_id is not None and tenant_id not in waiting]
    session.add_all(SyncRequest(tenant_id=tenant_id, requested_by=actor.user_id) for tenant_id in new)
    if isinstance(session, StaffSession):  # which writes down nothing but what is about a brand of theirs
        for tenant_id in new:
            record(session, AuditAction.SYNC_REQUESTED, actor, tenant_id=tenant_id)
    elif new:
        record(session, AuditAction.SYNC_REQUESTED, actor, brands=len(new))
    return len(new)


def _request(session: AgencySession, actor: Actor, tenant_id: int, *, accept: bool) -> bool:
    require_right(actor, Capability.ACCEPT if accept else Capability.SYNC_NOW)
    status = session.exec(_locked(select(Tenant.status).where(Tenant.id == tenant_id))).one_or_none()
    if status is not TenantStatus.ACTIVE:
        raise AccountError("This brand is suspended: an agency admin can reactivate it.")
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


def ask_for_test(
    session: AgencySession, *, actor: Actor, web_key: str, cipher: Cipher, tenant_id: int | None = None
) -> str:
    """Ask the worker to try this web key; return the test's id. Raises AccountError when the key is malformed.

    `tenant_id`: the brand that the key is meant for, where it exists already.
    """
    require_agency(actor)
    check = ConnectionCheck(
        web_key_encrypted=cipher.encrypt(valid_web_key(web_key)), requested_by=actor.user_id, tenant_id=tenant_id
    )
    session.add(check)
    record(session, AuditAction.CONNECTION_TESTED, actor, tenant_id=tenant_id)
    return check.id


def find_test(session: AgencySession, *, actor: Actor, check_id: str) -> ConnectionCheck | None:
    """Return how a test stands that this person asked for."""
    require_agency(actor)
    question = select(ConnectionCheck).where(
        ConnectionCheck.id == check_id, ConnectionCheck.requested_by == actor.user_id
    )
    return session.exec(question).one_or_none()


def last_test(session: AgencySession, tenant_id: int) -> ConnectionCheck | None:
    """Return the latest test of a key for this brand that was answered; the worker keeps tests for a day."""
    question = select(ConnectionCheck).where(
        ConnectionCheck.tenant_id == tenant_id, col(ConnectionCheck.outcome).is_not(None)
    )
    return session.exec(question.order_by(col(ConnectionCheck.finished_at).desc()).limit(1)).first()


def is_unanswered(check: ConnectionCheck, now: datetime) -> bool:
    """Tell whether a test has waited so long that no worker can be there."""
    return check.finished_at is None and now - check.created_at > UNANSWERED_AFTER


@dataclass(frozen=True, slots=True)
class Workers:
    """How many workers are alive, and when one was last heard of (UTC; None: never)."""

    alive: int
    last_heard_at: datetime | None


def find_workers(session: AgencySession, now: datetime) -> Workers:
    """Return how many workers are alive now: without one nothing is synced, whatever a page says of the next run."""
    question = select_columns(col(WorkerHeartbeat.beat_at), col(WorkerHeartbeat.stopped_at))
    heartbeats = session.execute(question.order_by(col(WorkerHeartbeat.beat_at).desc())).all()
    alive = sum(row.stopped_at is None and now - row.beat_at < WORKER_DEAD_AFTER for row in heartbeats)
    return Workers(alive, heartbeats[0].beat_at if heartbeats else None)
