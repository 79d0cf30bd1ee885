"""What is said of the age of data: a time where one can be promised, and else who has to act."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dash_portal.accounts.rights_table import RIGHTS, Capability
from dash_portal.freshness import Freshness
from dash_portal.freshness_words import freshness_words, nothing_yet_words
from models import Role, SyncErrorKind

NINE = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)  # 9 in New York
ZONE = "America/New_York"
READ = NINE - timedelta(hours=2)
SEE_WHY = {"words": "See why", "address": "/agency/sync/own"}
ADMIN, STAFF = RIGHTS[Role.AGENCY_ADMIN], RIGHTS[Role.AGENCY_STAFF]
KEY, TOKEN = SyncErrorKind.KEY_REFUSED, SyncErrorKind.TOKEN_REFUSED


def fresh(
    read_at: datetime | None = READ,
    *,
    failed: bool = False,
    refusal: SyncErrorKind | None = None,
    due: datetime = NINE + timedelta(minutes=30),
) -> Freshness:
    return Freshness(read_at, None, None, due, failed=failed, unavailable=False, now=NINE, refusal=refusal)


@pytest.mark.parametrize(
    ("given", "waits", "tip"),
    [
        (fresh(), "Waiting for first sync", "The data on this page was read at 23 Nov 2026, 7:00 AM EST. The next sync is due at 9:30 AM."),
        (fresh(None), "Waiting for first sync", "The first sync is due at 9:30 AM."),
        (fresh(None, failed=True), "First sync failed", "The first sync did not succeed. The next one is due at 9:30 AM."),
        (fresh(None, due=NINE + timedelta(days=1)), "Waiting for first sync", "The first sync is due at 9:00 AM on 24 Nov 2026."),
        (fresh(refusal=KEY), "Waiting for first sync", "Your agency has to renew the connection. You see data from 23 Nov 2026, 7:00 AM EST."),
        (fresh(None, failed=True, refusal=KEY), "First sync failed", "Your agency has to renew the connection. Nothing was read yet."),
    ],
)  # fmt: skip
def test_the_badge_says_when_the_next_sync_comes_or_who_has_to_act(given: Freshness, waits: str, tip: str) -> None:
    words = freshness_words(given, ZONE, "own", frozenset())
    assert (words.waits, words.tip, words.link) == (waits, tip, {})


def test_the_banner_says_the_age_and_why() -> None:
    words = freshness_words(fresh(failed=True), ZONE, "own", ADMIN)
    following = "You are looking at data that is {age} old (from 23 Nov 2026, 7:00 AM EST). It will catch up with the next sync, due at 9:30 AM."  # fmt: skip
    assert words.banner == f"The last sync did not succeed. {following}"
    assert words.late == f"No sync has landed for a while. {following}"
    assert words.link == SEE_WHY


def test_a_first_sync_that_failed_tells_the_agency_alone_where_to_see_why() -> None:
    words = freshness_words(fresh(None, failed=True), ZONE, "own", ADMIN)
    assert words.banner == "The first sync did not succeed. The next one is due at 9:30 AM."
    assert words.link == SEE_WHY
    assert freshness_words(fresh(None, failed=True), ZONE, "own", frozenset()).link == {}


@pytest.mark.parametrize(
    ("refusal", "rights", "cause", "link"),
    [
        (KEY, ADMIN, "ClientTether refused this brand's web key.", {"words": "Replace web key", "address": "/agency/sync/own#new-key"}),
        (KEY, STAFF, "ClientTether refused this brand's web key.", {"words": "See what to do", "address": "/agency/sync/own"}),
        (TOKEN, ADMIN, "The agency's access token was refused.", {"words": "See what to do", "address": "/agency/sync/own"}),
    ],
)  # fmt: skip
def test_the_agency_reads_the_cause_and_where_to_mend_it(
    refusal: SyncErrorKind, rights: frozenset[Capability], cause: str, link: dict[str, str]
) -> None:
    words = freshness_words(fresh(refusal=refusal), ZONE, "own", rights)
    assert words.banner == words.late == words.tip == f"{cause} You see data from 23 Nov 2026, 7:00 AM EST."
    assert words.link == link


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (fresh(None), "The first sync is due at 9:30 AM. This page fills itself as soon as it has landed."),
        (fresh(None, due=NINE + timedelta(days=1)), "The first sync is due at 9:00 AM on 24 Nov 2026. This page fills itself as soon as it has landed."),
        (fresh(None, failed=True), "This page fills itself as soon as a sync has landed."),
        (fresh(None, refusal=KEY), "This page fills itself as soon as a sync has landed."),
        (fresh(refusal=KEY), "This page fills itself as soon as a sync has landed."),
        (fresh(), "There were none when the data was read. They appear here with the first sync that finds some."),
        (fresh(failed=True), "There were none when the data was read. They appear here with the first sync that finds some."),
    ],
)  # fmt: skip
def test_an_empty_page_says_when_it_fills_and_leaves_what_went_wrong_to_the_banner(
    given: Freshness, words: str
) -> None:
    assert nothing_yet_words(given, ZONE) == words
