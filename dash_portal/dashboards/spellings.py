"""Groups show the most frequent spelling of their key: "Facebook" where most rows say so, whoever wrote "facebook"."""

from __future__ import annotations

from collections.abc import Iterable


def most_frequent(counted: Iterable[tuple[str, str, int]]) -> dict[str, str]:
    """Return the spelling to show per key, out of (key, spelling, count); of equals the first by name."""
    best: dict[str, tuple[int, str]] = {}
    for key, spelling, count in counted:
        rank = (-count, spelling)
        if key not in best or rank < best[key]:
            best[key] = rank
    return {key: spelling for key, (_, spelling) in best.items()}
