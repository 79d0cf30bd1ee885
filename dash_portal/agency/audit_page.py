"""/agency/audit: the audit log, newest first, narrowed by brand, person and kind of deed."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlalchemy import func
from sqlmodel import col, select

from dash_portal.accounts.audit import AuditAction
from dash_portal.agency import frame
from dash_portal.agency.words import ACTION_WORDS, action_words, detail_words
from dash_portal.brand_access import open_agency
from dash_portal.brand_time import moment_text
from dash_portal.request_words import member
from models import AuditEntry, Tenant

blueprint = Blueprint("agency_audit", __name__, url_prefix="/agency/audit")

PER_PAGE: Final = 50


@blueprint.get("")
def show() -> ResponseReturnValue:
    """Show one page of the log."""
    brand, action = request.args.get("about", ""), request.args.get("action", "")
    who = request.args.get("who", "").strip()[:254]
    with open_agency() as session:
        tenants = list(session.exec(select(Tenant).order_by(Tenant.name)))
        chosen = _chosen(brand, action, who, tenants)
        total = session.exec(select(func.count()).select_from(AuditEntry).where(*chosen)).one()
        pages = max(1, -(-total // PER_PAGE))
        page = min(pages, frame.asked_page())
        newest_first = (col(AuditEntry.created_at).desc(), col(AuditEntry.id))
        question = select(AuditEntry).where(*chosen).order_by(*newest_first)
        entries = list(session.exec(question.offset((page - 1) * PER_PAGE).limit(PER_PAGE)))
    return frame.page(
        "audit.html",
        entries=entries,
        tenants=tenants,
        brand_names={tenant.id: tenant.name for tenant in tenants},
        actions=sorted(ACTION_WORDS.items(), key=lambda pair: pair[1]),
        action_words=action_words,
        detail_words=detail_words,
        exactly=moment_text,
        zone=frame.viewers_zone(),
        brand=brand,
        action=action,
        who=who,
        page=page,
        pages=pages,
        total=total,
        narrowed={name: value for name, value in (("about", brand), ("action", action), ("who", who)) if value},
    )


def _chosen(brand: str, action: str, who: str, tenants: list[Tenant]) -> list[Any]:
    chosen: list[Any] = []
    if brand:
        chosen.append(AuditEntry.tenant_id == next((tenant.id for tenant in tenants if tenant.slug == brand), -1))
    if member(AuditAction, action) is not None:
        chosen.append(AuditEntry.action == action)
    if who:
        chosen.append(col(AuditEntry.actor_email).icontains(who, autoescape=True))
    return chosen
