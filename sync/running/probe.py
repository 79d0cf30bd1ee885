"""Asks each call of an account once, writes nothing, and tells what is understood of the answers: never a value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from models import FieldState, Resource, SyncErrorKind, utc_now
from sync.api.clienttether import Answer, ClientTether
from sync.api.parameters import CallParameters
from sync.failures import PullError
from sync.mapping.expectations import FieldReport, judge_fields
from sync.mapping.field_file import FieldFile
from sync.mapping.field_names import FieldNames
from sync.mapping.records import KINDS, RecordKind, UnreadableRecordError, record_id
from sync.mapping.rows import schedule_window
from sync.mapping.stage_names import StageNames, stage_names
from sync.mapping.wire_text import clean_line

_MOST_CONTACTS: Final = 10  # whose notes are asked for, until one has some
_MOST_FIELDS: Final = 200


@dataclass(frozen=True, slots=True)
class WireFieldReport:
    """One field of the rows as sent: which field of ours is read from it ('' for none), as what, in how many rows.

    Of `rows` records it is filled in `filled` and understood in all but `odd` of those; a field that nobody reads is
    filled where it says anything.
    """

    name: str
    our_field: str
    read_as: str
    rows: int
    filled: int
    odd: int


@dataclass(frozen=True, slots=True)
class CallReport:
    """How one call answered, if it did: `failure` says why not; one that `may_be_missing` is not complained of.

    `total` is what the answer says there is over all pages; of `rows` records `readable` have an id that is read.
    """

    resource: Resource
    request: str
    failure: str | None = None
    may_be_missing: bool = False
    rows: int = 0
    page_size: int = 0
    total: int | None = None
    readable: int = 0
    id_names: tuple[str, ...] = ()
    wire_fields: tuple[WireFieldReport, ...] = ()
    fields: tuple[FieldReport, ...] = ()

    @property
    def complaints(self) -> list[str]:
        """What is wrong with the answer, a plain sentence each; of too few rows no field is complained of."""
        if self.failure is not None:
            return [] if self.may_be_missing else [self.failure]
        complaints = [report.complaint for report in self.fields if report.state is FieldState.EMPTY]
        if self.readable < self.rows and self.resource is not Resource.NOTES:  # a note without an id is given one
            names = ", ".join(self.id_names)
            complaints.insert(
                0, f"{self.rows - self.readable} of {self.rows} records have no id that is read from {names}"
            )
        return complaints


def probe_account(client: ClientTether, field_file: FieldFile, zone: ZoneInfo, days: int) -> list[CallReport]:
    """Ask each call that is synced once: the schedule for `days`, notes of the first contacts until some come.

    A call that fails is told by its report and stops none of the others.
    """
    first, last = schedule_window(utc_now(), zone, days)
    stages_answer = _ask(lambda: client.sales_cycles(0))
    stages = _stages_of(stages_answer, field_file.names)
    leads_answer = _ask(lambda: client.clients(0))
    answers = {
        Resource.PIPELINE_STAGES: stages_answer,
        Resource.LEADS: leads_answer,
        Resource.PIPELINE_ITEMS: _ask(lambda: client.opportunities(0)),
        Resource.NOTES: _ask_notes(client, leads_answer, field_file.names),
        Resource.SCHEDULED_ACTIVITIES: _ask(lambda: client.events(0, first, last)),
    }
    return [_report(resource, answer, field_file, stages) for resource, answer in answers.items()]


def _ask(call: Callable[[], Answer]) -> Answer | PullError:
    try:
        return call()
    except PullError as failure:
        return failure


def _ask_notes(client: ClientTether, leads: Answer | PullError, names: FieldNames) -> Answer | PullError | None:
    """Return the first answer with notes in it; None where no contact is known by its id."""
    answer = None
    for client_id in _ids(leads, Resource.LEADS, names)[:_MOST_CONTACTS]:
        answer = _ask(lambda client_id=client_id: client.history_notes(client_id))  # type: ignore[misc]
        if isinstance(answer, PullError) or answer.envelope.rows:
            break
    return answer


def _ids(answer: Answer | PullError, resource: Resource, names: FieldNames) -> list[str]:
    return [] if isinstance(answer, PullError) else [identity for identity, _ in _readable(answer, resource, names)]


def _readable(answer: Answer, resource: Resource, names: FieldNames) -> list[tuple[str, dict[str, Any]]]:
    id_names = KINDS[resource].reading(names).id_names
    readable = []
    for raw in answer.envelope.rows:
        try:
            readable.append((record_id(raw, id_names), raw))
        except UnreadableRecordError:
            continue
    return readable


def _stages_of(answer: Answer | PullError, names: FieldNames) -> StageNames | None:
    if isinstance(answer, PullError):
        return None
    kind = KINDS[Resource.PIPELINE_STAGES]
    records = kind.read_rows(_readable(answer, kind.resource, names), kind.reading(names))
    return stage_names((record.sales_cycle_id, record.name) for record in records if record.name)


def _report(
    resource: Resource, answer: Answer | PullError | None, field_file: FieldFile, stages: StageNames | None
) -> CallReport:
    if answer is None:
        return CallReport(resource, "", "not asked: no contact is known by its id")
    if isinstance(answer, PullError):
        optional = resource is Resource.SCHEDULED_ACTIVITIES and answer.kind is SyncErrorKind.UNAVAILABLE
        return CallReport(resource, "", _failure_text(answer), optional)
    kind, names = KINDS[resource], field_file.names
    readable = _readable(answer, resource, names)
    rows = [raw for raw in answer.envelope.rows if isinstance(raw, dict)]
    # Rows whose ids stand elsewhere still show where everything else stands.
    fresh = [(str(number), raw) for number, raw in enumerate(rows)]
    reading = kind.reading(names, stages)
    kind.read_rows(fresh, reading)
    return CallReport(
        resource,
        answer.request.partition("?")[0].partition("/")[0],
        rows=len(answer.envelope.rows),
        page_size=field_file.calls.get(resource, CallParameters()).page_size,
        total=answer.envelope.total,
        readable=len(readable),
        id_names=reading.id_names,
        wire_fields=tuple(_wire_fields(kind, fresh, names, stages)),
        fields=tuple(judge_fields(resource, kind.fields_of(reading), reading.tally, {})),
    )


def _failure_text(failure: PullError) -> str:
    codes = [
        None if failure.http_status is None else f"HTTP {failure.http_status}",
        None if failure.result_code is None else f"CT{failure.result_code}",
    ]
    known = ", ".join(code for code in codes if code)
    return f"{failure.message} ({known})" if known else failure.message


def _wire_fields(
    kind: RecordKind, fresh: Sequence[tuple[str, dict[str, Any]]], names: FieldNames, stages: StageNames | None
) -> Iterator[WireFieldReport]:
    """Yield what each field that the rows carry says, in the order of the rows."""
    filled_rows: Counter[str] = Counter()
    for _, raw in fresh:
        filled_rows.update(dict(_flat(raw)))
    readers = _readers(kind, names)
    for name in list(filled_rows)[:_MOST_FIELDS]:
        shown = clean_line(name)[:120]
        if name not in readers:
            yield WireFieldReport(shown, "", "", len(fresh), filled_rows[name], 0)
            continue
        our_field, read_as = readers[name]
        if our_field == kind.id_field:
            yield WireFieldReport(shown, our_field, read_as, len(fresh), filled_rows[name], 0)
            continue
        alone = kind.reading(FieldNames({kind.resource: {our_field: (name,)}}), stages)
        kind.read_rows(fresh, alone)
        filled, odd = alone.tally.filled(our_field), alone.tally.odd[our_field]
        yield WireFieldReport(shown, our_field, read_as, len(fresh), filled + odd, odd)


def _readers(kind: RecordKind, names: FieldNames) -> dict[str, tuple[str, str]]:
    others = names.of(kind.resource)
    return {
        name: (each.name, each.read_as)
        for each in reversed(kind.fields)
        for name in reversed(others.get(each.name, each.wire_names))
    }


def _flat(raw: Mapping[str, Any]) -> Iterable[tuple[str, int]]:
    """Yield each field with 1 where it says something, and the fields within an object by their path."""
    for name, value in raw.items():
        yield str(name), int(value not in (None, "", False))
        if isinstance(value, dict):
            for inner, deeper in value.items():
                yield f"{name}.{inner}", int(deeper not in (None, "", False))


def probe_lines(reports: Iterable[CallReport], learned: Mapping[str, str]) -> Iterator[str]:
    """Yield what a probe found as lines for a person; `learned`: what syncs know of each call's pages, in words.

    How a call pages and what its total is worth no single answer tells: that is what the syncs have seen.
    """
    for report in reports:
        yield f"{report.resource.value}  {report.request}".rstrip()
        if report.failure is not None:
            yield f"  ! {report.failure}"
            continue
        yield f"  answered with {_paging(report)}"
        if report.resource is not Resource.NOTES:  # whose answers are lists of their own, and no pages of one
            yield f"  pages, as syncs have found: {learned.get(report.request, 'nothing yet, no list was read whole')}"
        for wire in report.wire_fields:
            yield _field_line(wire)
        for each in report.fields:
            if each.missing == each.rows and each.rows:
                yield f"  not there: {each.field}, {each.read_as} (read from {', '.join(each.wire_names)})"
        for complaint in report.complaints:
            yield f"  ! {complaint}"


def _paging(report: CallReport) -> str:
    total = "no total" if report.total is None else f"a total of {report.total}"
    arrived = f"{report.rows} rows, {total}, to a page of {report.page_size}"
    if report.total is not None and report.rows < min(report.total, report.page_size):
        return f"{arrived}: pages are shorter here, or rows are hidden"
    return arrived


def _field_line(wire: WireFieldReport) -> str:
    reader = f"{wire.our_field}, {wire.read_as}" if wire.our_field else "nobody reads it"
    odd = f", not understood in {wire.odd}" if wire.odd else ""
    return f"  {wire.name:<28} {reader:<34} filled in {wire.filled} of {wire.rows}{odd}"
