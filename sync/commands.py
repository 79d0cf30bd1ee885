"""What each command of `python -m sync` does, from settings to exit status."""

from __future__ import annotations

import gc
import json
import os
import re
import socket
import sys
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from typing import Final

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

import migrations
import watching
from database import agency_transaction, brand_transaction, create_engine, follow_clock
from database_away import why_away
from encryption import EncryptionError
from logs import forget_in_logs
from models import RunStatus, Trigger, new_id, utc_now
from settings import Settings, SyncSettings, load_settings
from sync.api.access import AccessWatch
from sync.api.clienttether import ClientTether
from sync.failures import PullError
from sync.mapping.field_file import FieldFile, load_field_file
from sync.reading.habits import learned_in_words
from sync.reading.kept_answers import Snapshot, list_snapshots, read_body
from sync.running.access_check import refused_access
from sync.running.erasing import BrandBusyError, erase_everywhere
from sync.running.probe import probe_account, probe_lines
from sync.running.replay import ReplayError, replay_brand
from sync.running.runs import BrandAccount, RunRequest, active_brands
from sync.running.schedule import in_turn
from sync.running.side_by_side import at_start
from sync.running.stopping import stop_when_told
from sync.running.tenant_run import SyncContext, sync_brand
from sync.running.worker import Worker
from sync.status import status_lines, sync_status
from tracing import start_tracing

_NOT_MIGRATED: Final = "the database is not migrated: run python -m dash_portal migrate"
_READY_SECONDS: Final = 2.0
_MORE_CONNECTIONS: Final = 13
_PATIENCE_SECONDS: Final = 300.0
_NEW_OBJECTS: Final = 500_000
_HASH: Final = re.compile(r"[0-9a-f]{8,64}")
log = structlog.get_logger()


class CommandError(Exception):
    """A command can't be carried out as it was given; the message is one plain line."""


def open_engine(settings: SyncSettings) -> Engine:
    """Return an engine for the brands that are synced at once. Raises CommandError where migrations are missing."""
    engine = _engine(settings)
    if not migrations.runs_on(engine):
        raise CommandError(_NOT_MIGRATED)
    follow_clock(engine)
    return engine


def _engine(settings: SyncSettings) -> Engine:
    """Return an engine whose connections stay open: a busy machine may need long to open another one.

    Who finds none free waits for as long as that takes: the others are at work, and a run that gave up would be lost.
    """
    connections = 3 * at_start(settings.sync_brands_at_once) + _MORE_CONNECTIONS
    return create_engine(settings.database_url, pool_size=connections, overflow=0, pool_seconds=_PATIENCE_SECONDS)


def _context(engine: Engine, settings: SyncSettings, stop: threading.Event, fields: FieldFile) -> SyncContext:
    """Return what the runs of this process share; leases are renewed through a connection that is kept for that."""
    renewals = create_engine(settings.database_url, pool_size=1, overflow=0)
    return SyncContext(engine, settings, worker_name(), stop, AccessWatch(), fields, renewals=renewals)


def collect_rarely() -> None:
    """Have Python's garbage collector leave what is imported alone, and collect far less often.

    A sync makes millions of short-lived objects and hardly a cycle among them: collecting took a tenth of a first
    sync's time. Reference counting frees rows and bodies as before, so memory stays as flat as it is.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, 20, 20)


def worker_name() -> str:
    """Return a name that no other worker has, and that tells an operator where it runs."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{new_id()[:8]}"


def once(slug: str | None, *, accept: bool) -> int:
    """Sync every active brand, or one of them; return 0 when every run succeeded, else 1."""
    settings = load_settings(SyncSettings)
    fields = load_field_file(settings.clienttether_fields)
    forget_in_logs(settings.clienttether_access_token.get_secret_value())
    engine = open_engine(settings)
    collect_rarely()
    sync = _context(engine, settings, threading.Event(), fields)
    listed = active_brands(engine) if slug is None else [_brand(engine, slug)]
    brands = in_turn(settings.sync_cron, listed, utc_now())
    if not brands:
        log.warning("no_brands", reason="there is no active brand to sync")
    run = partial(_sync_by_hand, sync, RunRequest(Trigger.CLI, accept=accept))
    with ThreadPoolExecutor(at_start(settings.sync_brands_at_once), thread_name_prefix="brand") as pool:
        statuses = list(pool.map(run, brands))
    for each in (engine, sync.renewals):
        if each is not None:
            each.dispose()
    return exit_status(statuses)


def exit_status(statuses: Iterable[RunStatus | None]) -> int:
    """Return what `sync once` ends with: 0 only where every run was a success, else 1."""
    return 0 if all(status is RunStatus.SUCCESS for status in statuses) else 1


def _sync_by_hand(sync: SyncContext, run_request: RunRequest, brand: BrandAccount) -> RunStatus | None:
    status = sync_brand(sync, brand, run_request)
    if status is None:
        log.warning("brand_busy", brand=brand.slug, reason="another worker is syncing it: look at its run")
    return status


def _engine_when_ready(settings: SyncSettings, stop: threading.Event) -> Engine | None:
    """Wait for the database, and for its migrations; None where the worker is told to stop before."""
    engine = _engine(settings)
    has_warned = False
    while not stop.wait(0 if not has_warned else _READY_SECONDS):
        try:
            if migrations.runs_on(engine):
                follow_clock(engine)
                return engine
            reason = "it is not migrated yet"
        except SQLAlchemyError as away:
            reason = why_away(away)
        if not has_warned:
            log.warning("waiting_for_database", reason=reason)
        has_warned = True
    return None


def worker() -> int:
    """Sync every brand on schedule until told to stop; runs that hang then are given back and left behind."""
    settings = load_settings(SyncSettings)
    fields = load_field_file(settings.clienttether_fields)
    forget_in_logs(settings.clienttether_access_token.get_secret_value())
    stop = stop_when_told()
    engine = _engine_when_ready(settings, stop)
    collect_rarely()
    if engine is None:
        return 0
    start_tracing("portal-worker", [engine])
    if not Worker(_context(engine, settings, stop, fields)).run():
        os._exit(0)  # threads that wait for an answer can't be ended any other way
    return 0


def replay(slug: str, run_id: str | None) -> int:
    """Rebuild a brand's tables from its kept answers, and say what became of each resource."""
    settings = load_settings(SyncSettings)
    fields = load_field_file(settings.clienttether_fields)
    engine = open_engine(settings)
    brand = _brand(engine, slug)
    try:
        results = replay_brand(
            engine, brand, worker_name(), settings.sync_lease_seconds, run_id=run_id, names=fields.names
        )
    except ReplayError as reason:
        raise CommandError(str(reason)) from None
    for result in results:
        counts = result.counts
        changes = f"+{counts.inserted} ~{counts.updated} ={counts.unchanged} -{counts.removed}"
        print(f"{result.resource.value:<21} {changes:<26} as read at {result.read_started_at:%Y-%m-%d %H:%M:%S} UTC")
    return 0


def probe(slug: str) -> int:
    """Ask each call of a brand's account once and print what is understood; return 1 where something is not, else 0."""
    settings = load_settings(SyncSettings)
    fields = load_field_file(settings.clienttether_fields)
    engine = open_engine(settings)
    brand = _brand(engine, slug)
    try:
        web_key = settings.cipher().decrypt(brand.web_key_encrypted)
    except EncryptionError:
        raise CommandError(f"the brand {slug}: PORTAL_ENCRYPTION_KEY does not open its web key") from None
    for secret in (settings.clienttether_access_token.get_secret_value(), web_key):
        forget_in_logs(secret)
    try:
        with ClientTether(settings, web_key, calls=fields.calls) as client:
            reports = probe_account(client, fields, brand.zone, settings.sync_schedule_days)
    except PullError as failure:
        raise CommandError(failure.message) from None
    with brand_transaction(engine, brand.tenant_id, writes=False) as connection:
        learned = learned_in_words(connection, brand.tenant_id)
    print("\n".join(probe_lines(reports, learned)))
    return 1 if any(report.complaints for report in reports) else 0


def status(*, as_json: bool) -> int:
    """Show for each brand its last success, its last run per resource, the next run, and errors in plain words."""
    settings = load_settings(SyncSettings)
    report = sync_status(open_engine(settings), settings.sync_cron)
    print(json.dumps(report, indent=2) if as_json else "\n".join(status_lines(report)))
    return 0


def check() -> int:
    """Say in a line each what is amiss with the syncs: no worker, late brands. Return 0 when nothing is, else 1."""
    settings = load_settings(SyncSettings)
    engine = open_engine(settings)
    with agency_transaction(engine, writes=False) as connection:
        causes = watching.look(connection, settings.sync_cron, settings.sync_late_slots).causes
    engine.dispose()
    print("\n".join(causes) or "a worker lives, and no brand is late")
    return 1 if causes else 0


def check_access() -> int:
    """Ask one call of each active brand, and say in a line each what is refused. Return 0 when nothing is, else 1."""
    settings = load_settings(SyncSettings)
    forget_in_logs(settings.clienttether_access_token.get_secret_value())
    engine = open_engine(settings)
    complaints = refused_access(settings, active_brands(engine))
    engine.dispose()
    print("\n".join(complaints) or "ClientTether lets every active brand in")
    return 1 if complaints else 0


def erase_contact(contact: str, slug: str | None) -> int:
    """Remove a contact, by e-mail address everywhere or of one brand, by id of one; say in JSON what that was."""
    if slug is None and "@" not in contact:
        raise CommandError("--tenant: an id is one brand's: name the brand")
    engine = create_engine(load_settings(Settings).database_url)
    if not migrations.runs_on(engine):
        raise CommandError(_NOT_MIGRATED)
    follow_clock(engine)
    try:
        erased = erase_everywhere(engine, contact, worker_name(), slug)
    except BrandBusyError as busy:
        raise CommandError(str(busy)) from None
    engine.dispose()
    print(json.dumps(asdict(erased)))
    return 0


def snapshots(slug: str, *, run_id: str | None, body: str | None, most: int) -> int:
    """List a brand's kept answers, newest first, or write one body exactly as it came."""
    engine = open_engine(load_settings(SyncSettings))
    brand = _brand(engine, slug)
    with brand_transaction(engine, brand.tenant_id, writes=False) as connection:
        if body is None:
            for kept in list_snapshots(connection, brand.tenant_id, run_id=run_id, most=most):
                print(_snapshot_line(kept))
            return 0
        kept_body = read_body(connection, brand.tenant_id, body) if _HASH.fullmatch(body) else None
    if kept_body is None:
        raise CommandError(f"no kept answer of {slug} has a hash that begins so, or several have")
    sys.stdout.buffer.write(kept_body)
    return 0


def _snapshot_line(kept: Snapshot) -> str:
    landed = "whole" if kept.whole else "not used" if kept.understood else "not understood"
    at = f"{kept.fetched_at:%Y-%m-%d %H:%M:%S}"
    return f"{at}  {kept.run_id}  {kept.sha256[:16]}  {kept.record_count:>4} records  {landed:<14}  {kept.request}"


def _brand(engine: Engine, slug: str) -> BrandAccount:
    brands = active_brands(engine, slug)
    if not brands:
        raise CommandError(f"no active brand is called {slug!r}")
    return brands[0]
