"""What the API sends, as typed records; the only place that knows wire names.

A record without an id that can address it can't be understood and is set aside (UnreadableRecordError). A field of an
unexpected shape costs that field only: it reads as none, and is reported as a FieldIssue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, TypeVar

from sync.mapping.wire_text import MOST_CHARACTERS
from sync.mapping.wire_values import (
    OddValueError,
    as_flag,
    as_id,
    as_line,
    as_markup,
    as_money,
    as_number,
    as_percent,
    as_person,
    as_time,
    is_blank,
)

_Value = TypeVar("_Value")


class UnreadableRecordError(ValueError):
    """A record can't be understood as a whole; the message is a plain reason."""


@dataclass(frozen=True, slots=True)
class FieldIssue:
    """A field whose value was of an unexpected shape: in which record, which field, and what was expected."""

    record_id: str
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class ContactRecord:
    """A row of `read_client_list`. Times without an offset are in the brand's own zone; `whiteboard` is raw HTML."""

    client_id: str
    first_name: str
    last_name: str
    company: str
    email: str
    phone: str
    address: str
    city: str
    state: str
    postal_code: str
    whiteboard: str
    deal_size: Decimal | None
    lead_source: str
    sales_cycle: str
    action_plan: str
    contact_type: str
    assigned_user: str
    created: datetime | None
    last_modified: datetime | None
    external_id: str


@dataclass(frozen=True, slots=True)
class OpportunityRecord:
    """A row of `read_opportunity_list`."""

    opportunity_id: str
    client_id: str | None
    first_name: str
    last_name: str
    company: str
    opportunity_name: str
    sales_cycle: str
    lead_source: str
    action_plan: str
    contact_type: str
    deal_size: Decimal | None
    likelihood: int | None
    close_date: datetime | None
    market: str
    units: str
    assigned_user: str
    created: datetime | None
    last_modified: datetime | None


@dataclass(frozen=True, slots=True)
class StageRecord:
    """A row of `read_sales_cycle_list`; `order` is None where the wire tells none."""

    sales_cycle_id: str
    name: str
    active: bool
    order: int | None
    likelihood: int | None
    contact_type: str


@dataclass(frozen=True, slots=True)
class NoteRecord:
    """A row of `read_client_history_notes`; `text` is raw HTML."""

    note_id: str
    text: str
    author: str
    created: datetime | None
    kind: str


@dataclass(frozen=True, slots=True)
class EventRecord:
    """A row of `read_all_events`; `description` is raw HTML."""

    event_id: str
    start: datetime | None
    end: datetime | None
    kind: str
    title: str
    contact_name: str
    client_id: str | None
    description: str
    status: str


class WireRecord:
    """One row of an answer while it is read: hands out typed values, and collects what was odd and what was used."""

    __slots__ = ("_raw", "id", "issues")

    def __init__(self, raw: dict[str, Any], record_id: str, issues: list[FieldIssue]) -> None:
        self._raw, self.id, self.issues = raw, record_id, issues

    def _read(self, convert: Callable[[Any], _Value], names: tuple[str, ...], none: _Value) -> _Value:
        """Return the first of the alternative fields that says something, converted."""
        raw = self._raw
        for name in names:
            value = raw.get(name)
            if is_blank(value):
                continue
            try:
                return convert(value)
            except OddValueError as odd:
                self.issues.append(FieldIssue(self.id, name, str(odd)))
                return none
        return none

    def line(self, name: str, *others: str) -> str:
        """Return text of one line."""
        value = self._raw.get(name)
        if value.__class__ is str and value.isprintable() and value:  # nearly every value: spares two calls
            return " ".join(value[:MOST_CHARACTERS].split())
        return self._read(as_line, (name, *others), "")

    def markup(self, *names: str) -> str:
        """Return raw HTML or text of several lines."""
        return self._read(as_markup, names, "")

    def reference(self, *names: str) -> str | None:
        """Return the id of another record."""
        found = self._read(as_id, names, None)
        return None if found == "0" else found

    def money(self, *names: str) -> Decimal | None:
        """Return an amount to the cent."""
        return self._read(as_money, names, None)

    def percent(self, *names: str) -> int | None:
        """Return a percentage 0-100."""
        return self._read(as_percent, names, None)

    def number(self, *names: str) -> int | None:
        """Return a whole number."""
        return self._read(as_number, names, None)

    def flag(self, *names: str) -> bool:
        """Return a flag, False where nothing is said."""
        return self._read(as_flag, names, False)

    def time(self, *names: str) -> datetime | None:
        """Return a moment, naive in the brand's own zone."""
        return self._read(as_time, names, None)

    def person(self, *names: str) -> str:
        """Return a person's name."""
        return self._read(as_person, names, "")


CLIENT_ID: Final = ("client_id",)
OPPORTUNITY_ID: Final = ("opportunity_id",)
SALES_CYCLE_ID: Final = ("sales_cycle_id",)
NOTE_ID: Final = ("note_id", "history_note_id", "history_id", "id")
EVENT_ID: Final = ("event_id",)


def record_id(raw: Any, names: tuple[str, ...]) -> str:
    """Return the id of a wire row. Raises UnreadableRecordError where the row is no record or has no usable id."""
    if not isinstance(raw, dict):
        raise UnreadableRecordError("the record is no object")
    for name in names:
        try:
            found = as_id(raw.get(name))
        except OddValueError as odd:
            raise UnreadableRecordError(str(odd)) from None
        if found is not None:
            return found
    raise UnreadableRecordError("the record has no id")


def contact(wire: WireRecord) -> ContactRecord:
    """Read a row of `read_client_list`."""
    return ContactRecord(
        client_id=wire.id,
        first_name=wire.line("firstName"),
        last_name=wire.line("lastName"),
        company=wire.line("compName"),
        email=wire.line("email"),
        phone=wire.line("phone"),
        address=wire.line("address"),
        city=wire.line("city"),
        state=wire.line("state"),
        postal_code=wire.line("zip"),
        whiteboard=wire.markup("whiteboard"),
        deal_size=wire.money("deal_size"),
        lead_source=wire.line("clients_lead_source"),
        sales_cycle=wire.line("clients_sales_cycle"),
        action_plan=wire.line("clients_action_plan"),
        contact_type=wire.line("contact_type"),
        assigned_user=wire.person("assigned_user"),
        created=wire.time("created"),
        last_modified=wire.time("last_modified_date"),
        external_id=wire.line("external_id"),
    )


def opportunity(wire: WireRecord) -> OpportunityRecord:
    """Read a row of `read_opportunity_list`."""
    return OpportunityRecord(
        opportunity_id=wire.id,
        client_id=wire.reference("client_id", "contact_id"),
        first_name=wire.line("firstName"),
        last_name=wire.line("lastName"),
        company=wire.line("compName"),
        opportunity_name=wire.line("opportunity_name"),
        sales_cycle=wire.line("contact_sales_cycle"),
        lead_source=wire.line("contact_lead_source"),
        action_plan=wire.line("contact_action_plan"),
        contact_type=wire.line("contact_type"),
        deal_size=wire.money("deal_size"),
        likelihood=wire.percent("odds", "likelihood", "likelihood_to_close", "probability"),
        close_date=wire.time("close_date", "expected_close_date"),
        market=wire.line("market", "territory"),
        units=wire.line("units"),
        assigned_user=wire.person("assigned_user"),
        created=wire.time("created"),
        last_modified=wire.time("last_modified_date"),
    )


def stage(wire: WireRecord) -> StageRecord:
    """Read a row of `read_sales_cycle_list`."""
    return StageRecord(
        sales_cycle_id=wire.id,
        name=wire.line("sales_cycle_name"),
        active=wire.flag("sales_cycle_active_status"),
        order=wire.number("sales_cycle_order"),
        likelihood=wire.percent("likelihood_to_close"),
        contact_type=wire.line("contact_type"),
    )


def note(wire: WireRecord) -> NoteRecord:
    """Read a row of `read_client_history_notes`."""
    return NoteRecord(
        note_id=wire.id,
        text=wire.markup("note", "notes", "content", "description", "message"),
        author=wire.person("user_name", "created_by", "author", "assigned_user"),
        created=wire.time("created", "date", "created_date", "date_added"),
        kind=wire.line("type", "note_type"),
    )


def event(wire: WireRecord) -> EventRecord:
    """Read a row of `read_all_events`."""
    return EventRecord(
        event_id=wire.id,
        start=wire.time("start_date", "event_date", "scheduled_at", "start"),
        end=wire.time("end_date", "end"),
        kind=wire.line("event_type", "type"),
        title=wire.line("title", "subject", "event_name"),
        contact_name=wire.line("client_name", "contact_name"),
        client_id=wire.reference("client_id", "contact_id"),
        description=wire.markup("description", "notes"),
        status=wire.line("status"),
    )


_OF_CONTACTS: Final = frozenset(
    {
        "client_id",
        "firstName",
        "lastName",
        "compName",
        "email",
        "phone",
        "address",
        "city",
        "state",
        "zip",
        "whiteboard",
        "deal_size",
        "clients_lead_source",
        "clients_sales_cycle",
        "clients_action_plan",
        "contact_type",
        "assigned_user",
        "created",
        "last_modified_date",
        "external_id",
    }
)
_OF_OPPORTUNITIES: Final = frozenset(
    {
        "opportunity_id",
        "client_id",
        "contact_id",
        "firstName",
        "lastName",
        "compName",
        "opportunity_name",
        "contact_sales_cycle",
        "contact_lead_source",
        "contact_action_plan",
        "contact_type",
        "deal_size",
        "odds",
        "likelihood",
        "likelihood_to_close",
        "probability",
        "close_date",
        "expected_close_date",
        "market",
        "territory",
        "units",
        "assigned_user",
        "created",
        "last_modified_date",
    }
)
_OF_STAGES: Final = frozenset(
    {
        "sales_cycle_id",
        "sales_cycle_name",
        "sales_cycle_active_status",
        "sales_cycle_order",
        "likelihood_to_close",
        "contact_type",
        "contact_type_name",
    }
)
_OF_NOTES: Final = frozenset(
    {
        "note_id",
        "history_note_id",
        "history_id",
        "id",
        "note",
        "notes",
        "content",
        "description",
        "message",
        "user_name",
        "created_by",
        "author",
        "assigned_user",
        "created",
        "date",
        "created_date",
        "date_added",
        "type",
        "note_type",
    }
)
_OF_EVENTS: Final = frozenset(
    {
        "event_id",
        "start_date",
        "event_date",
        "scheduled_at",
        "start",
        "end_date",
        "end",
        "event_type",
        "type",
        "title",
        "subject",
        "event_name",
        "client_name",
        "contact_name",
        "client_id",
        "contact_id",
        "description",
        "notes",
        "status",
    }
)


def unknown_fields(raws: Iterable[Any], known: frozenset[str]) -> set[str]:
    """Return the names of fields that the product does not read."""
    found: set[str] = set()
    for raw in raws:
        if isinstance(raw, dict) and not raw.keys() <= known:
            found |= raw.keys() - known
    return found


@dataclass(frozen=True, slots=True)
class RecordKind:
    """How the rows of one call are read: where the id stands, which fields are known, and the reading itself."""

    id_names: tuple[str, ...]
    known: frozenset[str]
    read: Callable[[WireRecord], Any]


CONTACTS: Final = RecordKind(CLIENT_ID, _OF_CONTACTS, contact)
OPPORTUNITIES: Final = RecordKind(OPPORTUNITY_ID, _OF_OPPORTUNITIES, opportunity)
STAGES: Final = RecordKind(SALES_CYCLE_ID, _OF_STAGES, stage)
NOTES: Final = RecordKind(NOTE_ID, _OF_NOTES, note)
EVENTS: Final = RecordKind(EVENT_ID, _OF_EVENTS, event)
