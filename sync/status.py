"""What there is to know about syncs, for an operator at a terminal or a program."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, func, select

from call_habits import CallHabits
from database import agency_transaction
from models import (
    CallHabit,
    FieldState,
    KnownField,
    NoteEvidence,
    NoteFailure,
    Resource,
    ResourceField,
    ResourceFreshness,
    RunStatus,
    SyncError,
    SyncRun,
    SyncRunResource,
    Tenant,
    TenantStatus,
    WorkerHeartbeat,
    utc_now,
)
from notes_rhythm import notes_rhythm, rhythm_words
from sync.tables import table_of
from timetable import next_run
from watching import living_workers

_TENANTS: Final = table_of(Tenant)
_RUNS: Final = table_of(SyncRun)
_RESULTS: Final = table_of(SyncRunResource)
_FRESHNESS: Final = table_of(ResourceFreshness)
_ERRORS: Final = table_of(SyncError)
_BEATS: Final = table_of(WorkerHeartbeat)
_FIELDS: Final = table_of(ResourceField)
_UNREAD: Final = table_of(KnownField)
_HABITS: Final = table_of(CallHabit)
_EVIDENCE: Final = table_of(NoteEvidence)
_SETBACKS: Final = table_of(NoteFailure)
_MOST_ERRORS: Final = 10
Json = dict[str, Any]


def sync_status(engine: Engine, cron: str) -> Json:
    """Return, ready for JSON: the living workers, and for each brand its last runs, their results and the next one."""
    now = utc_now()
    with agency_transaction(engine, writes=False) as connection:
        brands = connection.execute(select(_TENANTS).order_by(_TENANTS.c.slug)).all()
        return {
            "at": _iso(now),
            "workers": list(living_workers(connection)),
            "last_beat_at": _iso(connection.scalar(select(func.max(_BEATS.c.beat_at)))),
            "brands": [_brand(connection, brand, cron, now) for brand in brands],
        }


def _brand(connection: Connection, brand: Any, cron: str, now: datetime) -> Json:
    mine = _RUNS.c.tenant_id == brand.id
    last = connection.execute(select(_RUNS).where(mine).order_by(_RUNS.c.started_at.desc()).limit(1)).first()
    good = select(func.max(_RUNS.c.started_at)).where(mine, _RUNS.c.status == RunStatus.SUCCESS)
    missed = select(func.coalesce(func.sum(_RUNS.c.missed_slots), 0)).where(mine)
    active = brand.status == TenantStatus.ACTIVE
    return {
        "slug": brand.slug,
        "name": brand.name,
        "status": brand.status.value,
        "last_success_at": _iso(connection.scalar(good)),
        "next_run_at": _iso(next_run(cron, brand.slug, now)) if active else None,
        "missed_slots": int(connection.execute(missed).scalar_one()),
        "last_run": None if last is None else _run(connection, brand.id, last),
        "resources": _resources(connection, brand.id),
        "notes": _notes(connection, brand.id),
        "fields": _fields(connection, brand.id),
        "unread_fields": _unread_fields(connection, brand.id),
        "calls": _calls(connection, brand.id),
    }


def _run(connection: Connection, tenant_id: int, run: Any) -> Json:
    mine = (_RESULTS.c.tenant_id == tenant_id, _RESULTS.c.run_id == run.run_id)
    results = connection.execute(select(_RESULTS).where(*mine).order_by(_RESULTS.c.read_started_at)).mappings()
    counts = ("pages", "fetched", "inserted", "updated", "unchanged", "removed", "rejected", "remaining", "seconds")
    return {
        "run_id": run.run_id,
        "status": run.status.value,
        "trigger": run.trigger.value,
        "started_at": _iso(run.started_at),
        "finished_at": _iso(run.finished_at),
        "missed_slots": run.missed_slots,
        "resources": {
            row["resource"].value: {"status": row["status"].value, **{name: row[name] for name in counts}}
            for row in results
        },
        "errors": _errors(connection, tenant_id, run.run_id),
    }


def _errors(connection: Connection, tenant_id: int, run_id: str) -> list[Json]:
    """Return what went wrong, the same thing once with how often."""
    grouped = (
        select(_ERRORS.c.resource, _ERRORS.c.kind, _ERRORS.c.message, func.sum(_ERRORS.c.times).label("times"))
        .where(_ERRORS.c.tenant_id == tenant_id, _ERRORS.c.run_id == run_id)
        .group_by(_ERRORS.c.resource, _ERRORS.c.kind, _ERRORS.c.message)
        .order_by(func.sum(_ERRORS.c.times).desc(), _ERRORS.c.kind)
        .limit(_MOST_ERRORS)
    )
    return [
        {
            "resource": None if row.resource is None else row.resource.value,
            "kind": row.kind,
            "message": row.message,
            "times": int(row.times),
        }
        for row in connection.execute(grouped)
    ]


def _resources(connection: Connection, tenant_id: int) -> Json:
    mine = select(_FRESHNESS).where(_FRESHNESS.c.tenant_id == tenant_id).order_by(_FRESHNESS.c.resource)
    return {
        row.resource.value: {"whole_read_at": _iso(row.whole_read_at), "last_status": row.last_status.value}
        for row in connection.execute(mine)
    }


def _notes(connection: Connection, tenant_id: int) -> Json:
    """Return how often unchanged contacts are asked for notes and why, and how many could not be read lately."""
    evidence = connection.execute(select(_EVIDENCE).where(_EVIDENCE.c.tenant_id == tenant_id)).first()
    counts = (0, 0) if evidence is None else (evidence.with_newer_date, evidence.without_newer_date)
    setbacks = select(func.count()).select_from(_SETBACKS).where(_SETBACKS.c.tenant_id == tenant_id)
    return {
        "rhythm": notes_rhythm(*counts).value,
        "new_notes_with_newer_date": counts[0],
        "new_notes_without": counts[1],
        "in_words": rhythm_words(*counts),
        "contacts_stepped_back": int(connection.execute(setbacks).scalar_one()),
    }


def _fields(connection: Connection, tenant_id: int) -> Json:
    """Return for each resource how each of its fields did in the last read, the core fields first."""
    order = (_FIELDS.c.resource, _FIELDS.c.core.desc(), _FIELDS.c.field)
    listed = connection.execute(select(_FIELDS).where(_FIELDS.c.tenant_id == tenant_id).order_by(*order)).mappings()
    fields: Json = {resource.value: {} for resource in Resource}
    for row in listed:
        counts = {name: row[name] for name in ("rows", "filled", "blank", "missing", "odd")}
        standing = {"state": row["state"].value, "core": row["core"], "read_as": row["read_as"]}
        fields[row["resource"].value][row["field"]] = {**standing, "read_from": row["wire_names"].split(", "), **counts}
    return {resource: listed for resource, listed in fields.items() if listed}


def _calls(connection: Connection, tenant_id: int) -> Json:
    """Return for each call that is read in pages what it has taught about them and about its totals."""
    listed = select(_HABITS).where(_HABITS.c.tenant_id == tenant_id).order_by(_HABITS.c.call)
    return {row.call: _habits(CallHabits.of(row)) for row in connection.execute(listed)}


def _habits(habits: CallHabits) -> Json:
    return {
        "page_length": habits.page_length,
        "offset_unit": None if habits.offset_unit is None else habits.offset_unit.value,
        "ignores_paging": habits.ignores_paging,
        "totals_are_wrong": habits.totals_are_wrong,
        "surplus": habits.surplus,
        "surplus_runs": habits.surplus_runs,
        "accepted_surplus": habits.accepted_surplus,
        "in_words": habits.in_words,
    }


def _unread_fields(connection: Connection, tenant_id: int) -> Json:
    """Return for each resource the fields of its records that nobody reads."""
    listed = select(_UNREAD.c.resource, _UNREAD.c.field).where(_UNREAD.c.tenant_id == tenant_id)
    unread: dict[str, list[str]] = defaultdict(list)
    for row in connection.execute(listed.order_by(_UNREAD.c.resource, _UNREAD.c.field)):
        unread[row.resource.value].append(row.field)
    return dict(unread)


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")


def status_lines(status: Json) -> Iterator[str]:
    """Yield the status as lines for a person."""
    workers = status["workers"]
    beat = status["last_beat_at"] or "never"
    yield f"workers: {', '.join(workers)}" if workers else f"no worker is alive (last heard of: {beat})"
    if not status["brands"]:
        yield "there are no brands"
    for brand in status["brands"]:
        yield ""
        suspended = "" if brand["status"] == TenantStatus.ACTIVE else f" ({brand['status']})"
        yield f"{brand['slug']}{suspended}"
        yield f"  last success  {brand['last_success_at'] or 'never'}"
        yield f"  next run      {brand['next_run_at'] or 'none'}"
        if brand["missed_slots"]:
            yield f"  missed slots  {brand['missed_slots']}"
        yield from _run_lines(brand)
        yield from _note_lines(brand["notes"])
        yield from _field_lines(brand)
        for call, habits in brand["calls"].items():
            yield f"    {call:<23} {habits['in_words']}"


def _note_lines(notes: Json) -> Iterator[str]:
    yield f"  notes         {notes['in_words']}"
    if notes["contacts_stepped_back"]:
        yield f"                of {notes['contacts_stepped_back']} contacts they could not be read: asked less often"


def _run_lines(brand: Json) -> Iterator[str]:
    run = brand["last_run"]
    if run is None:
        yield "  last run      none yet"
        return
    yield f"  last run      {run['started_at']} {run['status']} ({run['trigger']}, {run['run_id']})"
    for name, result in run["resources"].items():
        fresh = brand["resources"].get(name, {}).get("whole_read_at") or "never"
        changes = f"+{result['inserted']} ~{result['updated']} ={result['unchanged']} -{result['removed']}"
        line = f"    {name:<21} {result['status']:<12} {changes:<26} whole {fresh}"
        yield line + (f", {result['remaining']} contacts to go" if result["remaining"] else "")
    for error in run["errors"]:
        times = f" ({error['times']} times)" if error["times"] > 1 else ""
        yield f"    ! {error['resource'] or 'all'}: {error['message']}{times}"


def _field_lines(brand: Json) -> Iterator[str]:
    """Yield how full the core fields are, then each field with something wrong, and what nobody reads."""
    for resource, fields in brand["fields"].items():
        core = [f"{name} {_percent(counts)}" for name, counts in fields.items() if counts["core"]]
        yield f"    {resource:<21} understood: {', '.join(core)}"
        for name, counts in fields.items():
            trouble = _trouble(counts)
            if trouble:
                yield f"    ! {resource}: {name} (read from {', '.join(counts['read_from'])}) {trouble}"
        unread = brand["unread_fields"].get(resource)
        if unread:
            yield f"    {resource:<21} nobody reads: {', '.join(unread)}"


def _percent(counts: Json) -> str:
    return f"{100 * counts['filled'] // counts['rows']}%" if counts["rows"] else "-"


def _trouble(counts: Json) -> str:
    if counts["state"] == FieldState.EMPTY:
        return f"is understood in {counts['filled']} of {counts['rows']} rows"
    if counts["odd"]:
        return f"is not understood in {counts['odd']} of {counts['rows']} rows"
    return ""
