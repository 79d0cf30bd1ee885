from __future__ import annotations

import json
from typing import Any

import pytest
from dash.development.base_component import Component
from hypothesis import given
from hypothesis import strategies as st
from plotly.io.json import to_json_plotly

from dash_portal.components.rich_text import marked_pieces, rich_text

ALLOWED = {"Container", "Div", "P", "Strong", "Em", "U", "S", "Ul", "Ol", "Li", "Br", "Hr", "A", "Span", "Mark", "Blockquote", "Pre", "Code", "H4", "H5", "Table", "Thead", "Tbody", "Tr", "Td", "Th"}  # fmt: skip


def plain(part: Component) -> Any:
    return json.loads(to_json_plotly(part))


def kinds(part: Any) -> set[str]:
    if isinstance(part, list):
        return {kind for child in part for kind in kinds(child)}
    if isinstance(part, dict):
        return {part["type"]} | kinds(part["props"].get("children"))
    return set()


def text_of(part: Component) -> str:
    return json.dumps(plain(part))


@pytest.mark.parametrize(
    "attack",
    [
        "<script>attack()</script>",
        "<style>attack()</style>",
        "<img src=x onerror=attack()>",
        "<svg><script>attack()</script></svg>",
        "<a href='javascript:attack()'></a>",
        "<iframe src='data:text/html,attack()'></iframe>",
        "<p onclick='attack()'></p>",
    ],
)
def test_no_attack_leaves_a_trace(attack: str) -> None:
    assert "attack" not in text_of(rich_text(attack))


@given(st.text(alphabet="<>/ap=\"'sx!-&; script", max_size=80))
def test_only_known_elements_come_out(content: str) -> None:
    assert kinds(plain(rich_text(content))) <= ALLOWED


def test_lists_links_and_emphasis_stay() -> None:
    made = text_of(rich_text("<ul><li>See <a href='https://example.com'>this</a> <b>now</b></li></ul>"))
    assert '"href": "https://example.com"' in made
    assert '"rel": "noopener noreferrer nofollow"' in made
    assert '"type": "Strong"' in made


@given(st.text(), st.text(max_size=12))
def test_marking_changes_no_letter(text: str, search: str) -> None:
    assert "".join(part if isinstance(part, str) else part["text"] for part in marked_pieces(text, search)) == text


def test_matches_are_marked_whatever_their_case() -> None:
    assert marked_pieces("Call the Lender", "lender call") == [
        {"text": "Call", "tag": "mark"},
        " the ",
        {"text": "Lender", "tag": "mark"},
    ]
