from __future__ import annotations

from dash_portal.dashboards.notes import known_sort, snippet_of


def test_a_snippet_shows_the_match() -> None:
    text = "word " * 200 + "needle " + "word " * 200
    assert "needle" in snippet_of(text, "NEEDLE")
    assert len(snippet_of(text, "needle")) < 260
    assert known_sort("-author") == "-author"
    assert known_sort("-'; drop") == "-date"
