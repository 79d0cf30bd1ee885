"""What a page was asked for: the brand it is pinned to, the view, the moment, how fresh the data is; and what is known.

What is finished is kept as plain data (`known`): Dash's own classes cost more than all else of an answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import g
from plotly.io.json import to_json_plotly

from dash_portal.brand_access import Brand, authorised_brand, current_viewer, open_brand, open_rows
from dash_portal.dashboard_pages import DashboardPage
from dash_portal.dashboards.answers import ANSWERS
from dash_portal.freshness import Freshness, page_freshness
from dash_portal.portal import portal
from dash_portal.screen import is_narrow
from dash_portal.view import View
from database import BrandSession
from models import utc_now


@dataclass(frozen=True, slots=True)
class PageRequest:
    """What a page was asked for.

    `details` is the part of the view that names what stands open at its side, `unread` names what a link said that
    means nothing here.
    """

    page: DashboardPage
    session: BrandSession
    brand: Brand
    view: View
    details: View
    unread: tuple[str, ...]
    now: datetime
    freshness: Freshness
    is_narrow: bool


@contextmanager
def open_page(page: DashboardPage, view: View) -> Iterator[PageRequest]:
    """Yield what was asked for; the brand that the view names is authorised here. Raises as `authorised_brand` does."""
    brand = authorised_brand(view.value("brand") or None)
    g.opened_brand = brand
    known_view, panel = view.only("brand", *page.parameters), view.only("brand", "lead", "note")
    unread = tuple(name for name, _ in view.without("brand", "lead", "note", *page.parameters).parameters)
    if current_viewer().chooses_brand:  # pinned: every link of this page stays with this brand
        known_view, panel = (part.set_to("brand", brand.slug) for part in (known_view, panel))
    now = utc_now()
    with open_brand(brand) as session:
        fresh = page_freshness(session, page.resources, now, portal().settings.sync_cron, brand.slug)
        with open_rows(session) as rows:
            yield PageRequest(page, rows, brand, known_view, panel, unread, now, fresh, is_narrow())


def known(request: PageRequest, work_out: Callable[[], Any]) -> Any:
    """Return a page's content as plain data, worked out once for a brand's data, view, day and time zone."""
    brand, fresh = request.brand, request.freshness
    waits = (fresh.unavailable, fresh.refusal, (fresh.failed, fresh.next_sync_at) if fresh.read_at is None else None)
    depends = request.page.depends_on(brand, request.now)
    question = ("page", request.view, request.is_narrow, depends, waits, brand.accent_colour, brand.display_zone)
    return ANSWERS.answer(brand, question, lambda: json.loads(to_json_plotly(work_out())))
