"""Leads: how many prospects there are, where they come from, how far they get."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, func
from sqlmodel import col

from cleaning import LONGEST_KEY, name_key
from dash_portal.brand_access import Brand
from dash_portal.brand_time import day_text, local_day, midnight
from dash_portal.charts.chart import Chart, Kind, Series
from dash_portal.charts.numbers import ValueFormat
from dash_portal.dashboards.answers import ANSWERS
from dash_portal.dashboards.card import Card
from dash_portal.dashboards.folding import OPEN, folded_name, unfolded
from dash_portal.dashboards.search import matches
from dash_portal.dashboards.spellings import most_frequent
from dash_portal.dashboards.stages import (
    Stage,
    active_stages,
    current_keys,
    qualified_keys,
    read_stages,
    signed_keys,
    stage_rank,
)
from dash_portal.dashboards.statements import rows_of, select
from dash_portal.dashboards.table import TablePage, TableQuestion, page_of, sorted_by
from database import BrandSession
from models import PROSPECT, Lead, LeadCount

NEW_DAYS: Final = 7

BY_SOURCE: Final = "leads-by-source"
BY_STATUS: Final = "leads-by-status"
SOURCE_QUALITY: Final = "leads-source-quality"

GROUPS: Final = {
    "new": f"New in {NEW_DAYS} days",
    "active": "Active in pipeline",
    "qualified": "Qualified candidates",
    "signed": "Signed",
}
"""Groups of prospects that a card counts and a click on it leaves, by what a link calls them."""
CARDS: Final = ("total-leads", "new-leads", "active-leads", "qualified-candidates", "signed-leads")


@dataclass(frozen=True, slots=True)
class LeadFilters:
    """What the page is narrowed to: keys (case-folded names) of sources and statuses, and groups; empty means all.

    A prospect fits several groups only if it belongs to each of them.
    """

    sources: frozenset[str] = frozenset()
    statuses: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        sources: Iterable[str],
        statuses: Iterable[str],
        stages: Iterable[Stage] = (),
        *,
        groups: Iterable[str] = (),
    ) -> LeadFilters:
        """Make filters of names as a link spells them; a status may bear the name its stage had before.

        Groups that do not exist are left out.
        """
        return cls(
            frozenset(map(name_key, sources)),
            current_keys(statuses, stages),
            frozenset(groups) & GROUPS.keys(),
        )


@dataclass(frozen=True, slots=True)
class Cell:
    """How many prospects stand in one stage and come from one source, and how many of them are new."""

    stage_key: str
    source_key: str
    leads: int
    new: int


@dataclass(frozen=True, slots=True)
class LeadCounts:
    """Everything that the cards and charts of leads are made of."""

    cells: tuple[Cell, ...]
    stages: tuple[Stage, ...]
    source_names: Mapping[str, str]
    stage_names: Mapping[str, str]
    new_since: date
    zone: str


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


def lead_counts(session: BrandSession, brand: Brand, now: datetime) -> LeadCounts:
    """Count the brand's prospects by stage and source; known until its data changes or its day ends."""
    today = local_day(now, brand.timezone)
    return ANSWERS.answer(brand, ("lead counts", today, brand.timezone), lambda: _count(session, brand, today))


def _count(session: BrandSession, brand: Brand, today: date) -> LeadCounts:
    """Add up what the sync has counted; only who is new depends on the day, and is counted here."""
    new_since = today - timedelta(days=NEW_DAYS - 1)
    kept = select(
        LeadCount.stage_key, LeadCount.lead_source_key, LeadCount.lead_source, LeadCount.stage_name, LeadCount.leads
    )
    rows = rows_of(session, kept)
    leads: Counter[tuple[str, str]] = Counter()
    for row in rows:
        leads[row.stage_key, row.lead_source_key] += row.leads
    new = _new_leads(session, midnight(new_since, brand.timezone))
    stages = read_stages(session)
    return LeadCounts(
        cells=tuple(Cell(stage, source, count, new[stage, source]) for (stage, source), count in leads.items()),
        stages=stages,
        source_names=most_frequent((row.lead_source_key, row.lead_source, row.leads) for row in rows),
        stage_names=most_frequent((row.stage_key, row.stage_name, row.leads) for row in rows)
        | {stage.key: stage.name for stage in stages},
        new_since=new_since,
        zone=brand.timezone,
    )


def _new_leads(session: BrandSession, since: datetime) -> Counter[tuple[str, str]]:
    """Count the prospects created since a moment, by stage and source."""
    keys = (col(Lead.stage_key), col(Lead.lead_source_key))
    new = (
        select(*keys, func.count().label("leads"))
        .where(*prospects(), col(Lead.lead_created_at) >= since)
        .group_by(*keys)
    )
    return Counter({(row.stage_key, row.lead_source_key): row.leads for row in rows_of(session, new)})


def prospects() -> tuple[ColumnElement[bool], ...]:
    """Return what makes a contact a prospect that counts: type 1, and still there upstream."""
    return (col(Lead.contact_type) == PROSPECT, col(Lead.removed_at).is_(None))


def build_dashboard(
    counts: LeadCounts, filters: LeadFilters, *, open_charts: frozenset[str] = frozenset()
) -> LeadsDashboard:
    """Make cards and charts of counts.

    Cards count what fits all filters. A chart by source is narrowed by status only, and the other way round: it shows
    the selected bars strong beside the others, so that one can go on to the next.
    """
    cells = _of_groups(counts, filters.groups)
    shown = [cell for cell in cells if _fits(cell, filters)]
    by_status = [cell for cell in cells if _fits(cell, LeadFilters(sources=filters.sources))]
    by_source = [cell for cell in cells if _fits(cell, LeadFilters(statuses=filters.statuses))]
    return LeadsDashboard(
        cards=_cards(counts, shown),
        charts=(
            _source_chart(counts, by_source, filters, is_open=BY_SOURCE in open_charts),
            _status_chart(counts, by_status, filters),
            _quality_chart(counts, by_source, filters, is_open=SOURCE_QUALITY in open_charts),
        ),
        total=sum(cell.leads for cell in shown),
        brand_total=sum(cell.leads for cell in counts.cells),
    )


def _of_groups(counts: LeadCounts, groups: frozenset[str]) -> list[Cell]:
    """Return the cells with only those prospects that belong to each of the groups."""
    keys = stage_keys_of(counts.stages, groups)
    kept = [cell for cell in counts.cells if keys is None or cell.stage_key in keys]
    return [replace(cell, leads=cell.new) for cell in kept] if "new" in groups else kept


def stage_keys_of(stages: Sequence[Stage], groups: frozenset[str]) -> frozenset[str] | None:
    """Return the stages in which one belongs to each of the groups; None where they name none."""
    of_group = {
        "active": frozenset(stage.key for stage in active_stages(stages)),
        "qualified": qualified_keys(stages),
        "signed": signed_keys(stages),
    }
    named = [keys for group, keys in of_group.items() if group in groups]
    return frozenset.intersection(*named) if named else None


def _fits(cell: Cell, filters: LeadFilters) -> bool:
    return (not filters.sources or cell.source_key in filters.sources) and (
        not filters.statuses or cell.stage_key in filters.statuses
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


def _source_chart(counts: LeadCounts, cells: Sequence[Cell], filters: LeadFilters, *, is_open: bool) -> Chart:
    groups = _by_source(counts, cells, filters, is_open=is_open)
    return Chart(
        chart_id=BY_SOURCE,
        title="Leads by source",
        description="How many prospects came from each lead source.",
        kind=Kind.BAR,
        categories=tuple(group.name for group in groups),
        keys=tuple(group.key for group in groups),
        series=(Series("Leads", tuple(sum(cell.leads for cell in group.cells) for group in groups)),),
        click="source",
        selected=frozenset(group.key for group in groups if name_key(group.key) in filters.sources),
        empty_text="No leads yet",
    )


def _quality_chart(counts: LeadCounts, cells: Sequence[Cell], filters: LeadFilters, *, is_open: bool) -> Chart:
    groups = _by_source(counts, cells, filters, is_open=is_open)
    signed = signed_keys(counts.stages)
    further = qualified_keys(counts.stages) | signed
    return Chart(
        chart_id=SOURCE_QUALITY,
        title="Source quality",
        description=(
            "For each lead source: its prospects, the share of them that is a qualified candidate or has signed, "
            "and the share that has signed."
        ),
        kind=Kind.BAR,
        categories=tuple(group.name for group in groups),
        keys=tuple(group.key for group in groups),
        series=(
            Series("Leads", tuple(sum(cell.leads for cell in group.cells) for group in groups)),
            Series(
                "Qualified or further", tuple(_share(group.cells, further) for group in groups), ValueFormat.PERCENT
            ),
            Series("Signed", tuple(_share(group.cells, signed) for group in groups), ValueFormat.PERCENT),
        ),
        click="source",
        selected=frozenset(group.key for group in groups if name_key(group.key) in filters.sources),
        empty_text="No leads yet",
    )


def _status_chart(counts: LeadCounts, cells: Sequence[Cell], filters: LeadFilters) -> Chart:
    leads: Counter[str] = Counter()
    for cell in cells:
        leads[cell.stage_key] += cell.leads
    keys = _statuses_in_use(counts)
    return Chart(
        chart_id=BY_STATUS,
        title="Leads by status",
        description="How many prospects stand in each status, in the order of your pipeline.",
        kind=Kind.BAR,
        categories=tuple(counts.stage_names[key] for key in keys),
        keys=tuple(counts.stage_names[key][:LONGEST_KEY] for key in keys),
        series=(Series("Leads", tuple(leads[key] for key in keys)),),
        click="status",
        selected=frozenset(counts.stage_names[key][:LONGEST_KEY] for key in keys if key in filters.statuses),
        empty_text="No leads yet",
    )


def _statuses_in_use(counts: LeadCounts) -> list[str]:
    """Return the stages any prospect stands in, in the brand's order; stages the brand no longer lists come last."""
    used = {cell.stage_key for cell in counts.cells}
    listed = [stage.key for stage in counts.stages if stage.key in used]
    return [*listed, *sorted(used.difference(listed))]


@dataclass(frozen=True, slots=True)
class _Group:
    key: str
    name: str
    cells: tuple[Cell, ...]


def _by_source(counts: LeadCounts, cells: Sequence[Cell], filters: LeadFilters, *, is_open: bool) -> list[_Group]:
    """Group cells by source, the largest of all first, the long tail in one group unless it is open.

    Every source keeps its bar, whatever the other filters leave of it: what was clicked stays where it is.
    """
    sizes: Counter[str] = Counter()
    for cell in counts.cells:
        sizes[cell.source_key] += cell.leads
    gathered: dict[str, list[Cell]] = {key: [] for key in sizes}
    for cell in cells:
        gathered[cell.source_key].append(cell)
    names = counts.source_names
    keys = sorted(gathered, key=lambda key: (-sizes[key], names[key]))
    own = tuple(keys) if is_open else unfolded(keys, filters.sources)
    groups = [_Group(names[key][:LONGEST_KEY], names[key], tuple(gathered[key])) for key in own]
    tail = [key for key in keys if key not in set(own)]
    if tail:
        groups.append(_Group(OPEN, folded_name(len(tail)), tuple(cell for key in tail for cell in gathered[key])))
    return groups


def _share(cells: Sequence[Cell], stage_keys: frozenset[str]) -> Decimal | None:
    """Return which share of the prospects stands in these stages, in percent to a tenth; None of nobody."""
    leads = sum(cell.leads for cell in cells)
    if not leads:
        return None
    among = sum(cell.leads for cell in cells if cell.stage_key in stage_keys)
    return round(Decimal(100 * among) / leads, 1)


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
    of_groups = stage_keys_of(counts.stages, filters.groups)
    if of_groups is not None:
        statement = statement.where(col(Lead.stage_key).in_(of_groups))
    if "new" in filters.groups:
        statement = statement.where(col(Lead.lead_created_at) >= midnight(counts.new_since, counts.zone))
    if question.search:
        statement = statement.where(matches(question.search, SEARCHED, (Lead.phone,)))
    return sorted_by(statement, question, SORTS[question.sort](counts.stages), tie=col(Lead.client_id))
