"""Whether landing what was pulled would change anything, on both databases; and that what changes nothing is cheap."""

from __future__ import annotations

import pytest
from sqlalchemy import ColumnElement, Engine

from database import brand_transaction
from encryption import Cipher
from sync.reading.resources import STAGES_TABLE
from sync.storing.unchanged import count_if_unchanged
from tests.sync.storing.bare_brand import add_brand
from tests.sync.storing.test_store import STAGES, Names, land, packed

IS_EARLY = STAGES.c.stage_key < "c"
AB, ABC = {"a": "A", "b": "B"}, {"a": "A", "b": "B", "c": "C"}

CASES: list[tuple[list[Names], Names, ColumnElement[bool] | None, int | None]] = [
    ([], {}, None, 0),
    ([], {"a": "A"}, None, None),
    ([AB], AB, None, 2),
    ([AB], {"b": "B", "a": "A"}, None, 2),
    ([AB], {"a": "A", "b": "Other"}, None, None),
    ([AB], ABC, None, None),
    ([AB], {"a": "A"}, None, None),
    ([AB], {}, None, None),
    ([AB, {"a": "A"}], {"a": "A"}, None, 1),  # what was removed is not missed
    ([AB, {"a": "A"}], AB, None, None),  # and what was removed comes back
    ([ABC], AB, IS_EARLY, 2),  # what is out of scope is not missed either
    ([ABC], ABC, IS_EARLY, 3),
    ([ABC], {"a": "A", "c": "C"}, IS_EARLY, None),
]


def test_the_same_rows_are_told_from_all_others(engine: Engine, cipher: Cipher) -> None:
    other = add_brand(engine, cipher)
    land(engine, other, {"z": "Another brand's"})
    for pulls, names, scope, expected in CASES:
        tenant = add_brand(engine, cipher)
        for earlier in pulls:
            land(engine, tenant, earlier)
        batches = [packed(names)]
        with brand_transaction(engine, tenant, writes=False) as connection:
            same = count_if_unchanged(connection, STAGES_TABLE, tenant, lambda b=batches: b, scope=scope)  # type: ignore[misc]
        assert same == expected, (pulls, names)
        if expected is not None:
            assert not land(engine, tenant, names, scope=scope).changed, "landing them would have changed nothing"


def test_of_rows_that_are_many_or_come_twice_nothing_is_claimed(
    engine: Engine, tenant: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(engine, tenant, ABC)
    with brand_transaction(engine, tenant, writes=False) as connection:
        assert count_if_unchanged(connection, STAGES_TABLE, tenant, lambda: [packed(ABC), packed({"a": "A"})]) is None
        monkeypatch.setattr("sync.storing.unchanged._MOST", 2)
        assert count_if_unchanged(connection, STAGES_TABLE, tenant, lambda: [packed(ABC)]) is None
        assert count_if_unchanged(connection, STAGES_TABLE, tenant, lambda: [packed(AB)]) is None
