"""/agency/brands: bring on a brand, change it, suspend it; and the first steps of an empty portal.

Addresses that name no brand begin with an underscore, which no short name can.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import col, select

from dash_portal.accounts.brands import (
    change_brand,
    create_brand,
    find_brand_by_slug,
    reactivate_brand,
    replace_web_key,
    suspend_brand,
)
from dash_portal.accounts.browser import current_actor
from dash_portal.accounts.errors import AccountError, FieldError, NotFoundError
from dash_portal.accounts.forms import tell_at_field
from dash_portal.accounts.short_names import suggested_slug
from dash_portal.accounts.zone_names import zone_choices
from dash_portal.agency import frame
from dash_portal.agency.brand_forms import BrandForm, LogoForm, NewBrandForm, WebKeyForm
from dash_portal.agency.health.sync_health import sync_health
from dash_portal.agency.list_search import holds, searched_words
from dash_portal.agency.paging import asked_page, shown_page
from dash_portal.agency.words import CHECK_WORDS
from dash_portal.agency.worker_requests import ask_for_test, find_test, find_workers, is_unanswered, request_sync
from dash_portal.brand_access import Brand, open_agency, selectable_brands
from dash_portal.brand_time import zone_text
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
_LONGEST_COLOUR: Final = 7


@blueprint.get("")
def show() -> ResponseReturnValue:
    """List a page of all brands, or of those that the address searches for."""
    now, words = utc_now(), searched_words()
    with open_agency() as session:
        brands = sorted(sync_health(session, now, portal().settings.sync_cron), key=lambda row: row.name.casefold())
        listed = [row for row in brands if holds(words, row.name, row.slug, row.timezone, row.pill)]
        page = shown_page(len(listed), asked_page())
        rows = page.of(listed)
        of_rows = select(Tenant).where(col(Tenant.id).in_([row.tenant_id for row in rows]))
        tenants = {tenant.id: tenant for tenant in session.exec(of_rows)}
    return frame.page(
        "brands.html",
        rows=rows,
        page=page,
        count=len(brands),
        tenants=tenants,
        words=words,
        done=_done(),
        zone_text=zone_text,
    )


@blueprint.get("/_menu")
def menu() -> ResponseReturnValue:
    """Answer the list of brands to open, as far as their names hold what is typed."""
    return frame.brand_menu(_named(searched_words()))


@blueprint.get("/_choices")
def choices() -> ResponseReturnValue:
    """Answer what a field may offer for a brand, as far as short name or name hold what is typed into it."""
    named = _named(request.args.get("about", ""))
    return render_template("agency/brand_choices.html", brands=named[: frame.MENU_BRANDS])


@blueprint.get("/_open")
def open_first() -> ResponseReturnValue:
    """Open the dashboards of the first brand whose name holds what was typed."""
    brand = next(iter(_named(searched_words())), None)
    if brand is None:
        listed = "agency_brands.show" if frame.may("BRANDS") else "agency_sync.show"
        return redirect(url_for(listed, q=searched_words()))
    return redirect(f"/leads?brand={brand.slug}")


@blueprint.get("/_start")
def start() -> ResponseReturnValue:
    """Show the three first steps: the agency's token, the first brand, its first sync."""
    return _new_page(NewBrandForm(), starting=True)


@blueprint.get("/_new")
def new() -> ResponseReturnValue:
    """Show the empty form."""
    return _new_page(NewBrandForm())


@blueprint.get("/_short_name")
def short_name() -> ResponseReturnValue:
    """Answer the field of the short name with the one that the name suggests, until somebody writes one."""
    written, suggested = request.args.get("slug", ""), request.args.get("suggested", "")
    new = suggested_slug(request.args.get("name", ""))
    form = NewBrandForm(formdata=None, slug=new if written in {"", suggested} else written)
    return render_template("agency/short_name_field.html", form=form, suggested=new, is_new=True)


@blueprint.post("")
def create() -> ResponseReturnValue:
    """Make the brand, ask for its first sync and show it coming in."""
    form, actor, starting = NewBrandForm(), current_actor(), "starting" in request.form
    if not form.validate_on_submit():
        return _new_page(form, starting=starting), 400
    with open_agency(writes=True) as session:
        try:
            brand = create_brand(
                session,
                actor=actor,
                slug=form.slug.data,
                name=form.name.data,
                timezone=form.timezone.data,
                web_key=form.web_key.data,
                cipher=portal().cipher,
                accent_colour=form.accent_colour.data or None,
            )
            request_sync(session, actor=actor, tenant_id=brand.id or 0)
        except AccountError as wrong:
            session.rollback()
            return _new_page(form, problem=tell_at_field(form, wrong), starting=starting), 400
        session.commit()
        slug = brand.slug
    return frame.go_to(url_for("agency_sync.brand", slug=slug, done="created"))


@blueprint.get("/<slug>")
def edit(slug: str) -> ResponseReturnValue:
    """Show one brand's form."""
    return _edit_page(slug)


@blueprint.post("/<slug>")
def change(slug: str) -> ResponseReturnValue:
    """Change name, short name, time zone and colour; another time zone means to read every time anew."""
    form = BrandForm()
    if not form.validate_on_submit():
        return _edit_page(slug, form=form), 400

    def do(session: AgencySession, tenant: Tenant) -> None:
        actor, before = current_actor(), tenant.timezone
        change_brand(
            session,
            actor=actor,
            tenant_id=tenant.id or 0,
            name=form.name.data,
            slug=form.slug.data,
            timezone=form.timezone.data,
            accent_colour=form.accent_colour.data or None,
        )
        if form.timezone.data != before and tenant.status is TenantStatus.ACTIVE:
            request_sync(session, actor=actor, tenant_id=tenant.id or 0)

    return _do(slug, "changed", do, form=form)


@blueprint.post("/<slug>/key")
def key(slug: str) -> ResponseReturnValue:
    """Store another web key, and sync with it."""
    key_form = WebKeyForm()
    if not key_form.validate_on_submit():
        return _edit_page(slug, key_form=key_form), 400

    def do(session: AgencySession, tenant: Tenant) -> None:
        actor, web_key, tenant_id = current_actor(), key_form.web_key.data, tenant.id or 0
        replace_web_key(session, actor=actor, tenant_id=tenant_id, web_key=web_key, cipher=portal().cipher)
        if tenant.status is TenantStatus.ACTIVE:
            request_sync(session, actor=actor, tenant_id=tenant_id)

    return _do(slug, "key", do, key_form=key_form)


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
    shown_on, logo_form = _theme(theme), LogoForm()
    if not logo_form.validate_on_submit():
        return _edit_page(slug, logo_forms={shown_on: logo_form}), 400
    body = logo_form.logo.data.read()

    def do(session: AgencySession, tenant: Tenant) -> None:
        try:
            keep_logo(session, actor=current_actor(), tenant_id=tenant.id or 0, theme=shown_on, body=body)
        except LogoError as wrong:
            raise FieldError("logo", str(wrong)) from wrong

    return _do(slug, "logo", do, logo_forms={shown_on: logo_form})


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
    """Ask the worker to try a web key, for the brand that the form is about if any; the answer asks for the result."""
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
            return _test_words(str(wrong), works=False)
        alive = find_workers(session, utc_now()).alive
        session.commit()
    words = "Asking ClientTether…" if alive else "Waiting for a worker: none is running right now…"
    return _test_words(words, check_id=check_id)


@blueprint.get("/_tests/<check_id>")
def test_result(check_id: str) -> ResponseReturnValue:
    """Answer how a test ended, in plain words; nothing (204) while it has not."""
    with open_agency() as session:
        check = find_test(session, actor=current_actor(), check_id=check_id)
        if check is None:
            raise NotFoundError("There is no such test.")
        if check.outcome is not None:
            works = check.outcome.value == "works"
            return _test_words(
                check.message if works else f"{CHECK_WORDS[check.outcome]}. {check.message}", works=works
            )
        if is_unanswered(check, utc_now()):
            words = "No worker has picked this up. Whoever runs the portal starts one: python -m sync worker"
            return _test_words(words, works=False)
    return "", 204


@blueprint.get("/_accent")
def accent() -> ResponseReturnValue:
    """Answer the field of the colour that was typed or picked, with how it looks and whether it can be read."""
    colour = request.args.get("picked") or request.args.get("accent_colour", "")
    form = BrandForm(formdata=None, accent_colour=colour[:_LONGEST_COLOUR])
    return render_template("agency/accent_field.html", form=form, accent=accent_advice(form.accent_colour.data))


def _test_words(words: str, *, works: bool | None = None, check_id: str | None = None) -> str:
    return render_template("agency/test_words.html", words=words, works=works, check_id=check_id)


def _named(words: str) -> list[Brand]:
    """Return the brands whose names hold the words."""
    return [brand for brand in selectable_brands() if holds(words, brand.name, brand.slug)]


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
    key_form: WebKeyForm | None = None,
    logo_forms: Mapping[LogoTheme, LogoForm] | None = None,
) -> ResponseReturnValue:
    """Carry a change out, commit it, and show the brand with what came of it."""
    with open_agency(writes=True) as session:
        tenant = find_brand_by_slug(session, slug)
        try:
            change(session, tenant)
        except NotFoundError:
            raise
        except AccountError as wrong:
            session.rollback()
            sent = form or key_form or next(iter((logo_forms or {}).values()), None)
            problem = tell_at_field(sent, wrong) if sent else str(wrong)
            return _edit_page(slug, problem=problem, form=form, key_form=key_form, logo_forms=logo_forms), 400
        session.commit()
        now_named = tenant.slug
    return frame.go_to(url_for("agency_brands.edit", slug=now_named, done=done))


def _new_page(form: NewBrandForm, *, problem: str | None = None, starting: bool = False) -> str:
    with open_agency() as session:
        workers = find_workers(session, utc_now())
    return frame.page(
        "brand_new.html",
        form=form,
        key_form=form,
        is_new=True,
        accent=accent_advice(form.accent_colour.data or ""),
        zones=zone_choices(),
        problem=problem,
        starting=starting,
        workers=workers,
    )


def _edit_page(
    slug: str,
    *,
    problem: str | None = None,
    form: BrandForm | None = None,
    key_form: WebKeyForm | None = None,
    logo_forms: Mapping[LogoTheme, LogoForm] | None = None,
) -> str:
    with open_agency() as session:
        tenant = find_brand_by_slug(session, slug)
        marks = logo_marks(session, tenant.id or 0)
    form = form or BrandForm(formdata=None, obj=tenant)
    return frame.page(
        "brand_edit.html",
        tenant=tenant,
        form=form,
        key_form=key_form or WebKeyForm(formdata=None),
        accent=accent_advice(form.accent_colour.data or ""),
        zones=zone_choices(),
        logos={theme: marks.get(theme) for theme in LogoTheme},
        logo_forms=logo_forms or {},
        problem=problem,
        done=_done(),
    )
