"""The charts of leads: where they come from, how far they get, in which stages they stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from cleaning import LONGEST_KEY, name_key
from dash_portal.charts.chart import Chart, Kind, Series
from dash_portal.charts.numbers import ValueFormat, share_of
from dash_portal.dashboards.folding import OPEN, SHOWN, folded_name, unfolded
from dash_portal.dashboards.lead_counts import Cell, LeadCounts, LeadFilters
from dash_portal.dashboards.stages import GROUP_NAMES, LED_NOWHERE, StageGroup, qualified_keys, signed_keys

BY_SOURCE: Final = "leads-by-source"
BY_STATUS: Final = "leads-by-status"
SOURCE_QUALITY: Final = "leads-source-quality"
SOURCES: Final = "leads-sources"
STATUS_GROUPS: Final = "leads-status-groups"
TOP_STATUSES: Final = "leads-top-statuses"

STATUSES_SHOWN: Final = 4

_NO_LEADS: Final = "No leads yet"


def lead_charts(counts: LeadCounts, filters: LeadFilters, open_charts: frozenset[str]) -> tuple[Chart, ...]:
    """Make the charts of counts; of those in `open_charts` the long tail is laid open.

    A chart by source is narrowed by status only, and the other way round: it shows the selected bars strong beside the
    others, so that one can go on to the next. So does the strip of groups.
    """
    cells = counts.cells_of_groups(filters.groups)
    apart = LeadFilters(statuses=filters.statuses, stage_groups=filters.stage_groups)
    by_source = [cell for cell in cells if counts.fits(cell, apart)]
    of_sources = [cell for cell in cells if counts.fits(cell, LeadFilters(sources=filters.sources))]
    by_status = [cell for cell in of_sources if counts.fits(cell, LeadFilters(stage_groups=filters.stage_groups))]
    return (
        _source_chart(counts, by_source, filters, is_open=BY_SOURCE in open_charts),
        _status_chart(counts, by_status, filters),
        _quality_chart(counts, by_source, filters, is_open=SOURCE_QUALITY in open_charts),
        _sources_chart(counts, by_source, filters, is_open=SOURCES in open_charts),
        _group_strip(counts, of_sources, filters),
        _top_chart(counts, by_status, filters, is_open=TOP_STATUSES in open_charts),
    )


def _source_chart(counts: LeadCounts, cells: Sequence[Cell], filters: LeadFilters, *, is_open: bool) -> Chart:
    groups = _by_source(counts, cells, filters, is_open=is_open)
    return replace(
        _rows_by_source(BY_SOURCE, groups, filters),
        title="Leads by source",
        description="How many prospects came from each lead source.",
    )


def _quality_chart(counts: LeadCounts, cells: Sequence[Cell], filters: LeadFilters, *, is_open: bool) -> Chart:
    groups = _by_source(counts, cells, filters, is_open=is_open)
    signed = signed_keys(counts.stages)
    further = qualified_keys(counts.stages) | signed
    chart = _rows_by_source(SOURCE_QUALITY, groups, filters)
    return replace(
        chart,
        title="Source quality",
        description=(
            "For each lead source: its prospects, the share of them that is a qualified candidate or has signed, "
            "and the share that has signed."
        ),
        series=(
            *chart.series,
            Series(
                "Qualified or further", tuple(_share(group.cells, further) for group in groups), ValueFormat.PERCENT
            ),
            Series("Signed", tuple(_share(group.cells, signed) for group in groups), ValueFormat.PERCENT),
        ),
    )


def _sources_chart(counts: LeadCounts, cells: Sequence[Cell], filters: LeadFilters, *, is_open: bool) -> Chart:
    """Show size and quality of each source in one picture; shares stand behind the numbers they are made of."""
    groups = _by_source(counts, cells, filters, is_open=is_open)
    signed = signed_keys(counts.stages)
    further = qualified_keys(counts.stages) | signed
    chart = _rows_by_source(SOURCES, groups, filters)
    leads = chart.series[0].values
    return replace(
        chart,
        title="Leads by source",
        description="How many get how far.",
        kind=Kind.ROWS,
        series=(
            *chart.series,
            Series(
                "Qualified or further",
                tuple(_among(group.cells, further) for group in groups),
                heading="Qualified",
                wholes=leads,
            ),
            Series("Signed", tuple(_among(group.cells, signed) for group in groups), wholes=leads),
        ),
        rows_shown=SHOWN + 1,
    )


def _rows_by_source(chart_id: str, groups: Sequence[_Group], filters: LeadFilters) -> Chart:
    """Make what all charts by source share: a row a source, first how many leads it has, and what a click filters."""
    return Chart(
        chart_id=chart_id,
        title="",
        description="",
        kind=Kind.BAR,
        categories=tuple(group.name for group in groups),
        keys=tuple(group.key for group in groups),
        series=(Series("Leads", tuple(sum(cell.leads for cell in group.cells) for group in groups)),),
        click="source",
        selected=frozenset(group.key for group in groups if name_key(group.key) in filters.sources),
        empty_text=_NO_LEADS,
    )


def _group_strip(counts: LeadCounts, cells: Sequence[Cell], filters: LeadFilters) -> Chart:
    leads: Counter[StageGroup] = Counter()
    for cell in cells:
        leads[counts.group_of(cell.stage_key)] += cell.leads
    used = {counts.group_of(cell.stage_key) for cell in counts.cells}
    groups = tuple(group for group in StageGroup if group is not StageGroup.UNLISTED or group in used)
    return Chart(
        chart_id=STATUS_GROUPS,
        title="Leads by status",
        description="Grey: parked or lost.",
        kind=Kind.STRIP,
        categories=tuple(GROUP_NAMES[group] for group in groups),
        keys=groups,
        series=(Series("Leads", tuple(leads[group] for group in groups)),),
        click="group",
        selected=filters.stage_groups,
        quiet=LED_NOWHERE,
        empty_text=_NO_LEADS,
    )


def _top_chart(counts: LeadCounts, cells: Sequence[Cell], filters: LeadFilters, *, is_open: bool) -> Chart:
    """Show the stages with most leads of all, whatever the filters leave of them; the others on demand."""
    sizes, leads = _leads_by_stage(counts.cells), _leads_by_stage(cells)
    keys = sorted(_statuses_in_use(counts), key=lambda key: -sizes[key])
    own = tuple(keys) if is_open else unfolded(keys, filters.statuses, shown=STATUSES_SHOWN)
    tail = [key for key in keys if key not in set(own)]
    names = {key: counts.stage_names[key] for key in own}
    folded = {OPEN: folded_name(len(tail))} if tail else {}
    return Chart(
        chart_id=TOP_STATUSES,
        title="Largest statuses",
        description="By number of leads.",
        kind=Kind.ROWS,
        categories=(*names.values(), *folded.values()),
        keys=(*(name[:LONGEST_KEY] for name in names.values()), *folded),
        series=(Series("Leads", (*(leads[key] for key in own), *(sum(leads[key] for key in tail) for _ in folded))),),
        click="status",
        selected=frozenset(name[:LONGEST_KEY] for key, name in names.items() if key in filters.statuses),
        quiet=frozenset(name[:LONGEST_KEY] for key, name in names.items() if counts.group_of(key) in LED_NOWHERE),
        rows_shown=STATUSES_SHOWN + 1,
        empty_text=_NO_LEADS,
    )


def _status_chart(counts: LeadCounts, cells: Sequence[Cell], filters: LeadFilters) -> Chart:
    leads, keys = _leads_by_stage(cells), _statuses_in_use(counts)
    return Chart(
        chart_id=BY_STATUS,
        title="Leads by status",
        description="How many prospects stand in each status, in the order of your pipeline.",
        kind=Kind.BAR,
        categories=tuple(counts.stage_names[key] for key in keys),
        keys=tuple(counts.stage_names[key][:LONGEST_KEY] for key in keys),
        series=(Series("Leads", tuple(leads[key] for key in keys)),),
        click="status",
        selected=frozenset(counts.stage_names[key][:LONGEST_KEY] for key in keys if key in filters.statuses),
        empty_text=_NO_LEADS,
    )


def _leads_by_stage(cells: Iterable[Cell]) -> Counter[str]:
    leads: Counter[str] = Counter()
    for cell in cells:
        leads[cell.stage_key] += cell.leads
    return leads


def _statuses_in_use(counts: LeadCounts) -> list[str]:
    """Return the stages any prospect stands in, in the brand's order; stages the brand no longer lists come last."""
    used = {cell.stage_key for cell in counts.cells}
    listed = [stage.key for stage in counts.stages if stage.key in used]
    return [*listed, *sorted(used.difference(listed))]


@dataclass(frozen=True, slots=True)
class _Group:
    key: str
    name: str
    cells: tuple[Cell, ...]


def _by_source(counts: LeadCounts, cells: Sequence[Cell], filters: LeadFilters, *, is_open: bool) -> list[_Group]:
    """Group cells by source, the largest of all first, the long tail in one group unless it is open.

    Every source keeps its bar, whatever the other filters leave of it: what was clicked stays where it is.
    """
    sizes: Counter[str] = Counter()
    for cell in counts.cells:
        sizes[cell.source_key] += cell.leads
    gathered: dict[str, list[Cell]] = {key: [] for key in sizes}
    for cell in cells:
        gathered[cell.source_key].append(cell)
    names = counts.source_names
    keys = sorted(gathered, key=lambda key: (-sizes[key], names[key]))
    own = tuple(keys) if is_open else unfolded(keys, filters.sources)
    groups = [_Group(names[key][:LONGEST_KEY], names[key], tuple(gathered[key])) for key in own]
    tail = [key for key in keys if key not in set(own)]
    if tail:
        groups.append(_Group(OPEN, folded_name(len(tail)), tuple(cell for key in tail for cell in gathered[key])))
    return groups


def _share(cells: Sequence[Cell], stage_keys: frozenset[str]) -> Decimal | None:
    """Return which share of the prospects stands in these stages, in percent to a tenth; None of nobody."""
    return share_of(_among(cells, stage_keys), sum(cell.leads for cell in cells))


def _among(cells: Sequence[Cell], stage_keys: frozenset[str]) -> int:
    """Return how many of the prospects stand in these stages."""
    return sum(cell.leads for cell in cells if cell.stage_key in stage_keys)
