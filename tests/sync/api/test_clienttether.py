"""The client over a real socket: bounds, retries, and keys that stay where they belong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from cryptography.fernet import Fernet

from emulator import AccountPlan, Emulator, Fault
from models import SyncErrorKind
from settings import SyncSettings
from sync.api.clienttether import ClientTether, _retry_after
from sync.api.pace import Pace
from sync.failures import PullError

TOKEN, KEY, SECOND = "enterprise-token", "CT_some_key", "CT_second_key"
Open = Callable[..., ClientTether]


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    plans = [AccountPlan(name="A", web_key=KEY, contacts=120), AccountPlan(name="B", web_key=SECOND, contacts=3)]
    with Emulator(plans, access_token=TOKEN) as running:
        yield running


@pytest.fixture
def open_client(emulator: Emulator) -> Iterator[Open]:
    opened: list[ClientTether] = []

    def make(web_key: str = KEY, **settings: Any) -> ClientTether:
        opened.append(ClientTether(_settings(emulator, **settings), web_key))
        return opened[-1]

    yield make
    for client in opened:
        client.close()


def _settings(emulator: Emulator, **settings: Any) -> SyncSettings:
    brisk = {"sync_retry_wait": 0.0, "sync_retry_attempts": 3} | settings
    return SyncSettings(
        portal_encryption_key=Fernet.generate_key().decode(),
        clienttether_api_url=emulator.url,
        clienttether_access_token=TOKEN,
        **brisk,
    )


def _failure(ask: Callable[[], object]) -> PullError:
    with pytest.raises(PullError) as raised:
        ask()
    return raised.value


def test_every_read_call_is_offered(emulator: Emulator, open_client: Open) -> None:
    client = open_client()
    account = emulator.account(KEY)
    first = account.contacts[0]["client_id"]
    now = datetime.now(UTC).replace(tzinfo=None)
    assert [row["client_id"] for row in client.client(first).envelope.rows] == [first]
    assert len(client.clients(100).envelope.rows) == 20
    assert client.opportunities(0).envelope.total == len(account.opportunities)
    assert len(client.sales_cycles(0).envelope.rows) == len(account.stages)
    assert len(client.lead_sources().envelope.rows) == len(account.lead_sources)
    assert len(client.users().envelope.rows) == len(account.users)
    assert sum(len(plans) for plans in client.action_plans().envelope.rows) == len(account.action_plans)
    assert client.events(0, now, now + timedelta(days=30)).envelope.rows
    assert client.history_notes("no such contact").envelope.rows == []


@pytest.mark.parametrize(
    "fault", [Fault.HTTP_500, Fault.CT500, Fault.DROPPED_CONNECTION, Fault.TRUNCATED_BODY, Fault.HTML_INSTEAD_OF_JSON]
)
def test_what_may_pass_is_asked_again(emulator: Emulator, open_client: Open, fault: Fault) -> None:
    emulator.set_fault(fault, times=2)
    assert open_client().clients(0).envelope.rows
    assert len(emulator.requests) == 3


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault.HTTP_401, SyncErrorKind.TOKEN_REFUSED),
        (Fault.AUTH_HTML, SyncErrorKind.TOKEN_REFUSED),
        (Fault.REDIRECT, SyncErrorKind.REDIRECTED),
        (Fault.HUGE_BODY, SyncErrorKind.BODY_TOO_LARGE),
        (Fault.UNKNOWN_CALL, SyncErrorKind.UNAVAILABLE),
    ],
)
def test_what_will_not_pass_is_asked_once(
    emulator: Emulator, open_client: Open, fault: Fault, kind: SyncErrorKind
) -> None:
    emulator.set_fault(fault)
    failure = _failure(lambda: open_client(sync_max_body_bytes=100_000).clients(0))
    assert (failure.kind, failure.attempts) == (kind, 1)
    assert len(emulator.requests) == 1


def test_attempts_are_counted_and_bounded(emulator: Emulator, open_client: Open) -> None:
    emulator.set_fault(Fault.HTTP_500, variant="503")
    failure = _failure(lambda: open_client().clients(0))
    assert (failure.kind, failure.http_status, failure.attempts) == (SyncErrorKind.SERVER_ERROR, 503, 3)
    assert len(emulator.requests) == 3


def test_retrying_ends_within_its_time(emulator: Emulator, open_client: Open) -> None:
    emulator.set_fault(Fault.HTTP_429, seconds=1)
    client = open_client(sync_retry_attempts=10, sync_retry_seconds=2.5)
    assert _failure(lambda: client.clients(0)).kind is SyncErrorKind.RATE_LIMITED
    assert 2 <= len(emulator.requests) < 5


def test_retry_after_is_waited_for(emulator: Emulator, open_client: Open) -> None:
    emulator.set_fault(Fault.HTTP_429, seconds=1, times=1)
    assert open_client().clients(0).envelope.rows
    refused, answered = emulator.requests
    assert (answered.at - refused.at).total_seconds() >= 0.95


def test_retry_after_is_understood_in_both_forms_and_capped() -> None:
    now = datetime(2026, 5, 1, tzinfo=UTC)
    assert _retry_after("7", now) == 7
    assert _retry_after(format_datetime(now + timedelta(seconds=9), usegmt=True), now) == 9
    assert _retry_after(format_datetime(now - timedelta(hours=1), usegmt=True), now) == 0
    assert _retry_after("999999999999", now) == 60
    assert _retry_after(format_datetime(now + timedelta(days=1), usegmt=True), now) == 60
    for nothing in (None, "", "soon", "-5", "٣"):
        assert _retry_after(nothing, now) is None


@pytest.mark.parametrize(
    ("fault", "variant"), [(Fault.HANG, "before"), (Fault.HANG, "mid_body"), (Fault.SLOW, "trickle")]
)
def test_a_call_ends_when_its_time_is_over(emulator: Emulator, open_client: Open, fault: Fault, variant: str) -> None:
    emulator.set_fault(fault, variant=variant, seconds=30)
    client = open_client(sync_read_timeout=0.3, sync_call_timeout=0.6, sync_retry_attempts=1)
    assert _failure(lambda: client.clients(0)).kind is SyncErrorKind.TIMEOUT  # what trickles in would be whole at last


def test_keys_go_to_no_other_host(emulator: Emulator, open_client: Open) -> None:
    emulator.set_fault(Fault.REDIRECT)
    _failure(lambda: open_client().clients(0))
    assert {request.call for request in emulator.requests} == {"read_client_list"}


def test_connections_are_kept_alive_and_few(emulator: Emulator, open_client: Open) -> None:
    client = open_client(sync_requests_per_brand=2)
    for _ in range(5):
        client.clients(0)
    assert len({request.client_port for request in emulator.requests}) == 1
    with ThreadPoolExecutor(2) as pool:
        for _ in pool.map(client.clients, range(0, 1_000, 100)):
            pass
    assert len({request.client_port for request in emulator.requests}) <= 2


def test_a_refused_web_key_is_told_from_a_refused_token(emulator: Emulator, open_client: Open) -> None:
    assert _failure(lambda: open_client("CT_wrong").clients(0)).kind is SyncErrorKind.KEY_REFUSED
    emulator.rotate_token("another")
    assert _failure(lambda: open_client().clients(0)).kind is SyncErrorKind.TOKEN_REFUSED


def test_a_key_that_can_not_be_a_header_is_refused_by_name(open_client: Open) -> None:
    assert _failure(lambda: open_client("CT_\nX-Other: 1").clients(0)).kind in {
        SyncErrorKind.KEY_REFUSED,
        SyncErrorKind.TRANSPORT,
    }


def test_no_error_repeats_a_secret(emulator: Emulator, open_client: Open) -> None:
    for fault in Fault:
        emulator.clear_faults()
        emulator.set_fault(fault, variant="")
        try:
            open_client(sync_read_timeout=0.2, sync_call_timeout=0.3, sync_retry_attempts=1).clients(100)
        except PullError as failure:
            words = f"{failure.message} {failure!r}"
            assert KEY not in words
            assert TOKEN not in words


@pytest.mark.parametrize("fault", [Fault.HTTP_429, Fault.HTTP_403])
def test_one_brands_retry_after_holds_back_every_brand_under_the_token(emulator: Emulator, fault: Fault) -> None:
    pace, settings = Pace(), _settings(emulator, sync_retry_attempts=1)
    with ClientTether(settings, KEY, pace=pace) as one_brand, ClientTether(settings, SECOND, pace=pace) as other_brand:
        emulator.set_fault(fault, web_key=KEY, times=1, seconds=1, variant="retry_after" if "403" in fault else "")
        assert _failure(lambda: one_brand.clients(0)).kind is SyncErrorKind.RATE_LIMITED
        assert other_brand.clients(0).envelope.rows
    refused, answered = emulator.requests
    assert (answered.at - refused.at).total_seconds() >= 0.95


def test_a_run_waits_for_its_turn_only_so_long(emulator: Emulator) -> None:
    emulator.set_fault(Fault.HTTP_429, seconds=30, times=1)
    with ClientTether(_settings(emulator, sync_pace_seconds=5), KEY) as client:
        failure = _failure(lambda: client.clients(0))
        assert failure.kind is SyncErrorKind.RATE_LIMITED
        assert "waited long enough" in failure.message
    assert len(emulator.requests) == 1
