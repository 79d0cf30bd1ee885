"""What a stage is called now and was before, and which deals are found where the account no longer lists their stage."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from dash_portal.dashboards.pipeline import _shown, unlisted_stages
from dash_portal.dashboards.pipeline_counts import PipelineCounts, StageTotals
from dash_portal.dashboards.stages import (
    Stage,
    StageGroup,
    current_keys,
    groups_of,
    in_order,
    qualified_keys,
    signed_keys,
    steps,
)
from dash_portal.dashboards.time_in_stage import Ageing

NAMES = ("New Lead", "QR Sent", "QR Returned", "FDD Sent", "FA Sent", "FA Signed")


def stages(**renamed: str) -> Iterator[Stage]:
    """The stages of a brand, some renamed: `fa_sent="Agreement out"`."""
    for position, name in enumerate(NAMES, -1):
        now = renamed.get(name.casefold().replace(" ", "_"), name)
        former = frozenset() if now == name else frozenset({name.casefold()})
        yield Stage(now.casefold(), now, position, active=True, likelihood=0, former_keys=former)


def test_a_link_with_the_name_of_old_means_the_stage_as_it_is_called_now() -> None:
    renamed = tuple(stages(qr_sent="Qualification out"))
    assert current_keys(["QR Sent", "fdd sent", "Nobody's"], renamed) == {"qualification out", "fdd sent", "nobody's"}
    assert current_keys(["QR Sent"], tuple(stages())) == {"qr sent"}


def test_qualified_and_signed_follow_the_order_whatever_the_stages_are_renamed_to() -> None:
    assert qualified_keys(tuple(stages())) == {"qr returned", "fdd sent", "fa sent"}
    renamed = tuple(stages(qr_returned="Form is back", fa_sent="Agreement out", fa_signed="Welcome"))
    assert qualified_keys(renamed) == {"form is back", "fdd sent", "agreement out"}
    assert signed_keys(renamed) == {"welcome"}


def test_deals_in_a_stage_that_is_no_longer_listed_are_found_by_its_name_and_by_a_search() -> None:
    listed = tuple(stages())
    board = frozenset(stage.key for stage in listed)
    counts = PipelineCounts(
        totals={
            key: StageTotals(key, deals, 0, Decimal(0), Decimal(0)) for key, deals in (("qr sent", 3), ("old stage", 2))
        },
        stages=listed,
        stage_names={"old stage": "Old Stage"},
        source_names={},
        ageing=Ageing({}, {}, {}, None),
        today=datetime(2026, 5, 4, tzinfo=UTC).date(),
        zone="UTC",
    )
    assert unlisted_stages(counts) == (("Old Stage", 2),)
    assert _shown(counts, frozenset(), "") == board
    assert _shown(counts, frozenset(), "pat") == board | {"old stage"}
    assert _shown(counts, frozenset({"old stage"}), "") == {"old stage"}
    assert _shown(counts, frozenset({"qr sent", "nobody's"}), "") == {"qr sent"}


def in_rows(*rows: tuple[str, int, bool]) -> tuple[Stage, ...]:
    return in_order(
        Stage(name.casefold(), name, place, active, odds) for place, (name, odds, active) in enumerate(rows)
    )


REAL = in_rows(
    ("New Lead", 0, True),
    ("QR Sent", 4, True),
    ("QR Returned", 10, True),
    ("Lost", 50, False),
    ("Deal Structure", 40, True),
    ("FA Sent", 95, True),
    ("FA Signed", 100, True),
    ("Future Interest", 1, True),
)
OWN = in_rows(
    ("New Lead", 0, True), ("First Touch", 9, True), ("Application In", 10, True), ("Agreement Out", 99, True), ("Aboard", 100, True), ("Old", 50, False)
)  # fmt: skip


def test_qualified_is_from_qr_returned_through_fa_sent_in_the_brands_order() -> None:
    assert qualified_keys(REAL) == {"qr returned", "deal structure", "fa sent"}
    assert signed_keys(REAL) == {"fa signed"}


def test_under_other_names_likelihood_decides() -> None:
    assert qualified_keys(OWN) == {"application in", "agreement out"}
    assert signed_keys(OWN) == {"aboard"}


def test_a_stage_behind_the_signature_is_no_step() -> None:
    assert [stage.name for stage in steps(REAL)][-1] == "FA Signed"
    assert "Lost" not in {stage.name for stage in steps(REAL)}
    assert [stage.name for stage in steps(in_rows(("A", 0, True), ("B", 0, True)))] == ["A", "B"]


NEW, ENGAGING, QUALIFIED = StageGroup.NEW, StageGroup.ENGAGING, StageGroup.QUALIFIED
DECIDING, PARKED, LOST = StageGroup.DECIDING, StageGroup.PARKED, StageGroup.LOST


@pytest.mark.parametrize(
    ("listed", "groups"),
    [
        pytest.param(
            [(0, True), (9, True), (10, True), (39, True), (40, True), (100, True)],
            [NEW, ENGAGING, QUALIFIED, QUALIFIED, DECIDING, DECIDING],
            id="by likelihood along the way",
        ),
        pytest.param([(0, True), (100, True), (1, True)], [NEW, DECIDING, PARKED], id="behind the signature"),
        pytest.param([(0, True), (95, True), (5, True)], [NEW, DECIDING, PARKED], id="behind the likeliest"),
        pytest.param([(0, True), (100, True), (100, True)], [NEW, DECIDING, DECIDING], id="as likely as the likeliest"),
        pytest.param([(0, True), (50, False), (100, False)], [NEW, LOST, LOST], id="not active"),
        pytest.param(
            [(0, True), (15, True), (0, True), (40, True)], [NEW, QUALIFIED, QUALIFIED, DECIDING], id="unsaid"
        ),
        pytest.param([(20, True), (20, True)], [NEW, QUALIFIED], id="the first is new whatever its likelihood"),
        pytest.param([(0, True), (0, True), (0, True)], [NEW, ENGAGING, ENGAGING], id="nobody has filled in any"),
        pytest.param([], [], id="none"),
    ],
)
def test_a_stages_group_follows_its_place_activity_and_likelihood(
    listed: list[tuple[int, bool]], groups: list[StageGroup]
) -> None:
    for names in (map(str, range(9)), ["FA Signed", "Lost", "New Lead", "Parked", "QR Returned", "Signed"]):
        rows = [(name, likelihood, active) for name, (likelihood, active) in zip(names, listed, strict=False)]
        assert list(groups_of(in_rows(*rows)).values()) == groups
