"""Searches mean the same on both engines, whichever way the engine looks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, literal, select

from dash_portal.dashboards.search import matches
from database import create_engine
from tests.postgresql import PostgreSQL


@pytest.fixture(scope="module", params=["sqlite", "C.UTF-8", "C"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """SQLite, and PostgreSQL of two locales: that of C knows the case of ASCII letters alone."""
    if request.param == "sqlite":
        yield create_engine("sqlite://")
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    name = server.create(locale=request.param)
    made = create_engine(server.url(name))
    yield made
    made.dispose()
    server.drop(name)


@pytest.mark.parametrize(
    ("text", "search", "matching"),
    [
        ("Called the LENDER", "lender", True),
        ("called the lender", "LENDER called", True),
        ("Called the lender", "lender voicemail", False),
        ("100% sure", "100%", True),
        ("100 sure", "100%", False),
        ("a_b", "a_b", True),
        ("axb", "a_b", False),
        ("either/or", "r/o", True),
        ("Café Zürich", "café", True),
        ("Café Zürich", "rich", True),
        ("Zürich", "Zurich", True),
        ("Zurich", "zÜRICH", True),
        ("Łódź and Ångström", "lodz angstrom", True),
        ("Ärger", "erger", False),
        ("Київ", "київ", True),
        ("київ", "КИЇВ", True),
        ("Київ", "кив", False),
        ("ΑΘΗΝΑ", "αθηνα", True),
        ("Straße", "straße", True),
        ("100 % Київ", "київ 100", True),
    ],
)
def test_each_word_is_looked_for_letter_by_letter(engine: Engine, text: str, search: str, matching: bool) -> None:
    row = select(literal(text).label("content"), literal("").label("author")).subquery()
    with engine.connect() as connection:
        assert connection.scalar(select(matches(search, (row.c.content, row.c.author)))) == matching


@pytest.mark.parametrize("phone", ["(804) 555-1463", "804.555.1463", "+1 804 555 1463", "8045551463"])
@pytest.mark.parametrize(
    ("search", "matching"),
    [("8045551463", True), ("(804) 555-1463", True), ("555-1463", True), ("5551464", False), ("14", False), ("x804", False)],
)  # fmt: skip
def test_digits_are_found_whatever_stands_between_them(engine: Engine, phone: str, search: str, matching: bool) -> None:
    row = select(literal(phone).label("phone"), literal("nobody").label("name")).subquery()
    with engine.connect() as connection:
        assert connection.scalar(select(matches(search, (row.c.name,), (row.c.phone,)))) == matching
