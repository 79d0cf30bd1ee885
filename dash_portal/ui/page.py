"""The frame of a dashboard: who looks at which brand, how fresh it is, and its content, known or worked out.

A page is made once, filled. Afterwards its view changes: one callback answers with the content of the page's slots and
the figures of its charts, and everything else (the search field, scroll position, open menus) stays as it is.

What is finished is kept as the JSON that is sent. Around it goes what differs from one person and moment to the next:
the header, and how fresh the data is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex
from typing import Any, Final

from dash import Input, Output, callback, register_page

from dash_portal.brand_access import (
    Brand,
    NoBrandError,
    authorised_brand,
    current_viewer,
    open_brand,
    selectable_brands,
)
from dash_portal.brand_time import local_day
from dash_portal.charts.chart import Chart
from dash_portal.charts.palette import mark_colour, readable_text
from dash_portal.co_branding.logos import logo_addresses
from dash_portal.dashboards.answers import ANSWERS
from dash_portal.freshness import Freshness, page_freshness
from dash_portal.portal import portal
from dash_portal.ui.attributes import attributes
from dash_portal.ui.chart_card import DRAWN, chart_card, drawn
from dash_portal.ui.elements import elements
from dash_portal.ui.empty import no_brand_yet
from dash_portal.ui.freshness_badge import freshness_badge, stale_banner
from dash_portal.ui.header import header
from dash_portal.ui.markup import Part, dcc, html
from dash_portal.view import View
from database import BrandSession
from models import Resource, utc_now

_FRESHNESS = ("freshness", "banner")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page was asked for: the brand it is pinned to, the view, the moment, and how fresh the data is."""

    session: BrandSession
    brand: Brand
    view: View
    now: datetime
    freshness: Freshness


@dataclass(frozen=True, slots=True)
class Content:
    """What a page shows: the content of its slots by name, and its charts. `instead` stands for a page without rows."""

    slots: Mapping[str, Any]
    charts: Sequence[Chart] = ()
    instead: Part | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A dashboard: its address and title, the resources it shows, the parameters it knows, and how it is made.

    `frame` arranges the slots and chart cards, which it gets by name. `depends_on` names what the content depends on
    beside data and view: the brand's day, or the minute.
    """

    path: str
    title: str
    resources: tuple[Resource, ...]
    parameters: tuple[str, ...]
    slots: tuple[str, ...]
    charts: tuple[str, ...]
    content: Callable[[Asked], Content]
    frame: Callable[[Mapping[str, Part], View], Sequence[Any]]
    depends_on: Callable[[Brand, datetime], Hashable]

    @property
    def name(self) -> str:
        """What the ids of the page's parts begin with."""
        return self.path.removeprefix("/")


@dataclass(frozen=True, slots=True)
class _Finished:
    """A page's content as JSON: `body` the parts of a page that is made, `changes` the properties of a changed view."""

    body: str
    changes: str
    has_rows: bool


PAGES: Final[dict[str, Page]] = {}
"""Every dashboard by its path."""
_HERE: Final = token_hex(16)
"""Stands for the finished body while what surrounds it becomes JSON; nothing anybody wrote can hold it."""


def register(module: str, page: Page, layout: Callable[..., Any]) -> None:
    """Tell Dash of a page and of its one callback; the page's module calls this as it is loaded."""
    PAGES[page.path] = page
    register_page(module, path=page.path, title=page.title, layout=layout)  # type: ignore[no-untyped-call]
    outputs = [Output(name, prop) for name, prop in view_outputs(page)]

    def change_view(query: Any) -> list[Any]:
        changes = json.loads(changes_json(page, query))
        return [changes[name][prop] for name, prop in view_outputs(page)]

    callback(*outputs, Input(f"{page.name}-view", "data"), prevent_initial_call=True)(change_view)


def view_outputs(page: Page) -> list[tuple[str, str]]:
    """Return what a changed view changes: ids and properties, in the order of the callback's outputs."""
    slots = [(f"{page.name}-{slot}", "children") for slot in (*_FRESHNESS, *page.slots)]
    return slots + [(f"{chart_id}-{part}", prop) for chart_id in page.charts for part, prop in DRAWN]


def show(page: Page, query: Mapping[str, Any]) -> Any:
    """Return a page for the person of this request; raises what `authorised_brand` raises for a brand not theirs."""
    return json.loads(page_json(page, View.of(page.path, query)))


def page_json(page: Page, view: View) -> str:
    """Return a page, as JSON, for the person of this request; raises as `show` does."""
    try:
        brand = authorised_brand(view.value("brand") or None)
    except NoBrandError:
        return _json(html.Div(elements(no_brand_yet())))
    with _asked(page, brand, view) as asked:
        finished = _finished(page, asked)
        logos = logo_addresses(asked.session, brand.tenant_id, brand.slug)
    viewer = current_viewer()
    badge, banner = _freshness(page, asked)
    top = header(
        viewer,
        brand,
        selectable_brands(),
        asked.view,
        html.Div(badge, id=f"{page.name}-freshness"),
        logos=logos,
    )
    around = html.Div(
        [
            *elements(top, {f"{page.name}-freshness"}),
            html.Main(
                [
                    html.Div(banner, id=f"{page.name}-banner", className="slot"),
                    html.H1(page.title, className="visually-hidden"),
                    _HERE,
                ],
                id="main",
                tabIndex=-1,
            ),
            dcc.Store(id=f"{page.name}-view", data=asked.view.query),
        ],
        className="page",
        id="page",
        style=_accent(brand),
        **attributes(
            {
                "data-path": page.path,
                "data-name": page.name,
                "data-brand": brand.slug if viewer.is_agency else "",
                "data-whole": "" if finished.has_rows else "yes",
            }
        ),
    )
    before, _, after = _json(around).partition(f'"{_HERE}"')
    return before + finished.body + after


def changes_json(page: Page, query: Any) -> str:
    """Return what a changed view changes, as JSON by id and property; the brand is authorised again."""
    view = View.parsed(page.path, query)
    brand = authorised_brand(view.value("brand") or None)
    with _asked(page, brand, view) as asked:
        finished = _finished(page, asked)
    parts = zip(_FRESHNESS, _freshness(page, asked), strict=True)
    fresh = {f"{page.name}-{name}": {"children": part} for name, part in parts}
    return f"{_json(fresh)[:-1]},{finished.changes[1:]}"


@contextmanager
def _asked(page: Page, brand: Brand, view: View) -> Iterator[Asked]:
    known = view.only(*page.parameters)
    if current_viewer().is_agency:
        known = known.set_to("brand", brand.slug)  # pinned: every link of this page stays with this brand
    now = utc_now()
    with open_brand(brand) as session:
        freshness = page_freshness(session, page.resources, now, portal().settings.sync_cron, brand.slug)
        yield Asked(session, brand, known, now, freshness)


def _finished(page: Page, asked: Asked) -> _Finished:
    brand, fresh = asked.brand, asked.freshness
    waits = (fresh.unavailable, fresh.next_sync_at if fresh.read_at is None else None)
    question = ("page", asked.view, page.depends_on(brand, asked.now), waits, brand.accent_colour, brand.display_zone)
    return ANSWERS.answer(brand, question, lambda: _finish(page, asked))


def _finish(page: Page, asked: Asked) -> _Finished:
    content = page.content(asked)
    stamp = f"{asked.brand.data_version}|{asked.view.href}"
    charts = {
        chart.chart_id: drawn(chart, asked.view, accent=asked.brand.accent_colour, stamp=stamp)
        for chart in content.charts
    }
    slots = {slot: elements(content.slots.get(slot)) for slot in page.slots}
    changes: dict[str, dict[str, Any]] = {f"{page.name}-{slot}": {"children": held} for slot, held in slots.items()}
    for chart_id in page.charts:
        for part, prop in DRAWN:
            changes[f"{chart_id}-{part}"] = {prop: charts.get(chart_id, {}).get(part)}
    body = _body(page, asked, content, slots, charts)
    return _Finished(body, _json(changes), has_rows=content.instead is None)


def _body(
    page: Page,
    asked: Asked,
    content: Content,
    slots: Mapping[str, list[Part]],
    charts: Mapping[str, Mapping[str, Any]],
) -> str:
    """Return the JSON of what stands in a page that is made: elements separated by commas."""
    if content.instead is not None:
        return _json(elements(content.instead))[1:-1]
    parts: dict[str, Part] = {
        slot: html.Div(held, id=f"{page.name}-{slot}", className=f"slot slot-{slot}") for slot, held in slots.items()
    }
    for chart in content.charts:
        parts[chart.chart_id] = chart_card(
            chart.chart_id, chart.title, chart.description, chart.click or "", charts[chart.chart_id]
        )
    changed = {name for name, _ in view_outputs(page)}
    return _json(elements(page.frame(parts, asked.view), changed))[1:-1]


def _json(part: Any) -> str:
    return json.dumps(part, separators=(",", ":"), allow_nan=False)


def _freshness(page: Page, asked: Asked) -> list[Any]:
    badge = freshness_badge(asked.freshness, asked.brand, page.resources)
    return [elements(badge), elements(stale_banner(asked.freshness, asked.brand))]


def _accent(brand: Brand) -> dict[str, str]:
    if not brand.accent_colour:
        return {}
    accent = mark_colour(brand.accent_colour)
    return {"--accent": accent, "--on-accent": readable_text(accent)}


def by_day(brand: Brand, now: datetime) -> Hashable:
    """Name the brand's calendar day: what counts days changes at its midnight."""
    return local_day(now, brand.timezone), brand.timezone


def by_minute(_brand: Brand, now: datetime) -> Hashable:
    """Name the minute: what is still to come changes with it."""
    return now.replace(second=0, microsecond=0)


def by_data(_brand: Brand, _now: datetime) -> Hashable:
    """Name nothing: what depends on data and view alone."""
    return ""
