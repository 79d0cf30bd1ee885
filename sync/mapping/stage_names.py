"""The names of a brand's stages, by which a row's stage is known, be it written as a name or as a stage's id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from cleaning import name_key

NEW_LEAD: Final = "New Lead"


@dataclass(frozen=True, slots=True)
class StageNames:
    """The stages that an account lists or has listed: the keys of their names, and their names by id."""

    keys: frozenset[str]
    by_id: Mapping[str, str]

    def name_of(self, text: str) -> str | None:
        """Return the name of the stage that a row writes so; None where no stage is called so or has this id."""
        return text if name_key(text) in self.keys else self.by_id.get(text)


def stage_names(stages: Iterable[tuple[str | None, str]]) -> StageNames | None:
    """Return the names of stages given as (id, name); None where there are none yet, and nothing can be told."""
    listed = list(stages)
    if not any(identity for identity, _ in listed):
        return None
    keys = frozenset(name_key(name) for _, name in listed) | {name_key(NEW_LEAD)}
    return StageNames(keys, {identity: name for identity, name in listed if identity})
