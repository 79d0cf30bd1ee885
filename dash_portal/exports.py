"""Tables and charts to take away: CSV of exactly what a page shows, all its pages, streamed as it is read."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain, islice
from typing import Any, Final, Generic, TypeVar

import structlog
from flask import Blueprint, Response, abort, request, stream_with_context

from dash_portal.accounts.audit import AuditAction, record
from dash_portal.accounts.browser import current_actor, still_sees
from dash_portal.accounts.key_holder import asks_with_key, is_key_still_good
from dash_portal.brand_access import Brand, authorised_brand, open_brand_rows
from dash_portal.brand_time import local_day, zone_text
from dash_portal.charts.data import chart_table
from dash_portal.dashboards import hot_list, leads, notes, pipeline, schedule
from dash_portal.dashboards.chart_catalogue import CHART_IDS, chart
from dash_portal.dashboards.lead_counts import LeadFilters, lead_counts
from dash_portal.dashboards.pipeline_counts import STUCK, pipeline_counts
from dash_portal.dashboards.stages import current_keys
from dash_portal.dashboards.table import TableQuestion, count_of
from dash_portal.phone_numbers import readable_phone
from dash_portal.portal import portal
from dash_portal.spreadsheet import csv_pieces
from dash_portal.view import View
from database import BrandSession
from database_away import AWAY, tell_away
from date_only import moment_of_date
from models import utc_now

blueprint = Blueprint("exports", __name__, url_prefix="/export")

_READ_AT_ONCE: Final = 500
_log = structlog.get_logger("portal")

Row = TypeVar("Row")


class DownloadEndedError(ConnectionResetError):
    """The rest can't be sent. The connection is cut, so that the file is not taken for a whole one."""

    def __init__(self, reason: str) -> None:
        """Say what gunicorn takes for a connection that is gone, and no fault of the portal's."""
        super().__init__(errno.ECONNRESET, reason)


@dataclass(frozen=True, slots=True)
class ExportColumn(Generic[Row]):
    """A column of an export: what stands above it, and what a row has in it; of moments the zone is named above.

    A file has values as the CRM has them, for programs; `on_paper` writes them for people, where that differs.
    """

    heading: str
    cell: Callable[[Row], Any]
    holds_moments: bool = False
    on_paper: Callable[[Any], Any] = lambda value: value


@dataclass(frozen=True, slots=True)
class Selection(Generic[Row]):
    """A table's rows as filtered, in the page's order: what reads them, and how one is made of what was read."""

    statement: Any
    row_of: Callable[[Any], Row]


@dataclass(frozen=True, slots=True)
class ExportLines:
    """The lines of a table to take away: how many there are in all, and the cells of each that is wanted."""

    total: int
    lines: Iterator[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Export(Generic[Row]):
    """A table to take away: what its rows are, its columns, and what selects its rows."""

    row: type[Row]
    columns: tuple[ExportColumn[Row], ...]
    selection: Callable[[BrandSession, Brand, View, datetime], Selection[Row]]

    def headings(self, zone: str) -> tuple[str, ...]:
        """Return what stands in the first line."""
        clock = f" ({zone_text(zone)})"
        return tuple(f"{each.heading}{clock if each.holds_moments else ''}" for each in self.columns)

    def lines(
        self, session: BrandSession, brand: Brand, view: View, now: datetime, *, most: int | None = None
    ) -> ExportLines:
        """Return the lines, at most so many; they are read a few hundred at a time, so memory does not grow."""
        selection = self.selection(session, brand, view, now)
        total = count_of(session, selection.statement)
        read = session.exec(selection.statement.limit(most), execution_options={"yield_per": _READ_AT_ONCE})
        rows = map(selection.row_of, read)
        return ExportLines(total, ([column.cell(row) for column in self.columns] for row in rows))


@blueprint.get("/<table>.csv")
def table_csv(table: str) -> Response:
    """Send a page's whole table, filtered, searched and sorted as the link says."""
    if table not in EXPORTS:
        abort(404)
    return table_file(table, authorised_brand(request.args.get("brand")), request.args.to_dict(flat=False))


def table_file(table: str, brand: Brand, query: Mapping[str, Sequence[str]]) -> Response:
    """Return one of EXPORTS as a file, all rows that the query leaves: read while it is sent."""
    export, view, now = EXPORTS[table], View.of(f"/{table}", query), utc_now()

    def pieces() -> Iterator[str]:
        with open_brand_rows(brand) as session:
            table_lines = export.lines(session, brand, view, now)
            _refuse_too_many(table_lines.total)
            lines = table_lines.lines
            first = list(islice(lines, 1))
            yield ""  # up to here it can still be refused
            try:
                zone = brand.display_zone
                watched = _while_allowed(chain(first, lines), table, brand.tenant_id)
                yield from csv_pieces(export.headings(zone), watched, zone)
            except AWAY as away:
                tell_away(away, path=request.path)
                raise DownloadEndedError("the database went away") from away

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
    with open_brand_rows(brand) as session:
        made = chart(session, brand, chart_id, request.args.to_dict(flat=False), now)
    heading, *rows = chart_table(made)
    texts = [str(text) or "Name" for text in heading]
    return _download(csv_pieces(texts, rows, brand.display_zone), chart_id, brand, now)


def _download(pieces: Iterator[str], name: str, brand: Brand, now: datetime) -> Response:
    """Return the file, once the audit log knows which person takes it away.

    Of a program it knows who made its key, and the log of requests each of them: one that asks every few minutes would
    leave nothing else to be seen.
    """
    if not asks_with_key():
        with BrandSession(portal().engine, brand.tenant_id, writes=True) as session:
            actor = current_actor(brand.tenant_id)
            record(session, AuditAction.EXPORTED, actor, tenant_id=brand.tenant_id, what=name)
            session.commit()
    day = local_day(now, brand.display_zone).isoformat()
    response = Response(pieces, mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{brand.slug}-{name}-{day}.csv"'
    return response


def _while_allowed(lines: Iterator[Sequence[Any]], table: str, tenant_id: int) -> Iterator[Sequence[Any]]:
    """Yield the lines, looking every few hundred whether who asked may still have them. Raises DownloadEndedError."""
    for number, line in enumerate(lines, 1):
        if number % _READ_AT_ONCE == 0 and not (is_key_still_good() if asks_with_key() else still_sees(tenant_id)):
            _log.warning("download cut off: the session or key has ended", table=table, row=number)
            raise DownloadEndedError("the session or key has ended")
        yield line


def _refuse_too_many(rows: int) -> None:
    """Answer 413 to a table that is longer than a file may be."""
    most = portal().settings.portal_export_rows
    if rows > most:
        abort(413, f"This table has more than {most:,} rows, which is the most for one file. Please filter it first.")


def _question(view: View, sorts: Sequence[str] | Mapping[str, Any], default: str) -> TableQuestion:
    return TableQuestion.of(view.value("q"), view.value("sort"), 1, sorts=sorts, default=default)


def _leads(session: BrandSession, brand: Brand, view: View, now: datetime) -> Selection[leads.LeadRow]:
    counts = lead_counts(session, brand, now)
    filters = LeadFilters.of(view.values, counts.stages)
    statement = leads.lead_statement(filters, _question(view, leads.SORTS, leads.DEFAULT_SORT), counts)
    return Selection(statement, lambda row: leads.lead_row(row, counts))


def _deals(session: BrandSession, brand: Brand, view: View, now: datetime) -> Selection[pipeline.Deal]:
    counts = pipeline_counts(session, brand, now, only_stuck=STUCK in view.values("stuck"))
    selected = current_keys(view.values("stage"), counts.stages)
    statement = pipeline.deal_statement(counts, selected, _question(view, pipeline.SORT_NAMES, pipeline.DEFAULT_SORT))
    return Selection(statement, lambda row: pipeline.deal_of(row, counts))


def _hot_deals(session: BrandSession, brand: Brand, view: View, now: datetime) -> Selection[hot_list.HotRow]:
    counts = pipeline_counts(session, brand, now)
    only_stuck = STUCK in view.values("stuck")
    filters = hot_list.HotFilters.of(view.values("stage"), counts, only_stuck=only_stuck)
    names = {stage.stage_key: stage.name for stage in hot_list.stage_sums(session, brand, filters)}
    statement = hot_list.hot_statement(filters, _question(view, hot_list.SORT_NAMES, hot_list.DEFAULT_SORT))
    return Selection(statement, lambda row: hot_list.hot_row(row, names, counts))


def _notes(_session: BrandSession, _brand: Brand, view: View, _now: datetime) -> Selection[notes.WrittenNote]:
    statement = notes.note_statement(notes.NoteFilters.of(view), notes.known_sort(view.value("sort")))
    return Selection(statement, notes.written_note)


def _appointments(_session: BrandSession, brand: Brand, _view: View, now: datetime) -> Selection[schedule.Appointment]:
    return Selection(schedule.upcoming_statement(now), lambda row: _plain(schedule.appointment_of(row), brand))


def _plain(appointment: schedule.Appointment, brand: Brand) -> schedule.Appointment:
    """Describe an appointment without markup; let one of whole days have days, whose midnights are nobody's clock."""
    appointment = replace(appointment, description=schedule.description_text(appointment))
    if not appointment.all_day:
        return appointment
    first, last = map(moment_of_date, schedule.first_and_last_day(appointment, brand))
    return replace(appointment, starts_at=first, ends_at=last)


_LEADS: Final[Export[leads.LeadRow]] = Export(
    leads.LeadRow,
    (
        ExportColumn("Name", lambda lead: lead.name),
        ExportColumn("Company", lambda lead: lead.company),
        ExportColumn("Source", lambda lead: lead.source),
        ExportColumn("Status", lambda lead: lead.status),
        ExportColumn("E-mail", lambda lead: lead.email),
        ExportColumn("Phone", lambda lead: lead.phone, on_paper=readable_phone),
        ExportColumn("Sales lead", lambda lead: lead.sales_lead),
        ExportColumn("Created", lambda lead: lead.created_at, holds_moments=True),
        ExportColumn("Deal size", lambda lead: lead.deal_size),
    ),
    _leads,
)
_PIPELINE: Final[Export[pipeline.Deal]] = Export(
    pipeline.Deal,
    (
        ExportColumn("Candidate", lambda deal: deal.candidate),
        ExportColumn("Opportunity", lambda deal: deal.opportunity_name),
        ExportColumn("Stage", lambda deal: deal.stage),
        ExportColumn("Deal size", lambda deal: deal.deal_size),
        ExportColumn("Likely %", lambda deal: deal.likelihood),
        ExportColumn("Weighted", lambda deal: deal.weighted),
        ExportColumn("Days in stage", lambda deal: deal.days),
        ExportColumn("Stuck", lambda deal: "stuck" if deal.stuck else ""),
        ExportColumn("Sales lead", lambda deal: deal.sales_lead),
        ExportColumn("Source", lambda deal: deal.source),
    ),
    _deals,
)
_HOT_LIST: Final[Export[hot_list.HotRow]] = Export(
    hot_list.HotRow,
    (
        ExportColumn("Candidate", lambda deal: deal.candidate),
        ExportColumn("Priority", lambda deal: deal.priority.value),
        ExportColumn("Market", lambda deal: deal.market),
        ExportColumn("Units", lambda deal: deal.units),
        ExportColumn("Stage", lambda deal: deal.stage),
        ExportColumn("IFF", lambda deal: deal.iff),
        ExportColumn("Weighted IFF", lambda deal: deal.weighted_iff),
        ExportColumn("Likely %", lambda deal: deal.likelihood),
        ExportColumn("Days in stage", lambda deal: deal.days),
        ExportColumn("Stuck", lambda deal: "stuck" if deal.stuck else ""),
        ExportColumn("Sales lead", lambda deal: deal.sales_lead),
    ),
    _hot_deals,
)
_NOTES: Final[Export[notes.WrittenNote]] = Export(
    notes.WrittenNote,
    (
        ExportColumn("Date", lambda note: note.noted_at, holds_moments=True),
        ExportColumn("Author", lambda note: note.author),
        ExportColumn("Kind", lambda note: note.kind),
        ExportColumn("Contact", lambda note: note.contact),
        ExportColumn("Note", lambda note: note.text),
    ),
    _notes,
)
_SCHEDULE: Final[Export[schedule.Appointment]] = Export(
    schedule.Appointment,
    (
        ExportColumn("Starts", lambda appointment: appointment.starts_at, holds_moments=True),
        ExportColumn("Ends", lambda appointment: appointment.ends_at, holds_moments=True),
        ExportColumn("Kind", lambda appointment: appointment.kind),
        ExportColumn("Contact", lambda appointment: appointment.contact),
        ExportColumn("Title", lambda appointment: appointment.title),
        ExportColumn("Description", lambda appointment: appointment.description),
        ExportColumn("Status", lambda appointment: appointment.status),
    ),
    _appointments,
)

EXPORTS: Final[Mapping[str, Export[Any]]] = {
    "leads": _LEADS,
    "pipeline": _PIPELINE,
    "hot-list": _HOT_LIST,
    "notes": _NOTES,
    "schedule": _SCHEDULE,
}
"""What can be taken away, by the name of its page."""
