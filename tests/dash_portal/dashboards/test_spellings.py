from __future__ import annotations

from dash_portal.dashboards.spellings import most_frequent


def test_the_most_frequent_spelling_is_shown() -> None:
    assert most_frequent([("fb", "FB", 2), ("fb", "Fb", 5), ("x", "X", 1)]) == {"fb": "Fb", "x": "X"}
    assert most_frequent([("a", "b", 1), ("a", "a", 1)]) == {"a": "a"}
