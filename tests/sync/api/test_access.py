"""Whose access is refused: told from this brand's run first, and from other brands only where it says nothing."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from emulator import AccountPlan, Fault
from models import ResourceStatus, RunStatus, SyncErrorKind
from sync.api.access import AccessWatch, BrandAccess
from sync.failures import PullError
from tests.sync.conftest import MakeWorld

K = SyncErrorKind
KEY, OTHER = "CT_this_key", "CT_other_key"
OWN, NEIGHBOUR, THIRD = 1, 2, 3


@dataclass
class HandClock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def _refusal(kind: SyncErrorKind = K.TOKEN_REFUSED, *, names_token: bool = False) -> PullError:
    failure = PullError(kind, "refused", http_status=403)
    failure.names_token = names_token
    return failure


def _judged(watch: AccessWatch, failure: PullError, *, before: bool = False, still: bool = False) -> SyncErrorKind:
    watch.judge(failure, BrandAccess(OWN, lambda: before, lambda: still))
    return failure.kind


def _refuse(watch: AccessWatch, tenant_id: int) -> None:
    watch.judge(_refusal(names_token=True), BrandAccess(tenant_id, lambda: False, lambda: False))


def test_what_happened_in_this_run_goes_before_what_others_get() -> None:
    watch = AccessWatch(HandClock())
    watch.works_for(NEIGHBOUR)
    assert _judged(watch, _refusal(), before=True, still=True) is K.REFUSED
    assert _judged(watch, _refusal(), before=True, still=False) is K.TOKEN_REFUSED
    assert _judged(watch, _refusal(K.KEY_REFUSED), before=True, still=False) is K.TOKEN_REFUSED


def test_a_refusal_that_names_its_reason_is_believed() -> None:
    watch = AccessWatch(HandClock())
    watch.works_for(NEIGHBOUR)
    assert _judged(watch, _refusal(names_token=True)) is K.TOKEN_REFUSED
    assert _judged(watch, _refusal(K.KEY_REFUSED)) is K.KEY_REFUSED


def test_a_refusal_without_a_reason_is_the_keys_only_while_the_token_lets_others_in() -> None:
    clock = HandClock()
    watch = AccessWatch(clock)
    assert _judged(watch, _refusal()) is K.TOKEN_REFUSED
    watch.works_for(NEIGHBOUR)
    assert _judged(watch, _refusal()) is K.KEY_REFUSED
    clock.now += 1
    _refuse(watch, THIRD)
    assert _judged(watch, _refusal()) is K.TOKEN_REFUSED
    clock.now += 1
    watch.works_for(THIRD)
    assert _judged(watch, _refusal()) is K.KEY_REFUSED
    clock.now += 300
    assert _judged(watch, _refusal()) is K.TOKEN_REFUSED


def test_other_failures_are_left_as_they_are() -> None:
    assert _judged(AccessWatch(), PullError(K.TIMEOUT, "late"), before=True) is K.TIMEOUT


def test_a_call_that_is_refused_alone_costs_its_resource_alone(make_world: MakeWorld) -> None:
    world = make_world(AccountPlan(name="A", web_key=KEY, contacts=9), sync_notes_budget=0)
    tenant = world.add_brand(KEY, "brand")
    world.emulator.set_fault(Fault.HTTP_403, "read_opportunity_list")
    assert world.sync("brand") is RunStatus.PARTIAL
    statuses = {name: result["status"] for name, result in world.results(tenant).items()}
    assert statuses.pop("pipeline_items") is ResourceStatus.FAILED
    assert set(statuses.values()) == {ResourceStatus.SUCCESS}
    assert [(error["resource"], error["kind"]) for error in world.errors(tenant)] == [("pipeline_items", "refused")]


@pytest.mark.parametrize("body", ["http_401", "auth_html"])
def test_a_token_that_is_rotated_between_two_brands_is_no_fault_of_the_keys(make_world: MakeWorld, body: str) -> None:
    plans = [AccountPlan(name=key, web_key=key, contacts=9) for key in (KEY, OTHER)]
    world = make_world(*plans, sync_notes_budget=0)
    tenant = world.add_brand(KEY, "brand")
    world.add_brand(OTHER, "other")
    assert world.sync("other") is RunStatus.SUCCESS
    world.emulator.set_fault(Fault(body), skip=4)  # rotated while the brand's run is under way
    assert world.sync("brand") is RunStatus.PARTIAL
    assert {error["kind"] for error in world.errors(tenant)} == {"token_refused"}
    assert [error["message"] for error in world.errors(tenant)] == ["access token refused: was it rotated?"]


def test_what_a_run_has_no_time_for_is_first_in_the_next(make_world: MakeWorld) -> None:
    settings = {"sync_notes_budget": 0, "sync_pace_seconds": 0.0, "sync_retry_attempts": 1}
    world = make_world(AccountPlan(name="A", web_key=KEY, contacts=9), **settings)
    tenant = world.add_brand(KEY, "brand")
    world.emulator.set_fault(Fault.HTTP_429, "read_opportunity_list", times=1, seconds=60)
    assert world.sync("brand") is RunStatus.PARTIAL
    errors = {error["resource"]: error["kind"] for error in world.errors(tenant)}
    assert errors == dict.fromkeys(("pipeline_items", "scheduled_activities"), "rate_limited")
    world.emulator.clear_requests()
    assert world.sync("brand") is RunStatus.SUCCESS
    calls = list(dict.fromkeys(request.call for request in world.emulator.requests))
    assert calls == ["read_opportunity_list", "read_all_events", "read_sales_cycle_list", "read_client_list"]


def test_contacts_a_run_has_no_time_for_are_due_in_the_next(make_world: MakeWorld) -> None:
    world = make_world(AccountPlan(name="A", web_key=KEY, contacts=9), sync_pace_seconds=0.0, sync_retry_attempts=1)
    tenant = world.add_brand(KEY, "brand")
    world.emulator.set_fault(Fault.HTTP_429, "read_client_history_notes", times=1, skip=2, seconds=60)
    assert world.sync("brand") is RunStatus.PARTIAL
    assert {error["kind"] for error in world.errors(tenant)} == {"rate_limited"}
    assert world.sync("brand") is RunStatus.SUCCESS
    assert world.results(tenant)["notes"]["remaining"] == 0
