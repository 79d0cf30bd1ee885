"""/agency/brands: bring on a brand, change it, suspend it; and the first steps of an empty portal.

Addresses that name no brand begin with an underscore, which no short name can.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Final

from flask import Blueprint, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import select

from dash_portal.accounts.brands import (
    change_brand,
    create_brand,
    find_brand_by_slug,
    reactivate_brand,
    replace_web_key,
    suspend_brand,
    time_zones,
)
from dash_portal.accounts.browser import current_actor
from dash_portal.accounts.errors import AccountError, NotFoundError
from dash_portal.agency import frame
from dash_portal.agency.health.sync_health import sync_health
from dash_portal.agency.words import CHECK_WORDS
from dash_portal.agency.worker_requests import ask_for_test, find_test, find_workers, is_unanswered, request_sync
from dash_portal.brand_access import open_agency
from dash_portal.brand_time import ago_text
from dash_portal.co_branding.accent import accent_advice
from dash_portal.co_branding.logo_files import LogoError
from dash_portal.co_branding.logos import keep_logo, logo_marks, remove_logo
from dash_portal.portal import portal
from dash_portal.request_words import member
from database import AgencySession
from models import LogoTheme, Tenant, TenantStatus, utc_now

blueprint = Blueprint("agency_brands", __name__, url_prefix="/agency/brands")

_DONE: Final = {
    "changed": "The brand is changed.",
    "key": "The new web key is in place, and a sync with it is asked for.",
    "suspended": "The brand is suspended: nobody of it can sign in, and it is no longer synced.",
    "reactivated": "The brand is active again, and a sync is asked for.",
    "logo": "The logo is in place.",
    "logo-gone": "The logo is gone.",
}


_LONGEST_VALUE: Final = 120


@dataclass(frozen=True, slots=True)
class BrandForm:
    """What the form for a brand holds; the web key is never sent back."""

    name: str = ""
    slug: str = ""
    timezone: str = ""
    accent_colour: str = ""


@blueprint.get("")
def show() -> ResponseReturnValue:
    """List all brands."""
    now = utc_now()
    with open_agency() as session:
        rows = sorted(sync_health(session, now, portal().settings.sync_cron), key=lambda row: row.name.casefold())
        tenants = {tenant.id: tenant for tenant in session.exec(select(Tenant))}
    return frame.page("brands.html", rows=rows, tenants=tenants, ago=lambda moment: ago_text(moment, now), done=_done())


@blueprint.get("/_start")
def start() -> ResponseReturnValue:
    """Show the three first steps: the agency's token, the first brand, its first sync."""
    return _new_page(BrandForm(), starting=True)


@blueprint.get("/_new")
def new() -> ResponseReturnValue:
    """Show the empty form."""
    return _new_page(BrandForm())


@blueprint.post("")
def create() -> ResponseReturnValue:
    """Make the brand, ask for its first sync and show it coming in."""
    form = _form()
    actor = current_actor()
    with open_agency(writes=True) as session:
        try:
            brand = create_brand(
                session,
                actor=actor,
                slug=form.slug,
                name=form.name,
                timezone=form.timezone,
                web_key=request.form.get("web_key", ""),
                cipher=portal().cipher,
                accent_colour=form.accent_colour or None,
            )
            request_sync(session, actor=actor, tenant_id=brand.id or 0)
        except AccountError as wrong:
            session.rollback()
            return _new_page(form, problem=str(wrong), starting="starting" in request.form), 400
        session.commit()
        slug = brand.slug
    return redirect(url_for("agency_sync.brand", slug=slug, done="created"), code=303)


@blueprint.get("/<slug>")
def edit(slug: str) -> ResponseReturnValue:
    """Show one brand's form."""
    return _edit_page(slug)


@blueprint.post("/<slug>")
def change(slug: str) -> ResponseReturnValue:
    """Change name, short name, time zone and colour; another time zone means to read every time anew."""
    form = _form()

    def do(session: AgencySession, tenant: Tenant) -> None:
        actor, before = current_actor(), tenant.timezone
        change_brand(
            session,
            actor=actor,
            tenant_id=tenant.id or 0,
            name=form.name,
            slug=form.slug,
            timezone=form.timezone,
            accent_colour=form.accent_colour or None,
        )
        if form.timezone != before and tenant.status is TenantStatus.ACTIVE:
            request_sync(session, actor=actor, tenant_id=tenant.id or 0)

    return _do(slug, "changed", do, form=form)


@blueprint.post("/<slug>/key")
def key(slug: str) -> ResponseReturnValue:
    """Store another web key, and sync with it."""

    def do(session: AgencySession, tenant: Tenant) -> None:
        actor, web_key = current_actor(), request.form.get("web_key", "")
        tenant_id = tenant.id or 0
        replace_web_key(session, actor=actor, tenant_id=tenant_id, web_key=web_key, cipher=portal().cipher)
        if tenant.status is TenantStatus.ACTIVE:
            request_sync(session, actor=actor, tenant_id=tenant_id)

    return _do(slug, "key", do)


@blueprint.post("/<slug>/suspend")
def suspend(slug: str) -> ResponseReturnValue:
    """Close the brand to its people and stop its syncs, at once."""
    return _do(
        slug,
        "suspended",
        lambda session, tenant: suspend_brand(session, actor=current_actor(), tenant_id=tenant.id or 0, now=utc_now()),
    )


@blueprint.post("/<slug>/reactivate")
def reactivate(slug: str) -> ResponseReturnValue:
    """Open the brand again, and sync it."""

    def do(session: AgencySession, tenant: Tenant) -> None:
        actor = current_actor()
        reactivate_brand(session, actor=actor, tenant_id=tenant.id or 0, now=utc_now())
        session.flush()
        request_sync(session, actor=actor, tenant_id=tenant.id or 0)

    return _do(slug, "reactivated", do)


@blueprint.post("/<slug>/logo/<theme>")
def logo(slug: str, theme: str) -> ResponseReturnValue:
    """Keep an uploaded logo, made safe."""
    shown_on = _theme(theme)
    sent = request.files.get("logo")
    body = sent.read() if sent is not None else b""
    return _do(
        slug,
        "logo",
        lambda session, tenant: keep_logo(
            session, actor=current_actor(), tenant_id=tenant.id or 0, theme=shown_on, body=body
        ),
    )


@blueprint.post("/<slug>/logo/<theme>/remove")
def logo_gone(slug: str, theme: str) -> ResponseReturnValue:
    """Forget a logo."""
    shown_on = _theme(theme)
    return _do(
        slug,
        "logo-gone",
        lambda session, tenant: remove_logo(session, actor=current_actor(), tenant_id=tenant.id or 0, theme=shown_on),
    )


@blueprint.post("/_tests")
def test_connection() -> ResponseReturnValue:
    """Ask the worker to try a web key, for the brand that the form is about if any; answers with the test's id."""
    slug = request.form.get("brand")
    with open_agency(writes=True) as session:
        tenant_id = find_brand_by_slug(session, slug).id if slug else None
        try:
            check_id = ask_for_test(
                session,
                actor=current_actor(),
                web_key=request.form.get("web_key", ""),
                cipher=portal().cipher,
                tenant_id=tenant_id,
            )
        except AccountError as wrong:
            return jsonify({"done": True, "works": False, "words": str(wrong)})
        alive = find_workers(session, utc_now()).alive
        session.commit()
    words = "Asking ClientTether…" if alive else "Waiting for a worker: none is running right now…"
    return jsonify({"done": False, "id": check_id, "words": words})


@blueprint.get("/_tests/<check_id>")
def test_result(check_id: str) -> ResponseReturnValue:
    """Answer how a test stands, in plain words."""
    with open_agency() as session:
        check = find_test(session, actor=current_actor(), check_id=check_id)
        if check is None:
            raise NotFoundError("There is no such test.")
        if check.outcome is not None:
            works = check.outcome.value == "works"
            words = check.message if works else f"{CHECK_WORDS[check.outcome]}. {check.message}"
            return jsonify({"done": True, "works": works, "words": words})
        if is_unanswered(check, utc_now()):
            words = "No worker has picked this up. Whoever runs the portal starts one: python -m sync worker"
            return jsonify({"done": True, "works": False, "words": words})
    return jsonify({"done": False})


@blueprint.get("/_accent")
def accent() -> ResponseReturnValue:
    """Say whether a colour can be read, and how it will be used."""
    return jsonify(accent_advice(request.args.get("colour", "")))


def _form() -> BrandForm:
    return BrandForm(
        **{field.name: request.form.get(field.name, "")[:_LONGEST_VALUE].strip() for field in fields(BrandForm)}
    )


def _theme(theme: str) -> LogoTheme:
    shown_on = member(LogoTheme, theme)
    if shown_on is None:
        raise NotFoundError("There is no such theme.")
    return shown_on


def _done() -> str | None:
    return _DONE.get(request.args.get("done", ""))


def _do(
    slug: str,
    done: str,
    change: Callable[[AgencySession, Tenant], object],
    *,
    form: BrandForm | None = None,
) -> ResponseReturnValue:
    """Carry a change out, commit it, and show the brand with what came of it."""
    with open_agency(writes=True) as session:
        tenant = find_brand_by_slug(session, slug)
        try:
            change(session, tenant)
        except NotFoundError:
            raise
        except (AccountError, LogoError) as wrong:
            session.rollback()
            return _edit_page(slug, problem=str(wrong), form=form), 400
        session.commit()
        now_named = tenant.slug
    return redirect(url_for("agency_brands.edit", slug=now_named, done=done), code=303)


def _new_page(form: BrandForm, *, problem: str | None = None, starting: bool = False) -> str:
    with open_agency() as session:
        workers = find_workers(session, utc_now())
    return frame.page(
        "brand_new.html", form=form, zones=time_zones(), problem=problem, starting=starting, workers=workers
    )


def _edit_page(slug: str, *, problem: str | None = None, form: BrandForm | None = None) -> str:
    with open_agency() as session:
        tenant = find_brand_by_slug(session, slug)
        marks = logo_marks(session, tenant.id or 0)
    parts: dict[str, Any] = {"accent": accent_advice(tenant.accent_colour or "")}
    stored = BrandForm(tenant.name, tenant.slug, tenant.timezone, tenant.accent_colour or "")
    return frame.page(
        "brand_edit.html",
        tenant=tenant,
        form=form or stored,
        zones=time_zones(),
        logos={theme: marks.get(theme) for theme in LogoTheme},
        problem=problem,
        done=_done(),
        **parts,
    )
