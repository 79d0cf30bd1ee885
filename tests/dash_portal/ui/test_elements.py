from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dash_portal.ui.elements import elements
from dash_portal.ui.markup import Part, dcc, field, html

NAMED: dict[str, Any] = {"data-x": "1"}
CHANGED = "changed-by-a-callback"


def drawn(*nodes: Any) -> Part:
    return {"props": {"nodes": list(nodes)}, "type": "Elements", "namespace": "portal_elements"}


@pytest.mark.parametrize(
    ("content", "made"),
    [
        (None, []),
        ([], []),
        ("text", [drawn("text")]),
        (html.P("a"), [drawn(["p", None, "a"])]),
        (html.P(["a", None, [html.B("c"), ["d"]], 0], className="x", **NAMED), [drawn(["p", {"className": "x", "data-x": "1"}, "a", ["b", None, "c"], "d", 0])]),
        ([html.Hr(), html.P("a")], [drawn(["hr", None], ["p", None, "a"])]),
        (html.Button("a", disable_n_clicks=True), [drawn(["button", None, "a"])]),
        (field(id="q", defaultValue="a"), [drawn(["input", {"id": "q", "defaultValue": "a"}])]),
        (dcc.Store(id="kept", data=[1]), [dcc.Store(id="kept", data=[1])]),
        ([html.P("a"), dcc.Store(id="kept"), "b"], [drawn(["p", None, "a"]), dcc.Store(id="kept"), drawn("b")]),
        (html.Div([html.P("a"), dcc.Store(id="kept")], id="x"), [html.Div([drawn(["p", None, "a"]), dcc.Store(id="kept")], id="x")]),
        (html.Div(html.P("a"), id=CHANGED), [html.Div([drawn(["p", None, "a"])], id=CHANGED)]),
        (html.Div(id=CHANGED), [html.Div(id=CHANGED)]),
        (html.Ul([html.Li("a"), html.Li(html.B(id=CHANGED))]), [html.Ul([drawn(["li", None, "a"]), html.Li([html.B(id=CHANGED)])])]),
    ],
)  # fmt: skip
def test_what_no_callback_changes_becomes_plain_elements(content: Any, made: list[Part]) -> None:
    assert elements(content, {CHANGED}) == made


def _inner(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    ids = st.sampled_from(["", "", "", CHANGED])
    return st.builds(lambda held, name: html.Div(held, id=name), st.lists(parts, max_size=4), ids)


PARTS = st.recursive(
    st.text("abc", min_size=1, max_size=3) | st.none() | st.just(dcc.Store(id="kept")), _inner, max_leaves=30
)


def texts(part: Any) -> list[str]:
    """Return what can be read, in its order, however it is drawn."""
    if isinstance(part, str):
        return [part]
    if isinstance(part, dict):
        return texts(part["props"].get("nodes") or part["props"].get("children"))
    if isinstance(part, list):
        is_element = len(part) > 1 and isinstance(part[1], dict) and "props" not in part[1]
        return [text for one in (part[2:] if is_element else part) for text in texts(one)]
    return []


def stays(part: Any) -> bool:
    """Tell whether a part is, or holds, what must stay a component of Dash's."""
    if isinstance(part, list):
        return any(map(stays, part))
    if not isinstance(part, dict) or part["type"] == "Elements":
        return False
    return part["type"] == "Store" or part["props"].get("id") == CHANGED or stays(part["props"].get("children"))


def without_reason(part: Any) -> list[Part]:
    """Return the components of Dash's that need not be."""
    if isinstance(part, list):
        return [found for one in part for found in without_reason(one)]
    if not isinstance(part, dict) or part["type"] == "Elements":
        return []
    return ([] if stays(part) else [part]) + without_reason(part["props"].get("children"))


@given(st.lists(PARTS, max_size=5))
def test_nothing_is_lost_and_nothing_stays_without_reason(content: list[Any]) -> None:
    made = elements(content, {CHANGED})
    assert texts(made) == texts(content)
    assert without_reason(made) == []
