"""Tables and charts to take away: CSV of exactly what a page shows, all its pages, streamed as it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from typing import Any, Final

from flask import Blueprint, Response, abort, request, stream_with_context
from sqlalchemy import func
from sqlmodel import select

from dash_portal.accounts.audit import AuditAction, record
from dash_portal.accounts.browser import current_actor
from dash_portal.brand_access import Brand, authorised_brand, open_brand
from dash_portal.brand_time import local_day
from dash_portal.charts.data import chart_table
from dash_portal.dashboards import hot_list, leads, notes, pipeline, schedule
from dash_portal.dashboards.chart_catalogue import CHART_IDS, chart
from dash_portal.dashboards.table import TableQuestion
from dash_portal.portal import portal
from dash_portal.spreadsheet import csv_pieces
from dash_portal.view import View
from database import BrandSession
from models import utc_now

blueprint = Blueprint("exports", __name__, url_prefix="/export")

_READ_AT_ONCE: Final = 500

Rows = Iterator[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Export:
    """A table to take away: its headings, and its rows in the page's order."""

    heading: tuple[str, ...]
    rows: Callable[[BrandSession, Brand, View, datetime], Rows]


@blueprint.get("/<table>.csv")
def table_csv(table: str) -> Response:
    """Send a page's whole table, filtered, searched and sorted as the link says."""
    export = EXPORTS.get(table)
    if export is None:
        abort(404)
    brand = authorised_brand(request.args.get("brand"))
    view = View.of(f"/{table}", request.args.to_dict(flat=False))
    now = utc_now()

    def pieces() -> Iterator[str]:
        with open_brand(brand) as session:
            rows = export.rows(session, brand, view, now)
            first = list(islice(rows, 1))
            yield ""  # up to here it can still be refused
            yield from csv_pieces(export.heading, chain(first, rows), brand.timezone)

    begun = pieces()
    next(begun)
    return _download(stream_with_context(begun), table, brand, now)


@blueprint.get("/charts/<chart_id>.csv")
def chart_csv(chart_id: str) -> Response:
    """Send the numbers of one chart, narrowed as its page is."""
    if chart_id not in CHART_IDS:
        abort(404)
    brand = authorised_brand(request.args.get("brand"))
    now = utc_now()
    with open_brand(brand) as session:
        made = chart(session, brand, chart_id, request.args.to_dict(flat=False), now)
    heading, *rows = chart_table(made)
    texts = [str(text) or "Name" for text in heading]
    return _download(csv_pieces(texts, rows, brand.timezone), chart_id, brand, now)


def _download(pieces: Iterator[str], name: str, brand: Brand, now: datetime) -> Response:
    """Return the file, once the audit log knows who takes it away."""
    with BrandSession(portal().engine, brand.tenant_id, writes=True) as session:
        record(session, AuditAction.EXPORTED, current_actor(), tenant_id=brand.tenant_id, what=name)
        session.commit()
    day = local_day(now, brand.timezone).isoformat()
    response = Response(pieces, mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{brand.slug}-{name}-{day}.csv"'
    return response


def _streamed(session: BrandSession, statement: Any) -> Iterator[Any]:
    """Read rows a few hundred at a time, so that memory does not grow with the table.

    Answers 413 to a table that is longer than an export may be.
    """
    most = portal().settings.portal_export_rows
    if session.exec(select(func.count()).select_from(statement.order_by(None).subquery())).one() > most:
        abort(413, f"This table has more than {most:,} rows, which is the most for one file. Please filter it first.")
    yield from session.exec(statement, execution_options={"yield_per": _READ_AT_ONCE})


def _question(view: View, sorts: Sequence[str] | Mapping[str, Any], default: str) -> TableQuestion:
    return TableQuestion.of(view.value("q"), view.value("sort"), 1, sorts=sorts, default=default)


def _leads(session: BrandSession, brand: Brand, view: View, now: datetime) -> Rows:
    counts = leads.lead_counts(session, brand, now)
    filters = leads.LeadFilters.of(view.values("source"), view.values("status"))
    question = _question(view, leads.SORTS, leads.DEFAULT_SORT)
    for found in _streamed(session, leads.lead_statement(filters, question, counts.stages)):
        row = leads.lead_row(found, counts)
        yield (
            row.name,
            row.company,
            row.source,
            row.status,
            row.email,
            row.phone,
            row.sales_lead,
            row.created_at,
            row.deal_size,
        )


def _deals(session: BrandSession, brand: Brand, view: View, now: datetime) -> Rows:
    counts = pipeline.pipeline_counts(session, brand, now)
    selected = frozenset(name.casefold() for name in view.values("stage"))
    question = _question(view, pipeline.SORT_NAMES, pipeline.DEFAULT_SORT)
    for found in _streamed(session, pipeline.deal_statement(counts, selected, question)):
        deal = pipeline.deal_of(found, counts)
        yield (
            deal.candidate,
            deal.opportunity_name,
            deal.stage,
            deal.deal_size,
            deal.likelihood,
            deal.weighted,
            deal.days,
            "stuck" if deal.stuck else "",
            deal.sales_lead,
            deal.source,
        )


def _hot_deals(session: BrandSession, brand: Brand, view: View, now: datetime) -> Rows:
    selected = frozenset(name.casefold() for name in view.values("stage"))
    question = _question(view, hot_list.SORT_NAMES, hot_list.DEFAULT_SORT)
    names = {one.stage_key: one.name for one in hot_list.stage_sums(session, brand)}
    today = local_day(now, brand.timezone)
    for found in _streamed(session, hot_list.hot_statement(selected, question)):
        row = hot_list.hot_row(found, names, today, brand.timezone)
        yield (
            row.candidate,
            row.priority.value,
            row.market,
            row.units,
            row.stage,
            row.iff,
            row.weighted_iff,
            row.likelihood,
            row.days,
            row.sales_lead,
        )


def _notes(session: BrandSession, _brand: Brand, view: View, _now: datetime) -> Rows:
    sort = notes.known_sort(view.value("sort"))
    for _, noted_at, author, kind, contact, text in _streamed(
        session, notes.note_statement(notes.NoteFilters.of(view), sort)
    ):
        yield (noted_at, author, kind, contact, text)


def _activities(session: BrandSession, _brand: Brand, _view: View, now: datetime) -> Rows:
    for found in _streamed(session, schedule.upcoming_statement(now)):
        one = schedule.Activity(*found)
        yield (
            one.starts_at,
            one.ends_at,
            one.kind,
            one.contact,
            one.title,
            schedule.plain_text(one.description),
            one.status,
        )


EXPORTS: Final[Mapping[str, Export]] = {
    "leads": Export(
        ("Name", "Company", "Source", "Status", "E-mail", "Phone", "Sales lead", "Created", "Deal size"), _leads
    ),
    "pipeline": Export(
        (
            "Candidate",
            "Opportunity",
            "Stage",
            "Deal size",
            "Likely %",
            "Weighted",
            "Days in stage",
            "Stuck",
            "Sales lead",
            "Source",
        ),
        _deals,
    ),
    "hot-list": Export(
        (
            "Candidate",
            "Priority",
            "Market",
            "Units",
            "Stage",
            "IFF",
            "Weighted IFF",
            "Likely %",
            "Days in stage",
            "Sales lead",
        ),
        _hot_deals,
    ),
    "notes": Export(("Date", "Author", "Kind", "Contact", "Note"), _notes),
    "schedule": Export(("Starts", "Ends", "Kind", "Contact", "Title", "Description", "Status"), _activities),
}
