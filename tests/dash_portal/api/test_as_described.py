"""The served API, asked all that its description allows, and what it does not: answers are as they are described."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from dash_portal.api import key_guard
from dash_portal.api.allowance import Allowances
from tests.dash_portal.portal_world import PortalWorld

EXAMPLES = 4
"""How many requests of each kind each path is asked: some two dozen paths, and a machine that is busy."""


@pytest.fixture(autouse=True)
def _as_often_as_it_likes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_guard, "ALLOWANCES", Allowances(1_000_000, seconds=1))


def give_what_the_api_hands_out(case: Any) -> None:
    """Name the own brand and no cursor: no description tells which ones there are."""
    case.query = {name: value for name, value in case.query.items() if name not in {"brand", "cursor"}}
    case.query |= {"brand": "own"}


@pytest.mark.parametrize(
    ("database_kind", "mode"),
    [("sqlite", "positive"), ("postgresql", "positive"), ("sqlite", "negative")],  # refused before a row is asked for
)
def test_every_answer_is_as_described_and_none_is_a_500(filled: PortalWorld, served: str, mode: str) -> None:
    import schemathesis  # here, not in each process that looks for its tests: it takes most of a second

    key = {"Authorization": f"Bearer {filled.make_key('own')}"}
    schema = schemathesis.openapi.from_url(f"{served}/api/v1/openapi.json", headers=key)
    schema.config.generation.update(with_security_parameters=False)  # each request brings the key
    statuses: set[int] = set()

    def ask_of(operation: Any) -> None:
        @settings(max_examples=EXAMPLES, database=None)
        @given(case=operation.as_strategy(generation_mode=schemathesis.GenerationMode(mode)))
        def ask(case: Any) -> None:
            if mode == "positive":
                give_what_the_api_hands_out(case)
            answer = case.call(headers=key)
            statuses.add(answer.status_code)
            case.validate_response(answer, headers=key)

        ask()

    operations: list[Any] = list(schema.get_all_operations())
    for operation in operations:
        ask_of(operation.ok())
    assert statuses >= ({200} if mode == "positive" else {400})
