"""The raw answers of a run: listed, searched, read and downloaded. Agency only; every look is in the audit log."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from dash_portal.accounts.browser import current_actor
from dash_portal.agency import frame
from dash_portal.agency.plain_words import RESOURCE_WORDS, RUN_WORDS
from dash_portal.agency.raw_snapshots import SnapshotBody, list_snapshots, look_at_snapshot, search_snapshots
from dash_portal.agency.run_history import find_run
from dash_portal.agency.tenants import find_tenant
from dash_portal.brand_access import open_agency
from dash_portal.brand_time import moment_text
from dash_portal.vocabulary import member
from models import Resource

blueprint = Blueprint("agency_snapshots", __name__, url_prefix="/agency/sync/<slug>/runs/<run_id>/answers")

_ONE = "/<resource>/<int(max=10000000):position>"


@blueprint.get("")
def of_run(slug: str, run_id: str) -> ResponseReturnValue:
    """List what a run received, or what of it holds the words searched for."""
    words = " ".join(request.args.get("q", "").split())[:100]
    asked = request.args.get("page", "1")
    page = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 1
    with open_agency(writes=bool(words)) as session:
        tenant = find_tenant(session, slug)
        run = find_run(session, tenant.tenant_id, run_id)
        if run is None:
            abort(404)
        if words:
            found = search_snapshots(session, tenant.tenant_id, run_id, words=words, actor=current_actor())
            session.commit()
        else:
            found = list_snapshots(session, tenant.tenant_id, run_id, page=page)
    return frame.page(
        "snapshots.html",
        tenant=tenant,
        run=run,
        found=found,
        words=words,
        exactly=moment_text,
        resource_words=RESOURCE_WORDS,
        run_words=RUN_WORDS,
    )


@blueprint.get(_ONE)
def one(slug: str, run_id: str, resource: str, position: int) -> ResponseReturnValue:
    """Show one answer, laid out for reading, the words searched for marked."""
    words = " ".join(request.args.get("q", "").split())[:100]
    tenant, found = _look(slug, run_id, resource, position, download=False)
    return frame.page(
        "snapshot.html",
        tenant=tenant,
        run_id=run_id,
        found=found,
        words=words,
        text=_marked(found.text, words),
        exactly=moment_text,
        resource_words=RESOURCE_WORDS,
    )


@blueprint.get(f"{_ONE}/download")
def download(slug: str, run_id: str, resource: str, position: int) -> ResponseReturnValue:
    """Hand over the exact bytes, as a file that no browser opens as a page."""
    _, found = _look(slug, run_id, resource, position, download=True)
    ending = "json" if found.is_json else "txt"
    name = f"{slug}-{run_id[:8]}-{resource}-{position}.{ending}"
    answer = Response(found.body, mimetype="application/octet-stream")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _look(slug: str, run_id: str, resource: str, position: int, *, download: bool) -> tuple[Any, SnapshotBody]:
    kind = member(Resource, resource)
    if kind is None:
        abort(404)
    with open_agency(writes=True) as session:
        tenant = find_tenant(session, slug)
        found = look_at_snapshot(
            session,
            tenant.tenant_id,
            run_id,
            kind,
            position,
            actor=current_actor(),
            download=download,
        )
        if found is None:
            abort(404)
        session.commit()
    return tenant, found


def _marked(text: str, words: str) -> Markup:
    """Mark the words in the text, whatever their case; the rest is escaped."""
    if not words:
        return escape(text)
    parts, folded, wanted, start = [], text.casefold(), words.casefold(), 0
    if len(folded) != len(text):  # a letter that folds into two: then no place can be told
        return escape(text)
    while (found := folded.find(wanted, start)) >= 0:
        parts += [escape(text[start:found]), Markup("<mark>%s</mark>") % text[found : found + len(wanted)]]
        start = found + len(wanted)
    return Markup("").join([*parts, escape(text[start:])])
