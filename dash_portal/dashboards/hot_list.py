"""Hot list: the late-stage deals with an initial franchise fee (IFF), as the agency ranks them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import func
from sqlmodel import col

from dash_portal.brand_access import Brand
from dash_portal.brand_time import days_since
from dash_portal.charts.chart import Chart, Kind, Series
from dash_portal.charts.numbers import ValueFormat
from dash_portal.dashboards.answers import ANSWERS
from dash_portal.dashboards.card import Card
from dash_portal.dashboards.pipeline_counts import PipelineCounts
from dash_portal.dashboards.search import matches
from dash_portal.dashboards.stages import current_keys, read_stages
from dash_portal.dashboards.statements import rows_of, select
from dash_portal.dashboards.table import TablePage, TableQuestion, page_of, sorted_by
from dash_portal.dashboards.time_in_stage import entered_current_stage, is_stuck, stuck_condition
from database import BrandSession
from models import HotListItem

BY_STAGE: Final = "hot-list-by-stage"
CARDS: Final = ("hot-deals", "iff", "weighted-iff")

_CENT: Final = Decimal("0.01")


class Priority(StrEnum):
    """How near a deal is to its signature."""

    CLOSING = "Closing"
    STRONG = "Strong"
    WARM = "Warm"


CLOSING_FROM: Final = 80
STRONG_FROM: Final = 50


def priority_of(likelihood: int) -> Priority:
    """Return a deal's priority by its likelihood in percent: closing from 80, strong from 50, else warm."""
    if likelihood >= CLOSING_FROM:
        return Priority.CLOSING
    return Priority.STRONG if likelihood >= STRONG_FROM else Priority.WARM


@dataclass(frozen=True, slots=True)
class StageSum:
    """What stands in one stage of the hot list; money in the account's currency."""

    stage_key: str
    name: str
    position: int
    deals: int
    iff: Decimal
    weighted_iff: Decimal


@dataclass(frozen=True, slots=True)
class HotListDashboard:
    """What /hot-list shows around its table; `iff` and `weighted_iff` are the totals of the rows it lists."""

    cards: tuple[Card, ...]
    charts: tuple[Chart, ...]
    total: int
    brand_total: int
    iff: Decimal
    weighted_iff: Decimal


@dataclass(frozen=True, slots=True)
class HotRow:
    """One hot deal; `likelihood` in percent, `days` in its stage (None: nobody saw it enter)."""

    opportunity_id: str
    client_id: str | None
    candidate: str
    market: str
    units: str
    stage: str
    iff: Decimal
    weighted_iff: Decimal
    likelihood: int
    sales_lead: str
    days: int | None
    stuck: bool
    priority: Priority


@dataclass(frozen=True, slots=True)
class HotFilters:
    """What the list is narrowed to: keys of stages (none: all), and whether to the stuck deals only.

    `counts` are those of the pipeline: they tell after how many days a deal is stuck.
    """

    stages: frozenset[str]
    counts: PipelineCounts
    only_stuck: bool = False

    @classmethod
    def of(cls, stages: Iterable[str], counts: PipelineCounts, *, only_stuck: bool = False) -> HotFilters:
        """Make filters of stages as a link spells them."""
        return cls(current_keys(stages, counts.stages), counts, only_stuck)


def hot_list_dashboard(session: BrandSession, brand: Brand, filters: HotFilters) -> HotListDashboard:
    """Answer what /hot-list shows around its table, narrowed to the filters."""
    return build_dashboard(stage_sums(session, brand, filters), filters.stages)


def stage_sums(session: BrandSession, brand: Brand, filters: HotFilters) -> tuple[StageSum, ...]:
    """Sum up all hot deals, or the stuck ones, by stage, the latest first; known until data, or the day, changes."""
    if filters.only_stuck:
        question = ("hot list sums", "stuck", filters.counts.today, filters.counts.zone)
        return ANSWERS.answer(brand, question, lambda: _sum_up(session, filters))
    return ANSWERS.answer(brand, ("hot list sums",), lambda: _sum_up(session, filters))


def _stuck(statement: Any, counts: PipelineCounts, entered: Any) -> Any:
    """Leave of a statement that is joined to `entered` the stuck deals."""
    stuck = stuck_condition(counts.ageing, HotListItem.stage_key, entered.c.entered_at, counts.today, counts.zone)
    return statement.where(stuck)


def _sum_up(session: BrandSession, filters: HotFilters) -> tuple[StageSum, ...]:
    statement = (
        select(
            HotListItem.stage_key,
            func.min(HotListItem.stage_name).label("stage_name"),
            func.max(HotListItem.stage_position).label("position"),
            func.count().label("deals"),
            func.sum(HotListItem.iff).label("iff"),
            func.sum(HotListItem.weighted_iff).label("weighted_iff"),
        )
        .where(col(HotListItem.removed_at).is_(None))
        .group_by(col(HotListItem.stage_key))
    )
    if filters.only_stuck:
        entered = entered_current_stage()
        joined = statement.join(entered, entered.c.opportunity_id == col(HotListItem.opportunity_id))
        statement = _stuck(joined, filters.counts, entered)
    names = {stage.key: stage.name for stage in read_stages(session)}
    sums = [
        StageSum(
            stage_key=row.stage_key,
            name=names.get(row.stage_key, row.stage_name),
            position=row.position,
            deals=row.deals,
            iff=_money(row.iff),
            weighted_iff=_money(row.weighted_iff),
        )
        for row in rows_of(session, statement)
    ]
    return tuple(sorted(sums, key=lambda stage: (-stage.position, stage.name)))


def _money(amount: Any) -> Decimal:
    """Return a sum to the cent: SQLite adds Numeric columns as floating point."""
    return Decimal(str(amount or 0)).quantize(_CENT)


def build_dashboard(sums: tuple[StageSum, ...], selected: frozenset[str]) -> HotListDashboard:
    """Make cards and the chart of sums. Cards count the selected stages, the chart shows them strong."""
    shown = [stage for stage in sums if not selected or stage.stage_key in selected]
    deals = sum(stage.deals for stage in shown)
    iff = sum((stage.iff for stage in shown), Decimal(0))
    weighted = sum((stage.weighted_iff for stage in shown), Decimal(0))
    return HotListDashboard(
        cards=(
            Card("hot-deals", "Hot deals", deals, "Deals of prospects in a late stage that have an IFF."),
            Card("iff", "IFF", iff, "The sum of these deals' initial franchise fees.", ValueFormat.MONEY),
            Card(
                "weighted-iff",
                "Weighted IFF",
                weighted,
                "The sum of each deal's initial franchise fee times its likelihood to close.",
                ValueFormat.MONEY,
            ),
        ),
        charts=(_chart(sums, selected),),
        total=deals,
        brand_total=sum(stage.deals for stage in sums),
        iff=iff,
        weighted_iff=weighted,
    )


def _chart(sums: tuple[StageSum, ...], selected: frozenset[str]) -> Chart:
    return Chart(
        chart_id=BY_STAGE,
        title="Weighted IFF by stage",
        description="Initial franchise fees of hot deals, weighted by likelihood to close; latest stage first.",
        kind=Kind.ROWS,
        categories=tuple(stage.name for stage in sums),
        series=(Series("Weighted IFF", tuple(stage.weighted_iff for stage in sums)),),
        value_format=ValueFormat.MONEY,
        click="stage",
        selected=frozenset(stage.name for stage in sums if stage.stage_key in selected),
        empty_text="No hot deals yet",
    )


SORTS: Final[Mapping[str, Callable[[], Any]]] = {
    "candidate": lambda: func.lower(col(HotListItem.candidate)),
    "market": lambda: func.lower(col(HotListItem.market)),
    "stage": lambda: col(HotListItem.stage_position),
    "iff": lambda: col(HotListItem.iff),
    "weighted": lambda: col(HotListItem.weighted_iff),
    "likely": lambda: col(HotListItem.likelihood),
    "lead": lambda: func.lower(col(HotListItem.sales_lead)),
}
DEFAULT_SORT: Final = "-stage"
SEARCHED: Final = (HotListItem.candidate, HotListItem.market, HotListItem.stage_name, HotListItem.sales_lead)


def hot_rows(session: BrandSession, brand: Brand, filters: HotFilters, question: TableQuestion) -> TablePage[HotRow]:
    """Answer one page of the hot list; only a search needs its rows counted anew.

    Which deals these are is found by what they are sorted by alone; the rest is read of them only.
    """
    sums = stage_sums(session, brand, filters)
    total = sum(stage.deals for stage in sums if not filters.stages or stage.stage_key in filters.stages)
    ids_alone = hot_statement(filters, question, HotListItem.opportunity_id)
    ids = page_of(session, ids_alone, question, known_total=None if question.search else total)
    statement = hot_statement(filters, question).where(col(HotListItem.opportunity_id).in_(ids.rows))
    names = {stage.stage_key: stage.name for stage in sums}
    return ids.of_rows(hot_row(row, names, filters.counts) for row in rows_of(session, statement))


def searched_totals(session: BrandSession, filters: HotFilters, question: TableQuestion) -> tuple[Decimal, Decimal]:
    """Sum up IFF and weighted IFF of the rows that a search leaves, on all pages of the table."""
    rows = hot_statement(filters, question, HotListItem.iff, HotListItem.weighted_iff).order_by(None).subquery()
    iff, weighted = session.exec(select(func.sum(rows.c.iff), func.sum(rows.c.weighted_iff))).one()
    return _money(iff), _money(weighted)


def hot_statement(filters: HotFilters, question: TableQuestion, *columns: Any) -> Any:
    """Return the statement of the list, with all columns or only some, as a page or an export reads it.

    The latest stage comes first, then the largest IFF, unless sorted otherwise.
    """
    entered = entered_current_stage()
    statement = select(*(columns or _all_columns(entered))).select_from(HotListItem)
    if question.sort == "days" or not columns or filters.only_stuck:
        statement = statement.join(entered, entered.c.opportunity_id == col(HotListItem.opportunity_id), isouter=True)
    statement = statement.where(col(HotListItem.removed_at).is_(None))
    if filters.only_stuck:
        statement = _stuck(statement, filters.counts, entered)
    if filters.stages:
        statement = statement.where(col(HotListItem.stage_key).in_(filters.stages))
    if question.search:
        statement = statement.where(matches(question.search, SEARCHED))
    tie = col(HotListItem.opportunity_id)
    if question.sort == "days":
        column = entered.c.entered_at
        ordered = column.asc() if question.descending else column.desc()  # who entered first has been there longest
        return statement.order_by(ordered.nulls_last(), tie.asc())
    if question.sort == "stage":
        position = col(HotListItem.stage_position)
        ordered = position.desc() if question.descending else position.asc()
        return statement.order_by(ordered, col(HotListItem.iff).desc(), tie.asc())
    return sorted_by(statement, question, SORTS[question.sort](), tie=tie)


SORT_NAMES: Final = (*SORTS, "days")


def _all_columns(entered: Any) -> tuple[Any, ...]:
    return (
        HotListItem.opportunity_id,
        HotListItem.client_id,
        HotListItem.candidate,
        HotListItem.market,
        HotListItem.units,
        HotListItem.stage_key,
        HotListItem.stage_name,
        HotListItem.iff,
        HotListItem.weighted_iff,
        HotListItem.likelihood,
        HotListItem.sales_lead,
        entered.c.entered_at,
    )


def hot_row(row: Any, stage_names: Mapping[str, str], counts: PipelineCounts) -> HotRow:
    """Make a hot deal of a row of `hot_statement`."""
    days = None if row.entered_at is None else days_since(row.entered_at, counts.today, counts.zone)
    return HotRow(
        opportunity_id=row.opportunity_id,
        client_id=row.client_id,
        candidate=row.candidate,
        market=row.market,
        units=row.units,
        stage=stage_names.get(row.stage_key, row.stage_name),
        iff=row.iff,
        weighted_iff=row.weighted_iff,
        likelihood=row.likelihood,
        sales_lead=row.sales_lead,
        days=days,
        stuck=is_stuck(counts.ageing, row.stage_key, days),
        priority=priority_of(row.likelihood),
    )
