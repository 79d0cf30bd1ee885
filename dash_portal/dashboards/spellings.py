"""Groups show the most frequent spelling of their key: "Facebook" where most rows say so, whoever wrote "facebook"."""

from __future__ import annotations

from collections.abc import Iterable

from dash_portal.dashboards.statements import rows_of, select
from database import BrandSession
from models import LeadCount


def most_frequent(counted: Iterable[tuple[str, str, int]]) -> dict[str, str]:
    """Return the spelling to show per key, out of (key, spelling, count); of equals the first by name."""
    best: dict[str, tuple[int, str]] = {}
    for key, spelling, count in counted:
        rank = (-count, spelling)
        if key not in best or rank < best[key]:
            best[key] = rank
    return {key: spelling for key, (_, spelling) in best.items()}


def source_spellings(session: BrandSession) -> dict[str, str]:
    """Return the spelling of each lead source on all pages: the one that most leads have."""
    counts = rows_of(session, select(LeadCount.lead_source_key, LeadCount.lead_source, LeadCount.leads))
    return most_frequent((count.lead_source_key, count.lead_source, count.leads) for count in counts)
