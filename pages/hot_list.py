"""/hot-list: the late-stage deals with an initial franchise fee, as the agency ranks them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash_portal.dashboards.hot_list import (
    BY_STAGE,
    DEFAULT_SORT,
    SORT_NAMES,
    HotRow,
    hot_list_dashboard,
    hot_rows,
    searched_totals,
)
from dash_portal.dashboards.stages import current_keys, read_stages
from dash_portal.dashboards.table import TablePage, TableQuestion
from dash_portal.ui.badges import priority_badge, stage_badge
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
from dash_portal.ui.markup import Part
from dash_portal.ui.page import Asked, Content, Page, by_day, register, show
from dash_portal.ui.texts import days, money, percent
from dash_portal.view import View
from models import Resource

COLUMNS = (
    Column("Candidate", "candidate"),
    Column("Priority"),
    Column("Market", "market"),
    Column("Units", numeric=True),
    Column("Stage", "stage", descending_first=True),
    Column("IFF", "iff", numeric=True, descending_first=True),
    Column("Weighted IFF", "weighted", numeric=True, descending_first=True),
    Column("Likely", "likely", numeric=True, descending_first=True),
    Column("Days in stage", "days", numeric=True, descending_first=True),
    Column("Sales lead", "lead"),
)


def content(asked: Asked) -> Content:
    """Answer what the page shows."""
    session, brand, view = asked.session, asked.brand, asked.view
    dashboard = hot_list_dashboard(session, brand, view.values("stage"))
    if not dashboard.brand_total:
        what = "Deals in a late stage with an initial franchise fee will appear here, the nearest to signing first."
        return Content({}, instead=nothing_yet(what, asked.freshness, brand))
    selected = current_keys(view.values("stage"), read_stages(session))
    question = TableQuestion.of(
        view.value("q"), view.value("sort"), view.number("page", otherwise=1), sorts=SORT_NAMES, default=DEFAULT_SORT
    )
    rows = hot_rows(session, brand, selected, question, asked.now)
    totals = (dashboard.iff, dashboard.weighted_iff)
    if question.search:
        totals = searched_totals(session, selected, question)
    return Content(
        slots={
            "chips": chips(view, {"stage": "Stage"}, hint=SELECT_A_BAR),
            "figures": figures(dashboard.cards),
            "export": export_link(view, "hot-list"),
            "table": _table(asked, rows, question, totals),
        },
        charts=dashboard.charts,
    )


def frame(parts: Mapping[str, Part], view: View) -> Sequence[Any]:
    """Arrange the page."""
    return [
        parts["figures"],
        parts["chips"],
        chart_columns([parts[BY_STAGE]]),
        table_card(
            "Hot list", [search_box("hot-list", view, label="Search hot list"), parts["export"]], parts["table"]
        ),
    ]


def _table(asked: Asked, rows: TablePage[HotRow], question: TableQuestion, totals: tuple[Any, Any]) -> list[Part]:
    view = asked.view
    lines = [_line(row) for row in rows.rows]
    iff, weighted = totals
    foot = ("Total", f"{rows.total:,} deals", "", "", "", money(iff), money(weighted), "", "", "")
    table = data_table("Hot list", COLUMNS, lines, view, question, foot=foot)
    return [table if lines else nothing_fits(view, "deals", "stage"), pager(rows, view, things="deals")]


def _line(row: HotRow) -> Line:
    return Line(
        cells=(
            row.candidate or "(no name)",
            priority_badge(row.priority),
            row.market,
            row.units,
            stage_badge(row.stage),
            money(row.iff),
            money(row.weighted_iff),
            percent(row.likelihood),
            days(row.days),
            row.sales_lead,
        ),
        key=row.opportunity_id,
    )


PAGE = Page(
    path="/hot-list",
    title="Hot list",
    resources=(Resource.PIPELINE_ITEMS, Resource.PIPELINE_STAGES),
    parameters=("brand", "stage", "q", "sort", "page"),
    slots=("chips", "figures", "export", "table"),
    charts=(BY_STAGE,),
    content=content,
    frame=frame,
    depends_on=by_day,
)


def layout(**query: Any) -> Any:
    """Return the page for the person of this request."""
    return show(PAGE, query)


register(__name__, PAGE, layout)
