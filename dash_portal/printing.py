"""A page on paper: a document with brand, date of the data, filters, figures, charts as bars and rows as filtered.

Made by the server and plain, so that it fits any paper and needs no script. How the browser's own print looks stands at
the end of `assets/portal.css`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import chain
from typing import Any, Final

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from dash_portal.accounts.audit import AuditAction, record
from dash_portal.accounts.browser import current_actor
from dash_portal.brand_access import Brand, authorised_brand, open_brand, open_rows
from dash_portal.brand_time import clock_text, day_text, local_day, moment_text
from dash_portal.charts.chart import Chart
from dash_portal.charts.layout import drawing_of
from dash_portal.charts.numbers import ValueFormat, exact, short
from dash_portal.dashboard_pages import PAGES, filters_in_force
from dash_portal.dashboards.chart_catalogue import overview
from dash_portal.exports import EXPORTS, Export
from dash_portal.freshness import page_freshness
from dash_portal.portal import portal
from dash_portal.view import View
from database import BrandSession
from models import utc_now

blueprint = Blueprint("printing", __name__, url_prefix="/print")

MOST_ROWS: Final = 500
_UPRIGHT: Final = 6
"""So many columns fit on paper that stands upright."""
_NUMBER: Final = "number"
_LONG_WORD: Final = 36
"""A word of more letters may be parted anywhere: else it would push its row beyond the paper's edge."""


@dataclass(frozen=True, slots=True)
class PrintedCell:
    """A cell on paper: its text, and its class where it is a number, or has a word that must be parted."""

    text: str
    look: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """One value of a chart on paper: how long its bar is, in percent of the longest (0: it has none), and its text."""

    percent: float
    fill: str
    text: str


@dataclass(frozen=True, slots=True)
class PrintedChart:
    """A chart on paper: a row a category, a column a series."""

    title: str
    description: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Bar, ...]], ...]
    empty_text: str


@blueprint.get("/<table>")
def document(table: str) -> ResponseReturnValue:
    """Answer a page as a document, filtered, searched and sorted as the link says; at most its first 500 rows."""
    page = PAGES.get(table)
    if page is None:
        abort(404)
    export = EXPORTS[table]
    brand = authorised_brand(request.args.get("brand"))
    query = request.args.to_dict(flat=False)
    view, now, zone = View.of(page.path, query), utc_now(), brand.display_zone
    with open_brand(brand) as session:
        fresh = page_freshness(session, page.resources, now, portal().settings.sync_cron, brand.slug)
        with open_rows(session) as rows:
            exported = export.lines(rows, brand, view, now, most=MOST_ROWS)
            printed = [_printed_line(export, line, zone) for line in exported.lines]
            above = overview(rows, brand, table, query, now)
            filters = list(filters_in_force(rows, brand, page, view))
    _write_down(brand, table)
    charts = {made.chart_id: made for made in above.charts}
    return render_template(
        "print.html",
        brand=brand,
        title=page.title,
        read_at="" if fresh.read_at is None else moment_text(fresh.read_at, zone),
        filters=filters,
        cards=above.cards,
        charts=[printed_chart(charts[name], brand.accent_colour) for name in chain.from_iterable(page.charts)],
        headings=_headings(export.headings(zone), printed),
        rows=printed,
        counted=_counted(len(printed), exported.total),
        page_size="letter" if len(export.columns) <= _UPRIGHT else "letter landscape",
    )


def _counted(printed: int, total: int) -> str:
    """Say how many rows stand on the paper, and of how many."""
    if printed < total:
        return f"first {printed:,} of {total:,} rows"
    return f"{total:,} rows" if total != 1 else "1 row"


def _printed_line(export: Export[Any], line: Sequence[Any], zone: str) -> list[PrintedCell]:
    return [printed_cell(column.on_paper(value), zone) for column, value in zip(export.columns, line, strict=True)]


def _headings(texts: Sequence[str], rows: Sequence[Sequence[PrintedCell]]) -> list[PrintedCell]:
    """Return the headings, each on the side on which its column's cells stand."""
    numbers = {place for row in rows for place, cell in enumerate(row) if cell.look == _NUMBER}
    return [PrintedCell(text, _NUMBER if place in numbers else "") for place, text in enumerate(texts)]


def _write_down(brand: Brand, table: str) -> None:
    """Write into the audit log who takes it away, as for a file."""
    with BrandSession(portal().engine, brand.tenant_id, writes=True) as session:
        record(
            session,
            AuditAction.EXPORTED,
            current_actor(brand.tenant_id),
            tenant_id=brand.tenant_id,
            what=f"{table}, printed",
        )
        session.commit()


def printed_chart(made: Chart, accent: str | None) -> PrintedChart:
    """Return a chart as rows of bars: as long, as coloured and with the same numbers as on the screen."""
    drawing = drawing_of(made, accent=accent)
    rows = []
    for place, category in enumerate(made.categories):
        bars = []
        for described, series in zip(made.series, drawing.series, strict=True):
            mark, panel = series.marks[place], drawing.panels[series.panel]
            is_bar = mark.length is not None and not series.bears_numbers and panel.high > panel.low
            percent = 100 * (float(mark.length or 0) - panel.low) / (panel.high - panel.low) if is_bar else 0.0
            # Beside its bar on paper each series has a number, on the screen one that lies in another's has none.
            text = mark.text or (short(mark.value, made.format_of(described)) if mark.value else "")
            bars.append(Bar(round(max(0.0, min(percent, 100.0)), 2), mark.fill, text))
        rows.append((category, tuple(bars)))
    headings = tuple(series.name for series in drawing.series)
    return PrintedChart(made.title, made.description, headings, tuple(rows), made.empty_text)


def printed_cell(value: Any, zone: str) -> PrintedCell:
    """Write a cell for people: money in full, counts with their thousands, moments on the reader's clock."""
    if value is None:
        return PrintedCell("")
    if isinstance(value, datetime):
        clock = clock_text(value, zone).replace(" ", "\u00a0")  # PM in a line of its own says nothing
        return PrintedCell(", ".join(filter(None, (day_text(local_day(value, zone)), clock))))
    if isinstance(value, Decimal):
        return PrintedCell(exact(value, ValueFormat.MONEY), _NUMBER)
    if isinstance(value, int):
        return PrintedCell(f"{value:,}", _NUMBER)
    text = str(value)
    return PrintedCell(text, "breaks" if max(map(len, text.split()), default=0) > _LONG_WORD else "")
