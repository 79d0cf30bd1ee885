"""How many prospects there are, by stage and source: what everything above the table of /leads is made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, func
from sqlmodel import col

from cleaning import name_key
from dash_portal.brand_access import Brand
from dash_portal.brand_time import local_day, midnight
from dash_portal.dashboards.answers import ANSWERS
from dash_portal.dashboards.spellings import most_frequent
from dash_portal.dashboards.stages import (
    Stage,
    StageGroup,
    active_stages,
    current_keys,
    groups_of,
    qualified_keys,
    read_stages,
    signed_keys,
)
from dash_portal.dashboards.statements import rows_of, select
from database import BrandSession
from models import PROSPECT, Lead, LeadCount

NEW_DAYS: Final = 7

GROUPS: Final = {
    "new": f"New in {NEW_DAYS} days",
    "active": "Active in pipeline",
    "qualified": "Qualified candidates",
    "signed": "Signed",
}
"""Groups of prospects that a card counts and a click on it leaves, by what a link calls them."""


@dataclass(frozen=True, slots=True)
class LeadFilters:
    """What the page is narrowed to: keys (case-folded names) of sources and statuses, and groups; empty means all.

    A prospect fits several groups of the cards only if it belongs to each of them; its stage is in one stage group.
    """

    sources: frozenset[str] = frozenset()
    statuses: frozenset[str] = frozenset()
    stage_groups: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()

    @classmethod
    def of(cls, values: Callable[[str], Iterable[str]], stages: Iterable[Stage]) -> LeadFilters:
        """Make filters of what a link holds: `values` returns those of a parameter.

        A status may bear the name its stage had before. Groups that do not exist are left out.
        """
        return cls(
            sources=frozenset(map(name_key, values("source"))),
            statuses=current_keys(values("status"), stages),
            stage_groups=frozenset(values("group")) & frozenset(StageGroup),
            groups=frozenset(values("only")) & GROUPS.keys(),
        )


@dataclass(frozen=True, slots=True)
class Cell:
    """How many prospects stand in one stage and come from one source, and how many of them are new."""

    stage_key: str
    source_key: str
    leads: int
    new: int


@dataclass(frozen=True, slots=True)
class LeadCounts:
    """Everything that the cards and charts of leads are made of."""

    cells: tuple[Cell, ...]
    stages: tuple[Stage, ...]
    source_names: Mapping[str, str]
    stage_names: Mapping[str, str]
    stage_groups: Mapping[str, StageGroup]
    new_since: date
    zone: str

    def group_of(self, stage_key: str) -> StageGroup:
        """Return the group of a stage, also of one that prospects stand in although the account lists it no more."""
        return self.stage_groups.get(stage_key, StageGroup.UNLISTED)

    def fits(self, cell: Cell, filters: LeadFilters) -> bool:
        """Tell whether the prospects of a cell fit sources, statuses and stage groups."""
        return (
            (not filters.sources or cell.source_key in filters.sources)
            and (not filters.statuses or cell.stage_key in filters.statuses)
            and (not filters.stage_groups or self.group_of(cell.stage_key) in filters.stage_groups)
        )

    def stage_keys_of(self, filters: LeadFilters) -> frozenset[str] | None:
        """Return the stages that the filters' groups leave; None where they name none."""
        named = _keys_of_groups(self.stages, filters.groups)
        if filters.stage_groups:
            used = {cell.stage_key for cell in self.cells} | self.stage_groups.keys()
            named.append(frozenset(key for key in used if self.group_of(key) in filters.stage_groups))
        return frozenset.intersection(*named) if named else None

    def cells_of_groups(self, groups: frozenset[str]) -> list[Cell]:
        """Return the cells with only those prospects that belong to each of the cards' groups."""
        keys = self.stage_keys_of(LeadFilters(groups=groups))
        kept = [cell for cell in self.cells if keys is None or cell.stage_key in keys]
        return [replace(cell, leads=cell.new) for cell in kept] if "new" in groups else kept


def lead_counts(session: BrandSession, brand: Brand, now: datetime) -> LeadCounts:
    """Count the brand's prospects by stage and source; known until its data changes or its day ends."""
    today = local_day(now, brand.timezone)
    return ANSWERS.answer(brand, ("lead counts", today, brand.timezone), lambda: _count(session, brand, today))


def _count(session: BrandSession, brand: Brand, today: date) -> LeadCounts:
    """Add up what the sync has counted; only who is new depends on the day, and is counted here."""
    new_since = today - timedelta(days=NEW_DAYS - 1)
    kept = select(
        LeadCount.stage_key, LeadCount.lead_source_key, LeadCount.lead_source, LeadCount.stage_name, LeadCount.leads
    )
    rows = rows_of(session, kept)
    leads: Counter[tuple[str, str]] = Counter()
    for row in rows:
        leads[row.stage_key, row.lead_source_key] += row.leads
    new = _new_leads(session, midnight(new_since, brand.timezone))
    stages = read_stages(session)
    return LeadCounts(
        cells=tuple(Cell(stage, source, count, new[stage, source]) for (stage, source), count in leads.items()),
        stages=stages,
        source_names=most_frequent((row.lead_source_key, row.lead_source, row.leads) for row in rows),
        stage_names=most_frequent((row.stage_key, row.stage_name, row.leads) for row in rows)
        | {stage.key: stage.name for stage in stages},
        stage_groups=groups_of(stages),
        new_since=new_since,
        zone=brand.timezone,
    )


def _new_leads(session: BrandSession, since: datetime) -> Counter[tuple[str, str]]:
    """Count the prospects created since a moment, by stage and source."""
    # Joined with nothing, a key is no index's any more: SQLite would rather walk the whole brand in a key's order than
    # read the few prospects of some days by the index of when they were created.
    keys = (
        col(Lead.stage_key).concat("").label("stage_key"),
        col(Lead.lead_source_key).concat("").label("lead_source_key"),
    )
    new = (
        select(*keys, func.count().label("leads"))
        .where(*prospects(), col(Lead.lead_created_at) >= since)
        .group_by(*keys)
    )
    return Counter({(row.stage_key, row.lead_source_key): row.leads for row in rows_of(session, new)})


def prospects() -> tuple[ColumnElement[bool], ...]:
    """Return what makes a contact a prospect that counts: type 1, and still there upstream."""
    return (col(Lead.contact_type) == PROSPECT, col(Lead.removed_at).is_(None))


def _keys_of_groups(stages: Sequence[Stage], groups: frozenset[str]) -> list[frozenset[str]]:
    """Return for each of the cards' groups that stages decide about in which of them one belongs to it."""
    of_group = {
        "active": frozenset(stage.key for stage in active_stages(stages)),
        "qualified": qualified_keys(stages),
        "signed": signed_keys(stages),
    }
    return [keys for group, keys in of_group.items() if group in groups]
