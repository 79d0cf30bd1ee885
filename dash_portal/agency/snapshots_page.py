"""The raw answers of a run: listed, searched, read and downloaded. Agency only; every look is in the audit log."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from dash_portal.accounts.brands import find_brand_by_slug
from dash_portal.accounts.browser import current_actor
from dash_portal.agency import frame
from dash_portal.agency.paging import asked_page
from dash_portal.agency.raw_snapshots import SnapshotBody, list_snapshots, look_at_snapshot, search_snapshots
from dash_portal.agency.run_history import find_run
from dash_portal.agency.words import RESOURCE_WORDS, RUN_WORDS
from dash_portal.brand_access import open_agency
from dash_portal.brand_time import moment_text
from dash_portal.request_words import member
from models import Resource, Tenant

blueprint = Blueprint("agency_snapshots", __name__, url_prefix="/agency/sync/<slug>/runs/<run_id>/answers")

_ANSWER = "/<resource>/<int(max=10000000):position>"


@blueprint.get("")
def of_run(slug: str, run_id: str) -> ResponseReturnValue:
    """List what a run received, or what of it holds the words searched for."""
    words = " ".join(request.args.get("q", "").split())[:100]
    with open_agency(writes=bool(words)) as session:
        tenant = find_brand_by_slug(session, slug)
        run = find_run(session, tenant.id or 0, run_id)
        if run is None:
            abort(404)
        if words:
            snapshots = search_snapshots(session, tenant.id or 0, run_id, words=words, actor=current_actor())
            session.commit()
        else:
            snapshots = list_snapshots(session, tenant.id or 0, run_id, page=asked_page())
    return frame.page(
        "snapshots.html",
        tenant=tenant,
        run=run,
        snapshots=snapshots,
        words=words,
        exactly=moment_text,
        resource_words=RESOURCE_WORDS,
        run_words=RUN_WORDS,
    )


@blueprint.get(_ANSWER)
def show(slug: str, run_id: str, resource: str, position: int) -> ResponseReturnValue:
    """Show one answer, laid out for reading, the words searched for marked."""
    words = " ".join(request.args.get("q", "").split())[:100]
    tenant, snapshot = _look(slug, run_id, resource, position, download=False)
    return frame.page(
        "snapshot.html",
        tenant=tenant,
        run_id=run_id,
        snapshot=snapshot,
        words=words,
        text=_marked(snapshot.text, words),
        exactly=moment_text,
        resource_words=RESOURCE_WORDS,
    )


@blueprint.get(f"{_ANSWER}/download")
def download(slug: str, run_id: str, resource: str, position: int) -> ResponseReturnValue:
    """Hand over the exact bytes, as a file that no browser opens as a page."""
    _, snapshot = _look(slug, run_id, resource, position, download=True)
    ending = "json" if snapshot.is_json else "txt"
    name = f"{slug}-{run_id[:8]}-{resource}-{position}.{ending}"
    answer = Response(snapshot.body, mimetype="application/octet-stream")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _look(slug: str, run_id: str, resource: str, position: int, *, download: bool) -> tuple[Tenant, SnapshotBody]:
    kind = member(Resource, resource)
    if kind is None:
        abort(404)
    with open_agency(writes=True) as session:
        tenant = find_brand_by_slug(session, slug)
        snapshot = look_at_snapshot(
            session,
            tenant.id or 0,
            run_id,
            kind,
            position,
            actor=current_actor(),
            download=download,
        )
        if snapshot is None:
            abort(404)
        session.commit()
    return tenant, snapshot


def _marked(text: str, words: str) -> Markup:
    """Mark the words in the text, whatever their case; the rest is escaped."""
    if not words:
        return escape(text)
    parts, folded, wanted, start = [], text.casefold(), words.casefold(), 0
    if len(folded) != len(text):  # a letter that folds into two: then no place can be told
        return escape(text)
    while (place := folded.find(wanted, start)) >= 0:
        parts += [escape(text[start:place]), Markup("<mark>%s</mark>") % text[place : place + len(wanted)]]
        start = place + len(wanted)
    return Markup("").join([*parts, escape(text[start:])])
