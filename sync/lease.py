"""One sync per brand at a time, whatever the number of workers.

A lease is a row with an owner and an expiry, renewed while its owner works. Whoever finds it expired takes it over and
raises its fence; the late owner finds that out in its next transaction, and writes nothing more.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog
from sqlalchemy import ColumnElement, Connection, Engine, bindparam, insert, or_, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from database import brand_transaction, database_now
from models import SyncLease, utc_now
from sync.failures import LeaseLostError
from sync.tables import table_of

_LEASES: Final = table_of(SyncLease)
_NOBODY: Final = ""
_LONGEST: Final = timedelta(hours=2)  # SYNC_LEASE_SECONDS is an hour at most
log = structlog.get_logger()

_RENEWAL: Final = (  # kept, as a run asks it a dozen times
    update(_LEASES)
    .where(
        _LEASES.c.tenant_id == bindparam("brand"),
        _LEASES.c.owner == bindparam("holder"),
        _LEASES.c.fence == bindparam("turn"),
    )
    .values(
        expires_at=bindparam("until", type_=_LEASES.c.expires_at.type),
        updated_at=bindparam("now", type_=_LEASES.c.updated_at.type),
    )
)


@dataclass(frozen=True)
class Lease:
    """The right to write one brand's rows, for as long as nobody took it over."""

    tenant_id: int
    owner: str
    fence: int  # grows with every owner: a name that comes back (the same worker, restarted) is still another owner
    seconds: float

    def hold(self, connection: Connection) -> None:
        """Renew within this transaction, which nobody can take over before it ends. Raises LeaseLostError.

        A write transaction holds the lease twice. First, before anything is written: a late owner learns there that
        the brand is another's, and the row's lock keeps others out until the commit. Last, before the commit: storing
        a large list may take longer than the lease lasts, and what was renewed at its beginning would be expired the
        moment the lock is given up, so that another worker would take over a brand whose owner is alive and at work.
        """
        until = database_now(connection) + timedelta(seconds=self.seconds)
        mine = {"brand": self.tenant_id, "holder": self.owner, "turn": self.fence}
        renewed = connection.execute(_RENEWAL, mine | {"until": until, "now": utc_now()})
        if renewed.rowcount != 1:
            raise LeaseLostError

    def renew(self, connection: Connection) -> None:
        """Renew while the owner is at work elsewhere. Raises LeaseLostError.

        A transaction of the owner that holds the lease renews it itself at its end: then nothing is waited for.
        """
        mine = (_LEASES.c.tenant_id == self.tenant_id, _LEASES.c.owner == self.owner, _LEASES.c.fence == self.fence)
        free = select(_LEASES.c.fence).where(*mine).with_for_update(skip_locked=True)
        if connection.scalar(free) is not None or connection.scalar(select(_LEASES.c.fence).where(*mine)) is None:
            self.hold(connection)

    def release(self, connection: Connection) -> None:
        """Give the brand back, if it is still ours."""
        connection.execute(
            update(_LEASES)
            .where(_LEASES.c.tenant_id == self.tenant_id, _LEASES.c.owner == self.owner, _LEASES.c.fence == self.fence)
            .values(owner=_NOBODY, run_id=None, expires_at=database_now(connection), updated_at=utc_now())
        )


def take_lease(connection: Connection, tenant_id: int, owner: str, seconds: float, run_id: str | None) -> Lease | None:
    """Take the brand if nobody has it, or whoever had it let it expire. None where somebody is at work on it."""
    # Taking over is one conditional UPDATE: of two workers that find a lease expired at the same moment, one changes
    # the row and the other finds its condition no longer true. No worker reads a lease first and decides then.
    now = database_now(connection)
    taken = {"owner": owner, "run_id": run_id, "expires_at": now + timedelta(seconds=seconds), "updated_at": utc_now()}
    change = (
        update(_LEASES)
        .where(_LEASES.c.tenant_id == tenant_id, is_free(connection))
        .values(**taken, fence=_LEASES.c.fence + 1)
    )
    if connection.execute(change).rowcount == 1:
        fence = connection.scalar(select(_LEASES.c.fence).where(_LEASES.c.tenant_id == tenant_id))
        return Lease(tenant_id, owner, int(fence or 0), seconds)
    # Nothing was updated: the brand is held, or never was before. The primary key tells which. A savepoint, because on
    # PostgreSQL an error would otherwise spoil the transaction for whatever the caller does next.
    try:
        with connection.begin_nested():
            connection.execute(
                insert(_LEASES).values(tenant_id=tenant_id, fence=1, created_at=utc_now(), **taken),
            )
    except IntegrityError:
        return None
    return Lease(tenant_id, owner, 1, seconds)


def is_free(connection: Connection) -> ColumnElement[bool]:
    """Return the condition for leases that nobody holds, or whose owner let them expire.

    One that lasts longer than any lease may was taken while the clock was ahead, and would be held until then.
    """
    now = database_now(connection)
    return or_(_LEASES.c.owner == _NOBODY, ~_LEASES.c.expires_at.between(now, now + _LONGEST))


@contextmanager
def renewing(engine: Engine, lease: Lease) -> Iterator[threading.Event]:
    """Renew the lease in the background while the block runs; the event that is yielded says that it was lost."""
    over, lost = threading.Event(), threading.Event()

    def renew() -> None:
        # At a third, so that one renewal may fail or come late without the lease running out.
        while not over.wait(lease.seconds / 3):
            try:
                with brand_transaction(engine, lease.tenant_id) as connection:
                    lease.renew(connection)
            except LeaseLostError:
                lost.set()
                return
            except SQLAlchemyError:
                # Not yet lost: the next try may come in time. If not, the run's own next write finds that out.
                log.warning("lease_not_renewed", reason="the database is away")

    renewer = threading.Thread(target=copy_context().run, args=(renew,), name="lease", daemon=True)
    renewer.start()
    try:
        yield lost
    finally:
        over.set()
        renewer.join()
