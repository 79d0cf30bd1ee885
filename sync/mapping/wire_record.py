"""One row of an answer while it is read: typed values out of it, and a tally of what each field said.

Nothing here knows a wire name: readers name our field and the wire names that may hold it, in order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, TypeVar, cast

from sync.mapping.stage_names import StageNames
from sync.mapping.wire_text import MOST_CHARACTERS
from sync.mapping.wire_values import (
    OddValueError,
    UnknownWordError,
    WireTime,
    as_contact_type,
    as_flag,
    as_id,
    as_line,
    as_markup,
    as_money,
    as_number,
    as_percent,
    as_person,
    as_time,
)

_Value = TypeVar("_Value")
ABSENT: Final = object()
MOST_ISSUES: Final = 100


def wire_value(raw: Mapping[str, Any], name: str) -> Any:
    """Return what a row holds under a wire name; `source.name` is within an object. ABSENT where it isn't there."""
    if name in raw:
        return raw[name]
    value: Any = raw
    for part in name.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return ABSENT
        value = value[part]
    return value


@dataclass(frozen=True, slots=True)
class FieldIssue:
    """A field whose value was of an unexpected shape: in which record, which field, and what was expected."""

    record_id: str
    field: str
    reason: str


@dataclass
class IssueList:
    """The first hundred issues, and how many there are: a field that changes its form is an issue in every row."""

    first: list[FieldIssue] = field(default_factory=list)
    count: int = 0

    def add(self, issue: FieldIssue) -> None:
        """Take note of one more."""
        self.count += 1
        if len(self.first) < MOST_ISSUES:
            self.first.append(issue)

    def clear(self) -> None:
        """Begin anew."""
        self.first.clear()
        self.count = 0


@dataclass
class FieldTally:
    """What the rows of a resource said of each of our fields.

    A row is counted under a field once at most: `blank` where a known name is there and says nothing, `missing` where
    none of its names is there, `odd` where what it says is not understood. In all other rows it is filled: they are not
    counted one by one, because nearly every value of nearly every row is.
    """

    rows: int = 0
    blank: Counter[str] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)
    odd: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    hollow: Counter[str] = field(default_factory=Counter)

    def filled(self, name: str) -> int:
        """Return in how many rows the field held a value that was understood."""
        return self.rows - self.blank[name] - self.missing[name] - self.odd[name]

    def clear(self) -> None:
        """Begin anew."""
        self.rows = 0
        for counter in (self.blank, self.missing, self.odd, self.held, self.hollow):
            counter.clear()


@dataclass
class FieldReading:
    """How the rows of one resource are read, and what was seen on the way.

    `id_names`: which wire names may hold a row's id, in order; `known`: all wire names that are read; `names`: where
    other wire names hold one of our fields than those the readers give; `stages`: the account's, once they are known.
    `issues`, `tally` and `unknown` grow with the rows.
    """

    id_names: tuple[str, ...]
    known: frozenset[str]
    names: Mapping[str, tuple[str, ...]] | None = None
    stages: StageNames | None = None
    issues: IssueList = field(default_factory=IssueList)
    tally: FieldTally = field(default_factory=FieldTally)
    unknown: set[str] = field(default_factory=set)

    def clear(self) -> None:
        """Forget what was seen, for a reading from the beginning."""
        self.issues.clear()
        self.tally.clear()
        self.unknown.clear()

    def note_unknown(self, raws: Iterable[dict[str, Any]]) -> None:
        """Take note of the fields that nobody reads."""
        met = self.known | self.unknown  # the rows of a list have the same fields, nearly always
        for raw in raws:
            if not raw.keys() <= met:
                self.unknown |= raw.keys() - met
                met |= self.unknown


class WireRecord:
    """One row of an answer: hands out typed values, and takes note of what was odd and what was not there."""

    __slots__ = ("_names", "_raw", "_reading", "id")

    def __init__(self, raw: dict[str, Any], record_id: str, reading: FieldReading) -> None:
        self._raw, self.id, self._reading = raw, record_id, reading
        self._names = reading.names
        reading.tally.rows += 1

    def _read(
        self, field_name: str, convert: Callable[[Any], _Value], names: tuple[str, ...], nothing: _Value
    ) -> _Value:
        """Return the first of the alternatives that holds a usable value, converted.

        A name that is there but says nothing, or nothing that is understood, must not hide a later one that does.
        """
        if self._names is not None:
            names = self._names.get(field_name, names)
        first_odd: tuple[str, OddValueError] | None = None
        is_there = False
        row = self._raw
        for name in names:
            raw = row.get(name, ABSENT)
            if raw is ABSENT:
                raw = ABSENT if self._names is None else wire_value(row, name)  # only an operator's name is a path
            if raw is ABSENT:
                continue
            is_there = True
            if raw is None or raw == "" or (raw is False and convert is not as_flag):
                continue
            try:
                value = convert(raw)
            except OddValueError as odd:
                first_odd = first_odd or (name, odd)
                continue
            if value is not None and value != "":
                return value
        if first_odd is None:
            tally = self._reading.tally
            (tally.blank if is_there else tally.missing)[field_name] += 1
            return nothing
        odd_name, reason = first_odd
        self._reading.tally.odd[field_name] += 1
        if isinstance(reason, UnknownWordError):
            return cast("_Value", reason.word)  # only fields of text raise it
        self._reading.issues.add(FieldIssue(self.id, odd_name, str(reason)))
        return nothing

    def line(self, field_name: str, *names: str) -> str:
        """Return text of one line."""
        if self._names is None:
            raw = self._raw.get(names[0])
            # Nearly every value: spares two calls.
            if raw.__class__ is str and raw.isascii() and raw.isprintable() and "&" not in raw:
                line = " ".join(raw[:MOST_CHARACTERS].split())
                if line:
                    return line
                if len(names) == 1:
                    self._reading.tally.blank[field_name] += 1
                    return line
        return self._read(field_name, as_line, names, "")

    def markup(self, field_name: str, *names: str) -> str:
        """Return raw HTML or text of several lines."""
        return self._read(field_name, as_markup, names, "")

    def stage(self, field_name: str, *names: str) -> str:
        """Return the name of a stage, also where the row gives its id; '' for a blank one.

        What is neither stays as it is and counts as not understood, once the account's stages are known.
        """
        text, stages = self.line(field_name, *names), self._reading.stages
        if not text or stages is None:
            return text
        name = stages.name_of(text)
        if name is None:
            self._reading.tally.odd[field_name] += 1
            return text
        return name

    def contact_type(self, field_name: str, *names: str) -> str:
        """Return the code of a contact's type; a word that is not known stays, and counts as not understood."""
        if self._names is None:
            raw = self._raw.get(names[0])
            if raw.__class__ is str and raw.isdecimal() and raw.isascii():  # nearly every value
                return raw
        return self._read(field_name, as_contact_type, names, "")

    def reference(self, field_name: str, *names: str) -> str | None:
        """Return the id of another record."""
        return self._read(field_name, as_id, names, None)

    def money(self, field_name: str, *names: str) -> Decimal | None:
        """Return an amount to the cent."""
        return self._read(field_name, as_money, names, None)

    def percent(self, field_name: str, *names: str) -> Decimal | None:
        """Return a percentage as it is written, 0-100."""
        return self._read(field_name, as_percent, names, None)

    def number(self, field_name: str, *names: str) -> int | None:
        """Return a whole number."""
        return self._read(field_name, as_number, names, None)

    def flag(self, field_name: str, *names: str) -> bool:
        """Return a flag, False where nothing is said."""
        return self._read(field_name, as_flag, names, False)

    def time(self, field_name: str, *names: str) -> WireTime | None:
        """Return a moment, naive in the brand's own zone, or a date."""
        return self._read(field_name, as_time, names, None)

    def person(self, field_name: str, *names: str) -> str:
        """Return a person's name."""
        return self._read(field_name, as_person, names, "")


@dataclass(frozen=True, slots=True)
class DeclaredField:
    """A field of ours: which wire names may hold it, in order, and what it is read as, in plain words."""

    name: str
    wire_names: tuple[str, ...]
    read_as: str


_READ_AS: Final[Mapping[Callable[[Any], Any], str]] = {
    as_line: "text",
    as_contact_type: "contact type",
    as_markup: "text with markup",
    as_id: "id",
    as_money: "amount",
    as_percent: "percentage",
    as_number: "whole number",
    as_flag: "yes or no",
    as_time: "date",
    as_person: "person",
}


class RecordingRecord(WireRecord):
    """Stands in for a row and remembers what a reader asks it for: so the readers themselves say what they know."""

    __slots__ = ("asked_for",)

    def __init__(self) -> None:
        super().__init__({}, "", FieldReading((), frozenset()))
        self.asked_for: list[DeclaredField] = []

    def _read(
        self, field_name: str, convert: Callable[[Any], _Value], names: tuple[str, ...], nothing: _Value
    ) -> _Value:
        self.asked_for.append(DeclaredField(field_name, names, _READ_AS[convert]))
        return nothing


def declared_fields(read: Callable[[WireRecord], object]) -> tuple[DeclaredField, ...]:
    """Return which fields a reader reads, in its order."""
    recording = RecordingRecord()
    read(recording)
    return tuple(recording.asked_for)
