"""Query parameters: what each path takes, said once. Requests are checked by it, and the description is made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import abort, request

from dash_portal.api.cursor import LONGEST_CURSOR
from dash_portal.dashboard_pages import PAGES, DashboardPage
from dash_portal.dashboards import hot_list, leads, notes, pipeline
from dash_portal.dashboards.chart_catalogue import CHARTS_OF
from dash_portal.dashboards.lead_counts import GROUPS
from dash_portal.dashboards.pipeline_counts import STUCK
from dash_portal.dashboards.stages import StageGroup
from dash_portal.view import LONGEST_VALUE, MOST_VALUES

MOST_ROWS: Final = 1_000
USUAL_ROWS: Final = 100
FORMATS: Final = ("data", "echarts", "plotly")

_NO_NUL: Final = r"^[^\u0000]*$"
"""Neither database keeps the sign NUL, so no request may hold it."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter: `words` are the only values it takes, if they are known; `most` makes it a number from 1."""

    name: str
    meaning: str
    words: tuple[str, ...] = ()
    most: int | None = None
    longest: int = LONGEST_VALUE
    repeats: bool = False

    def takes(self, value: str) -> bool:
        """Tell whether this may be its value."""
        if self.words:
            return value in self.words
        if self.most is not None:
            return value.isascii() and value.isdigit() and len(value) < 10 and 1 <= int(value) <= self.most
        return 1 <= len(value) <= self.longest

    def described(self) -> dict[str, Any]:
        """Return it as OpenAPI has it."""
        schema: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": self.longest, "pattern": _NO_NUL}
        if self.words:
            schema = {"type": "string", "enum": list(self.words)}
        elif self.most is not None:
            schema = {"type": "integer", "minimum": 1, "maximum": self.most}
        if self.repeats:
            schema = {"type": "array", "items": schema, "maxItems": MOST_VALUES}
        return {"name": self.name, "in": "query", "description": self.meaning, "schema": schema}


_BRAND: Final = Parameter(
    "brand", "The short name of a brand: for people of the agency. A key has its own.", longest=63
)
_LIMIT: Final = Parameter("limit", f"How many rows at most ({USUAL_ROWS}, if it is not said).", most=MOST_ROWS)
_CURSOR: Final = Parameter("cursor", "Where to go on: the `next_cursor` of the page before.", longest=LONGEST_CURSOR)
_FORMAT: Final = Parameter("format", "Numbers (`data`), an ECharts option, or a Plotly figure.", words=FORMATS)

_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "only": tuple(GROUPS),
    "group": tuple(group.value for group in StageGroup),
    "stuck": (STUCK,),
}
_ONCE: Final = frozenset({"contact", "client", "stuck"})
_SORTS: Final[Mapping[str, tuple[str, ...]]] = {
    "leads": tuple(leads.SORTS),
    "pipeline": pipeline.SORT_NAMES,
    "hot-list": hot_list.SORT_NAMES,
    "notes": tuple(notes.SORTS),
}


def file_parameters(table: str) -> tuple[Parameter, ...]:
    """Return what a table's file takes: what its page takes, but for what is the screen's alone."""
    page = PAGES[table]
    search = [Parameter("q", "Words to search for.")] if "q" in page.parameters else []
    sorts = tuple(sign + name for name in _SORTS.get(table, ()) for sign in ("", "-"))
    sort = [Parameter("sort", "By what to sort; with a minus, downwards.", words=sorts)] if sorts else []
    return (_BRAND, *_filters(page), *search, *sort)


def row_parameters(table: str) -> tuple[Parameter, ...]:
    """Return what a table's rows take: as its file, and which stretch of them."""
    return (*file_parameters(table), _LIMIT, _CURSOR)


def chart_parameters(chart_id: str) -> tuple[Parameter, ...]:
    """Return what a chart takes: the filters of its page, and in which form it is wanted."""
    page = next(name for name, ids in CHARTS_OF.items() if chart_id in ids)
    whole = Parameter("open", "Charts to show with all their rows.", words=CHARTS_OF[page], repeats=True)
    return (_BRAND, _FORMAT, *_filters(PAGES[page]), *([whole] if "open" in PAGES[page].parameters else []))


def brand_parameter() -> tuple[Parameter, ...]:
    """Return what a path takes that is about the brand alone."""
    return (_BRAND,)


def asked(parameters: Sequence[Parameter]) -> dict[str, list[str]]:
    """Return the parameters of this request. What a path does not take is answered with 400: it may be misspelled."""
    known = {parameter.name: parameter for parameter in parameters}
    given: dict[str, list[str]] = request.args.to_dict(flat=False)
    for name, values in given.items():
        parameter = known.get(name)
        if parameter is None:
            abort(400, f"This parameter is not known here: {name}.")
        if len(values) > (MOST_VALUES if parameter.repeats else 1):
            abort(400, f"This parameter is given too often: {name}.")
        if not all(map(parameter.takes, values)):
            abort(400, f"This parameter has a value that it does not take: {name}.")
    return given


def _filters(page: DashboardPage) -> list[Parameter]:
    return [
        Parameter(name, f"Filter: {label}.", words=_WORDS.get(name, ()), repeats=name not in _ONCE)
        for name, label in page.filters.items()
    ]
