"""What each command of `python -m sync` does, from settings to exit status."""

from __future__ import annotations

import os
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

import migrations
from database import create_engine
from logs import forget_in_logs
from models import RunStatus, Trigger, new_id
from settings import SyncSettings, load_settings
from sync.access import AccessWatch
from sync.runs import Brand, Wish, active_brands
from sync.tenant_run import Sync, sync_brand
from sync.worker import Worker

_READY_SECONDS: Final = 2.0
log = structlog.get_logger()


class CommandError(Exception):
    """A command can't be carried out as it was given; the message is one plain line."""


def open_engine(settings: SyncSettings) -> Engine:
    """Return an engine for the brands that are synced at once. Raises CommandError where migrations are missing."""
    engine = _engine(settings)
    if not migrations.is_current(engine):
        raise CommandError("the database is not migrated: run python -m dash_portal migrate")
    return engine


def _engine(settings: SyncSettings) -> Engine:
    return create_engine(settings.database_url, pool_size=3 * settings.sync_brands_at_once + 3)


def worker_name() -> str:
    """Return a name that no other worker has, and that tells an operator where it runs."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{new_id()[:8]}"


def once(slug: str | None, *, accept: bool) -> int:
    """Sync every active brand, or one of them; return 0 when every run succeeded, else 1."""
    settings = load_settings(SyncSettings)
    forget_in_logs(settings.clienttether_access_token.get_secret_value())
    engine = open_engine(settings)
    sync = Sync(engine, settings, worker_name(), threading.Event(), AccessWatch())
    brands = active_brands(engine, slug)
    if slug is not None and not brands:
        raise CommandError(f"no active brand is called {slug!r}")
    if not brands:
        log.warning("no_brands", reason="there is no active brand to sync")
    run = partial(_sync_by_hand, sync, Wish(Trigger.CLI, accept=accept))
    with ThreadPoolExecutor(settings.sync_brands_at_once, thread_name_prefix="brand") as pool:
        statuses = list(pool.map(run, brands))
    engine.dispose()
    return 0 if all(status is RunStatus.SUCCESS for status in statuses) else 1


def _sync_by_hand(sync: Sync, wish: Wish, brand: Brand) -> RunStatus | None:
    status = sync_brand(sync, brand, wish)
    if status is None:
        log.warning("brand_busy", brand=brand.slug, reason="another worker is syncing it: look at its run")
    return status


def _engine_when_ready(settings: SyncSettings, stop: threading.Event) -> Engine | None:
    """Wait for the database, and for its migrations; None where the worker is told to stop before."""
    engine = _engine(settings)
    told = False
    while not stop.wait(0 if not told else _READY_SECONDS):
        try:
            if migrations.is_current(engine):
                return engine
            reason = "it is not migrated yet"
        except SQLAlchemyError as away:
            reason = type(away).__name__
        if not told:
            log.warning("waiting_for_database", reason=reason)
        told = True
    return None


def worker() -> int:
    """Sync every brand on schedule until told to stop; runs that hang then are given back and left behind."""
    settings = load_settings(SyncSettings)
    forget_in_logs(settings.clienttether_access_token.get_secret_value())
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    engine = _engine_when_ready(settings, stop)
    if engine is not None and not Worker(Sync(engine, settings, worker_name(), stop, AccessWatch())).run():
        os._exit(0)  # threads that wait for an answer can't be ended any other way
    return 0
