"""What the API sends, as typed records; the only place that knows wire names.

A record without an id that can address it can't be understood and is set aside (UnreadableRecordError). A field of an
unexpected shape costs that field only: it reads as none, and is reported as a FieldIssue. Records are tuples, because a
run makes one of each row and a tuple is made fastest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from models import Resource
from sync.mapping.expectations import EXPECTATIONS
from sync.mapping.field_names import AS_DOCUMENTED, FieldNames
from sync.mapping.stage_names import StageNames
from sync.mapping.wire_record import ABSENT, DeclaredField, FieldReading, WireRecord, declared_fields, wire_value
from sync.mapping.wire_values import LONGEST_ID, OddValueError, WireTime, as_id


class UnreadableRecordError(ValueError):
    """A record can't be understood as a whole; the message is a plain reason.

    `record_id` is what it calls itself, where that is known and no row can be addressed by it; '' where it may be any
    record.
    """

    def __init__(self, reason: str, record_id: str = "") -> None:
        super().__init__(reason)
        self.record_id = record_id


class ContactRecord(NamedTuple):
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
    created: WireTime | None
    last_modified: WireTime | None


class OpportunityRecord(NamedTuple):
    """A row of `read_opportunity_list`."""

    opportunity_id: str
    client_id: str | None
    first_name: str
    last_name: str
    company: str
    opportunity_name: str
    sales_cycle: str
    lead_source: str
    contact_type: str
    deal_size: Decimal | None
    likelihood: Decimal | None
    market: str
    units: str
    assigned_user: str
    created: WireTime | None
    last_modified: WireTime | None


class StageRecord(NamedTuple):
    """A row of `read_sales_cycle_list`; `order` is None where the wire tells none."""

    sales_cycle_id: str
    name: str
    active: bool
    order: int | None
    likelihood: Decimal | None
    contact_type: str


class NoteRecord(NamedTuple):
    """A row of `read_client_history_notes`; `text` is raw HTML."""

    note_id: str
    text: str
    author: str
    created: WireTime | None
    kind: str


class EventRecord(NamedTuple):
    """A row of `read_all_events`; `description` is raw HTML."""

    event_id: str
    start: WireTime | None
    end: WireTime | None
    kind: str
    title: str
    contact_name: str
    client_id: str | None
    description: str
    status: str


def record_id(raw: Any, names: tuple[str, ...]) -> str:
    """Return the id of a wire row. Raises UnreadableRecordError where the row is no record or has no usable id."""
    if not isinstance(raw, dict):
        raise UnreadableRecordError("the record is no object")
    reason, own_id = "the record has no id", ""
    for name in names:
        value = wire_value(raw, name)
        try:
            identity = None if value is ABSENT else as_id(value)
        except OddValueError as odd:
            reason = str(odd)
            own_id = own_id or (value[:LONGEST_ID] if isinstance(value, str) else "")
            continue  # another name may hold the real one
        if identity is not None:
            return identity
    raise UnreadableRecordError(reason, own_id)


def content_of(raw: Any) -> str:
    """Return all that a wire value says, by which it is known again; '' where it is nested too deep to be told."""
    try:
        return repr(raw)
    except RecursionError:
        return ""


def contact(wire: WireRecord) -> ContactRecord:
    """Read a row of `read_client_list`."""
    return ContactRecord(
        client_id=wire.id,
        first_name=wire.line("first_name", "firstName"),
        last_name=wire.line("last_name", "lastName"),
        company=wire.line("company", "compName"),
        email=wire.line("email", "email"),
        phone=wire.line("phone", "phone"),
        address=wire.line("address", "address"),
        city=wire.line("city", "city"),
        state=wire.line("state", "state"),
        postal_code=wire.line("postal_code", "zip"),
        whiteboard=wire.markup("whiteboard", "whiteboard"),
        deal_size=wire.money("deal_size", "deal_size"),
        lead_source=wire.line("lead_source", "clients_lead_source"),
        sales_cycle=wire.stage("sales_cycle", "clients_sales_cycle"),
        action_plan=wire.line("action_plan", "clients_action_plan"),
        contact_type=wire.contact_type("contact_type", "contact_type"),
        assigned_user=wire.person("assigned_user", "assigned_user"),
        created=wire.time("created", "created"),
        last_modified=wire.time("last_modified", "last_modified_date"),
    )


def opportunity(wire: WireRecord) -> OpportunityRecord:
    """Read a row of `read_opportunity_list`."""
    return OpportunityRecord(
        opportunity_id=wire.id,
        client_id=wire.reference("client_id", "client_id", "contact_id"),
        first_name=wire.line("first_name", "firstName"),
        last_name=wire.line("last_name", "lastName"),
        company=wire.line("company", "compName"),
        opportunity_name=wire.line("opportunity_name", "opportunity_name"),
        sales_cycle=wire.stage("sales_cycle", "contact_sales_cycle"),
        lead_source=wire.line("lead_source", "contact_lead_source"),
        contact_type=wire.contact_type("contact_type", "contact_type"),
        deal_size=wire.money("deal_size", "deal_size"),
        likelihood=wire.percent("likelihood", "odds", "likelihood", "likelihood_to_close", "probability"),
        market=wire.line("market", "market", "territory"),
        units=wire.line("units", "units"),
        assigned_user=wire.person("assigned_user", "assigned_user"),
        created=wire.time("created", "created"),
        last_modified=wire.time("last_modified", "last_modified_date"),
    )


def stage(wire: WireRecord) -> StageRecord:
    """Read a row of `read_sales_cycle_list`."""
    return StageRecord(
        sales_cycle_id=wire.id,
        name=wire.line("name", "sales_cycle_name"),
        active=wire.flag("active", "sales_cycle_active_status"),
        order=wire.number("order", "sales_cycle_order"),
        likelihood=wire.percent("likelihood", "likelihood_to_close"),
        contact_type=wire.contact_type("contact_type", "contact_type"),
    )


def note(wire: WireRecord) -> NoteRecord:
    """Read a row of `read_client_history_notes`."""
    return NoteRecord(
        note_id=wire.id,
        text=wire.markup("text", "note", "notes", "content", "description", "message"),
        author=wire.person("author", "user_name", "created_by", "author", "assigned_user"),
        created=wire.time("created", "created", "date", "created_date", "date_added"),
        kind=wire.line("kind", "type", "note_type"),
    )


def event(wire: WireRecord) -> EventRecord:
    """Read a row of `read_all_events`."""
    return EventRecord(
        event_id=wire.id,
        start=wire.time("start", "start_date", "event_date", "scheduled_at", "start"),
        end=wire.time("end", "end_date", "end"),
        kind=wire.line("kind", "event_type", "type"),
        title=wire.line("title", "title", "subject", "event_name"),
        contact_name=wire.line("contact_name", "client_name", "contact_name"),
        client_id=wire.reference("client_id", "client_id", "contact_id"),
        description=wire.markup("description", "description", "notes"),
        status=wire.line("status", "status"),
    )


@dataclass(frozen=True)
class RecordKind:
    """How the rows of one call are read: where the id stands, and the reading of everything else.

    Records that share an id are several where they differ in `occurrence_field` (an appointment that recurs).
    """

    resource: Resource
    id_field: str
    id_names: tuple[str, ...]
    read: Callable[[WireRecord], Any]
    occurrence_field: str | None = None

    @cached_property
    def fields(self) -> tuple[DeclaredField, ...]:
        """All fields that are read, the id first: what the reader itself asks a row for."""
        return (DeclaredField(self.id_field, self.id_names, "id"), *declared_fields(self.read))

    def fields_of(self, reading: FieldReading) -> tuple[DeclaredField, ...]:
        """Return the fields but the id, with the wire names that this reading takes them from."""
        others = reading.names or {}
        return tuple(replace(each, wire_names=others.get(each.name, each.wire_names)) for each in self.fields[1:])

    def apart_by(self, reading: FieldReading) -> tuple[str, ...]:
        """Return the wire names that tell records of one id apart; none where the id alone says which it is."""
        return next((each.wire_names for each in self.fields_of(reading) if each.name == self.occurrence_field), ())

    def reading(self, names: FieldNames = AS_DOCUMENTED, stages: StageNames | None = None) -> FieldReading:
        """Return how rows are read; `names` says which fields have other wire names than the documented ones."""
        others = names.of(self.resource)
        names_read = [name for each in self.fields for name in others.get(each.name, each.wire_names)]
        known = frozenset(names_read) | {name.partition(".")[0] for name in names_read}
        return FieldReading(others.get(self.id_field, self.id_names), known, others or None, stages)

    def read_rows(self, fresh: Iterable[tuple[str, dict[str, Any]]], reading: FieldReading) -> list[Any]:
        """Return the typed records of wire rows, given with their ids; what their fields said is noted on `reading`."""
        records = [self.read(WireRecord(raw, identity, reading)) for identity, raw in fresh]
        for expectation in EXPECTATIONS[self.resource]:
            name, value_of = expectation.field, attrgetter(expectation.field)
            if expectation.must_hold is not None:
                reading.tally.held[name] += list(map(value_of, records)).count(expectation.must_hold)
            if expectation.hollow is not None:
                reading.tally.hollow[name] += list(map(value_of, records)).count(expectation.hollow)
            if expectation.is_name:
                reading.tally.odd[name] += sum(map(str.isdecimal, map(value_of, records)))
        return records


CONTACTS: Final = RecordKind(Resource.LEADS, "client_id", ("client_id",), contact)
OPPORTUNITIES: Final = RecordKind(Resource.PIPELINE_ITEMS, "opportunity_id", ("opportunity_id",), opportunity)
STAGES: Final = RecordKind(Resource.PIPELINE_STAGES, "sales_cycle_id", ("sales_cycle_id",), stage)
NOTES: Final = RecordKind(Resource.NOTES, "note_id", ("note_id", "history_note_id", "history_id", "id"), note)
EVENTS: Final = RecordKind(Resource.SCHEDULED_ACTIVITIES, "event_id", ("event_id",), event, "start")
KINDS: Final[Mapping[Resource, RecordKind]] = MappingProxyType(
    {kind.resource: kind for kind in (STAGES, CONTACTS, OPPORTUNITIES, NOTES, EVENTS)}
)
