"""/agency/audit: the audit log, newest first, narrowed by brand, person and kind of deed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlalchemy import false, func
from sqlmodel import col, select

from dash_portal.accounts.audit import AuditAction
from dash_portal.accounts.brands import find_brand_by_words
from dash_portal.agency import frame
from dash_portal.agency.paging import asked_page, shown_page
from dash_portal.agency.words import ACTION_WORDS, action_words, detail_words
from dash_portal.brand_access import open_agency
from dash_portal.brand_time import moment_text, zone_text
from dash_portal.request_words import member
from database import AgencySession
from models import AuditEntry, Tenant

blueprint = Blueprint("agency_audit", __name__, url_prefix="/agency/audit")


@blueprint.get("")
def show() -> ResponseReturnValue:
    """Show one page of the log."""
    brand, action = request.args.get("about", ""), request.args.get("action", "")
    who = request.args.get("who", "").strip()[:254]
    with open_agency() as session:
        chosen = _chosen(session, brand, action, who)
        total = session.exec(select(func.count()).select_from(AuditEntry).where(*chosen)).one()
        page = shown_page(total, asked_page())
        newest_first = (col(AuditEntry.created_at).desc(), col(AuditEntry.id))
        question = select(AuditEntry).where(*chosen).order_by(*newest_first)
        entries = list(session.exec(question.offset(page.before).limit(page.per_page)))
        about = {entry.tenant_id for entry in entries}
        brand_names = dict(session.exec(select(Tenant.id, Tenant.name).where(col(Tenant.id).in_(about))).all())
    return frame.page(
        "audit.html",
        entries=entries,
        brand_names=brand_names,
        actions=sorted(ACTION_WORDS.items(), key=lambda pair: pair[1]),
        action_words=action_words,
        detail_words=detail_words,
        exactly=moment_text,
        zone=frame.viewers_zone(),
        zone_text=zone_text,
        brand=brand,
        action=action,
        who=who,
        page=page,
        narrowed={name: value for name, value in (("about", brand), ("action", action), ("who", who)) if value},
    )


def _chosen(session: AgencySession, brand: str, action: str, who: str) -> list[Any]:
    chosen: list[Any] = []
    if brand:
        named = find_brand_by_words(session, brand)
        chosen.append(false() if named is None else AuditEntry.tenant_id == named.id)
    if member(AuditAction, action) is not None:
        chosen.append(AuditEntry.action == action)
    if who:
        chosen.append(col(AuditEntry.actor_email).icontains(who, autoescape=True))
    return chosen
