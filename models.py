"""Every table of the portal, and the closed vocabularies of their columns.

In this order, each under its banner:

    vocabularies      the words that columns may hold, and the rules that both wings go by
    bases             columns that several tables share, and how a column or an index is made
    accounts          brands, their people, what they sign in with, and the audit log
    runs and worker   what each run did, how far it came, and what the portal asks the worker for
    raw answers       the exact bytes that the API sent
    mirrored          stages, leads, deals, notes and appointments as they stand upstream, and what follows from them
    summaries         counts of mirrored rows, so that a page need not count

Times are timezone-aware UTC. Money is in the account's currency, to the cent. Percent are whole numbers 0-100.
Every brand-owned table carries `tenant_id` first in its primary key, so that the schema can be distributed by
tenant and no row can be addressed without naming its brand.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, Final
from uuid import uuid4

from sqlalchemy import JSON, CheckConstraint, Enum, Index, LargeBinary, Text, TextClause, UniqueConstraint, text
from sqlmodel import Field, SQLModel

import clock

# Vocabularies ---------------------------------------------------------------------------------------------------------


class Role(StrEnum):
    """What a person may do: see one brand, run one brand's team, look after brands for the agency, or run everything.

    `agency_staff` is read and never written yet: `User.is_staff` says it (docs/decisions/0022-agency-staff.md).
    """

    TENANT_VIEWER = "tenant_viewer"
    TENANT_ADMIN = "tenant_admin"
    AGENCY_STAFF = "agency_staff"
    AGENCY_ADMIN = "agency_admin"


class ApiScope(StrEnum):
    """What an API key may read of its brand: the numbers of its charts, the rows of its tables, how fresh they are."""

    CHARTS = "charts"
    ROWS = "rows"
    STATUS = "status"


class TenantStatus(StrEnum):
    """A suspended brand is neither synced nor shown to its own people."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


class LogoTheme(StrEnum):
    """On which pages a logo stands."""

    LIGHT = "light"
    DARK = "dark"


class Resource(StrEnum):
    """What is pulled for a brand; each is read and written on its own, and named as its table.

    They are read, listed and shown in this order: stages first, because leads and deals stand in them, and notes after
    the leads they hang on.
    """

    PIPELINE_STAGES = "pipeline_stages"
    LEADS = "leads"
    PIPELINE_ITEMS = "pipeline_items"
    NOTES = "notes"
    SCHEDULED_ACTIVITIES = "scheduled_activities"


class RunStatus(StrEnum):
    """How a brand's run stands. `partial`: at least one resource landed and at least one did not."""

    RUNNING = "running"
    SUCCESS = "success"
    PARTIAL = "partial"
    FAILED = "failed"
    ABANDONED = "abandoned"


class Trigger(StrEnum):
    """Why a run was started."""

    SCHEDULE = "schedule"
    CATCH_UP = "catch_up"
    MANUAL = "manual"
    CLI = "cli"


class ResourceStatus(StrEnum):
    """How one resource of a run ended.

    `incomplete`: the list did not arrive whole; `held_back`: it would have removed or rejected suspiciously much;
    `unavailable`: the account does not offer the call. Only `success` and `partial` change tables. `partial`: notes of
    some contacts only, or all of it with a core field or a record that is not understood.
    """

    SUCCESS = "success"
    PARTIAL = "partial"
    INCOMPLETE = "incomplete"
    FAILED = "failed"
    HELD_BACK = "held_back"
    UNAVAILABLE = "unavailable"


class RequestStatus(StrEnum):
    """How something that the portal asked the worker for stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"


class FieldState(StrEnum):
    """How one field of a brand's records stands.

    `filled`: it holds values that are understood; `blank`: it is there and says nothing, which is an answer; `empty`:
    hardly any row brings it although it should, or too many bring words that are not known; `accepted`: someone said
    that it is to be so for this brand; `unknown`: there were too few rows to tell, or the field is one that need not
    come.
    """

    UNKNOWN = "unknown"
    FILLED = "filled"
    BLANK = "blank"
    EMPTY = "empty"
    ACCEPTED = "accepted"


class OffsetUnit(StrEnum):
    """What a call counts with `offset`: rows from 0 (as the vendor's programs do), or pages from 0 or from 1."""

    ROWS = "rows"
    PAGES = "pages"
    PAGES_FROM_ONE = "pages_from_one"


class CheckOutcome(StrEnum):
    """What a test of a brand's connection found."""

    WORKS = "works"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    FAILED = "failed"


class SyncErrorKind(StrEnum):
    """What went wrong, in words that stay the same so that the portal can say them its own way."""

    TOKEN_REFUSED = "token_refused"  # noqa: S105 - the name of a failure, not a secret
    KEY_REFUSED = "key_refused"
    KEY_UNREADABLE = "key_unreadable"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    TIMEOUT = "timeout"
    TRANSPORT = "transport"
    REDIRECTED = "redirected"
    NOT_JSON = "not_json"
    NOT_UNDERSTOOD = "not_understood"
    BODY_TOO_LARGE = "body_too_large"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"
    INCOMPLETE = "incomplete"
    HELD_BACK = "held_back"
    UNREADABLE_RECORD = "unreadable_record"
    UNREADABLE_FIELD = "unreadable_field"
    EMPTY_FIELD = "empty_field"
    INTERNAL = "internal"


PROSPECT: Final = "1"
"""The contact type of people who may buy a franchise: the dashboards count them and their deals, and nobody else."""

OPEN_REQUESTS: Final = (RequestStatus.QUEUED, RequestStatus.RUNNING)
"""How a request stands that the worker has not answered yet; while one is open, asking again adds none."""


# Bases ----------------------------------------------------------------------------------------------------------------


utc_now: Final = clock.utc_now
"""The present moment, timezone-aware, in UTC, by the clock that this process follows."""


def new_id() -> str:
    """Return a fresh unguessable identifier of 32 hexadecimal digits."""
    return uuid4().hex


def _named(vocabulary: type[StrEnum]) -> Any:
    """Store a vocabulary as its plain words, checked by the database on both engines."""
    return Enum(
        vocabulary,
        native_enum=False,
        create_constraint=True,
        length=24,
        name=vocabulary.__name__.lower(),
        values_callable=lambda members: [member.value for member in members],
    )


def _index_on(dialect: str, name: str, *columns: str | TextClause) -> Index:
    """Return an index of a brand's rows that only one engine has; `info` tells which."""
    return Index(name, "tenant_id", *columns, info={"only_on": dialect}).ddl_if(dialect=dialect)


def _on_sqlite(name: str, *columns: str) -> Index:
    """Return an index of a brand's rows that only SQLite needs.

    SQLite reads rows in the order of an index, so one that holds all that is asked for, or that keeps the table's own
    order, is several times quicker. PostgreSQL reads such a table at once, and limits an index's width.
    """
    return _index_on("sqlite", name, *columns)


def _on_postgresql(name: str, *columns: str) -> Index:
    """Return an index of a brand's rows that only PostgreSQL needs, whose columns may say how they are sorted."""
    return _index_on("postgresql", name, *(text(column) if " " in column else column for column in columns))


class Stamped(SQLModel):
    """When a row was first written and last changed (UTC)."""

    created_at: datetime = Field(default_factory=utc_now)
    updated_at: datetime = Field(default_factory=utc_now, sa_column_kwargs={"onupdate": utc_now})


class BrandOwned(Stamped):
    """A row that belongs to exactly one brand. The brand-bound session and row-level security go by this."""

    tenant_id: int = Field(foreign_key="tenants.id", primary_key=True, ondelete="CASCADE")


class Mirrored(BrandOwned):
    """A row that mirrors one upstream record.

    `row_hash` covers every mirrored column, so that an unchanged record leaves its row untouched; `removed_at` says
    since when the record is gone upstream.
    """

    row_hash: str = Field(max_length=64)
    removed_at: datetime | None = Field(default=None)


class Summary(BrandOwned):
    """Counts of a brand's rows, kept by the sync in the transaction that changes the rows.

    What a page counts is so asked of a few rows, however many they stand for.
    """


# Accounts -------------------------------------------------------------------------------------------------------------


class Tenant(Stamped, table=True):
    """A brand: one ClientTether account of the agency. `active_since`: when it was last reactivated, if ever.

    `web_key_hash` finds another brand with the same key; None for a key that was stored before hashes were kept.
    `company_sign_in_only`: its people's passwords open nothing, they sign in with their company's account.
    """

    __tablename__ = "tenants"
    __table_args__: ClassVar[Any] = {"sqlite_autoincrement": True}  # an erased brand's id is never another's

    id: int | None = Field(default=None, primary_key=True)
    slug: str = Field(max_length=63, unique=True)
    name: str = Field(max_length=120)
    timezone: str = Field(max_length=64)
    status: TenantStatus = Field(default=TenantStatus.ACTIVE, sa_type=_named(TenantStatus))
    web_key_encrypted: str = Field(sa_type=Text)
    web_key_last4: str = Field(max_length=4)
    web_key_hash: str | None = Field(default=None, max_length=64)
    accent_colour: str | None = Field(default=None, max_length=7)
    data_version: int = Field(default=0)
    active_since: datetime | None = Field(default=None)
    company_sign_in_only: bool = Field(default=False)


class TenantLogo(BrandOwned, table=True):
    """A brand's logo, made safe: a PNG or an SVG of 200 KB at most."""

    __tablename__ = "tenant_logos"

    theme: LogoTheme = Field(primary_key=True, sa_type=_named(LogoTheme))
    media_type: str = Field(max_length=32)
    body: bytes = Field(sa_type=LargeBinary)
    sha256: str = Field(max_length=64)


_AGENCYS: Final = text("tenant_id IS NULL")
_NAMED: Final = text("is_emergency_admin")


class User(Stamped, table=True):
    """A person who signs in. What people of brands may do, and whether, say their memberships.

    An e-mail address is one person's within a brand (or the agency), and may be another's elsewhere (`same_address`).
    `role`, `active` and `closed_by_agency` are about the agency's people alone. For people of brands they are, with
    `tenant_id`, what the release before goes by, which knows no memberships: the database derives them from one that
    is active (docs/decisions/0020-memberships.md).
    `password_set_at` tells whose password is the newest, where people of one address have the same.
    `access_epoch` grows whenever what a session stands on changes: password, role, brand, second step, activity, or the
    suspension of the brand. `closed_by_agency`: only the agency may give this person access again.
    `is_emergency_admin`: the one of the agency who keeps the password while the others' open nothing.
    `is_staff`: they look after brands for the agency: those of their `StaffBrand` rows, or all (`sees_all_brands`).
    Their `role` is then a word that gives nothing. `reads_raw_answers`: the answers of those brands too.
    """

    __tablename__ = "users"
    __table_args__: ClassVar[Any] = (
        CheckConstraint("(role = 'agency_admin') = (tenant_id IS NULL) OR is_staff", name="role_fits_tenant"),
        Index("ix_users_tenant_id", "tenant_id"),
        Index("ix_users_address_of_brand", "email", "tenant_id", unique=True),
        Index("ix_users_address_of_agency", "email", unique=True, sqlite_where=_AGENCYS, postgresql_where=_AGENCYS),
        Index(
            "ix_users_emergency_admin",
            "is_emergency_admin",
            unique=True,
            sqlite_where=_NAMED,
            postgresql_where=_NAMED,
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    email: str = Field(max_length=254)
    name: str = Field(default="", max_length=120)
    role: Role = Field(sa_type=_named(Role))
    tenant_id: int | None = Field(default=None, foreign_key="tenants.id", ondelete="CASCADE")
    password_hash: str = Field(max_length=255)
    password_set_at: datetime = Field(default_factory=utc_now)
    display_timezone: str | None = Field(default=None, max_length=64)
    active: bool = Field(default=True)
    last_sign_in_at: datetime | None = Field(default=None)
    totp_secret_encrypted: str | None = Field(default=None, sa_type=Text)
    totp_confirmed_at: datetime | None = Field(default=None)
    totp_last_step: int | None = Field(default=None)
    two_step_asked_at: datetime | None = Field(default=None)
    access_epoch: int = Field(default=0)
    closed_by_agency: bool = Field(default=False)
    is_emergency_admin: bool = Field(default=False)
    is_staff: bool = Field(default=False)
    sees_all_brands: bool = Field(default=False)
    reads_raw_answers: bool = Field(default=False)


class StaffBrand(Stamped, table=True):
    """A brand that someone of the agency's staff looks after. Its own people never learn of it."""

    __tablename__ = "staff_brands"
    __table_args__: ClassVar[Any] = (Index("ix_staff_brands_tenant_id", "tenant_id"),)

    user_id: int = Field(foreign_key="users.id", primary_key=True, ondelete="CASCADE")
    tenant_id: int = Field(foreign_key="tenants.id", primary_key=True, ondelete="CASCADE")


class Membership(Stamped, table=True):
    """What a person may do at one brand: as long as it is `active`, and the brand too.

    `closed_by_agency`: only the agency may make it active again. The `id` outlives a change of the person, so that it
    tells a brand's admin nothing of what this person is elsewhere. `last_sign_in_at`: when its person last signed in
    since they had it.
    """

    __tablename__ = "memberships"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("tenant_id", "user_id", name="one_membership_per_brand"),
        Index("ix_memberships_user_id", "user_id"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    tenant_id: int = Field(foreign_key="tenants.id", ondelete="CASCADE")
    user_id: int = Field(foreign_key="users.id", ondelete="CASCADE")
    role: Role = Field(sa_type=_named(Role))
    active: bool = Field(default=True)
    closed_by_agency: bool = Field(default=False)
    last_sign_in_at: datetime | None = Field(default=None)


class UserSession(Stamped, table=True):
    """One signed-in browser. Only a hash of what its cookie holds is kept; `ended_at` says since when it is over.

    It lives in the `access_epoch` it was made in and in no later one. `confirmed_at`: when its person last typed their
    password (and code) here. `identity_id`, `id_token_encrypted`: the company account it began with, if any, and what
    its provider wants to see again at sign-out.
    """

    __tablename__ = "user_sessions"
    __table_args__: ClassVar[Any] = (Index("ix_user_sessions_user_id", "user_id"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    user_id: int = Field(foreign_key="users.id", ondelete="CASCADE")
    token_hash: str = Field(max_length=64, unique=True)
    address: str = Field(default="", max_length=64)
    browser: str = Field(default="", max_length=200)
    access_epoch: int = Field(default=0)
    confirmed_at: datetime | None = Field(default=None)
    last_seen_at: datetime = Field(default_factory=utc_now)
    ended_at: datetime | None = Field(default=None)
    identity_id: str | None = Field(default=None, max_length=32)
    id_token_encrypted: str | None = Field(default=None, sa_type=Text)


class Identity(Stamped, table=True):
    """A person's account at their company's provider, with which they sign in: whatever address it has by now.

    `email` is the address it had when it was linked, to be recognised by.
    """

    __tablename__ = "identities"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("issuer", "subject", name="identities_issuer_subject_key"),
        Index("ix_identities_user_id", "user_id"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    user_id: int = Field(foreign_key="users.id", ondelete="CASCADE")
    issuer: str = Field(max_length=255)
    subject: str = Field(max_length=255)
    email: str = Field(default="", max_length=254)


class RecoveryCode(Stamped, table=True):
    """A one-time stand-in for the second step of signing in; only its hash is kept."""

    __tablename__ = "recovery_codes"

    user_id: int = Field(foreign_key="users.id", primary_key=True, ondelete="CASCADE")
    code_hash: str = Field(primary_key=True, max_length=64)
    used_at: datetime | None = Field(default=None)


class Invite(Stamped, table=True):
    """A one-time link that lets a person set a password: a first one (invite) or a new one (reset).

    `is_staff`: it is for someone of the agency's staff; what an invited one is to see is beside it, `staff_brands` as
    `tenants.id`s.
    """

    __tablename__ = "invites"
    __table_args__: ClassVar[Any] = (Index("ix_invites_tenant_id", "tenant_id"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    token_hash: str = Field(max_length=64, unique=True)
    email: str = Field(max_length=254)
    role: Role = Field(sa_type=_named(Role))
    tenant_id: int | None = Field(default=None, foreign_key="tenants.id", ondelete="CASCADE")
    user_id: int | None = Field(default=None, foreign_key="users.id", ondelete="CASCADE")
    created_by: int | None = Field(default=None, foreign_key="users.id", ondelete="SET NULL")
    expires_at: datetime
    used_at: datetime | None = Field(default=None)
    revoked_at: datetime | None = Field(default=None)
    is_staff: bool = Field(default=False)
    sees_all_brands: bool = Field(default=False)
    reads_raw_answers: bool = Field(default=False)
    staff_brands: list[int] | None = Field(default=None, sa_type=JSON)


class ApiKey(Stamped, table=True):
    """What lets a program read a brand's data: a key of which only the hash and the last four signs are kept.

    `scopes` are words of `ApiScope`. `last_used_at` is known to five minutes. It is the brand's, and outlives whoever
    made it.
    """

    __tablename__ = "api_keys"
    __table_args__: ClassVar[Any] = (Index("ix_api_keys_tenant_id", "tenant_id"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    tenant_id: int = Field(foreign_key="tenants.id", ondelete="CASCADE")
    name: str = Field(max_length=80)
    scopes: list[str] = Field(sa_type=JSON)
    key_hash: str = Field(max_length=64, unique=True)
    key_last4: str = Field(max_length=4)
    created_by: int | None = Field(default=None, foreign_key="users.id", ondelete="SET NULL")
    expires_at: datetime | None = Field(default=None)
    last_used_at: datetime | None = Field(default=None)
    revoked_at: datetime | None = Field(default=None)


class SignInFailure(Stamped, table=True):
    """One failed sign-in, counted per person and per address to slow guessing down.

    Each attempt is a row of nobody's (`user_id` None), and one of each person whose password it might have been.
    """

    __tablename__ = "sign_in_failures"
    __table_args__: ClassVar[Any] = (
        Index("ix_sign_in_failures_email", "email", "created_at"),
        Index("ix_sign_in_failures_address", "address", "created_at"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    email: str = Field(max_length=254)
    address: str = Field(max_length=64)
    user_id: int | None = Field(default=None)


class AuditEntry(Stamped, table=True):
    """Who did what, when and from where. Rows are only ever added."""

    __tablename__ = "audit_log"
    __table_args__: ClassVar[Any] = (Index("ix_audit_log_created_at", "created_at"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    action: str = Field(max_length=64)
    actor_id: int | None = Field(default=None)
    actor_email: str = Field(default="", max_length=254)
    tenant_id: int | None = Field(default=None)
    address: str = Field(default="", max_length=64)
    details: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


# Runs and worker ------------------------------------------------------------------------------------------------------


class SyncRun(BrandOwned, table=True):
    """One attempt to bring a brand's tables up to date. `slot_at` is the scheduled time it stands for."""

    __tablename__ = "sync_runs"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("tenant_id", "slot_at", name="one_run_per_slot"),
        Index("ix_sync_runs_started", "tenant_id", "started_at"),
    )

    run_id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    status: RunStatus = Field(default=RunStatus.RUNNING, sa_type=_named(RunStatus))
    trigger: Trigger = Field(sa_type=_named(Trigger))
    slot_at: datetime | None = Field(default=None)
    started_at: datetime = Field(default_factory=utc_now)
    finished_at: datetime | None = Field(default=None)
    worker: str = Field(max_length=120)
    missed_slots: int = Field(default=0)


class SyncRunResource(BrandOwned, table=True):
    """What one run did with one resource. `read_started_at` is when its first page was asked for (UTC)."""

    __tablename__ = "sync_run_resources"

    run_id: str = Field(primary_key=True, max_length=32)
    resource: Resource = Field(primary_key=True, sa_type=_named(Resource))
    status: ResourceStatus = Field(sa_type=_named(ResourceStatus))
    read_started_at: datetime
    pages: int = Field(default=0)
    fetched: int = Field(default=0)
    inserted: int = Field(default=0)
    updated: int = Field(default=0)
    unchanged: int = Field(default=0)
    removed: int = Field(default=0)
    rejected: int = Field(default=0)
    remaining: int = Field(default=0, description="Notes only: contacts whose notes were never read")
    answers_as_before: int | None = Field(
        default=None, description="Answers that are just the ones before them, and so not kept once more"
    )
    bodies_stored: int = Field(default=0, description="Answers that no earlier run had brought just so")
    core_fields: dict[str, float] = Field(
        default_factory=dict, sa_type=JSON, description="Share of rows (0-1) in which each core field was understood"
    )
    seconds: float = Field(default=0.0)


class ResourceFreshness(BrandOwned, table=True):
    """How fresh one resource of a brand is: the page's badge reads this, never the run history.

    `whole_read_at` is the start of the last whole read (UTC), `last_status` how the latest attempt ended. The row
    changes in the same transaction as the resource's data.
    """

    __tablename__ = "resource_freshness"

    resource: Resource = Field(primary_key=True, sa_type=_named(Resource))
    whole_read_at: datetime | None = Field(default=None)
    last_status: ResourceStatus = Field(sa_type=_named(ResourceStatus))
    last_attempt_at: datetime
    accepted_unreadable: int = Field(default=0, description="How many records that can't be read someone has accepted")


class SyncError(BrandOwned, table=True):
    """One thing that went wrong in a run: a call that failed, or a record or field that could not be understood.

    Pages say it in words. `http_status`, `result_code` and `attempts` are for whoever looks into it with SQL. What went
    wrong in the same way with the same field is one row: how many `times`, and the first record it was seen in.
    """

    __tablename__ = "sync_errors"
    __table_args__: ClassVar[Any] = (Index("ix_sync_errors_run", "tenant_id", "run_id"),)

    error_id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    run_id: str = Field(max_length=32)
    resource: Resource | None = Field(default=None, sa_type=_named(Resource))
    kind: str = Field(max_length=40, description="A SyncErrorKind")
    http_status: int | None = Field(default=None)
    result_code: str | None = Field(default=None, max_length=16)
    message: str = Field(max_length=500)
    attempts: int = Field(default=1)
    times: int = Field(default=1)
    record_id: str | None = Field(default=None, max_length=64)
    field: str | None = Field(default=None, max_length=64)


class ResourceField(BrandOwned, table=True):
    """What the last read said of one field that the product reads, and how the field stands for the brand.

    Of `rows` records it was filled and understood in `filled`, there without a value in `blank`, not there in
    `missing`, and not understood in `odd`. `wire_names` are those it is read from, separated by commas; `core`: the
    resource must bring it. A read without any row leaves the counts of the one before.
    """

    __tablename__ = "resource_fields"

    resource: Resource = Field(primary_key=True, sa_type=_named(Resource))
    field: str = Field(primary_key=True, max_length=64)
    wire_names: str = Field(max_length=500)
    read_as: str = Field(max_length=32)
    core: bool
    state: FieldState = Field(sa_type=_named(FieldState))
    rows: int = Field(default=0)
    filled: int = Field(default=0)
    blank: int = Field(default=0)
    missing: int = Field(default=0)
    odd: int = Field(default=0)


class CallHabit(BrandOwned, table=True):
    """What one call of a brand's account has taught about itself: its pages, and what its totals are worth.

    `page_length` is the longest page that ever came; `ignores_paging`: it answers every offset with all it has.
    `totals_right_runs` and `totals_wrong_runs` count the latest whole lists that agreed with their total, and those
    that were longer. `surplus` is by how many a total exceeded what arrived although the list was read to its end, and
    `surplus_runs` for how many runs in a row; `accepted_surplus` is the difference that someone has let in.
    """

    __tablename__ = "call_habits"

    call: str = Field(primary_key=True, max_length=64)
    page_length: int = Field(default=0)
    offset_unit: OffsetUnit | None = Field(default=None, sa_type=_named(OffsetUnit))
    ignores_paging: bool = Field(default=False)
    totals_right_runs: int = Field(default=0)
    totals_wrong_runs: int = Field(default=0)
    surplus: int = Field(default=0)
    surplus_runs: int = Field(default=0)
    accepted_surplus: int | None = Field(default=None)


class KnownField(BrandOwned, table=True):
    """A field that a brand's records carry and the product does not read; named in the log when first seen."""

    __tablename__ = "known_fields"

    resource: Resource = Field(primary_key=True, sa_type=_named(Resource))
    field: str = Field(primary_key=True, max_length=120)


class NoteReading(BrandOwned, table=True):
    """How far the notes of one contact are read: when, and at which state of the contact.

    `run_id` is the run whose answer the rows were made from. `answer_hash` tells that answer, and the rules it was read
    by, so that the same answer need not be read again; None where something in it was odd. `unexplained`: how many new
    notes that reading brought although the contact's date had not moved; what the date does next tells (NoteEvidence).
    """

    __tablename__ = "note_readings"
    __table_args__: ClassVar[Any] = (Index("ix_note_readings_read_at", "tenant_id", "read_at"),)

    client_id: str = Field(primary_key=True, max_length=64)
    read_at: datetime
    run_id: str
    contact_modified_at: datetime | None = Field(default=None)
    answer_hash: str | None = Field(default=None, max_length=64)
    unexplained: int = Field(default=0)


class NoteFailure(BrandOwned, table=True):
    """A contact whose notes could not be read: how often in a row, and when it is asked again (UTC).

    `contact_modified_at` is the state in which it failed; in another one it is tried again at once. The row goes when
    its notes are read.
    """

    __tablename__ = "note_failures"

    client_id: str = Field(primary_key=True, max_length=64)
    failures: int
    retry_at: datetime
    contact_modified_at: datetime | None = Field(default=None)


class NoteEvidence(BrandOwned, table=True):
    """How many new notes of a brand came with a newer date of their contact, and without (see `notes_rhythm.py`)."""

    __tablename__ = "note_evidence"

    with_newer_date: int = Field(default=0)
    without_newer_date: int = Field(default=0)


class SyncLease(BrandOwned, table=True):
    """Who may sync a brand right now: one owner until `expires_at`. `fence` grows with every new owner."""

    __tablename__ = "sync_leases"

    owner: str = Field(max_length=120)
    run_id: str | None = Field(default=None, max_length=32)
    fence: int = Field(default=0)
    expires_at: datetime


WORKER_DEAD_AFTER: Final = timedelta(seconds=90)
"""A worker renews its heartbeat every ten seconds; one that was silent for so long counts as dead everywhere."""


class WorkerHeartbeat(Stamped, table=True):
    """A living worker says so: `beat_at` is renewed while it runs, `stopped_at` set when it ends cleanly.

    Since its start it has made so many calls of the API, of which so many failed or were refused for being too quick,
    and its calls have waited so many seconds in all for their turn.
    """

    __tablename__ = "worker_heartbeats"

    worker: str = Field(primary_key=True, max_length=120)
    started_at: datetime
    beat_at: datetime
    calls: int = Field(default=0)
    calls_failed: int = Field(default=0)
    calls_refused: int = Field(default=0)
    waited_seconds: float = Field(default=0.0)
    stopped_at: datetime | None = Field(default=None)


class SyncRequest(BrandOwned, table=True):
    """The portal asks the worker for a sync of one brand ("sync now"); `accept` confirms what was held back."""

    __tablename__ = "sync_requests"
    __table_args__: ClassVar[Any] = (Index("ix_sync_requests_status", "status", "created_at"),)

    request_id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    status: RequestStatus = Field(default=RequestStatus.QUEUED, sa_type=_named(RequestStatus))
    requested_by: int | None = Field(default=None)
    accept: bool = Field(default=False)
    run_id: str | None = Field(default=None, max_length=32)
    picked_at: datetime | None = Field(default=None)
    finished_at: datetime | None = Field(default=None)


class ConnectionCheck(Stamped, table=True):
    """The agency asks whether a web key opens an account, which may belong to no brand yet; the worker answers.

    The key is kept encrypted until the answer is there, and wiped with it. `message` is in plain words. `tenant_id` is
    the brand that the key is meant for, where it exists already.
    """

    __tablename__ = "connection_checks"
    __table_args__: ClassVar[Any] = (Index("ix_connection_checks_status", "status", "created_at"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    tenant_id: int | None = Field(default=None)
    web_key_encrypted: str = Field(sa_type=Text)
    status: RequestStatus = Field(default=RequestStatus.QUEUED, sa_type=_named(RequestStatus))
    outcome: CheckOutcome | None = Field(default=None, sa_type=_named(CheckOutcome))
    contacts: int | None = Field(default=None)
    message: str = Field(default="", max_length=500)
    requested_by: int | None = Field(default=None)
    finished_at: datetime | None = Field(default=None)


# Raw answers ----------------------------------------------------------------------------------------------------------


class RawBody(BrandOwned, table=True):
    """The exact bytes of one answer, zlib-compressed; a body seen before is stored once per brand."""

    __tablename__ = "raw_bodies"

    sha256: str = Field(primary_key=True, max_length=64)
    body: bytes = Field(sa_type=LargeBinary)
    size: int


class RawSnapshot(BrandOwned, table=True):
    """One answer of the API: what was asked, when, and which body came.

    `whole`: it belongs to a pull that landed in the tables, so that a replay may build on it. `charset` is what the
    answer declared, if anything. Of an answer that was not `understood` only the first 64 KB are kept, to look at.

    One that was just the one before has no row: it stands until another one landed. `pull_answers`: of how many
    answers a list's pull was, where at some positions earlier ones stand for it; None where it has a row for each.
    """

    __tablename__ = "raw_snapshots"
    __table_args__: ClassVar[Any] = (
        Index("ix_raw_snapshots_sha256", "tenant_id", "sha256"),
        Index("ix_raw_snapshots_request", "tenant_id", "resource", "request"),
    )

    run_id: str = Field(primary_key=True, max_length=32)
    resource: Resource = Field(primary_key=True, sa_type=_named(Resource))
    position: int = Field(primary_key=True)
    request: str = Field(max_length=500)
    fetched_at: datetime
    record_count: int
    sha256: str = Field(max_length=64)
    whole: bool = Field(default=False)
    understood: bool = Field(default=True)
    charset: str | None = Field(default=None, max_length=40)
    pull_answers: int | None = Field(default=None)


# Mirrored -------------------------------------------------------------------------------------------------------------


class PipelineStage(Mirrored, table=True):
    """A stage ("sales cycle") of a brand. The virtual first stage "New Lead" is a row like the others."""

    __tablename__ = "pipeline_stages"

    contact_type: str = Field(primary_key=True, max_length=32)
    stage_key: str = Field(primary_key=True, max_length=255)
    sales_cycle_id: str | None = Field(default=None)
    name: str
    position: int
    active: bool
    likelihood: int | None = Field(default=None)


class Lead(Mirrored, table=True):
    """A contact of any type; dashboards count prospects (contact type "1").

    `stage_key` and `lead_source_key` are the trimmed, case-folded names that rows are joined and grouped by.
    """

    __tablename__ = "leads"
    __table_args__: ClassVar[Any] = (
        Index("ix_leads_source", "tenant_id", "lead_source_key"),
        _on_sqlite("ix_leads_created", "lead_created_at", "client_id"),
        _on_postgresql("ix_leads_newest", "lead_created_at NULLS FIRST", "client_id"),
        Index("ix_leads_stage", "tenant_id", "stage_key"),
    )

    client_id: str = Field(primary_key=True, max_length=64)
    contact_type: str
    name: str = Field(default="")
    company: str = Field(default="")
    email: str = Field(default="")
    phone: str = Field(default="")
    address: str = Field(default="")
    city: str = Field(default="")
    state: str = Field(default="")
    postal_code: str = Field(default="")
    whiteboard: str = Field(default="", sa_type=Text)
    deal_size: Decimal | None = Field(default=None, max_digits=12, decimal_places=2)
    lead_source: str
    lead_source_key: str
    stage_name: str
    stage_key: str
    action_plan: str = Field(default="")
    sales_lead: str = Field(default="")
    lead_created_at: datetime | None = Field(default=None)
    last_modified_at: datetime | None = Field(default=None)


class PipelineItem(Mirrored, table=True):
    """An opportunity (deal). `likelihood` is the opportunity's own, in percent; None means the stage's counts.

    `stage_id` is the `sales_cycle_id` of the stage it was last seen in: deals name their stage, and names change.
    """

    __tablename__ = "pipeline_items"
    __table_args__: ClassVar[Any] = (
        Index("ix_pipeline_items_stage", "tenant_id", "stage_key"),
        Index("ix_pipeline_items_client", "tenant_id", "client_id"),
    )

    opportunity_id: str = Field(primary_key=True, max_length=64)
    client_id: str | None = Field(default=None)
    contact_type: str
    candidate: str = Field(default="")
    company: str = Field(default="")
    opportunity_name: str = Field(default="")
    stage_name: str
    stage_key: str
    lead_source: str
    lead_source_key: str
    deal_size: Decimal | None = Field(default=None, max_digits=12, decimal_places=2)
    likelihood: int | None = Field(default=None)
    market: str = Field(default="")
    units: str = Field(default="")
    sales_lead: str = Field(default="")
    opportunity_created_at: datetime | None = Field(default=None)
    last_modified_at: datetime | None = Field(default=None)
    stage_id: str | None = Field(default=None, max_length=64)


class HotListItem(Mirrored, table=True):
    """A late-stage deal with an initial franchise fee (IFF), derived from opportunities and stages."""

    __tablename__ = "hot_list_items"

    opportunity_id: str = Field(primary_key=True, max_length=64)
    client_id: str | None = Field(default=None)
    candidate: str = Field(default="")
    market: str = Field(default="")
    units: str = Field(default="")
    stage_name: str
    stage_key: str
    stage_position: int
    iff: Decimal = Field(max_digits=12, decimal_places=2)
    weighted_iff: Decimal = Field(max_digits=12, decimal_places=2)
    likelihood: int
    sales_lead: str = Field(default="")


class Note(Mirrored, table=True):
    """A history entry of a contact. `content` is sanitised HTML, `content_text` the same as plain text.

    Its id tells it from the others of its contact only. One that comes without an id is given one (`note_ids.py`).
    """

    __tablename__ = "notes"
    __table_args__: ClassVar[Any] = (
        _on_sqlite("ix_notes_noted", "noted_at", "note_id", "client_id"),
        _on_postgresql("ix_notes_newest", "noted_at NULLS FIRST", "note_id", "client_id"),
        _on_sqlite("ix_notes_brand"),
        _on_sqlite("ix_notes_facets", "author", "kind", "removed_at"),
    )

    client_id: str = Field(primary_key=True, max_length=64)
    note_id: str = Field(primary_key=True, max_length=64)
    author: str = Field(default="")
    kind: str = Field(default="")
    content: str = Field(default="", sa_type=Text)
    content_text: str = Field(default="", sa_type=Text)
    noted_at: datetime | None = Field(default=None)


class ScheduledActivity(Mirrored, table=True):
    """An appointment of the brand's calendar.

    The occurrences of a recurring one may share its id: each is known by `occurrence`, its start in the brand's own
    time ('' where it has none), which another time zone of the brand leaves as it is. `all_day`: start and end name
    days of the brand's calendar, and no hours.
    """

    __tablename__ = "scheduled_activities"
    __table_args__: ClassVar[Any] = (
        Index("ix_scheduled_starts", "tenant_id", "starts_at"),
        Index("ix_scheduled_ends", "tenant_id", "ends_at"),
    )

    event_id: str = Field(primary_key=True, max_length=64)
    occurrence: str = Field(primary_key=True, max_length=32)
    starts_at: datetime | None = Field(default=None)
    ends_at: datetime | None = Field(default=None)
    all_day: bool = Field(default=False)
    kind: str = Field(default="")
    title: str = Field(default="")
    client_id: str | None = Field(default=None)
    contact_name: str = Field(default="")
    description: str = Field(default="", sa_type=Text)
    status: str = Field(default="")


class PipelineStageChange(BrandOwned, table=True):
    """An opportunity was seen in another stage than before (`from_stage` None: seen for the first time).

    `entered_at` is the best known moment of the change: the record's own last modification where it lies before the
    observation, because a record can't have changed stage after it was last modified; else the observation itself.
    No page shows the stages a deal went through yet; they are kept because the API does not tell its way again.
    """

    __tablename__ = "pipeline_stage_changes"
    __table_args__: ClassVar[Any] = (
        Index("ix_stage_changes_observed", "tenant_id", "observed_at"),
        _on_sqlite("ix_stage_changes_entered", "opportunity_id", "sequence", "entered_at"),
    )

    opportunity_id: str = Field(primary_key=True, max_length=64)
    sequence: int = Field(primary_key=True)
    from_stage: str | None = Field(default=None)
    to_stage: str
    observed_at: datetime
    entered_at: datetime


# Summaries ------------------------------------------------------------------------------------------------------------


class LeadCount(Summary, table=True):
    """How many live prospects come from one source and stand in one stage, both as spelled and as grouped."""

    __tablename__ = "lead_counts"

    number: int = Field(primary_key=True)
    stage_key: str
    stage_name: str
    lead_source_key: str
    lead_source: str
    leads: int


class PipelineCount(Summary, table=True):
    """How many live deals of prospects stand in one stage, as spelled and as grouped, and what they are worth.

    `valued` counts those that have a value; `weighted` is the sum of value times likelihood to close, exact.
    """

    __tablename__ = "pipeline_counts"

    number: int = Field(primary_key=True)
    stage_key: str
    stage_name: str
    deals: int
    valued: int
    value: Decimal = Field(max_digits=20, decimal_places=2)
    weighted: Decimal = Field(max_digits=22, decimal_places=4)


class PipelineAge(Summary, table=True):
    """How many live deals of prospects entered the stage they are in on one day of the brand's calendar."""

    __tablename__ = "pipeline_ages"

    stage_key: str = Field(primary_key=True, max_length=255)
    entered_on: date = Field(primary_key=True)
    deals: int


class NoteCount(Summary, table=True):
    """How many live notes one author wrote of one kind."""

    __tablename__ = "note_counts"

    number: int = Field(primary_key=True)
    author: str
    kind: str
    notes: int


class NoteCoverage(Summary, table=True):
    """How many live contacts the brand has, and of how many the notes were read whole."""

    __tablename__ = "note_coverage"

    contacts: int
    contacts_read: int


class ScheduleCount(Summary, table=True):
    """How many live activities end (or, without an end, start) on one day, by UTC."""

    __tablename__ = "schedule_counts"

    last_day: date = Field(primary_key=True)
    activities: int
