"""Leads: how many prospects there are, where they come from, how far they get."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Select, func
from sqlmodel import col

from dash_portal.brand_access import Brand
from dash_portal.brand_time import day_text, midnight
from dash_portal.charts.chart import Chart
from dash_portal.dashboards.card import Card
from dash_portal.dashboards.lead_charts import lead_charts
from dash_portal.dashboards.lead_counts import GROUPS, NEW_DAYS, Cell, LeadCounts, LeadFilters, lead_counts, prospects
from dash_portal.dashboards.search import matches
from dash_portal.dashboards.stages import Stage, active_stages, qualified_keys, signed_keys, stage_rank
from dash_portal.dashboards.statements import select
from dash_portal.dashboards.table import TablePage, TableQuestion, page_of, sorted_by
from database import BrandSession
from models import Lead

CARDS: Final = ("total-leads", "new-leads", "active-leads", "qualified-candidates", "signed-leads")


@dataclass(frozen=True, slots=True)
class LeadsDashboard:
    """What /leads shows above its table. `total` is the number of rows the table has before any search."""

    cards: tuple[Card, ...]
    charts: tuple[Chart, ...]
    total: int
    brand_total: int


@dataclass(frozen=True, slots=True)
class LeadRow:
    """One prospect in the table."""

    client_id: str
    name: str
    company: str
    source: str
    status: str
    email: str
    phone: str
    sales_lead: str
    created_at: datetime | None
    deal_size: Decimal | None


def leads_dashboard(
    session: BrandSession,
    brand: Brand,
    filters: LeadFilters,
    now: datetime,
    *,
    open_charts: frozenset[str] = frozenset(),
) -> LeadsDashboard:
    """Answer what /leads shows above its table, narrowed to the filters."""
    return build_dashboard(lead_counts(session, brand, now), filters, open_charts=open_charts)


def build_dashboard(
    counts: LeadCounts, filters: LeadFilters, *, open_charts: frozenset[str] = frozenset()
) -> LeadsDashboard:
    """Make cards and charts of counts. Cards count what fits all filters."""
    shown = [cell for cell in counts.cells_of_groups(filters.groups) if counts.fits(cell, filters)]
    return LeadsDashboard(
        cards=_cards(counts, shown),
        charts=lead_charts(counts, filters, open_charts),
        total=sum(cell.leads for cell in shown),
        brand_total=sum(cell.leads for cell in counts.cells),
    )


def _cards(counts: LeadCounts, shown: Sequence[Cell]) -> tuple[Card, ...]:
    active = {stage.key for stage in active_stages(counts.stages)}
    qualified = qualified_keys(counts.stages)
    return (
        Card("total-leads", "Total leads", sum(cell.leads for cell in shown), "All prospects on file, in any status."),
        Card(
            "new-leads",
            GROUPS["new"],
            sum(cell.new for cell in shown),
            f"Prospects created since {day_text(counts.new_since)}: today and the {NEW_DAYS - 1} days before.",
        ),
        Card(
            "active-leads",
            GROUPS["active"],
            sum(cell.leads for cell in shown if cell.stage_key in active),
            "Prospects whose status is an active stage of your pipeline.",
        ),
        Card(
            "qualified-candidates",
            GROUPS["qualified"],
            sum(cell.leads for cell in shown if cell.stage_key in qualified),
            _qualified_explanation(counts.stages),
        ),
        Card(
            "signed-leads",
            GROUPS["signed"],
            sum(cell.leads for cell in shown if cell.stage_key in signed_keys(counts.stages)),
            "Prospects who have signed their franchise agreement.",
        ),
    )


def _qualified_explanation(stages: Sequence[Stage]) -> str:
    qualified = qualified_keys(stages)
    names = [stage.name for stage in active_stages(stages) if stage.key in qualified]
    if not names:
        return "Prospects in a stage of qualified candidates. Your pipeline has none yet."
    if len(names) == 1:
        return f"Prospects in the stage {names[0]}."
    return f"Prospects in the stages from {names[0]} through {names[-1]}."


SORTS: Final[Mapping[str, Callable[[Sequence[Stage]], Any]]] = {
    "name": lambda _: func.lower(col(Lead.name)),
    "source": lambda _: col(Lead.lead_source_key),
    "status": lambda stages: stage_rank(col(Lead.stage_key), stages),
    "lead": lambda _: func.lower(col(Lead.sales_lead)),
    "created": lambda _: col(Lead.lead_created_at),
    "deal": lambda _: col(Lead.deal_size),
}
DEFAULT_SORT: Final = "-created"
SEARCHED: Final = (
    *(Lead.name, Lead.company, Lead.email, Lead.phone, Lead.sales_lead),
    *(Lead.lead_source, Lead.stage_name),
)


def lead_rows(
    session: BrandSession,
    filters: LeadFilters,
    question: TableQuestion,
    counts: LeadCounts,
    *,
    known_total: int | None = None,
) -> TablePage[LeadRow]:
    """Answer one page of the table behind the charts. `known_total` spares a count where nothing is searched."""
    statement = lead_statement(filters, question, counts)
    page = page_of(session, statement, question, known_total=None if question.search else known_total)
    return page.of_rows(lead_row(row, counts) for row in page.rows)


def lead_row(row: Any, counts: LeadCounts) -> LeadRow:
    """Make a row of the table of one of `lead_statement`; source and status are spelled as the charts spell them."""
    return LeadRow(
        client_id=row.client_id,
        name=row.name,
        company=row.company,
        source=counts.source_names.get(row.lead_source_key, row.lead_source_key),
        status=counts.stage_names.get(row.stage_key, row.stage_key),
        email=row.email,
        phone=row.phone,
        sales_lead=row.sales_lead,
        created_at=row.lead_created_at,
        deal_size=row.deal_size,
    )


def lead_statement(filters: LeadFilters, question: TableQuestion, counts: LeadCounts) -> Select[Any]:
    """Return the statement of the whole table, filtered, searched and sorted: a page or an export reads it."""
    statement = select(
        Lead.client_id,
        Lead.name,
        Lead.company,
        Lead.lead_source_key,
        Lead.stage_key,
        Lead.email,
        Lead.phone,
        Lead.sales_lead,
        Lead.lead_created_at,
        Lead.deal_size,
    ).where(*prospects())
    if filters.sources:
        statement = statement.where(col(Lead.lead_source_key).in_(filters.sources))
    if filters.statuses:
        statement = statement.where(col(Lead.stage_key).in_(filters.statuses))
    of_groups = counts.stage_keys_of(filters)
    if of_groups is not None:
        statement = statement.where(col(Lead.stage_key).in_(of_groups))
    if "new" in filters.groups:
        statement = statement.where(col(Lead.lead_created_at) >= midnight(counts.new_since, counts.zone))
    if question.search:
        statement = statement.where(matches(question.search, SEARCHED, (Lead.phone,)))
    return sorted_by(statement, question, SORTS[question.sort](counts.stages), tie=col(Lead.client_id))
