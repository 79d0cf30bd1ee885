"""The charts of the pipeline: what stands in each stage, what it is worth, how far deals get, where they stay."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from dash_portal.brand_time import day_text, local_day
from dash_portal.charts.chart import Chart, Kind, Look, Series
from dash_portal.charts.numbers import ValueFormat, share_of
from dash_portal.dashboards.pipeline_counts import STUCK, STUCK_RULE, PipelineCounts, StageTotals, totals_of
from dash_portal.dashboards.stages import LED_NOWHERE, Stage, active_stages, groups_of, steps

STAGES: Final = "pipeline-stages"
BY_STAGE: Final = "pipeline-by-stage"
VALUE_BY_STAGE: Final = "pipeline-value-by-stage"
PROGRESSION: Final = "pipeline-progression"
AGEING: Final = "pipeline-ageing"


def pipeline_charts(counts: PipelineCounts, selected: frozenset[str]) -> tuple[Chart, ...]:
    """Make the charts of counts; the selected stages (by their keys) are shown strong beside the others."""
    active = active_stages(counts.stages)
    board = [totals_of(counts, stage.key) for stage in active]
    names = frozenset(stage.name for stage in active if stage.key in selected)
    return (
        _stages_chart(counts, active, board, names),
        _count_chart(active, board, names),
        _value_chart(active, board, names),
        _progression_chart(counts, names),
        _ageing_chart(counts, active, names),
    )


def _stages_chart(
    counts: PipelineCounts, active: Sequence[Stage], board: Sequence[StageTotals], selected: frozenset[str]
) -> Chart:
    ageing, went_on = counts.ageing, _went_on(counts)
    groups = groups_of(counts.stages)
    return Chart(
        chart_id=STAGES,
        title="Pipeline by stage",
        description=(
            "Went on: of the deals that came so far, the share that stands in a later stage. Inside the value: "
            "weighted by likelihood. Stuck: in their stage far longer than others."
        ),
        kind=Kind.ROWS,
        categories=tuple(stage.name for stage in active),
        series=(
            Series("Deals", tuple(totals.deals for totals in board)),
            Series("Went on", tuple(went_on.get(stage.key) for stage in active), ValueFormat.PERCENT, Look.SHARE),
            Series("Value", tuple(totals.value for totals in board), ValueFormat.MONEY),
            Series("Weighted", tuple(totals.weighted for totals in board), ValueFormat.MONEY, Look.INSIDE),
            Series(
                "Median days",
                tuple(ageing.median_days.get(stage.key) for stage in active),
                ValueFormat.DAYS,
                Look.HEAT,
                heading="Days",
            ),
            Series(
                "Stuck deals",
                tuple(ageing.stuck.get(stage.key, 0) for stage in active),
                look=Look.MARK,
                heading="Stuck",
                sets=("stuck", STUCK),
            ),
        ),
        click="stage",
        selected=selected,
        quiet=frozenset(stage.name for stage in active if groups[stage.key] in LED_NOWHERE),
        empty_text="No deals yet",
    )


def _went_on(counts: PipelineCounts) -> dict[str, Decimal | None]:
    """Return for each stage, by its key, which share of the deals that came so far stands in a later one, in percent.

    Parked deals have not come anywhere; behind the last stage there is none to go on to.
    """
    climbed = steps(counts.stages)
    reached = _reached(counts, climbed)
    return {stage.key: share_of(later, here) for stage, here, later in zip(climbed, reached, reached[1:], strict=False)}


def _reached(counts: PipelineCounts, climbed: Sequence[Stage]) -> list[int]:
    """Return for each stage how many deals stand in it or in a later one."""
    deals = [totals_of(counts, stage.key).deals for stage in climbed]
    return [sum(deals[place:]) for place in range(len(climbed))]


def _count_chart(active: Sequence[Stage], board: Sequence[StageTotals], selected: frozenset[str]) -> Chart:
    return Chart(
        chart_id=BY_STAGE,
        title="Deals by stage",
        description="How many deals stand in each active stage, in the order of your pipeline.",
        kind=Kind.BAR,
        categories=tuple(stage.name for stage in active),
        series=(Series("Deals", tuple(totals.deals for totals in board)),),
        click="stage",
        selected=selected,
        empty_text="No deals yet",
    )


def _value_chart(active: Sequence[Stage], board: Sequence[StageTotals], selected: frozenset[str]) -> Chart:
    return Chart(
        chart_id=VALUE_BY_STAGE,
        title="Value by stage",
        description="The sum of deal sizes in each active stage, and the same weighted by likelihood to close.",
        kind=Kind.BAR,
        categories=tuple(stage.name for stage in active),
        series=(
            Series("Value", tuple(totals.value for totals in board)),
            Series("Weighted", tuple(totals.weighted for totals in board)),
        ),
        value_format=ValueFormat.MONEY,
        click="stage",
        selected=selected,
        empty_text="No deals yet",
    )


def _progression_chart(counts: PipelineCounts, selected: frozenset[str]) -> Chart:
    climbed = steps(counts.stages)
    reached = _reached(counts, climbed)
    parked = [stage.name for stage in active_stages(counts.stages) if stage not in climbed]
    without = f" Deals parked in {', '.join(parked)} are left out." if parked else ""
    return Chart(
        chart_id=PROGRESSION,
        title="Progression",
        description=f"The share of deals on the board that has reached each stage or a later one.{without}",
        kind=Kind.PROGRESSION,
        categories=tuple(stage.name for stage in climbed),
        series=(Series("Reached", tuple(share_of(count, reached[0]) for count in reached)),),
        value_format=ValueFormat.PERCENT,
        click="stage",
        selected=selected,
        empty_text="No deals yet",
    )


def _ageing_chart(counts: PipelineCounts, active: Sequence[Stage], selected: frozenset[str]) -> Chart:
    ageing = counts.ageing
    since = ageing.observed_since
    watched = f" Stage changes are observed since {day_text(local_day(since, counts.zone))}." if since else ""
    known = bool(ageing.median_days)
    return Chart(
        chart_id=AGEING,
        title="Time in stage",
        description=(
            "The median number of days that deals have been in their stage, and how many are stuck: there for "
            f"{STUCK_RULE}{watched}"
        ),
        kind=Kind.BAR,
        categories=tuple(stage.name for stage in active),
        series=(
            Series("Median days", tuple(ageing.median_days.get(stage.key) for stage in active), ValueFormat.DAYS),
            Series(
                "Stuck deals",
                tuple(ageing.stuck.get(stage.key, 0) if known else None for stage in active),
                ValueFormat.COUNT,
            ),
        ),
        click="stage",
        selected=selected,
        empty_text="No stage changes observed yet",
    )
