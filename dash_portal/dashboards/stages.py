"""The brand's own stages, and what they mean for the agency's figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, case, literal
from sqlmodel import col

from dash_portal.dashboards.statements import rows_of, select
from database import BrandSession
from models import PROSPECT, PipelineStage

FIRST_QUALIFIED: Final = "qr returned"
LAST_QUALIFIED: Final = "fa sent"
SIGNED: Final = "fa signed"
QUALIFIED_FROM: Final = 10
QUALIFIED_TO: Final = 99
SIGNED_AT: Final = 100


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the brand's pipeline; `likelihood` is in percent."""

    key: str
    name: str
    position: int
    active: bool
    likelihood: int


def read_stages(session: BrandSession) -> tuple[Stage, ...]:
    """Return the brand's stages for prospects in its own order, the active ones first."""
    statement = select(
        PipelineStage.stage_key,
        PipelineStage.name,
        PipelineStage.position,
        PipelineStage.active,
        PipelineStage.likelihood,
    ).where(PipelineStage.contact_type == PROSPECT, col(PipelineStage.removed_at).is_(None))
    stages = [
        Stage(row.stage_key, row.name, row.position, row.active, row.likelihood or 0)
        for row in rows_of(session, statement)
    ]
    return in_order(stages)


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
    positions = {stage.key: stage.position for stage in stages if stage.active}
    if FIRST_QUALIFIED in positions and LAST_QUALIFIED in positions:
        first, last = positions[FIRST_QUALIFIED], positions[LAST_QUALIFIED]
        return frozenset(key for key, position in positions.items() if first <= position <= last)
    return frozenset(
        stage.key for stage in stages if stage.active and QUALIFIED_FROM <= stage.likelihood <= QUALIFIED_TO
    )


def signed_keys(stages: Sequence[Stage]) -> frozenset[str]:
    """Return the stages of signed candidates: "FA Signed", or under other names the active ones at 100 percent."""
    active = {stage.key: stage for stage in stages if stage.active}
    if SIGNED in active:
        return frozenset({SIGNED})
    return frozenset(key for key, stage in active.items() if stage.likelihood >= SIGNED_AT)


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


def step_rank(column: Any, stages: Sequence[Stage]) -> ColumnElement[Any]:
    """Return what sorts deals by how far they have come; parked ones have not come anywhere, and rank as nothing."""
    ranks = {stage.key: number for number, stage in enumerate(steps(stages))}
    return case(ranks, value=column, else_=None) if ranks else literal(0)


def stage_rank(column: Any, stages: Sequence[Stage]) -> ColumnElement[Any]:
    """Return what sorts rows by the brand's stage order; stages the brand does not list come last."""
    if not stages:
        return literal(0)
    return case({stage.key: number for number, stage in enumerate(stages)}, value=column, else_=len(stages))
