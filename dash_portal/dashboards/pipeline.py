"""Pipeline: what stands in each stage, what it is worth, how far deals get and where they stay."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Select, func
from sqlmodel import col

from dash_portal.brand_access import Brand
from dash_portal.brand_time import days_since, local_day
from dash_portal.charts.chart import Chart
from dash_portal.charts.numbers import ValueFormat
from dash_portal.dashboards.card import Card
from dash_portal.dashboards.pipeline_charts import pipeline_charts
from dash_portal.dashboards.pipeline_counts import (
    STUCK_RULE,
    PipelineCounts,
    StageTotals,
    deals_of_prospects,
    likelihood_of_deal,
    pipeline_counts,
    totals_of,
    with_stage,
)
from dash_portal.dashboards.search import matches
from dash_portal.dashboards.stages import Stage, active_stages, current_keys, step_rank, steps
from dash_portal.dashboards.statements import rows_of, select
from dash_portal.dashboards.table import TablePage, TableQuestion, count_of, sorted_by
from dash_portal.dashboards.time_in_stage import entered_current_stage, is_stuck, stuck_condition
from database import BrandSession
from models import PipelineItem

CARDS: Final = ("opportunities", "pipeline-value", "weighted-value", "average-deal", "stuck-deals")

_CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class PipelineDashboard:
    """What /pipeline shows above its table. `beside` counts the deals outside the active stages."""

    cards: tuple[Card, ...]
    charts: tuple[Chart, ...]
    total: int
    brand_total: int
    beside: int
    observed_since: date | None


@dataclass(frozen=True, slots=True)
class Deal:
    """One opportunity in the table; `likelihood` in percent, `days` in its stage, None where nobody saw it enter."""

    opportunity_id: str
    client_id: str | None
    candidate: str
    opportunity_name: str
    stage: str
    deal_size: Decimal | None
    likelihood: int
    weighted: Decimal | None
    days: int | None
    stuck: bool
    sales_lead: str
    source: str


def pipeline_dashboard(
    session: BrandSession, brand: Brand, stages: Iterable[str], now: datetime, *, only_stuck: bool = False
) -> PipelineDashboard:
    """Answer what /pipeline shows above its table, narrowed to stages by name (none: all), and to stuck deals."""
    counts = pipeline_counts(session, brand, now, only_stuck=only_stuck)
    return build_dashboard(counts, current_keys(stages, counts.stages))


def build_dashboard(counts: PipelineCounts, selected: frozenset[str]) -> PipelineDashboard:
    """Make cards and charts of counts. Cards count the selected stages, charts show them strong beside the others."""
    active = active_stages(counts.stages)
    board = [totals_of(counts, stage.key) for stage in active]
    # Only a stage of the board can be selected: what stands beside it is counted apart, never shown as the pipeline.
    shown = [totals for totals in board if not selected or totals.stage_key in selected]
    since = counts.ageing.observed_since
    return PipelineDashboard(
        cards=(*_cards(shown, _beside(counts, active)), _stuck_card(counts, shown)),
        charts=pipeline_charts(counts, selected),
        total=sum(totals.deals for totals in shown),
        brand_total=sum(totals.deals for totals in counts.totals.values()),
        beside=_beside(counts, active),
        observed_since=None if since is None else local_day(since, counts.zone),
    )


def unlisted_stages(counts: PipelineCounts) -> tuple[tuple[str, int], ...]:
    """Return the stages that deals stand in although the account no longer lists them, and how many deals each."""
    listed = {stage.key for stage in counts.stages}
    return tuple(
        (counts.stage_names.get(key, key), totals.deals)
        for key, totals in sorted(counts.totals.items())
        if key not in listed and totals.deals
    )


def _beside(counts: PipelineCounts, active: Sequence[Stage]) -> int:
    on_board = {stage.key for stage in active}
    return sum(totals.deals for key, totals in counts.totals.items() if key not in on_board)


def _cards(shown: Sequence[StageTotals], beside: int) -> tuple[Card, ...]:
    value = sum((totals.value for totals in shown), Decimal(0))
    valued = sum(totals.valued for totals in shown)
    average = (value / valued).quantize(_CENT) if valued else None
    remark = f"{beside:,} more in inactive stages" if beside else ""
    return (
        Card(
            "opportunities",
            "Opportunities",
            sum(totals.deals for totals in shown),
            "Deals of prospects in an active stage. Deals in inactive stages are counted apart.",
            remark=remark,
        ),
        Card("pipeline-value", "Pipeline value", value, "The sum of these deals' sizes.", ValueFormat.MONEY),
        Card(
            "weighted-value",
            "Weighted value",
            sum((totals.weighted for totals in shown), Decimal(0)),
            "The sum of each deal's size times its likelihood to close (its own, or else its stage's).",
            ValueFormat.MONEY,
        ),
        Card(
            "average-deal",
            "Average deal",
            average,
            "Pipeline value divided by the number of these deals that have a value.",
            ValueFormat.MONEY,
            remark=f"of {valued:,} with a value" if valued else "none with a value",
        ),
    )


def _stuck_card(counts: PipelineCounts, shown: Sequence[StageTotals]) -> Card:
    return Card(
        "stuck-deals",
        "Stuck deals",
        sum(counts.ageing.stuck.get(totals.stage_key, 0) for totals in shown),
        f"Deals that have been in their stage for {STUCK_RULE}",
    )


STAGE: Final = "stage"
DAYS: Final = "days"
SORTS: Final[Mapping[str, Callable[[Sequence[Stage]], Any]]] = {
    "candidate": lambda _: func.lower(col(PipelineItem.candidate)),
    STAGE: lambda stages: step_rank(col(PipelineItem.stage_key), stages),
    "value": lambda _: col(PipelineItem.deal_size),
    "likely": lambda _: likelihood_of_deal(),
    "weighted": lambda _: PipelineItem.deal_size * likelihood_of_deal(),
    "lead": lambda _: func.lower(col(PipelineItem.sales_lead)),
    "source": lambda _: col(PipelineItem.lead_source_key),
}
SORT_NAMES: Final = (*SORTS, DAYS)
DEFAULT_SORT: Final = f"-{STAGE}"
SEARCHED: Final = (
    PipelineItem.candidate,
    PipelineItem.company,
    PipelineItem.opportunity_name,
    PipelineItem.sales_lead,
    PipelineItem.lead_source,
    PipelineItem.stage_name,
)


def deal_rows(
    session: BrandSession, counts: PipelineCounts, selected: frozenset[str], question: TableQuestion
) -> TablePage[Deal]:
    """Answer one page of the deals behind the charts.

    Which deals these are is found by what they are sorted by alone; sorted by stage, the counts tell already in which
    stages the page lies. So most deals are never looked at.
    """
    shown = _shown(counts, selected, question.search)
    if question.search:
        total = count_of(session, _deals(counts, shown, question, PipelineItem.opportunity_id))
    else:
        total = sum(totals_of(counts, key).deals for key in shown)
    within = question.within(total)
    stages, passed = shown, 0
    if within.sort == STAGE and not within.search:
        stages, passed = stages_of_page(counts, shown, within)
    ids_alone = _deals(counts, stages, within, PipelineItem.opportunity_id)
    ids = rows_of(session, ids_alone.limit(within.size).offset(within.offset - passed))
    statement = _deals(counts, stages, within).where(col(PipelineItem.opportunity_id).in_(ids))
    return TablePage(
        tuple(deal_of(row, counts) for row in rows_of(session, statement)), total, within.page, within.size
    )


def _shown(counts: PipelineCounts, selected: frozenset[str], search: str) -> frozenset[str]:
    """Return the stages whose deals are listed: the board, or what of it is selected.

    Deals in a stage that the account no longer lists belong to no board; they are found by its name, or by a search.
    """
    on_board = frozenset(stage.key for stage in active_stages(counts.stages))
    unlisted = counts.totals.keys() - {stage.key for stage in counts.stages}
    if selected:
        return (on_board | unlisted) & selected
    return on_board | unlisted if search else on_board


def stages_of_page(
    counts: PipelineCounts, shown: frozenset[str], question: TableQuestion
) -> tuple[frozenset[str], int]:
    """Return in which stages a page of deals sorted by stage lies, and how many deals stand in those before them."""
    climbed = [frozenset({stage.key}) for stage in steps(counts.stages) if stage.key in shown]
    if question.descending:
        climbed.reverse()
    parked = shown.difference(*climbed)
    within: frozenset[str] = frozenset()
    passed = before = 0
    for stages in (*climbed, parked):
        here = range(passed, passed + sum(totals_of(counts, key).deals for key in stages))
        if here.stop <= question.offset:
            before = here.stop
        elif here.start < question.offset + question.size:
            within |= stages
        passed = here.stop
    return within, before


def deal_statement(counts: PipelineCounts, selected: frozenset[str], question: TableQuestion) -> Select[Any]:
    """Return the statement of all deals on the board, filtered, searched and sorted: an export reads it."""
    return _deals(counts, _shown(counts, selected, question.search), question)


def _deals(counts: PipelineCounts, stages: frozenset[str], question: TableQuestion, *columns: Any) -> Select[Any]:
    """Return the statement of the deals in these stages, searched and sorted: all of them, or only some columns."""
    entered = entered_current_stage()
    statement = with_stage(select(*(columns or _all_columns(entered))).select_from(PipelineItem))
    if question.sort == DAYS or not columns or counts.only_stuck:
        statement = statement.join(entered, entered.c.opportunity_id == col(PipelineItem.opportunity_id), isouter=True)
    statement = statement.where(*deals_of_prospects(), col(PipelineItem.stage_key).in_(stages))
    if counts.only_stuck:
        entered_at = entered.c.entered_at
        statement = statement.where(
            stuck_condition(counts.ageing, PipelineItem.stage_key, entered_at, counts.today, counts.zone)
        )
    if question.search:
        statement = statement.where(matches(question.search, SEARCHED))
    tie = col(PipelineItem.opportunity_id)
    if question.sort == DAYS:  # who entered first has been there longest
        turned = replace(question, descending=not question.descending)
        return sorted_by(statement, turned, entered.c.entered_at, tie=tie)
    return sorted_by(statement, question, SORTS[question.sort](counts.stages), tie=tie)


def _all_columns(entered: Any) -> tuple[Any, ...]:
    return (
        PipelineItem.opportunity_id,
        PipelineItem.client_id,
        PipelineItem.candidate,
        PipelineItem.opportunity_name,
        PipelineItem.stage_key,
        PipelineItem.deal_size,
        likelihood_of_deal().label("likelihood"),
        entered.c.entered_at,
        PipelineItem.sales_lead,
        PipelineItem.lead_source,
        PipelineItem.lead_source_key,
    )


def deal_of(row: Any, counts: PipelineCounts) -> Deal:
    """Make a deal of a row of `deal_statement`."""
    days = None if row.entered_at is None else days_since(row.entered_at, counts.today, counts.zone)
    size: Decimal | None = row.deal_size
    return Deal(
        opportunity_id=row.opportunity_id,
        client_id=row.client_id,
        candidate=row.candidate,
        opportunity_name=row.opportunity_name,
        stage=counts.stage_names.get(row.stage_key, row.stage_key),
        deal_size=size,
        likelihood=int(row.likelihood),
        weighted=None if size is None else (size * row.likelihood / 100).quantize(_CENT),
        days=days,
        stuck=is_stuck(counts.ageing, row.stage_key, days),
        sales_lead=row.sales_lead,
        source=counts.source_names.get(row.lead_source_key, row.lead_source),
    )
