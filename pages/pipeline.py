"""/pipeline: what stands in each stage, what it is worth, how far deals get and where they stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash_portal.brand_time import day_text
from dash_portal.dashboards.pipeline import (
    AGEING,
    BY_STAGE,
    DEFAULT_SORT,
    PROGRESSION,
    SORT_NAMES,
    VALUE_BY_STAGE,
    Deal,
    PipelineDashboard,
    build_dashboard,
    deal_rows,
    pipeline_counts,
    unlisted_stages,
)
from dash_portal.dashboards.stages import current_keys
from dash_portal.dashboards.table import TablePage, TableQuestion
from dash_portal.ui.badges import stage_badge, stuck_badge
from dash_portal.ui.chart_card import chart_columns
from dash_portal.ui.chips import SELECT_A_BAR, chips
from dash_portal.ui.data_table import (
    Column,
    Line,
    data_table,
    export_link,
    pager,
    search_box,
    table_card,
)
from dash_portal.ui.empty import nothing_fits, nothing_yet
from dash_portal.ui.figures import figures
from dash_portal.ui.links import view_link
from dash_portal.ui.markup import Part, html
from dash_portal.ui.page import Asked, Content, Page, by_day, register, show
from dash_portal.ui.texts import days, money, percent
from dash_portal.view import View
from models import Resource

COLUMNS = (
    Column("Candidate", "candidate"),
    Column("Opportunity"),
    Column("Stage", "stage", descending_first=True),
    Column("Deal size", "value", numeric=True, descending_first=True),
    Column("Likely", "likely", numeric=True, descending_first=True),
    Column("Weighted", "weighted", numeric=True, descending_first=True),
    Column("Days in stage", "days", numeric=True, descending_first=True),
    Column("Sales lead", "lead"),
    Column("Source", "source"),
)


def content(asked: Asked) -> Content:
    """Answer what the page shows."""
    session, brand, view = asked.session, asked.brand, asked.view
    counts = pipeline_counts(session, brand, asked.now)
    selected = current_keys(view.values("stage"), counts.stages)
    dashboard = build_dashboard(counts, selected)
    if not dashboard.brand_total:
        what = "Your deals will appear here: what stands in each stage, what it is worth and where it stays."
        return Content({}, instead=nothing_yet(what, asked.freshness, brand))
    question = TableQuestion.of(
        view.value("q"), view.value("sort"), view.number("page", otherwise=1), sorts=SORT_NAMES, default=DEFAULT_SORT
    )
    rows = deal_rows(session, counts, selected, question)
    return Content(
        slots={
            "chips": chips(view, {"stage": "Stage"}, hint=SELECT_A_BAR),
            "figures": figures(dashboard.cards),
            "export": export_link(view, "pipeline"),
            "table": _table(asked, dashboard, rows, question, unlisted_stages(counts)),
        },
        charts=dashboard.charts,
    )


def frame(parts: Mapping[str, Part], view: View) -> Sequence[Any]:
    """Arrange the page."""
    return [
        parts["figures"],
        parts["chips"],
        chart_columns([parts[BY_STAGE], parts[AGEING]], [parts[VALUE_BY_STAGE], parts[PROGRESSION]]),
        table_card("Deals", [search_box("pipeline", view, label="Search deals"), parts["export"]], parts["table"]),
    ]


def _table(
    asked: Asked,
    dashboard: PipelineDashboard,
    rows: TablePage[Deal],
    question: TableQuestion,
    unlisted: Sequence[tuple[str, int]],
) -> list[Part | None]:
    view, since = asked.view, dashboard.observed_since
    lines = [_line(row) for row in rows.rows]
    return [
        _unlisted(view, unlisted),
        html.P(f"Days in stage are observed since {day_text(since)}.", className="card-text") if since else None,
        data_table("Deals", COLUMNS, lines, view, question) if lines else nothing_fits(view, "deals", "stage"),
        pager(rows, view, things="deals"),
    ]


def _unlisted(view: View, unlisted: Sequence[tuple[str, int]]) -> Part | None:
    """Link to deals in stages that are not listed any more: nothing else on this page leads to them."""
    if not unlisted:
        return None
    links = [view_link(f"{name} ({deals:,})", view.narrowed().set_to("stage", name)) for name, deals in unlisted]
    between = [part for link in links for part in (", ", link)][1:]
    return html.P(["Deals in stages that the account no longer lists: ", *between], className="card-text")


def _line(deal: Deal) -> Line:
    in_stage = [days(deal.days), " ", stuck_badge()] if deal.stuck else days(deal.days)
    return Line(
        cells=(
            deal.candidate or "(no name)",
            deal.opportunity_name,
            stage_badge(deal.stage),
            money(deal.deal_size),
            percent(deal.likelihood),
            money(deal.weighted),
            in_stage,
            deal.sales_lead,
            deal.source,
        ),
        key=deal.opportunity_id,
    )


PAGE = Page(
    path="/pipeline",
    title="Pipeline",
    resources=(Resource.PIPELINE_ITEMS, Resource.PIPELINE_STAGES),
    parameters=("brand", "stage", "q", "sort", "page"),
    slots=("chips", "figures", "export", "table"),
    charts=(BY_STAGE, VALUE_BY_STAGE, PROGRESSION, AGEING),
    content=content,
    frame=frame,
    depends_on=by_day,
)


def layout(**query: Any) -> Any:
    """Return the page for the person of this request."""
    return show(PAGE, query)


register(__name__, PAGE, layout)
