from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dash_portal.dashboards.folding import unfolded


@given(st.lists(st.text(min_size=1), unique=True), st.sets(st.text(min_size=1)))
def test_folding_keeps_the_order_the_first_and_the_selected(keys: list[str], selected: set[str]) -> None:
    shown = unfolded(keys, selected)
    assert list(shown) == [key for key in keys if key in set(shown)]
    assert set(keys[:9]) <= set(shown)
    assert set(keys) & selected <= set(shown)
    assert len(keys) - len(shown) != 1 or selected
