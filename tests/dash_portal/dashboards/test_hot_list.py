from __future__ import annotations

import pytest

from dash_portal.dashboards.hot_list import Priority, priority_of


@pytest.mark.parametrize(
    ("odds", "priority"),
    [
        (100, Priority.CLOSING),
        (80, Priority.CLOSING),
        (79, Priority.STRONG),
        (50, Priority.STRONG),
        (40, Priority.WARM),
    ],
)
def test_priority_follows_likelihood(odds: int, priority: Priority) -> None:
    assert priority_of(odds) is priority
