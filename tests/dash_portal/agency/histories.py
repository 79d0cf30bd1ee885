"""Brands with a history of syncs, written as rows: every way a brand can stand, without waiting for it to happen."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import Engine, insert
from sqlmodel import Session

from database import AgencySession
from encryption import Cipher
from models import (
    CallHabit,
    FieldState,
    KnownField,
    RawBody,
    RawSnapshot,
    RequestStatus,
    Resource,
    ResourceField,
    ResourceFreshness,
    ResourceStatus,
    RunStatus,
    SyncError,
    SyncErrorKind,
    SyncLease,
    SyncRequest,
    SyncRun,
    SyncRunResource,
    TenantStatus,
    Trigger,
    WorkerHeartbeat,
    new_id,
    utc_now,
)
from tests.factories import make_tenant

NONE_REJECTED: Mapping[Resource, int] = MappingProxyType({})
GOOD = dict.fromkeys(Resource, ResourceStatus.SUCCESS)
LANDED = frozenset({ResourceStatus.SUCCESS, ResourceStatus.PARTIAL})


def add_brand(engine: Engine, cipher: Cipher, slug: str, **changes: Any) -> int:
    with AgencySession(engine) as session:
        tenant = make_tenant(cipher, slug=slug, **({"name": slug.replace("-", " ").title()} | changes))
        session.add(tenant)
        session.commit()
        assert tenant.id is not None
        return tenant.id


def add_run(
    engine: Engine,
    tenant_id: int,
    started_at: datetime,
    *,
    status: RunStatus = RunStatus.SUCCESS,
    results: Mapping[Resource, ResourceStatus] = GOOD,
    errors: Mapping[Resource | None, tuple[SyncErrorKind, str]] | None = None,
    trigger: Trigger = Trigger.SCHEDULE,
    seconds: float = 12.0,
    remaining: int = 0,
    changed: int = 3,
    field: str | None = None,
    rejected: Mapping[Resource, int] = NONE_REJECTED,
) -> str:
    """Write a run with its results, what it met (`field`: of which field), and the freshness it leaves behind."""
    run = _run(tenant_id, started_at, seconds, status=status, trigger=trigger)
    with AgencySession(engine) as session:
        session.add(run)
        for resource, result in results.items():
            row = SyncRunResource(**_resource_values(run, resource, result, seconds, changed=changed))
            row.rejected = rejected.get(resource, 0)
            row.remaining = remaining if resource is Resource.NOTES else 0
            session.add(row)
        _leave_freshness(session, tenant_id, started_at, results)
        for of, (kind, message) in (errors or {}).items():
            session.add(
                SyncError(
                    tenant_id=tenant_id,
                    run_id=run.run_id,
                    resource=of,
                    kind=kind.value,
                    message=message,
                    attempts=3,
                    field=field,
                )
            )
        session.commit()
        return run.run_id


def add_good_runs(engine: Engine, tenant_id: int, seconds_by_start: Mapping[datetime, float]) -> None:
    """Write runs that went well, the oldest first: their starts, and how long each took."""
    resources: list[dict[str, Any]] = []
    with AgencySession(engine) as session:
        for started_at, seconds in seconds_by_start.items():
            run = _run(tenant_id, started_at, seconds)
            session.add(run)
            resources += [_resource_values(run, resource, result, seconds) for resource, result in GOOD.items()]
            newest = started_at
        session.flush()
        session.execute(insert(SyncRunResource), resources)  # hundreds of rows: objects cost more than the writing
        _leave_freshness(session, tenant_id, newest, GOOD)
        session.commit()


def _run(
    tenant_id: int,
    started_at: datetime,
    seconds: float,
    *,
    status: RunStatus = RunStatus.SUCCESS,
    trigger: Trigger = Trigger.SCHEDULE,
) -> SyncRun:
    return SyncRun(
        tenant_id=tenant_id,
        run_id=new_id(),
        status=status,
        trigger=trigger,
        started_at=started_at,
        finished_at=None if status is RunStatus.RUNNING else started_at + timedelta(seconds=seconds),
        worker="worker-1",
    )


def _resource_values(
    run: SyncRun, resource: Resource, result: ResourceStatus, seconds: float, *, changed: int = 3
) -> dict[str, Any]:
    landed = result in LANDED
    return {
        "tenant_id": run.tenant_id,
        "run_id": run.run_id,
        "resource": resource,
        "status": result,
        "read_started_at": run.started_at,
        "pages": 3,
        "fetched": 288 if landed else 0,
        "updated": changed if landed else 0,
        "unchanged": 280 if landed else 0,
        "seconds": seconds / 5,
    }


def _leave_freshness(
    session: Session, tenant_id: int, started_at: datetime, results: Mapping[Resource, ResourceStatus]
) -> None:
    for resource, result in results.items():
        fresh = session.get(ResourceFreshness, (tenant_id, resource)) or ResourceFreshness(
            tenant_id=tenant_id, resource=resource, last_status=result, last_attempt_at=started_at
        )
        if fresh.last_attempt_at <= started_at:
            fresh.last_status, fresh.last_attempt_at = result, started_at
            if result in LANDED:
                fresh.whole_read_at = started_at
        session.add(fresh)


def add_field(engine: Engine, tenant_id: int, field: str, state: FieldState, **counts: Any) -> None:
    with AgencySession(engine) as session:
        session.add(
            ResourceField(
                **{
                    "tenant_id": tenant_id,
                    "resource": Resource.LEADS,
                    "field": field,
                    "wire_names": field,
                    "read_as": "text",
                    "core": True,
                    "state": state,
                    "rows": 288,
                    **counts,
                }
            )
        )
        session.commit()


def add_fields(engine: Engine, tenant_id: int) -> None:
    """Write what a read says of leads whose source nobody understands, and a total that is too high."""
    add_field(engine, tenant_id, "first_name", FieldState.FILLED, filled=280, blank=8)
    add_field(engine, tenant_id, "lead_source", FieldState.EMPTY, missing=288, wire_names="lead_source, source")
    add_field(engine, tenant_id, "postal_code", FieldState.BLANK, core=False, blank=288)
    with AgencySession(engine) as session:
        session.add(CallHabit(tenant_id=tenant_id, call="read_client_list", surplus=12, surplus_runs=3))
        session.add(KnownField(tenant_id=tenant_id, resource=Resource.LEADS, field="origin_name"))
        session.add(KnownField(tenant_id=tenant_id, resource=Resource.LEADS, field="utm_campaign"))
        session.commit()


def add_answer_nobody_understood(engine: Engine, tenant_id: int, run_id: str) -> None:
    body = b"<html>Down for maintenance</html>"
    with AgencySession(engine) as session:
        session.add(RawBody(tenant_id=tenant_id, sha256="b" * 64, body=zlib.compress(body), size=len(body)))
        session.add(
            RawSnapshot(
                tenant_id=tenant_id,
                run_id=run_id,
                resource=Resource.SCHEDULED_ACTIVITIES,
                position=0,
                request="read_events?limit=100",
                fetched_at=utc_now(),
                record_count=0,
                sha256="b" * 64,
                understood=False,
            )
        )
        session.commit()


def add_request(engine: Engine, tenant_id: int, **changes: Any) -> str:
    with AgencySession(engine) as session:
        request = SyncRequest(tenant_id=tenant_id, **changes)
        session.add(request)
        session.commit()
        return request.request_id


def add_lease(engine: Engine, tenant_id: int, run_id: str, expires_at: datetime) -> None:
    with AgencySession(engine) as session:
        session.add(SyncLease(tenant_id=tenant_id, owner="worker-1", run_id=run_id, fence=1, expires_at=expires_at))
        session.commit()


def beat(engine: Engine, at: datetime, *, stopped_at: datetime | None = None) -> None:
    with AgencySession(engine) as session:
        session.merge(WorkerHeartbeat(worker="worker-1", started_at=at, beat_at=at, stopped_at=stopped_at))
        session.commit()


def failed_results(*which: Resource, status: ResourceStatus = ResourceStatus.FAILED) -> dict[Resource, ResourceStatus]:
    return GOOD | dict.fromkeys(which, status)


def every_state(  # noqa: PLR0915 - a list of states
    engine: Engine, cipher: Cipher, now: datetime, *, asker: int | None = None
) -> None:
    """Make one brand for each way a brand can stand; the slug tells which."""
    hour = timedelta(hours=1)
    recent = now - timedelta(minutes=9)
    all_failed = failed_results(*Resource)

    def brand(slug: str, name: str, **changes: Any) -> int:
        return add_brand(engine, cipher, slug, name=name, **changes)

    def past(tenant_id: int, *, runs: int = 4, until: datetime = recent) -> None:
        add_good_runs(engine, tenant_id, {until - back * hour: 6 + (back * 7) % 13 for back in range(runs, 0, -1)})

    fresh = brand("fresh", "Harbor & Pine Kitchens", accent_colour="#1f7a4d")
    past(fresh, runs=23)
    add_run(engine, fresh, recent)

    refused = brand("token-refused", "BrightPath Tutoring")
    past(refused)
    kind = (SyncErrorKind.TOKEN_REFUSED, "access token refused: was it rotated?")
    add_run(engine, refused, recent, status=RunStatus.FAILED, results=all_failed, errors={None: kind}, seconds=1)

    key = brand("key-refused", "Cedar Lane Dental")
    past(key)
    kind = (SyncErrorKind.KEY_REFUSED, "web key refused: is it this brand's?")
    add_run(engine, key, recent, status=RunStatus.FAILED, results=all_failed, errors={None: kind}, seconds=1)

    failed = brand("failed", "Lumen Fitness")
    past(failed, runs=23)
    kind = (SyncErrorKind.SERVER_ERROR, "ClientTether reports an unknown error")
    add_run(engine, failed, recent, status=RunStatus.FAILED, results=all_failed, errors={Resource.LEADS: kind})

    held = brand("held-back", "Meadow Pet Care")
    past(held)
    kind = (SyncErrorKind.HELD_BACK, "held back until someone confirms it: it would remove 214 of 288 rows")
    results = failed_results(Resource.LEADS, status=ResourceStatus.HELD_BACK)
    add_run(engine, held, recent, status=RunStatus.PARTIAL, results=results, errors={Resource.LEADS: kind})

    cut = brand("cut-off", "Northwind Cleaning")
    past(cut)
    add_run(engine, cut, recent, status=RunStatus.ABANDONED, results={Resource.LEADS: ResourceStatus.SUCCESS})

    partial = brand("partial", "Oak Street Coffee")
    past(partial)
    kind = (SyncErrorKind.TIMEOUT, "ClientTether did not answer in time")
    results = failed_results(Resource.SCHEDULED_ACTIVITIES, Resource.NOTES)
    add_run(
        engine,
        partial,
        recent,
        status=RunStatus.PARTIAL,
        results=results,
        errors={Resource.SCHEDULED_ACTIVITIES: kind, Resource.NOTES: kind},
        remaining=1240,
    )

    odd = brand("not-understood", "Orchard Lane Optics")
    past(odd)
    results = failed_results(Resource.LEADS, status=ResourceStatus.PARTIAL)
    kind = (SyncErrorKind.EMPTY_FIELD, "the field lead_source (read from lead_source) is missing in 288 of 288 rows")
    run_id = add_run(
        engine,
        odd,
        recent,
        status=RunStatus.PARTIAL,
        results=results,
        errors={Resource.LEADS: kind},
        field="lead_source",
    )
    add_fields(engine, odd)
    add_answer_nobody_understood(engine, odd, run_id)

    stale = brand("out-of-date", "Pinnacle Roofing")
    past(stale, until=now - 7 * hour)
    add_run(engine, stale, now - 7 * hour)

    brand("waiting", "Quarry Street Salons")
    queued = brand("queued", "Riverbend Auto")
    add_request(engine, queued, requested_by=asker)

    running = brand("running", "Saltwater Swim")
    past(running)
    add_run(engine, running, recent - hour / 2)
    run_id = add_run(
        engine,
        running,
        now - timedelta(seconds=20),
        status=RunStatus.RUNNING,
        results={},
        trigger=Trigger.MANUAL,
    )
    add_lease(engine, running, run_id, now + hour)
    add_request(engine, running, requested_by=asker, status=RequestStatus.RUNNING, run_id=run_id)

    notes = brand("notes-to-go", "Tidewater Lawn")
    past(notes, runs=3)
    add_run(engine, notes, recent, results=GOOD, remaining=3812)

    no_calendar = brand("no-calendar", "Umber Painting")
    results = failed_results(Resource.SCHEDULED_ACTIVITIES, status=ResourceStatus.UNAVAILABLE)
    past(no_calendar, runs=5)
    add_run(engine, no_calendar, recent, results=results)

    suspended = brand("suspended", "Vista Solar", status=TenantStatus.SUSPENDED)
    past(suspended, until=now - 300 * hour)
