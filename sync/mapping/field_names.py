"""Which wire names hold our fields where an account writes them otherwise than the vendor's documentation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from models import Resource


@dataclass(frozen=True, eq=False)
class FieldNames:
    """For a resource and a field of ours: the wire names that hold it, in order, instead of the documented ones."""

    by_resource: Mapping[Resource, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)

    def of(self, resource: Resource) -> Mapping[str, tuple[str, ...]]:
        """Return the other names of one resource's fields."""
        return self.by_resource.get(resource, {})

    @cached_property
    def digest(self) -> str:
        """What tells these names from all others, for those who remember how an answer was read; '' for none."""
        return json.dumps(self.by_resource, sort_keys=True) if self.by_resource else ""


AS_DOCUMENTED: Final = FieldNames()
