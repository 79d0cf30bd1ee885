"""Attributes of HTML whose names Python can't say: aria-label, data-nav and the like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def attributes(named: Mapping[str, str]) -> dict[str, Any]:
    """Return such attributes for a component's keywords."""
    return dict(named)
