"""What a stage is called now and was before, and which deals are found where the account no longer lists their stage."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from dash_portal.dashboards.pipeline import PipelineCounts, StageTotals, _shown, unlisted_stages
from dash_portal.dashboards.stages import Stage, current_keys, qualified_keys, signed_keys
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
        ageing=Ageing({}, {}, None),
        today=datetime(2026, 5, 4, tzinfo=UTC).date(),
        zone="UTC",
    )
    assert unlisted_stages(counts) == (("Old Stage", 2),)
    assert _shown(counts, frozenset(), "") == board
    assert _shown(counts, frozenset(), "pat") == board | {"old stage"}
    assert _shown(counts, frozenset({"old stage"}), "") == {"old stage"}
    assert _shown(counts, frozenset({"qr sent", "nobody's"}), "") == {"qr sent"}
