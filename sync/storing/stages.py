"""A brand's stages as they were last read, for those who must know a stage by what a row calls it."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, bindparam, select

from models import PipelineStage
from sync.mapping.stage_names import StageNames, stage_names
from sync.tables import table_of

_STAGES: Final = table_of(PipelineStage)
_NAMES: Final = select(_STAGES.c.sales_cycle_id, _STAGES.c.name).where(_STAGES.c.tenant_id == bindparam("brand"))


def known_stages(connection: Connection, tenant_id: int) -> StageNames | None:
    """Return the names of all stages the account lists or has listed; None before its stages were ever read."""
    listed = connection.execute(_NAMES, {"brand": tenant_id})
    return stage_names((row.sales_cycle_id, row.name) for row in listed)
