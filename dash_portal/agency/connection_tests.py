"""Testing a brand's web key before it is saved. The worker asks ClientTether: only it knows the agency's token."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlmodel import select

from dash_portal.accounts.audit import Actor, AuditAction, record
from dash_portal.accounts.brands import valid_web_key
from dash_portal.accounts.rights import require_agency
from database import AgencySession
from encryption import Cipher
from models import ConnectionCheck

UNANSWERED_AFTER: Final = timedelta(seconds=45)
"""The worker looks for tests every few seconds; beyond this, none is at work."""


def ask_for_test(
    session: AgencySession, *, actor: Actor, web_key: str, cipher: Cipher, tenant_id: int | None = None
) -> str:
    """Ask the worker to try this web key; return the test's id. Raises AccountError when the key is malformed."""
    require_agency(actor)
    check = ConnectionCheck(web_key_encrypted=cipher.encrypt(valid_web_key(web_key)), requested_by=actor.user_id)
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


def is_unanswered(check: ConnectionCheck, now: datetime) -> bool:
    """Tell whether a test has waited so long that no worker can be there."""
    return check.finished_at is None and now - check.created_at > UNANSWERED_AFTER
