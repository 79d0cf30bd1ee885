"""A brand's tables rebuilt from its kept answers, without the network, to the same rows.

Each resource is rebuilt from its last whole pull, or as it stood at one run; notes from each contact's last whole
answers of by then.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final
from urllib.parse import parse_qs, urlsplit

import structlog
from sqlalchemy import Connection, Engine, select

from database import brand_transaction
from models import Lead, NoteReading, RawSnapshot, Resource, ResourceStatus, SyncRunResource, utc_now
from standing_answers import landed_answers, list_stands
from sync.api.clienttether import Answer
from sync.failures import PullError
from sync.lease import Lease, renewing, take_lease
from sync.mapping.field_names import AS_DOCUMENTED, FieldNames
from sync.reading.kept_answers import answer_of, contact_of, whole_notes, with_bodies
from sync.reading.notes_plan import LiveContact, NotesPlan
from sync.reading.notes_pull import NotesPull
from sync.reading.paging import pages_of
from sync.reading.pull import Pull, fill, record_key
from sync.reading.resources import LISTS, NOTES_TABLE, ListResource, Window, removal_scope
from sync.reading.spool import Spool
from sync.running.runs import BrandAccount, abandon_dead_runs
from sync.storing.landing import TableWriter
from sync.storing.ledger import ResourceResult
from sync.storing.notes_landing import land_notes
from sync.storing.stages import known_stages
from sync.tables import table_of

_SNAPSHOTS: Final = table_of(RawSnapshot)
_RESULTS: Final = table_of(SyncRunResource)
_LEADS: Final = table_of(Lead)
_READINGS: Final = table_of(NoteReading)
log = structlog.get_logger()


class ReplayError(Exception):
    """A replay can't be done; the message is one plain line."""


@dataclass(frozen=True, slots=True)
class KeptRun:
    """The run as of which a resource is rebuilt, when it began to read it, and when its last answer came (UTC)."""

    run_id: str
    read_at: datetime
    until: datetime


def replay_brand(
    engine: Engine,
    brand: BrandAccount,
    worker: str,
    lease_seconds: float,
    *,
    run_id: str | None = None,
    names: FieldNames = AS_DOCUMENTED,
) -> list[ResourceResult]:
    """Rebuild a brand's tables; return what was done for each resource.

    `names`: where fields have other wire names than the documented ones. Raises ReplayError where a worker is at it, no
    whole pull is kept, or a kept answer is not understood any more.
    """
    with brand_transaction(engine, brand.tenant_id) as connection:
        lease = take_lease(connection, brand.tenant_id, worker, lease_seconds, None)
        if lease is None:
            raise ReplayError(f"{brand.slug} is being synced right now: try again when that run has ended")
        abandon_dead_runs(connection, brand.tenant_id)
    try:
        with renewing(engine, lease):
            results = [
                *(
                    result
                    for plan in LISTS
                    if (result := _replay_list(engine, brand, lease, plan, run_id, names)) is not None
                ),
                *_replay_notes(engine, brand, lease, run_id, names),
            ]
    except PullError as failure:
        raise ReplayError(f"a kept answer can't be read by this release: {failure.message}") from failure
    finally:
        with brand_transaction(engine, brand.tenant_id) as connection:
            lease.release(connection)
    if not results:
        raise ReplayError(f"no whole pull of {brand.slug} is kept" + (f" from run {run_id}" if run_id else ""))
    return results


def _replay_list(
    engine: Engine, brand: BrandAccount, lease: Lease, plan: ListResource, run_id: str | None, names: FieldNames
) -> ResourceResult | None:
    with brand_transaction(engine, brand.tenant_id, writes=False) as connection:
        source = _last_whole_run(connection, brand.tenant_id, plan.resource, run_id)
        if source is None:
            return None
        stands = list_stands(connection, brand.tenant_id, plan.resource, source.until)
        stages = known_stages(connection, brand.tenant_id)
    if stands is None:
        return None
    began = time.monotonic()
    with Spool() as spool:
        pull = Pull(plan.resource, plan.mirror, spool, source.read_at, names=names, stages=stages)
        window: list[Window] = []

        def answers(connection: Connection) -> Iterator[Answer]:
            for snapshot, body in with_bodies(connection, stands):
                window[:] = window or _window(snapshot.request)
                yield answer_of(snapshot, body)

        with brand_transaction(engine, brand.tenant_id, writes=False) as connection:
            fill(pull, plan, pages_of(answers(connection), record_key(plan, pull.reading)), brand.zone)
        scope = removal_scope(plan.resource, window[0], brand.zone) if window else None
        writer = TableWriter(engine, lease, source.run_id, brand.zone, accept=True, replaying=True)
        return writer.land(pull, scope=scope, never_empties=False, began=began)


def _last_whole_run(connection: Connection, tenant_id: int, resource: Resource, run_id: str | None) -> KeptRun | None:
    """Return the last run in which the resource landed, or `run_id` where it did; None where none is known.

    It may have brought no answer of its own, where all were as before.
    """
    brought = (_SNAPSHOTS.c.tenant_id == tenant_id, _SNAPSHOTS.c.resource == resource, _SNAPSHOTS.c.whole)
    answers = select(_SNAPSHOTS.c.run_id, _SNAPSHOTS.c.fetched_at).where(*brought)
    landed = select(_RESULTS.c.run_id, _RESULTS.c.read_started_at).where(
        _RESULTS.c.tenant_id == tenant_id,
        _RESULTS.c.resource == resource,
        _RESULTS.c.status.in_((ResourceStatus.SUCCESS, ResourceStatus.PARTIAL)),
    )
    if run_id is not None:
        answers, landed = answers.where(_SNAPSHOTS.c.run_id == run_id), landed.where(_RESULTS.c.run_id == run_id)
    else:  # a clock that was ahead has dated some into the future: they are not the last ones
        answers = answers.where(_SNAPSHOTS.c.fetched_at <= utc_now())
        landed = landed.where(_RESULTS.c.read_started_at <= utc_now())
    own = connection.execute(answers.order_by(_SNAPSHOTS.c.fetched_at.desc()).limit(1)).first()
    last = connection.execute(landed.order_by(_RESULTS.c.read_started_at.desc()).limit(1)).first()
    if last is not None and (own is None or own.fetched_at < last.read_started_at):
        return KeptRun(last.run_id, last.read_started_at, until=last.read_started_at)
    return None if own is None else _kept_run(connection, tenant_id, own.run_id, resource, own.fetched_at)


def _kept_run(connection: Connection, tenant_id: int, run_id: str, resource: Resource, fetched_at: datetime) -> KeptRun:
    began = select(_RESULTS.c.read_started_at).where(
        _RESULTS.c.tenant_id == tenant_id, _RESULTS.c.run_id == run_id, _RESULTS.c.resource == resource
    )
    return KeptRun(run_id, connection.scalar(began) or fetched_at, until=fetched_at)


def _window(request: str) -> list[Window]:
    """Return the window that a request for the schedule names; nothing for other requests."""
    parameters = parse_qs(urlsplit(request).query)
    if "from_date" not in parameters:
        return []
    first, last = (datetime.fromisoformat(parameters[name][0]) for name in ("from_date", "end_date"))
    return [Window(first, last)]


def _replay_notes(
    engine: Engine, brand: BrandAccount, lease: Lease, run_id: str | None, names: FieldNames
) -> list[ResourceResult]:
    """Rebuild notes, run by run, each with the contacts whose last whole answers it has."""
    with brand_transaction(engine, brand.tenant_id, writes=False) as connection:
        sources = _last_answers(connection, brand.tenant_id, run_id)
        live = _live_contacts(connection, brand.tenant_id)
        runs = {
            source: _kept_run(connection, brand.tenant_id, source, Resource.NOTES, at)
            for source, at in sources.values()
        }
    results = []
    for source in sorted(runs.values(), key=lambda run: run.read_at):
        mine = {client for client, (last, _) in sources.items() if last == source.run_id and client in live}
        began = time.monotonic()
        with Spool() as spool:
            notes = NotesPull(Pull(Resource.NOTES, NOTES_TABLE, spool, source.read_at, names=names))
            with brand_transaction(engine, brand.tenant_id, writes=False) as connection:
                _take_answers(connection, brand, source, notes, {client: live[client] for client in mine})
            writer = TableWriter(engine, lease, source.run_id, brand.zone, accept=True, replaying=True)
            results.append(land_notes(writer, notes, NotesPlan(), leads_known=True, began=began))
    return results


def _last_answers(connection: Connection, tenant_id: int, run_id: str | None) -> dict[str, tuple[str, datetime]]:
    """Return for each contact the run that has its last whole answers, as of `run_id`, and when it fetched them."""
    until: datetime | None = None
    if run_id is not None:
        then = _last_whole_run(connection, tenant_id, Resource.NOTES, run_id)
        if then is None:
            return {}
        until = then.until
    whole = landed_answers(tenant_id, Resource.NOTES, until)
    answers = select(_SNAPSHOTS.c.run_id, _SNAPSHOTS.c.request, _SNAPSHOTS.c.fetched_at).where(whole)
    rows = connection.execution_options(yield_per=2_000).execute(answers.order_by(_SNAPSHOTS.c.fetched_at))
    return {contact_of(row.request): (row.run_id, row.fetched_at) for row in rows}


def _live_contacts(connection: Connection, tenant_id: int) -> dict[str, LiveContact]:
    """Return the live contacts. One whose reading is not known counts as changed, and is read again in the next run."""
    reading = (_READINGS.c.tenant_id == _LEADS.c.tenant_id) & (_READINGS.c.client_id == _LEADS.c.client_id)
    contacts = (
        select(_LEADS.c.client_id, _LEADS.c.contact_type, _READINGS.c.contact_modified_at, _READINGS.c.read_at)
        .select_from(_LEADS.outerjoin(_READINGS, reading))
        .where(_LEADS.c.tenant_id == tenant_id, _LEADS.c.removed_at.is_(None))
    )
    return {
        row.client_id: LiveContact(
            client_id=row.client_id,
            contact_type=row.contact_type,
            active=False,
            modified_at=row.contact_modified_at,
            read_at=row.read_at,
            read_state=row.contact_modified_at,
        )
        for row in connection.execute(contacts)
    }


def _take_answers(
    connection: Connection, brand: BrandAccount, source: KeptRun, notes: NotesPull, contacts: dict[str, LiveContact]
) -> None:
    kept_answers = with_bodies(connection, whole_notes(brand.tenant_id, source.run_id))
    for client_id, group in groupby(kept_answers, key=lambda pair: contact_of(pair[0].request)):
        answers = [answer_of(snapshot, body) for snapshot, body in group]
        if client_id in contacts:
            notes.take(contacts[client_id], answers, brand.zone, ())
