"""/agency/sync: is every brand's data fresh, why is one's not, and what can be done about it.

Addresses that name no brand begin with an underscore, which no short name can.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dash_portal.accounts.brands import find_brand_by_slug
from dash_portal.accounts.browser import current_actor
from dash_portal.accounts.errors import AccountError, NotFoundError
from dash_portal.agency import frame, words
from dash_portal.agency.brand_forms import WebKeyForm
from dash_portal.agency.health.figures import figures_of
from dash_portal.agency.health.narrowing import narrowed, state_choices
from dash_portal.agency.health.rendering import (
    brand_row,
    came_in,
    drawn_row,
    drawn_run,
    in_part,
    needs_key,
    ongoing_words,
    starts_at_once,
    trend_chart,
)
from dash_portal.agency.health.sync_health import brand_health, sync_health, with_runs
from dash_portal.agency.list_search import searched_words
from dash_portal.agency.live_part import live_answer, live_part
from dash_portal.agency.notes_progress import notes_progress
from dash_portal.agency.paging import asked_page, shown_page
from dash_portal.agency.run_history import held_back_reasons, run_history
from dash_portal.agency.understanding import (
    accept_total,
    accept_unreadable_records,
    accept_unused_field,
    read_understanding,
)
from dash_portal.agency.worker_requests import confirm_held_back, find_workers, last_test, request_all, request_sync
from dash_portal.brand_access import brands_of, open_agency
from dash_portal.brand_time import ago_text, duration_text, in_text, moment_text, nearby_text, zone_text
from dash_portal.portal import portal
from dash_portal.request_words import member
from database import AgencySession
from models import Resource, utc_now
from timetable import slot_after

blueprint = Blueprint("agency_sync", __name__, url_prefix="/agency/sync")

_DONE: Final = {
    "all": "All brands are asked for. Each shows when it is running and when it is done.",
    "already": "A sync was already asked for: nothing to do.",
    "now": "The sync is asked for. The worker picks it up within seconds.",
    "confirmed": "Confirmed. The next sync, which starts within seconds, lets in what was held back.",
    "accepted": "Noted. The next sync, which starts within seconds, goes by it.",
    "created": "The brand is there, and its first sync is asked for.",
}
_PICKED_UP_WITHIN: Final = timedelta(minutes=2)
_LONGEST_STATE: Final = 40
_ALL_EVERY_SECONDS: Final = 3
_ONE_EVERY_SECONDS: Final = 2


@blueprint.get("")
def show() -> ResponseReturnValue:
    """Show every brand's row, trouble first, or those asked for; on an empty portal, the way to the first brand."""
    parts = _all_brands()
    if not parts["total"] and frame.may("BRANDS"):
        return redirect(url_for("agency_brands.start"))
    live = live_part(_rows(parts), _ALL_EVERY_SECONDS, "agency_sync.live", **_chosen())
    return frame.page("sync.html", **parts, live=live, done=_DONE.get(request.args.get("done", "")))


@blueprint.get("/_live")
def live() -> ResponseReturnValue:
    """Answer what changes on the page by itself."""
    return live_answer(_rows(_all_brands()), _ALL_EVERY_SECONDS, "agency_sync.live", **_chosen())


@blueprint.post("/_all")
def sync_all() -> ResponseReturnValue:
    """Ask for a sync of every active brand of those that the viewer sees."""
    with open_agency(writes=True) as session:
        new = request_all(session, actor=current_actor())
        session.commit()
    return redirect(url_for("agency_sync.show", done="all" if new else "already", **_chosen()), code=303)


@blueprint.get("/<slug>")
def brand(slug: str) -> ResponseReturnValue:
    """Show one brand: how it stands, what to do, and its run history."""
    return _brand_page(slug, done=_DONE.get(request.args.get("done", "")))


@blueprint.get("/<slug>/live")
def brand_live(slug: str) -> ResponseReturnValue:
    """Answer what changes on a brand's page by itself."""
    parts = _one_brand(slug)
    return live_answer(_brand_parts(parts), _ONE_EVERY_SECONDS, "agency_sync.brand_live", **_address(parts))


@blueprint.post("/<slug>/now")
def sync_now(slug: str) -> ResponseReturnValue:
    """Ask for a sync of this brand."""
    return _ask(slug, accept=False)


@blueprint.post("/<slug>/fields/<resource>/<field>/unused")
def unused_field(slug: str, resource: str, field: str) -> ResponseReturnValue:
    """Remember that this brand does not use a field, and ask for a sync that goes by it."""
    of = _resource(resource)
    return _accept(
        slug,
        lambda session, tenant_id: accept_unused_field(
            session, actor=current_actor(), tenant_id=tenant_id, resource=of, field=field
        ),
    )


@blueprint.post("/<slug>/totals/<call>/accept")
def accept_total_of(slug: str, call: str) -> ResponseReturnValue:
    """Let a list in although its total is higher, and ask for a sync that goes by it."""
    return _accept(
        slug, lambda session, tenant_id: accept_total(session, actor=current_actor(), tenant_id=tenant_id, call=call)
    )


@blueprint.post("/<slug>/records/<resource>/<run_id>/accept")
def accept_records(slug: str, resource: str, run_id: str) -> ResponseReturnValue:
    """Let the unreadable records of a run be, and ask for a sync that goes by it."""
    of = _resource(resource)
    return _accept(
        slug,
        lambda session, tenant_id: accept_unreadable_records(
            session, actor=current_actor(), tenant_id=tenant_id, resource=of, run_id=run_id
        ),
    )


@blueprint.post("/<slug>/confirm")
def confirm(slug: str) -> ResponseReturnValue:
    """Ask for a sync that lets in what was held back."""
    return _ask(slug, accept=True)


def _resource(word: str) -> Resource:
    """Return the resource that an address names; what names none is not there (404)."""
    resource = member(Resource, word)
    if resource is None:
        abort(404)
    return resource


def _chosen() -> dict[str, Any]:
    """Return which of the brands the address, or the form that a button sent, is about: by words, state and page."""
    page = asked_page()
    chosen = {"q": searched_words(), "state": _state(), "page": page if page > 1 else ""}
    return {name: value for name, value in chosen.items() if value}


def _state() -> str:
    return request.values.get("state", "")[:_LONGEST_STATE]


def _rows(parts: Mapping[str, Any]) -> str:
    return render_template("agency/sync_rows.html", **parts)


def _brand_page(slug: str, *, done: str | None = None, problem: str | None = None) -> str:
    parts = _one_brand(slug)
    live = live_part(_brand_parts(parts), _ONE_EVERY_SECONDS, "agency_sync.brand_live", **_address(parts))
    return frame.page("sync_brand.html", **parts, live=live, done=done, problem=problem)


def _brand_parts(parts: Mapping[str, Any]) -> str:
    return render_template("agency/sync_brand_parts.html", **parts)


def _address(parts: Mapping[str, Any]) -> dict[str, Any]:
    return {"slug": parts["row"].slug, "page": parts["history"].page.number}


def _ask(slug: str, *, accept: bool) -> ResponseReturnValue:
    with open_agency(writes=True) as session:
        tenant_id = find_brand_by_slug(session, slug).id or 0
        ask = confirm_held_back if accept else request_sync
        try:
            new = ask(session, actor=current_actor(), tenant_id=tenant_id)
        except AccountError as wrong:
            return _brand_page(slug, problem=str(wrong)), 400
        session.commit()
    done = ("confirmed" if accept else "now") if new else "already"
    if request.form.get("back") == "all":
        return redirect(url_for("agency_sync.show", done=done, **_chosen()), code=303)
    return redirect(url_for("agency_sync.brand", slug=slug, done=done), code=303)


def _accept(slug: str, accept: Callable[[AgencySession, int], None]) -> ResponseReturnValue:
    """Write an acceptance down, with the sync that goes by it."""
    with open_agency(writes=True) as session:
        tenant_id = find_brand_by_slug(session, slug).id or 0
        try:
            accept(session, tenant_id)
            request_sync(session, actor=current_actor(), tenant_id=tenant_id)
        except NotFoundError:
            raise
        except AccountError as wrong:
            session.rollback()
            return _brand_page(slug, problem=str(wrong)), 400
        session.commit()
    return redirect(url_for("agency_sync.brand", slug=slug, done="accepted"), code=303)


def _all_brands() -> dict[str, Any]:
    now, cron, words, state = utc_now(), portal().settings.sync_cron, searched_words(), _state()
    with open_agency() as session:
        brands = sync_health(session, now, cron)
        workers = find_workers(session, now)
        fitting = narrowed(brands, words=words, state=state)
        page = shown_page(len(fitting), asked_page())
        shown = with_runs(session, page.of(fitting))
    figures = figures_of(brands_of([brand.tenant_id for brand in shown if brand.freshness.read_at is not None]), now)
    return {
        **_template_words(now),
        "total": len(brands),
        "rows": [
            brand_row(
                brand,
                now,
                has_worker=workers.alive > 0,
                figures=figures.get(brand.tenant_id),
                may_renew=frame.may("BRANDS"),
            )
            for brand in shown
        ],
        "drawn_row": drawn_row,
        "page": page,
        "choices": state_choices(brands),
        "chosen_state": state,
        "words_searched": words,
        "busy": sum(brand.ongoing is not None for brand in brands),
        "workers": workers,
        "next_sync_at": slot_after(cron, now),
        "next_in": in_text(slot_after(cron, now), now),
    }


def _one_brand(slug: str) -> dict[str, Any]:
    now, cron = utc_now(), portal().settings.sync_cron
    with open_agency() as session:
        row = brand_health(session, find_brand_by_slug(session, slug).id or 0, now, cron)
        held_back = [] if row.last_run is None else held_back_reasons(session, row.tenant_id, row.last_run.run_id)
        return {
            **_template_words(now),
            "row": row,
            "held_back_problems": held_back if row.held_back else [],
            "understanding": read_understanding(
                session, row.tenant_id, None if row.last_run is None else row.last_run.run_id
            ),
            "history": run_history(session, row.tenant_id, page=asked_page()),
            "notes": notes_progress(session, row.tenant_id),
            "last_test": last_test(session, row.tenant_id),
            "workers": find_workers(session, now),
            "next_sync_at": row.freshness.next_sync_at,
            "needs_key": needs_key(row),
            "key_form": WebKeyForm(formdata=None),
            "now": now,
        }


def _template_words(now: Any) -> dict[str, Any]:
    """Return the words and little helpers that the templates speak with."""
    return {
        "may": frame.may,
        "now": now,
        "zone": frame.viewers_zone(),
        "ago": lambda moment: ago_text(moment, now),
        "at": lambda moment, zone: nearby_text(moment, now, zone),
        "exactly": moment_text,
        "zone_text": zone_text,
        "took": duration_text,
        "starts_at_once": starts_at_once,
        "came_in": came_in,
        "in_part": in_part,
        "trend_chart": trend_chart,
        "ongoing_words": ongoing_words,
        "drawn_run": drawn_run,
        "advice_for": words.advice_for,
        "run_words": words.RUN_WORDS,
        "run_meaning": words.RUN_MEANING,
        "resource_words": words.RESOURCE_WORDS,
        "trigger_words": words.TRIGGER_WORDS,
        "check_words": words.CHECK_WORDS,
        "field_words": words.field_words,
        "field_state_words": words.FIELD_STATE_WORDS,
        "waits_long": lambda ongoing: not ongoing.running and now - ongoing.since > _PICKED_UP_WITHIN,
    }
