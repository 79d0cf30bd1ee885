"""Engines and sessions: the only ways to the database.

- `BrandSession` reads one brand and nothing else; pages and callbacks get only this one.
- `AgencySession` spans brands; only agency routes and the worker's loop get it; `StaffSession` the brands of somebody.
- `PortalSession` sees no brand's rows: accounts and tenants, and what must work before a brand is known.
- `brand_transaction` and `agency_transaction` are the worker's ways to write sets of rows.
- `accounts_transaction` is the quickest way to ask who it is that asks.

On PostgreSQL each of them also tells row-level security which brand it speaks for (`portal.brand`), so that a
statement which forgets the brand returns nothing of anyone else's.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Connection, Engine, event, false, text
from sqlalchemy import create_engine as create_sqlalchemy_engine
from sqlalchemy.engine import make_url
from sqlalchemy.orm import ORMExecuteState, UOWTransaction, with_loader_criteria
from sqlalchemy.sql.base import ExecutableOption
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.util import LRUCache
from sqlmodel import Session, SQLModel, col, select

from accents import unaccented
from clock import follow, machine_now
from models import ApiKey, AuditEntry, BrandOwned, ConnectionCheck, Invite, Membership, StaffBrand, Tenant, User

PORTAL_ROLE: Final = "portal_web"
"""The web role's usual name (`settings.portal_role`)."""
ALL_BRANDS: Final = "agency"
ACCOUNTS_ONLY: Final = "accounts"

BRAND_OWNED: Final[tuple[type[BrandOwned], ...]] = tuple(
    mapper.class_
    for mapper in SQLModel._sa_registry.mappers  # noqa: SLF001 - SQLModel offers no public way to its registry
    if issubclass(mapper.class_, BrandOwned)
)
BRAND_OWNED_TABLES: Final = frozenset(str(table.__tablename__) for table in BRAND_OWNED)
_TOLD_APART_BY_BRAND: Final[tuple[type[Membership | Invite | ApiKey | AuditEntry | ConnectionCheck], ...]] = (
    Membership,
    Invite,
    ApiKey,
    AuditEntry,
    ConnectionCheck,
)
_TABLE_NAME: Final = re.compile(r"\b(" + "|".join(sorted(SQLModel.metadata.tables)) + r")\b")


_GIVEN_UP: Final = {
    "connect_timeout": 4,  # seconds
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": 5000,  # milliseconds
}
"""When a connection to PostgreSQL counts as lost, so that a server which falls silent is an error within five seconds.

The words are libpq's; what the address says of them counts.
"""


_POOLER: Final = "pooler"
_OVERFLOW: Final = 10
"""How many connections an engine may open beyond those that it keeps, if nothing else is said."""


class BrandMissingError(Exception):
    """A brand's rows were asked for without saying which brand, or past the brand that was said."""


def create_engine(
    url: str,
    *,
    role: str | None = None,
    pool_size: int = 5,
    overflow: int = _OVERFLOW,
    pool_seconds: float = 30.0,
    statement_seconds: float | None = None,
) -> Engine:
    """Return an engine for SQLite or PostgreSQL; with `role`, PostgreSQL connections act as that role.

    Whoever finds all `pool_size` and `overflow` connections in use waits for one for `pool_seconds` (raises
    TimeoutError). Those of the overflow are closed as soon as they are given back. With `statement_seconds`, a
    statement that takes longer is stopped, on both engines (raises OperationalError).

    An address that ends in `?pooler=transaction` leads through a pooler that gives each transaction whichever
    connection is free (PgBouncer): then nothing is told to a connection, all to each transaction.

    Errors never repeat the values of a statement: they are people's data. SQLite gets WAL, a busy time-out and
    foreign keys on every connection, and transactions that begin when they are said to: a writer takes the write lock
    at once (see `brand_transaction`), so that it never fails half-way.
    """
    if make_url(url).get_backend_name() == "sqlite":
        engine = _sqlite_engine(url, pool_size=pool_size, max_overflow=overflow, pool_timeout=pool_seconds)
        if statement_seconds is not None:
            _stop_slow_sqlite_statements(engine, statement_seconds)
        return engine
    address = make_url(url)
    limits: dict[str, Any] = {name: limit for name, limit in _GIVEN_UP.items() if name not in address.query}
    limits["client_encoding"] = "utf8"  # whatever the server's, or the shell's, is
    is_pooled = _POOLER in address.query
    if is_pooled:
        limits["prepare_threshold"] = None  # a statement that one connection has prepared the next one does not know
    engine = create_sqlalchemy_engine(
        address.difference_update_query([_POOLER]),
        pool_size=pool_size,
        max_overflow=overflow,
        pool_timeout=pool_seconds,
        pool_pre_ping=True,
        pool_recycle=1800,
        hide_parameters=True,
        isolation_level="READ COMMITTED",  # what our locks count on; a server may be set to another
        use_native_hstore=False,  # no column is one: a question less at an engine's first connection
        connect_args=limits,
    )
    _have_times_understood(engine)
    if is_pooled:
        _tell_each_transaction(engine, role, statement_seconds)
        return engine
    if statement_seconds is not None:
        _stop_slow_postgresql_statements(engine, statement_seconds)
    if role is not None:
        _act_as(engine, role)
    return engine


def _sqlite_engine(url: str, **pool: float) -> Engine:
    path = make_url(url).database
    file = None if path in {None, "", ":memory:"} else path
    if file:
        Path(file).resolve().parent.mkdir(parents=True, exist_ok=True)
    else:
        pool = {}  # a database in memory has one connection for each thread, and nothing over
    engine = create_sqlalchemy_engine(
        url,
        connect_args={"timeout": 30, "check_same_thread": False},
        hide_parameters=True,
        **pool,
    )

    @event.listens_for(engine, "do_connect")
    def _make_private(*_what: Any) -> None:
        """Make a new file the owner's alone; SQLite gives those beside it (-wal, -shm) the same rights."""
        if file:
            with suppress(OSError):  # there already, or not to be made here: connecting says so in its own words
                os.close(os.open(file, os.O_CREAT | os.O_EXCL, 0o600))

    @event.listens_for(engine, "connect")
    def _prepare(dbapi_connection: Any, _record: Any) -> None:
        dbapi_connection.isolation_level = None
        dbapi_connection.create_function("unaccented", 1, unaccented, deterministic=True)
        cursor = dbapi_connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=30000", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _have_times_understood(engine: Engine) -> None:
    """Have the server write times as the driver reads them, where it, the role or the shell says otherwise.

    A pooler knows this setting, and brings it along to whichever connection is free.
    """

    @event.listens_for(engine, "connect")
    def _set_datestyle(dbapi_connection: Any, _record: Any) -> None:
        if dbapi_connection.info.parameter_status("DateStyle").startswith("ISO"):
            return
        with dbapi_connection.cursor() as cursor:
            cursor.execute("SET datestyle = 'ISO'")
        dbapi_connection.commit()


def _stop_slow_postgresql_statements(engine: Engine, seconds: float) -> None:
    @event.listens_for(engine, "connect")
    def _set_timeout(dbapi_connection: Any, _record: Any) -> None:
        with dbapi_connection.cursor() as cursor:
            cursor.execute(f"SET statement_timeout = {int(seconds * 1000)}")
        dbapi_connection.commit()


def _stop_slow_sqlite_statements(engine: Engine, seconds: float) -> None:
    @event.listens_for(engine, "before_cursor_execute")
    def _limit(_connection: Any, cursor: Any, *_rest: Any) -> None:
        cursor.connection.set_progress_handler(_Allowance(seconds), 10_000)


class _Allowance:
    """How long a statement may still work: SQLite asks every 10,000 instructions whether to stop.

    Only its own work counts, not a reader who takes rows one by one: a longer gap between questions was spent there.
    """

    _LONGEST_GAP: Final = 0.05

    def __init__(self, seconds: float) -> None:
        self._left = seconds
        self._asked_at = time.monotonic()

    def __call__(self) -> bool:
        now = time.monotonic()
        self._left -= min(now - self._asked_at, self._LONGEST_GAP)
        self._asked_at = now
        return self._left < 0


def _act_as(engine: Engine, role: str) -> None:
    """Give up the login role's rights right after connecting, where it can become the role."""

    @event.listens_for(engine, "connect")
    def _set_role(dbapi_connection: Any, _record: Any) -> None:
        with dbapi_connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s AND pg_has_role(oid, 'MEMBER')", (role,))
            if cursor.fetchone() is not None:
                cursor.execute(f'SET ROLE "{role}"')
        dbapi_connection.commit()


def _tell_each_transaction(engine: Engine, role: str | None, statement_seconds: float | None) -> None:
    """Give up the login role's rights, and bound statements, for each transaction and no longer than it lasts."""
    local_settings = []
    if role is not None:
        known = f"SELECT 1 FROM pg_roles WHERE rolname = '{role}'"  # noqa: S608 - a setting's name, no input
        can_become = f"EXISTS ({known} AND pg_has_role(oid, 'MEMBER'))"
        local_settings.append(f"set_config('role', CASE WHEN {can_become} THEN '{role}' ELSE 'none' END, true)")
    if statement_seconds is not None:
        local_settings.append(f"set_config('statement_timeout', '{int(statement_seconds * 1000)}', true)")
    if local_settings:

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            connection.exec_driver_sql(f"SELECT {', '.join(local_settings)}")


def has_unreadable_tables(engine: Engine) -> bool:
    """Tell whether there is a table that this engine's role may not read. On SQLite who reads one reads all."""
    if engine.dialect.name != "postgresql":
        return False
    closed = (
        "SELECT 1 FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace "
        "AND NOT has_table_privilege(oid, 'SELECT') LIMIT 1"
    )
    with engine.connect() as connection:
        return connection.scalar(text(closed)) is not None


_SPEAK_FOR: Final = text("SELECT set_config('portal.brand', :brand, true)")


def _speak_for(connection: Connection, brand: str) -> None:
    """Tell row-level security whose rows this transaction may see. SQLite has none: there the session filters."""
    if connection.dialect.name == "postgresql":
        connection.execute(_SPEAK_FOR, {"brand": brand})


class _ScopedSession(Session):
    """A session that tells the database, at the start of each transaction, whose rows it may see."""

    speaks_for: str = ""

    def __init__(self, engine: Engine, *, writes: bool = False) -> None:
        """Open on the engine; `writes` takes SQLite's write lock at once, so that what was read is still true."""
        super().__init__(engine.execution_options(writes=True) if writes else engine, expire_on_commit=False)


@event.listens_for(_ScopedSession, "after_begin")
def _announce_brand(session: _ScopedSession, _transaction: Any, connection: Connection) -> None:
    _speak_for(connection, session.speaks_for)


def database_now(connection: Connection) -> datetime:
    """Return the time by the database's clock (UTC), by which machines whose own clocks differ agree."""
    if connection.dialect.name == "postgresql":
        # Not now(), which stands still at the transaction's beginning: a lease would be renewed into the past.
        moment = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        assert isinstance(moment, datetime)  # noqa: S101 - what clock_timestamp returns
        return moment
    return machine_now()


def follow_clock(engine: Engine) -> datetime:
    """Have this process go by the database's clock from now on (`clock.utc_now`); return the time."""
    with agency_transaction(engine, writes=False) as connection:
        return follow(database_now(connection))


def lock_until_end(session: Session, *names: str) -> None:
    """Wait until no other transaction holds a lock of these names, and hold them until this transaction ends.

    For what no row stands for yet: a number of rows, or a name that may still be free. On SQLite the transaction has
    the one write lock already, when its session was opened with `writes`.
    """
    if session.get_bind().dialect.name != "postgresql":
        return
    for key in sorted(_lock_key(name) for name in names):  # in one order everywhere, so that nobody waits in a circle
        session.connection().execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def _lock_key(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


class AgencySession(_ScopedSession):
    """A session that spans brands. Only agency routes and command lines may open one."""

    speaks_for = ALL_BRANDS


class StaffSession(AgencySession):
    """An agency's session for someone who looks after some brands: every ORM statement is narrowed to those.

    It is not narrowed otherwise on SQLite, where a plain SQL statement must name the brand by itself.
    """

    def __init__(self, engine: Engine, tenant_ids: Collection[int], *, writes: bool = False) -> None:
        """Bind the session to the brands with these `tenants.id`s."""
        super().__init__(engine, writes=writes)
        self.tenant_ids = frozenset(tenant_ids)
        # A comma behind each, so that one brand is a list as well: a session of the brand's own sees its accounts.
        self.speaks_for = "".join(f"{tenant_id}," for tenant_id in sorted(self.tenant_ids))


class PortalSession(_ScopedSession):
    """A session that speaks for no brand: it may touch accounts and tenants, and no brand-owned table."""

    speaks_for = ACCOUNTS_ONLY


@event.listens_for(PortalSession, "do_orm_execute")
def _refuse_brand_tables(state: ORMExecuteState) -> None:
    """Raise BrandMissingError when the statement, however it was made, names a brand-owned table."""
    named = _tables_named(state) & BRAND_OWNED_TABLES
    if named:
        raise BrandMissingError(f"{min(named)} belongs to brands: open a session that speaks for one")


def _tables_named(state: ORMExecuteState) -> frozenset[str]:
    """Return the names of tables that stand in the statement's SQL, in whatever way they came there."""
    statement = cast(ClauseElement, state.statement)
    shape = statement._generate_cache_key()  # noqa: SLF001 - by which SQLAlchemy itself knows that the SQL is the same
    named = None if shape is None else _NAMED_BY_SHAPE.get(shape.key)
    if named is None:
        named = frozenset(_TABLE_NAME.findall(str(statement.compile(state.session.get_bind()))))
        if shape is not None:
            _NAMED_BY_SHAPE[shape.key] = named
    return named


_NAMED_BY_SHAPE: Final[LRUCache[Any, frozenset[str]]] = LRUCache(1_000)
"""Spelling a statement out takes longer than running it: done once for all that differ in their values only."""


@event.listens_for(PortalSession, "before_flush")
def _refuse_brand_rows(session: PortalSession, _context: UOWTransaction, _instances: Any) -> None:
    for row in (*session.new, *session.dirty, *session.deleted):
        if isinstance(row, BrandOwned):
            raise BrandMissingError(f"{type(row).__name__} belongs to a brand: open a session that speaks for one")


class BrandSession(_ScopedSession):
    """A session bound to one brand: every ORM statement is narrowed to it, and any other statement is refused."""

    def __init__(self, engine: Engine, tenant_id: int, *, writes: bool = False) -> None:
        """Bind the session to the brand with this `tenants.id`."""
        super().__init__(engine, writes=writes)
        self.tenant_id = tenant_id
        self.speaks_for = str(tenant_id)


@event.listens_for(BrandSession, "do_orm_execute")
def _narrow_to_brand(state: ORMExecuteState) -> None:
    if not state.is_orm_statement:
        raise BrandMissingError("a brand's session takes ORM statements only: nothing else can be narrowed")
    session = state.session
    assert isinstance(session, BrandSession)  # noqa: S101 - the listener is registered on this class alone
    _narrow(state, session.tenant_id)


@event.listens_for(StaffSession, "do_orm_execute")
def _narrow_to_brands(state: ORMExecuteState) -> None:
    if state.is_orm_statement:
        session = state.session
        assert isinstance(session, StaffSession)  # noqa: S101 - the listener is registered on this class alone
        _narrow(state, *sorted(session.tenant_ids), with_accounts=False)


def _narrow(state: ORMExecuteState, *tenant_ids: int, with_accounts: bool = True) -> None:
    """Narrow the statement to these brands, in each table that it names: a criterion takes its time also elsewhere."""
    if state.is_column_load:
        return  # the criteria of the statement that loaded the row travel along
    rows_of = _only_rows_of(*tenant_ids, with_accounts=with_accounts)
    named = sorted(_tables_named(state) & rows_of.keys())
    state.statement = state.statement.options(*(rows_of[name] for name in named))


@lru_cache(maxsize=1024)
def _only_rows_of(*tenant_ids: int, with_accounts: bool) -> dict[str, ExecutableOption]:
    """Return for each table the criterion that narrows any ORM statement which names it to these brands.

    `with_accounts`: to their people too, with invitations and keys.
    """
    members = select(Membership.user_id).where(_is_one_of(col(Membership.tenant_id), tenant_ids))
    conditions: dict[type[SQLModel], Any] = {
        table: _is_one_of(col(table.tenant_id), tenant_ids) for table in (*BRAND_OWNED, *_TOLD_APART_BY_BRAND)
    }
    conditions[Tenant] = _is_one_of(col(Tenant.id), tenant_ids)
    conditions[User] = col(User.id).in_(members)
    conditions[StaffBrand] = false()  # the agency's own business
    if not with_accounts:
        conditions |= dict.fromkeys((User, Membership, Invite, ApiKey), false())
    return {
        str(table.__tablename__): with_loader_criteria(table, condition, include_aliases=True)
        for table, condition in conditions.items()
    }


def _is_one_of(column: Any, tenant_ids: Sequence[int]) -> ColumnElement[bool]:
    """Return the condition as both engines plan it best: one brand as equality."""
    condition: ColumnElement[bool] = column == tenant_ids[0] if len(tenant_ids) == 1 else column.in_(tenant_ids)
    return condition


@event.listens_for(BrandSession, "before_flush")
def _refuse_other_brands(session: BrandSession, _context: UOWTransaction, _instances: Any) -> None:
    for row in (*session.new, *session.dirty, *session.deleted):
        if isinstance(row, User) and row not in session.new:
            continue  # found by their membership, of whichever brands they are besides
        owner = row.id if isinstance(row, Tenant) else getattr(row, "tenant_id", None)
        if owner != session.tenant_id:
            raise BrandMissingError(f"{type(row).__name__} is not of the brand that this session speaks for")


@event.listens_for(StaffSession, "before_flush")
def _refuse_brands_of_others(session: StaffSession, _context: UOWTransaction, _instances: Any) -> None:
    for row in (*session.new, *session.dirty, *session.deleted):
        if getattr(row, "tenant_id", None) not in session.tenant_ids:
            raise BrandMissingError(f"{type(row).__name__} is of no brand that this session speaks for")


@contextmanager
def accounts_transaction(engine: Engine) -> Iterator[Connection]:
    """Yield a connection inside one transaction that reads accounts and tenants, and of brands no row on PostgreSQL.

    For the one statement that every request begins with: a `PortalSession` takes twice the time for it.
    """
    with engine.connect() as connection, connection.begin():
        _speak_for(connection, ACCOUNTS_ONLY)
        yield connection


@contextmanager
def brand_transaction(engine: Engine, tenant_id: int, *, writes: bool = True) -> Iterator[Connection]:
    """Yield a connection inside one transaction that speaks for one brand; commit at the end, or roll back.

    Without `writes` it waits for nobody: SQLite has but one write lock.
    """
    with engine.connect().execution_options(writes=writes) as connection, connection.begin():
        _speak_for(connection, str(tenant_id))
        yield connection


@contextmanager
def agency_transaction(engine: Engine, *, writes: bool = True) -> Iterator[Connection]:
    """Yield a connection inside one transaction that spans brands: the worker's loop and command lines.

    Without `writes` it waits for nobody, as above.
    """
    with engine.connect().execution_options(writes=writes) as connection, connection.begin():
        _speak_for(connection, ALL_BRANDS)
        yield connection
