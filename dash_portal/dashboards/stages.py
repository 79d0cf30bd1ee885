"""The brand's own stages, and what they mean for the agency's figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, case, literal

from cleaning import name_key
from dash_portal.dashboards.statements import rows_of, select
from database import BrandSession
from models import PROSPECT, PipelineStage

FIRST_QUALIFIED: Final = "qr returned"
LAST_QUALIFIED: Final = "fa sent"
SIGNED: Final = "fa signed"
QUALIFIED_FROM: Final = 10
QUALIFIED_TO: Final = 99
SIGNED_AT: Final = 100
DECIDING_FROM: Final = 40
"""The likelihood from which the agency calls a stage late: there deals are hot (`sync/mapping/rows.py`)."""


class StageGroup(StrEnum):
    """What a stage means, however the brand calls it, in the order in which a prospect goes."""

    NEW = "new"
    ENGAGING = "engaging"
    QUALIFIED = "qualified"
    DECIDING = "deciding"
    PARKED = "parked"
    LOST = "lost"
    UNLISTED = "unlisted"


GROUP_NAMES: Final = {
    StageGroup.NEW: "New",
    StageGroup.ENGAGING: "Engaging",
    StageGroup.QUALIFIED: "Qualified",
    StageGroup.DECIDING: "Deciding or signed",
    StageGroup.PARKED: "Parked",
    StageGroup.LOST: "Lost",
    StageGroup.UNLISTED: "No longer listed",
}
LED_NOWHERE: Final = frozenset({StageGroup.PARKED, StageGroup.LOST, StageGroup.UNLISTED})
"""Groups whose prospects are on no way to a signature."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the brand's pipeline; `likelihood` is in percent.

    `former_keys`: under which names it was listed before. It is the same stage, whatever it is called now.
    """

    key: str
    name: str
    position: int
    active: bool
    likelihood: int
    former_keys: frozenset[str] = frozenset()


def read_stages(session: BrandSession) -> tuple[Stage, ...]:
    """Return the brand's stages for prospects in its own order, the active ones first."""
    statement = select(
        PipelineStage.stage_key,
        PipelineStage.name,
        PipelineStage.position,
        PipelineStage.active,
        PipelineStage.likelihood,
        PipelineStage.sales_cycle_id,
        PipelineStage.removed_at,
    ).where(PipelineStage.contact_type == PROSPECT)
    rows = rows_of(session, statement)
    listed = {row.stage_key for row in rows if row.removed_at is None}
    former: dict[str, set[str]] = {}
    for row in rows:
        if row.removed_at is not None and row.sales_cycle_id and row.stage_key not in listed:
            former.setdefault(row.sales_cycle_id, set()).add(row.stage_key)
    stages = [
        Stage(
            key=row.stage_key,
            name=row.name,
            position=row.position,
            active=row.active,
            likelihood=row.likelihood or 0,
            former_keys=frozenset(former.get(row.sales_cycle_id or "", ())),
        )
        for row in rows
        if row.removed_at is None
    ]
    return in_order(stages)


def current_keys(names: Iterable[str], stages: Iterable[Stage]) -> frozenset[str]:
    """Return the keys of stages that a link names, by their present names or by earlier ones."""
    renamed = {former: stage.key for stage in stages for former in stage.former_keys}
    return frozenset(renamed.get(key, key) for key in map(name_key, names))


def in_order(stages: Iterable[Stage]) -> tuple[Stage, ...]:
    """Return stages as the brand orders them, those on the board before those beside it."""
    return tuple(sorted(stages, key=lambda stage: (not stage.active, stage.position, stage.name)))


def active_stages(stages: Iterable[Stage]) -> tuple[Stage, ...]:
    """Return the columns of the board, "New Lead" first."""
    return tuple(stage for stage in stages if stage.active)


def qualified_keys(stages: Sequence[Stage]) -> frozenset[str]:
    """Return the stages of qualified candidates.

    They are the active ones from "QR Returned" through "FA Sent" in the brand's order; where the brand's stages bear
    other names, the active ones with a likelihood from 10 to 99 (the agency's own definition).
    """
    first, last = _active_stage(stages, FIRST_QUALIFIED), _active_stage(stages, LAST_QUALIFIED)
    if first is not None and last is not None:
        return frozenset(
            stage.key for stage in stages if stage.active and first.position <= stage.position <= last.position
        )
    return frozenset(
        stage.key for stage in stages if stage.active and QUALIFIED_FROM <= stage.likelihood <= QUALIFIED_TO
    )


def signed_keys(stages: Sequence[Stage]) -> frozenset[str]:
    """Return the stages of signed candidates: "FA Signed", or under other names the active ones at 100 percent."""
    signed = _active_stage(stages, SIGNED)
    if signed is not None:
        return frozenset({signed.key})
    return frozenset(stage.key for stage in stages if stage.active and stage.likelihood >= SIGNED_AT)


def _active_stage(stages: Iterable[Stage], key: str) -> Stage | None:
    """Return the active stage that is called so, or was before it was renamed."""
    return next((stage for stage in stages if stage.active and key in {stage.key, *stage.former_keys}), None)


def steps(stages: Sequence[Stage]) -> tuple[Stage, ...]:
    """Return the active stages a deal climbs one after the other.

    A stage behind the signing one that is less likely than it ("Future Interest") is a place to park a deal, not a
    step beyond the signature: counting it would let parked deals pass for signed ones.
    """
    active = active_stages(stages)
    signings = [stage.position for stage in active if stage.key in signed_keys(stages)]
    if not signings:
        return active
    return tuple(stage for stage in active if stage.position <= max(signings) or stage.likelihood >= SIGNED_AT)


def parked_keys(stages: Sequence[Stage]) -> frozenset[str]:
    """Return the active stages in which deals are parked: they are no step on the way to a signature."""
    return frozenset(stage.key for stage in active_stages(stages)) - {stage.key for stage in steps(stages)}


def groups_of(stages: Iterable[Stage]) -> dict[str, StageGroup]:
    """Return the group of each stage, by its key: told from its place, activity and likelihood, never from its name.

    Of the active ones the first is where prospects are new. Those behind the likeliest, and less likely than it, are
    places to park. The others are the way: its groups follow the likelihood, which along the way never falls back
    (a stage whose likelihood nobody has filled in belongs to what came before it). What is not active is lost.
    """
    listed = tuple(stages)
    active = active_stages(in_order(listed))
    best = max((stage.likelihood for stage in active), default=0)
    groups: dict[str, StageGroup] = {}
    reached = 0
    for place, stage in enumerate(active):
        reached = max(reached, stage.likelihood)
        is_behind = all(later.likelihood < best for later in active[place:])
        groups[stage.key] = StageGroup.PARKED if is_behind else _group_on_the_way(place, reached)
    return groups | {stage.key: StageGroup.LOST for stage in listed if not stage.active}


def _group_on_the_way(place: int, likelihood: int) -> StageGroup:
    """Return the group of a stage by its place on the board and the likelihood reached there, in percent."""
    if place == 0:
        return StageGroup.NEW
    if likelihood >= DECIDING_FROM:
        return StageGroup.DECIDING
    return StageGroup.QUALIFIED if likelihood >= QUALIFIED_FROM else StageGroup.ENGAGING


def step_rank(column: Any, stages: Sequence[Stage]) -> ColumnElement[Any]:
    """Return what sorts deals by how far they have come; parked ones have not come anywhere, and rank as nothing."""
    ranks = {stage.key: number for number, stage in enumerate(steps(stages))}
    return case(ranks, value=column, else_=None) if ranks else literal(0)


def stage_rank(column: Any, stages: Sequence[Stage]) -> ColumnElement[Any]:
    """Return what sorts rows by the brand's stage order; stages the brand does not list come last."""
    if not stages:
        return literal(0)
    return case({stage.key: number for number, stage in enumerate(stages)}, value=column, else_=len(stages))
