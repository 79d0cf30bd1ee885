"""What each command of `python -m sync` does, from settings to exit status."""

from __future__ import annotations

import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import structlog
from sqlalchemy import Engine

import migrations
from database import create_engine
from logs import forget_in_logs
from models import RunStatus, Trigger, new_id
from settings import SyncSettings, load_settings
from sync.access import AccessWatch
from sync.runs import Brand, Wish, active_brands
from sync.tenant_run import Sync, sync_brand

log = structlog.get_logger()


class CommandError(Exception):
    """A command can't be carried out as it was given; the message is one plain line."""


def open_engine(settings: SyncSettings) -> Engine:
    """Return an engine for the brands that are synced at once. Raises CommandError where migrations are missing."""
    engine = create_engine(settings.database_url, pool_size=2 * settings.sync_brands_at_once + 3)
    if not migrations.is_current(engine):
        raise CommandError("the database is not migrated: run python -m dash_portal migrate")
    return engine


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


def worker() -> int:
    """Sync every brand on schedule until told to stop."""
    raise NotImplementedError
