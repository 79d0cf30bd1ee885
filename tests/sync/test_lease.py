"""One owner per brand, and a late one that writes nothing more."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from database import agency_transaction, brand_transaction, create_engine, database_now
from emulator import AccountPlan
from models import Resource, RunStatus, SyncLease, utc_now
from sync.api.clienttether import Answer
from sync.api.envelope import Envelope
from sync.failures import LeaseLostError
from sync.lease import Lease, renewing, take_lease
from sync.reading.pull import Pull
from sync.reading.resources import LEADS_TABLE
from sync.reading.snapshots import SnapshotWriter
from sync.reading.spool import Spool
from sync.running.retention import prune_brand
from sync.running.runs import abandon_dead_runs, brands_of_crashed_runs
from sync.storing.landing import TableWriter
from tests.sync.conftest import MakeWorld
from tests.sync.sync_world import SyncWorld

KEY = "CT_leased_key"


@pytest.fixture
def world(make_world: MakeWorld) -> SyncWorld:
    made = make_world(AccountPlan(name="A", web_key=KEY, contacts=30), sync_notes_budget=5)
    made.add_brand(KEY, "brand")
    return made


def _take(world: SyncWorld, owner: str, seconds: float = 60) -> Lease | None:
    tenant = world.brand_id("brand")
    with brand_transaction(world.engine, tenant) as connection:
        return take_lease(connection, tenant, owner, seconds, "run-of-" + owner)


def _expiry(world: SyncWorld, of: Lease) -> datetime:
    (lease,) = world.rows(SyncLease, of.tenant_id)
    expires_at: datetime = lease["expires_at"]
    return expires_at


def _held(world: SyncWorld, lease: Lease) -> bool:
    try:
        with brand_transaction(world.engine, lease.tenant_id) as connection:
            lease.hold(connection)
    except LeaseLostError:
        return False
    return True


def test_a_brand_has_one_owner_until_it_is_given_back(world: SyncWorld) -> None:
    first = _take(world, "first")
    assert first is not None
    assert _take(world, "second") is None
    assert world.sync("brand") is None
    with brand_transaction(world.engine, first.tenant_id) as connection:
        first.release(connection)
    second = _take(world, "second")
    assert second is not None
    assert second.fence == first.fence + 1
    assert not _held(world, first)
    with brand_transaction(world.engine, first.tenant_id) as connection:
        first.release(connection)
    assert _held(world, second)


def test_an_expired_lease_is_taken_over_and_its_late_owner_writes_nothing(world: SyncWorld) -> None:
    world.sync("brand")
    before = world.tables(world.brand_id("brand"))
    late = _take(world, "late")
    assert late is not None
    world.expire_leases()
    assert _take(world, "next") is not None
    tables = TableWriter(world.engine, late, "run-of-late", ZoneInfo("UTC"), accept=True)
    with Spool() as spool:
        pull = Pull(Resource.LEADS, LEADS_TABLE, spool)
        with pytest.raises(LeaseLostError):
            tables.land(pull, scope=None, never_empties=False, began=0)
    with ThreadPoolExecutor(1) as pool:
        answers = SnapshotWriter(world.engine, late, "run-of-late", Resource.LEADS, pool)
        answers.keep(Answer("read_client_list", utc_now(), b"{}", Envelope([], 0)))
        with pytest.raises(LeaseLostError), answers.landing():
            pass
    assert world.tables(world.brand_id("brand")) == before


def test_a_kept_lease_does_not_run_out_and_a_lost_one_is_noticed(world: SyncWorld) -> None:
    lease = _take(world, "owner", seconds=3)
    assert lease is not None
    with renewing(world.engine, lease) as lost:
        first = _expiry(world, lease)
        while _expiry(world, lease) == first:
            assert not lost.wait(0.05)
        assert _expiry(world, lease) > first
        assert _take(world, "other") is None
        with brand_transaction(world.engine, lease.tenant_id) as connection:
            table = SyncLease.__table__  # type: ignore[attr-defined]
            connection.execute(table.update().values(owner="thief", fence=99))
        assert lost.wait(60)


def test_who_stores_a_long_list_holds_up_neither_other_renewals_nor_the_look_for_the_crashed(
    world: SyncWorld, database_url: str
) -> None:
    if world.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one write lock for all")
    world.add_brand(KEY, "other")
    busy = _take(world, "owner", seconds=0.6)
    assert busy is not None
    with brand_transaction(world.engine, world.brand_id("other")) as connection:
        other = take_lease(connection, world.brand_id("other"), "owner", 0.6, "run-of-other")
    assert other is not None
    one_connection = create_engine(database_url, pool_size=1, overflow=0)
    with brand_transaction(world.engine, busy.tenant_id) as connection:
        busy.hold(connection)
        with renewing(one_connection, busy), renewing(one_connection, other) as lost:
            began = database_now(connection)
            while not _expiry(world, other) > began + timedelta(seconds=1.2):
                assert not lost.wait(0.05)
                assert database_now(connection) < began + timedelta(seconds=20), "the other lease was not renewed"
        with agency_transaction(world.engine, writes=False) as looking:
            assert _expiry(world, busy) < database_now(looking)
            assert brands_of_crashed_runs(looking) == []
    one_connection.dispose()
    assert _held(world, busy)


def test_a_run_whose_worker_died_is_abandoned_at_the_next_look(world: SyncWorld) -> None:
    tenant = world.brand_id("brand")
    world.sync("brand")
    with brand_transaction(world.engine, tenant) as connection:
        connection.exec_driver_sql("UPDATE sync_runs SET status = 'running', finished_at = NULL")
    assert world.sync("brand") is RunStatus.SUCCESS
    assert [run["status"] for run in world.runs(tenant)] == [RunStatus.ABANDONED, RunStatus.SUCCESS]
    with brand_transaction(world.engine, tenant) as connection:
        abandon_dead_runs(connection, tenant)
    assert [run["status"] for run in world.runs(tenant)] == [RunStatus.ABANDONED, RunStatus.SUCCESS]


def test_a_busy_brand_is_not_pruned(world: SyncWorld) -> None:
    world.sync("brand")
    _take(world, "busy")
    assert prune_brand(world.engine, world.settings, world.brand_id("brand"), "pruner") == 0
