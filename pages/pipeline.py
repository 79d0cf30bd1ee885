"""/pipeline: what stands in each stage, what it is worth, how far deals get and where they stay."""

from __future__ import annotations

from datetime import date
from typing import Any

from dash import Input, Output, callback, html, register_page
from dash.development.base_component import Component

from dash_portal import dashboard_pages
from dash_portal.brand_time import day_text
from dash_portal.components import chart_card, empty, filter_chips, grid, ids, kpi_cards, shell, texts
from dash_portal.components.grid import Column, Table
from dash_portal.dashboards import pipeline
from dash_portal.dashboards.pipeline import Deal
from dash_portal.dashboards.pipeline_counts import STUCK, PipelineCounts, pipeline_counts
from dash_portal.dashboards.stages import current_keys
from dash_portal.page_request import PageRequest
from dash_portal.view import View

PAGE = dashboard_pages.PIPELINE


def _two_lines(request: PageRequest, deal: Deal) -> texts.Pieces:
    second = f"{texts.money(deal.deal_size)} · {texts.percent(deal.likelihood)} · {texts.days(deal.days)} days"
    name, marks = texts.candidate_pieces(request, deal), [*texts.stage_pieces(deal.stage), *texts.stuck_pieces(deal)]
    return [*name, *marks, {"text": second, "className": "second"}]


TABLE = Table(
    page=PAGE.name,
    title="Deals",
    things="deals",
    row_id="opportunity_id",
    columns=(
        Column("candidate", "Candidate", "candidate", width=160, least=108, grows=True, cell=texts.candidate_pieces),
        Column("opportunity_name", "Opportunity", width=170, least=108, grows=True),
        Column(
            "stage", "Stage", "stage", descending_first=True, width=190, least=130, grows=True, write=texts.stage_pieces
        ),
        Column("deal_size", "Deal size", "value", numeric=True, width=110, write=texts.money),
        Column("likelihood", "Likely", "likely", numeric=True, width=90, least=72, write=texts.percent),
        Column("weighted", "Weighted", "weighted", numeric=True, width=110, write=texts.money),
        Column("days", "Days in stage", "days", numeric=True, width=140, cell=texts.days_pieces),
        Column("sales_lead", "Sales lead", "lead", width=130, grows=True),
        Column("source", "Source", "source", width=130, grows=True),
    ),
    two_lines=_two_lines,
    default_sort=pipeline.DEFAULT_SORT,
    searched="Candidate, opportunity, stage, source …",
)
REMARKS = Output("pipeline-remarks", "children")
OUTPUTS = shell.outputs(
    PAGE, kpi_cards.outputs(pipeline.CARDS), chart_card.outputs(PAGE.charts), [REMARKS], grid.outputs(TABLE)
)
STATES = shell.states(OUTPUTS)

register_page(__name__, path=PAGE.path, title=PAGE.document_title, name=PAGE.title)


def layout(**query: Any) -> Any:
    """Return the page, filled, for the person of this request."""
    return shell.page(PAGE, query, _content)


@callback(*OUTPUTS, Input(ids.view(PAGE.name), "data"), *STATES, prevent_initial_call=True)
def change(query: Any, *drawn: Any) -> list[Any]:
    """Answer what a changed view changes."""
    return shell.changes(PAGE, query, OUTPUTS, _content, STATES, drawn)


def _content(request: PageRequest) -> list[Component] | Component:
    session, brand, view = request.session, request.brand, request.view
    counts = pipeline_counts(session, brand, request.now, only_stuck=STUCK in view.values("stuck"))
    selected = current_keys(view.values("stage"), counts.stages)
    dashboard = pipeline.build_dashboard(counts, selected)
    if not dashboard.brand_total and not counts.only_stuck:
        what = "Your deals will appear here: what stands in each stage, what it is worth and where it stays."
        return empty.nothing_yet(what, request)
    question = TABLE.question(request.view)
    rows = pipeline.deal_rows(session, counts, selected, question)
    links = {"opportunities": view.narrowed().without("q", *PAGE.filters), "stuck-deals": view.toggled("stuck", STUCK)}
    remarks = html.P(_remarks(view, counts, dashboard.observed_since), id="pipeline-remarks", className="card-text")
    return [
        kpi_cards.kpi_cards(dashboard.cards, links),
        *filter_chips.filter_chips(request, rows.total, TABLE.things),
        chart_card.chart_columns(PAGE.charts, dashboard.charts, request),
        grid.grid_card(TABLE, request, question, rows, note=remarks),
    ]


def _remarks(view: View, counts: PipelineCounts, since: date | None) -> list[Any]:
    """Say since when stages are watched, and link to deals in unlisted ones: nothing else on this page leads there."""
    remarks: list[Any] = [f"Days in stage are observed since {day_text(since)}. "] if since else []
    if unlisted := pipeline.unlisted_stages(counts):
        remarks.append("Deals in stages that the account no longer lists: ")
    for number, (name, deals) in enumerate(unlisted):
        target = view.narrowed().set_to("stage", name)
        remarks += [", " if number else "", html.A(f"{name} ({deals:,})", href=target.href, className="view-link")]
    return remarks
