"""The rows of /agency/sync, from a history of syncs in the database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlmodel import select

from dash_portal.accounts.errors import AccountError, NotAllowedError
from dash_portal.agency.health.rendering import trend_words
from dash_portal.agency.health.state import BrandState
from dash_portal.agency.health.sync_health import BrandHealth, sync_health, with_runs
from dash_portal.agency.run_history import RUNS_PER_PAGE, find_run, held_back_reasons, run_history
from dash_portal.agency.worker_requests import confirm_held_back, find_workers, request_all, request_sync
from database import AgencySession
from models import RequestStatus, Resource, ResourceStatus, RunStatus, SyncErrorKind, SyncRequest, SyncRun, utc_now
from tests.dash_portal.agency.histories import add_brand, add_run, beat, every_state, failed_results
from tests.dash_portal.portal_world import PortalWorld

HOURLY = "0 * * * *"
AGENCY = "agency@mellon.example"


def rows_of(world: PortalWorld) -> dict[str, BrandHealth]:
    with AgencySession(world.engine) as session:
        return {row.slug: row for row in with_runs(session, sync_health(session, utc_now(), HOURLY))}


def test_each_state_is_found_and_trouble_comes_first(world: PortalWorld) -> None:
    every_state(world.engine, world.cipher, utc_now(), asker=world.people[AGENCY])
    rows = rows_of(world)
    states = {slug: row.state for slug, row in rows.items() if slug not in {"own", "other", "shut"}}
    assert states == {
        "token-refused": BrandState.REFUSED,
        "key-refused": BrandState.REFUSED,
        "failed": BrandState.FAILED,
        "held-back": BrandState.HELD_BACK,
        "cut-off": BrandState.CUT_OFF,
        "out-of-date": BrandState.OUT_OF_DATE,
        "partial": BrandState.PARTLY,
        "not-understood": BrandState.NOT_UNDERSTOOD,
        "waiting": BrandState.WAITING,
        "queued": BrandState.WAITING,
        "fresh": BrandState.FRESH,
        "running": BrandState.FRESH,
        "notes-to-go": BrandState.FRESH,
        "no-calendar": BrandState.FRESH,
        "suspended": BrandState.SUSPENDED,
    }
    order = [row.state.is_trouble for row in rows.values()]
    assert order == sorted(order, reverse=True)
    assert rows["held-back"].held_back == (Resource.LEADS,)
    assert rows["notes-to-go"].notes_remaining == 3812
    assert rows["partial"].error_kind == SyncErrorKind.TIMEOUT
    assert rows["partial"].pill == BrandState.PARTLY.words
    assert rows["not-understood"].pill == "Partly: lead source of leads not understood"
    assert len(rows["fresh"].recent.runs) == 24
    assert trend_words(rows["failed"].recent.runs) == "Last 24 syncs: 23 complete, 1 failed"
    queued, running = rows["queued"].ongoing, rows["running"].ongoing
    assert queued is not None
    assert not queued.running
    assert running is not None
    assert running.running
    assert queued.by == running.by == "Agency"


def test_a_run_whose_lease_is_gone_is_not_shown_as_running(world: PortalWorld) -> None:
    now = utc_now()
    add_run(world.engine, world.brands["own"], now - timedelta(hours=1))
    add_run(world.engine, world.brands["own"], now, status=RunStatus.RUNNING, results={})
    row = rows_of(world)["own"]
    assert row.ongoing is None
    assert row.last_run is not None
    assert row.last_run.status is RunStatus.SUCCESS


def test_the_last_run_shows_what_each_resource_did(world: PortalWorld) -> None:
    now = utc_now()
    add_run(world.engine, world.brands["own"], now - timedelta(hours=1), changed=90)
    results = failed_results(Resource.NOTES)
    add_run(world.engine, world.brands["own"], now, status=RunStatus.PARTIAL, results=results, changed=4, seconds=75)
    row = rows_of(world)["own"]
    last, outcome = row.last_run, row.outcome
    assert last is not None
    assert outcome is not None
    assert [(result.resource, result.status) for result in outcome.resources] == [
        (resource, ResourceStatus.FAILED if resource is Resource.NOTES else ResourceStatus.SUCCESS)
        for resource in Resource
    ]
    assert outcome.changed == 16
    assert last.seconds == pytest.approx(75, abs=1)


def test_sync_now_is_asked_for_once_however_often_it_is_pressed(world: PortalWorld) -> None:
    actor, own = world.actor(AGENCY), world.brands["own"]
    with AgencySession(world.engine, writes=True) as session:
        assert request_sync(session, actor=actor, tenant_id=own)
        session.flush()
        assert not request_sync(session, actor=actor, tenant_id=own)
        assert confirm_held_back(session, actor=actor, tenant_id=own)  # a confirmation is another wish
        session.flush()
        assert request_all(session, actor=actor) == 1  # the other active brand; the suspended one never
        session.commit()
        requests = session.exec(select(SyncRequest)).all()
    assert sorted((each.tenant_id, each.accept) for each in requests) == sorted(
        [(own, False), (own, True), (world.brands["other"], False)]
    )
    assert len(world.audit("sync_requested")) == 2
    assert [entry.tenant_id for entry in world.audit("held_back_confirmed")] == [own]


def test_a_done_request_lets_the_next_one_through(world: PortalWorld) -> None:
    actor, own = world.actor(AGENCY), world.brands["own"]
    with AgencySession(world.engine, writes=True) as session:
        session.add(SyncRequest(tenant_id=own, status=RequestStatus.DONE))
        assert request_sync(session, actor=actor, tenant_id=own)


def test_only_the_agency_asks_and_only_for_active_brands(world: PortalWorld) -> None:
    with AgencySession(world.engine, writes=True) as session:
        with pytest.raises(NotAllowedError):
            request_sync(session, actor=world.actor("admin@own.example"), tenant_id=world.brands["own"])
        with pytest.raises(NotAllowedError):
            request_all(session, actor=world.actor("viewer@own.example"))
        with pytest.raises(AccountError):
            request_sync(session, actor=world.actor(AGENCY), tenant_id=world.brands["shut"])


def test_the_history_is_paged_and_says_what_went_wrong(world: PortalWorld) -> None:
    now, own = utc_now(), world.brands["own"]
    held = (SyncErrorKind.HELD_BACK, "held back until someone confirms it: it would remove 214 of 288 rows")
    run_id = add_run(
        world.engine,
        own,
        now,
        status=RunStatus.PARTIAL,
        results=failed_results(Resource.LEADS, status=ResourceStatus.HELD_BACK),
        errors={Resource.LEADS: held},
    )
    for back in range(1, RUNS_PER_PAGE + 5):
        add_run(world.engine, own, now - timedelta(hours=back), results={})
    add_run(world.engine, world.brands["other"], now, results={})
    with AgencySession(world.engine) as session:
        first, last = run_history(session, own, page=1), run_history(session, own, page=99)
        assert (first.page.total, first.page.pages, len(first.runs)) == (RUNS_PER_PAGE + 5, 2, RUNS_PER_PAGE)
        assert (last.page.number, len(last.runs)) == (2, 5)
        newest = first.runs[0]
        assert newest.run_id == run_id
        assert newest.problems[0].advice.happened.startswith("Held back")
        assert "214 of 288" in newest.problems[0].examples[0]
        assert held_back_reasons(session, own, run_id) == ["Leads: it would remove 214 of 288 rows."]
        assert find_run(session, world.brands["other"], run_id) is None


def test_a_silent_worker_counts_as_gone(world: PortalWorld) -> None:
    now = utc_now()

    def alive(later: timedelta = timedelta()) -> int:
        with AgencySession(world.engine) as session:
            return find_workers(session, now + later).alive

    assert alive() == 0
    beat(world.engine, now - timedelta(seconds=15))
    assert alive() == 1
    assert alive(timedelta(minutes=2)) == 0
    beat(world.engine, now, stopped_at=now)
    assert alive() == 0


def test_a_brand_without_syncs_is_shown_too(world: PortalWorld) -> None:
    add_brand(world.engine, world.cipher, "brand-new")
    row = rows_of(world)["brand-new"]
    assert (row.state, row.last_run, row.recent.runs, row.error_kind) == (BrandState.WAITING, None, (), None)


def test_many_people_who_press_at_once_ask_once(world: PortalWorld) -> None:
    actor, own = world.actor(AGENCY), world.brands["own"]
    together = Barrier(5)

    def press(_: int) -> bool:
        together.wait()
        with AgencySession(world.engine, writes=True) as session:
            new = request_sync(session, actor=actor, tenant_id=own)
            session.commit()
        return new

    with ThreadPoolExecutor(5) as people:
        assert sorted(people.map(press, range(5))) == [False] * 4 + [True]


def test_of_two_runs_in_one_second_the_later_is_the_last(world: PortalWorld) -> None:
    second = utc_now().replace(microsecond=0) - timedelta(minutes=1)
    add_run(
        world.engine, world.brands["own"], second + timedelta(milliseconds=100), status=RunStatus.FAILED, results={}
    )
    later = add_run(world.engine, world.brands["own"], second + timedelta(milliseconds=600), results={})
    last = rows_of(world)["own"].last_run
    assert last is not None
    assert last.run_id == later


def test_runs_that_end_and_runs_that_come_are_seen_though_others_are_known(world: PortalWorld) -> None:
    now, own = utc_now(), world.brands["own"]
    known = [add_run(world.engine, own, now - timedelta(hours=back), results={}) for back in range(3, 0, -1)]
    running = add_run(world.engine, own, now - timedelta(minutes=5), status=RunStatus.RUNNING, results={})
    row = rows_of(world)["own"]
    assert row.last_run is not None
    assert row.last_run.run_id == known[-1]
    with AgencySession(world.engine, writes=True) as session:
        ended = session.exec(select(SyncRun).where(SyncRun.run_id == running)).one()
        ended.status, ended.finished_at = RunStatus.FAILED, now
        session.commit()
    row = rows_of(world)["own"]
    assert row.last_run is not None
    assert (row.last_run.run_id, row.last_run.status, row.last_run.seconds) == (running, RunStatus.FAILED, 300)
    assert [run.status for run in row.recent.runs][-2:] == [RunStatus.SUCCESS, RunStatus.FAILED]
    add_run(world.engine, world.brands["other"], now, results={})
    last = add_run(world.engine, own, now, results={})
    row = rows_of(world)["own"]
    assert row.last_run is not None
    assert row.last_run.run_id == last
    assert len(row.recent.runs) == 5


def test_a_brand_grows_old_though_nothing_new_was_written_of_it(world: PortalWorld) -> None:
    now = utc_now().replace(minute=20)  # ages count from slots: right before one, a run is soon another slot old
    add_run(world.engine, world.brands["own"], now - timedelta(minutes=5))

    def state(later: timedelta) -> BrandState:
        with AgencySession(world.engine) as session:
            return next(row.state for row in sync_health(session, now + later, HOURLY) if row.slug == "own")

    assert [state(timedelta(minutes=minutes)) for minutes in (0, 30, 80, 180, 0)] == [
        BrandState.FRESH,
        BrandState.FRESH,
        BrandState.OVERDUE,
        BrandState.OUT_OF_DATE,
        BrandState.FRESH,
    ]
