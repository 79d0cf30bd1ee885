"""The frame of a dashboard: who looks at which brand, how fresh it is, and its content, known or worked out."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dash import html, register_page

from dash_portal.brand_access import (
    Brand,
    NoBrandError,
    authorised_brand,
    current_viewer,
    open_brand,
    selectable_brands,
)
from dash_portal.brand_time import local_day
from dash_portal.charts.palette import mark_colour, readable_text
from dash_portal.dashboards.answers import ANSWERS
from dash_portal.freshness import Freshness, page_freshness
from dash_portal.portal import portal
from dash_portal.ui.attributes import attributes
from dash_portal.ui.empty import no_brand_yet
from dash_portal.ui.freshness_badge import freshness_badge, stale_banner
from dash_portal.ui.header import header
from dash_portal.ui.plain import plain
from dash_portal.view import View
from database import BrandSession
from models import Resource, utc_now


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page was asked for: the brand it is pinned to, the view, the moment, and how fresh the data is."""

    session: BrandSession
    brand: Brand
    view: View
    now: datetime
    freshness: Freshness

    @property
    def stamp(self) -> str:
        """What differs whenever what is shown may differ."""
        return f"{self.brand.data_version}|{self.view.href}"


@dataclass(frozen=True, slots=True)
class Page:
    """A dashboard: its address and title, the resources it shows, the parameters it knows, and how it is made.

    `depends_on` names what the content depends on beside data and view: the brand's day, or the minute.
    """

    path: str
    title: str
    resources: tuple[Resource, ...]
    parameters: tuple[str, ...]
    content: Callable[[Asked], Sequence[Any]]
    depends_on: Callable[[Brand, datetime], Hashable]


def show(page: Page, query: Mapping[str, Any]) -> Any:
    """Return a page for the person of this request; raises what `authorised_brand` raises for a brand not theirs."""
    viewer = current_viewer()
    try:
        brand = authorised_brand(_slug(query))
    except NoBrandError:
        return no_brand_yet()
    view = View.of(page.path, query).only(*page.parameters)
    if viewer.is_agency:
        view = view.set_to("brand", brand.slug)  # pinned: every link of this page stays with this brand
    now = utc_now()
    with open_brand(brand) as session:
        freshness = page_freshness(session, page.resources, now, portal().settings.sync_cron)
        asked = Asked(session, brand, view, now, freshness)
        waits = (
            freshness.read_at is None,
            freshness.unavailable,
            freshness.next_sync_at if freshness.read_at is None else None,
        )
        question = ("page", view, page.depends_on(brand, now), waits, brand.accent_colour, brand.name)
        content = ANSWERS.answer(brand, question, lambda: plain(list(page.content(asked))))
    badge = freshness_badge(freshness, brand, page.resources)
    return html.Div(
        [
            header(viewer, brand, selectable_brands(), view, badge),
            html.Main(
                [stale_banner(freshness, brand), html.H1(f"{page.title}", className="visually-hidden"), *content],
                id="main",
                tabIndex=-1,
            ),
        ],
        className="page",
        id="page",
        style=_accent(brand),
        **attributes({"data-path": page.path}),
    )


def _slug(query: Mapping[str, Any]) -> str | None:
    given = query.get("brand")
    named = given if isinstance(given, str) else next(iter(given or ()), None)
    return named or None


def _accent(brand: Brand) -> dict[str, str]:
    if not brand.accent_colour:
        return {}
    accent = mark_colour(brand.accent_colour)
    return {"--accent": accent, "--on-accent": readable_text(accent)}


def by_day(brand: Brand, now: datetime) -> Hashable:
    """Name the brand's calendar day: what counts days changes at its midnight."""
    return local_day(now, brand.timezone)


def by_minute(_brand: Brand, now: datetime) -> Hashable:
    """Name the minute: what is still to come changes with it."""
    return now.replace(second=0, microsecond=0)


def register(module: str, page: Page, layout: Callable[..., Any]) -> None:
    """Tell Dash of a page; its module calls this as it is loaded."""
    register_page(module, path=page.path, title=page.title, layout=layout)  # type: ignore[no-untyped-call]
