from __future__ import annotations

from typing import Any

import dash
import pytest
from dash.development.base_component import Component

from dash_portal.ui.markup import dcc, html, plain

NAMED: dict[str, Any] = {"data-x": "1", "aria-label": "y"}


@pytest.mark.parametrize(
    ("made", "of_dash"),
    [
        (html.P("Hello", className="quiet"), dash.html.P("Hello", className="quiet")),
        (html.Div([1, "b"], **NAMED), dash.html.Div([1, "b"], **NAMED)),
        (dcc.Store(id="kept", data={"a": 1}), dash.dcc.Store(id="kept", data={"a": 1})),
    ],
)  # fmt: skip
def test_an_element_is_what_dash_would_make(made: object, of_dash: Component) -> None:
    assert made == plain(of_dash)


def test_a_misspelt_attribute_is_refused() -> None:
    with pytest.raises(TypeError, match="clasName"):
        html.Div(clasName="quiet")


def test_an_unknown_element_is_refused() -> None:
    with pytest.raises(AttributeError):
        html.Dvi("a")
