from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dash_portal.view import View


def test_a_view_is_the_same_whatever_order_its_link_had() -> None:
    view = View.parsed("/leads", "?status=A&source=B&source=C&source=B&x=")
    assert view == View.parsed("/leads", "source=B&source=C&status=A")
    assert view.href == "/leads?source=B&source=C&status=A"
    assert view.toggled("source", "b").values("source") == ("C",)
    assert view.set_to("page", "3").toggled("source", "D").value("page") == ""


@given(st.one_of(st.none(), st.integers(), st.text(), st.lists(st.text())))
def test_any_query_makes_a_view(query: object) -> None:
    view = View.parsed("/leads", query)
    assert View.parsed("/leads", view.query) == view
    assert 1 <= view.number("page", otherwise=1) <= 1_000_000
