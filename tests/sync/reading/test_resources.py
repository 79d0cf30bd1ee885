"""How the records of a list become rows where one page of it does not tell enough."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from models import Resource
from sync.mapping.records import OPPORTUNITIES
from sync.reading.resources import LISTS


@pytest.mark.parametrize(
    ("pages", "percents"),
    [
        ([["1", "0", ""], ["0.5", "1"]], [100, 0, None, 50, 100]),
        ([["0.5", "1"], ["1", "0"]], [50, 100, 100, 0]),
        ([["0.5", "1"], ["40"]], [1, 1, 40]),
        ([["1", "0"], ["1"]], [1, 0, 1]),
    ],
)
def test_how_deals_write_their_likelihoods_is_told_by_all_pages_together(
    pages: list[list[str]], percents: list[int | None]
) -> None:
    (deals,) = (plan for plan in LISTS if plan.resource is Resource.PIPELINE_ITEMS)
    batches = [
        OPPORTUNITIES.read_rows([(f"{page}-{row}", {"odds": odds}) for row, odds in enumerate(written)], reading)
        for page, written in enumerate(pages)
        for reading in [OPPORTUNITIES.reading()]
    ]
    rows = [row for batch in deals.rows(lambda: batches, ZoneInfo("UTC")) for row in batch]
    assert [row["likelihood"] for row in rows] == percents
