"""The dashboards: address, title, whose age counts, what a link may say, what filters are called, which charts stand.

Below both forms of a page: the one on the screen (`pages`) and the one on paper (`printing`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from flask import g

from dash_portal.brand_access import Brand
from dash_portal.brand_time import local_day
from dash_portal.dashboards import hot_list, notes
from dash_portal.dashboards.lead_charts import SOURCES, STATUS_GROUPS, TOP_STATUSES
from dash_portal.dashboards.lead_counts import GROUPS
from dash_portal.dashboards.pipeline_charts import STAGES
from dash_portal.dashboards.pipeline_counts import STUCK
from dash_portal.dashboards.stages import GROUP_NAMES
from dash_portal.view import View
from database import BrandSession
from models import Resource


@dataclass(frozen=True, slots=True)
class DashboardPage:
    """A dashboard: its address and title, the resources it shows, and the parameters it knows.

    `depends_on` names what the content depends on beside data and view: the brand's day, or the minute. `filters` says
    what each filtering parameter is called, `value_names` what a (parameter, value) is where the value is no word.
    `charts` are ids of charts in columns.
    """

    path: str
    title: str
    resources: tuple[Resource, ...]
    parameters: tuple[str, ...]
    depends_on: Callable[[Brand, datetime], Hashable]
    filters: Mapping[str, str] = field(default_factory=dict)
    value_names: Mapping[tuple[str, str], str] = field(default_factory=dict)
    charts: tuple[tuple[str, ...], ...] = ()

    @property
    def name(self) -> str:
        """The page's name in ids and file names."""
        return self.path.removeprefix("/")

    def document_title(self, **_path_variables: Any) -> str:
        """Return the title of the browser's window: the page, and the brand that this request opened it of."""
        brand = g.get("opened_brand")
        return self.title if brand is None else f"{self.title} · {brand.name}"


def by_day(brand: Brand, now: datetime) -> Hashable:
    """Name the brand's calendar day: what counts days changes at its midnight."""
    return local_day(now, brand.timezone), brand.timezone


def by_minute(_brand: Brand, now: datetime) -> Hashable:
    """Name the minute: what is still to come changes with it."""
    return now.replace(second=0, microsecond=0)


def by_data(_brand: Brand, _now: datetime) -> Hashable:
    """Name nothing: what depends on data and view alone."""
    return ""


LEADS: Final = DashboardPage(
    path="/leads",
    title="Leads",
    resources=(Resource.LEADS, Resource.PIPELINE_STAGES),
    parameters=("source", "group", "status", "only", "open", "q", "sort", "page", "size"),
    depends_on=by_day,
    filters={"source": "Source", "group": "Status group", "status": "Status", "only": "Only"},
    value_names={
        **{("only", group): label for group, label in GROUPS.items()},
        **{("group", group): label for group, label in GROUP_NAMES.items()},
    },
    charts=((SOURCES,), (STATUS_GROUPS, TOP_STATUSES)),
)
PIPELINE: Final = DashboardPage(
    path="/pipeline",
    title="Pipeline",
    resources=(Resource.PIPELINE_ITEMS, Resource.PIPELINE_STAGES),
    parameters=("stage", "stuck", "q", "sort", "page", "size"),
    depends_on=by_day,
    filters={"stage": "Stage", "stuck": "Only"},
    value_names={("stuck", STUCK): "Stuck deals"},
    charts=((STAGES,),),
)
HOT_LIST: Final = DashboardPage(
    path="/hot-list",
    title="Hot list",
    resources=(Resource.PIPELINE_ITEMS, Resource.PIPELINE_STAGES),
    parameters=("stage", "stuck", "q", "sort", "page", "size"),
    depends_on=by_day,
    filters={"stage": "Stage", "stuck": "Only"},
    value_names={("stuck", STUCK): "Stuck deals"},
    charts=((hot_list.BY_STAGE,),),
)
NOTES: Final = DashboardPage(
    path="/notes",
    title="Notes",
    resources=(Resource.NOTES,),
    parameters=("q", "author", "kind", "contact", "client", "sort", "page", "size", "density"),
    depends_on=by_data,
    filters={"author": "Author", "kind": "Kind", "contact": "Contact", "client": "Contact"},
)
SCHEDULE: Final = DashboardPage(
    path="/schedule",
    title="Schedule",
    resources=(Resource.SCHEDULED_ACTIVITIES,),
    parameters=("page", "size"),
    depends_on=by_minute,
)

PAGES: Final[Mapping[str, DashboardPage]] = {page.name: page for page in (LEADS, PIPELINE, HOT_LIST, NOTES, SCHEDULE)}
"""Every dashboard by its name, in the order of the tabs."""


def filters_in_force(session: BrandSession, brand: Brand, page: DashboardPage, view: View) -> Iterator[str]:
    """Yield the filters of a view in words, as the page's chips have them."""
    for name, label in page.filters.items():
        for value in view.values(name):
            shown = notes.contact_name(session, brand, value) if name == "client" else value
            yield f"{label}: {page.value_names.get((name, value), shown)}"
    if search := view.value("q"):
        yield f"Search: {search}"
