"""Which fields each resource must bring, and what it means when they don't: pure rules over a tally.

An answer can be whole and still say nothing that is understood, once the vendor names a field otherwise than we read
it. So each resource declares its core fields, and every whole read is held against them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from models import PROSPECT, FieldState, Resource
from sync.mapping.wire_record import DeclaredField, FieldTally

_ENOUGH_ROWS: Final = 20
_FEW_ROWS: Final = 5  # stages and appointments are few by nature; so are a small brand's rows that lose a field
_SHARE_FILLED: Final = 20  # filled: in at least one of so many rows
_SHARE_ODD: Final = 20  # not understood although it decides what is counted: told from more than one of so many on
_SHARE_FALLEN: Final = 100  # fallen: in less than one of so many, far enough below that a rare field does not waver


@dataclass(frozen=True, slots=True)
class Expectation:
    """A core field of a resource.

    `blank_is_an_answer`: a blank says something (a blank stage means New Lead, a blank source Unknown), so that only a
    name that is missing or a value that is not understood counts against it. `must_hold`: a value that some row must
    have. `is_name`: a mere number is none, but the id of something that has its name elsewhere. `is_counted`: it
    decides what is counted and added up, so that already a few values that are not understood are told. `hollow`: a
    value that is understood and says nothing: most deals have a size of 0, and the few that matter are not lost among
    them. `enough_rows`: from how many rows on a judgement is passed at first sight.
    """

    field: str
    blank_is_an_answer: bool = False
    must_hold: str | bool | None = None
    is_name: bool = False
    is_counted: bool = False
    hollow: Decimal | None = None
    enough_rows: int = _ENOUGH_ROWS


EXPECTATIONS: Final[Mapping[Resource, tuple[Expectation, ...]]] = MappingProxyType(
    {
        Resource.PIPELINE_STAGES: (
            Expectation("name", is_name=True, enough_rows=_FEW_ROWS),
            Expectation("active", must_hold=True, is_counted=True, enough_rows=_FEW_ROWS),
            Expectation("likelihood", is_counted=True, hollow=Decimal(0), enough_rows=_FEW_ROWS),
            # A deal or a contact finds its stage by both, type and name.
            Expectation("contact_type", must_hold=PROSPECT, is_counted=True, enough_rows=_FEW_ROWS),
        ),
        Resource.LEADS: (
            Expectation("first_name", is_name=True),
            Expectation("last_name", is_name=True),
            # Dashboards count prospects: types that are all of another spelling would show an empty brand.
            Expectation("contact_type", must_hold=PROSPECT, is_counted=True),
            Expectation("sales_cycle", blank_is_an_answer=True),
            Expectation("lead_source", is_name=True, blank_is_an_answer=True),
            Expectation("created", is_counted=True),
        ),
        Resource.PIPELINE_ITEMS: (
            Expectation("sales_cycle", blank_is_an_answer=True),
            Expectation("contact_type", must_hold=PROSPECT, is_counted=True),
            Expectation("deal_size", is_counted=True, hollow=Decimal(0)),
            Expectation("client_id"),
            Expectation("first_name", is_name=True),
            Expectation("last_name", is_name=True),
        ),
        Resource.NOTES: (
            Expectation("text"),
            Expectation("author", is_name=True),
            Expectation("created", is_counted=True),
        ),
        Resource.SCHEDULED_ACTIVITIES: (Expectation("start", is_counted=True, enough_rows=_FEW_ROWS),),
    }
)


@dataclass(frozen=True, slots=True)
class FieldReport:
    """What one read said of one field: in how many of `rows` it was filled and understood, blank, missing, or odd.

    `hollow`: in how many it is filled with what says nothing. `core`: the resource is expected to bring it. `state`:
    how the field stands for the brand with this read; `fell`: it was filled before and is not any more. `lacks`: a
    value that no row has and some must.
    """

    field: str
    wire_names: tuple[str, ...]
    read_as: str
    core: bool
    rows: int
    filled: int
    blank: int
    missing: int
    odd: int
    hollow: int = 0
    state: FieldState = FieldState.UNKNOWN
    fell: bool = False
    lacks: str | bool | None = None

    @property
    def share(self) -> float:
        """In which share of the rows the field was filled and understood, from 0 to 1."""
        return self.filled / self.rows if self.rows else 0.0

    @property
    def says_nothing(self) -> bool:
        """Whether all that the field holds is understood and says nothing: 0 in every row."""
        return 0 < self.hollow == self.filled

    @property
    def complaint(self) -> str:
        """Say what is wrong with the field in one plain sentence for operators, without any value."""
        named = f"the field {self.field} (read from {', '.join(self.wire_names)})"
        if self.lacks is not None:
            return f"{named} is {self.lacks!r} in none of {self.rows} rows"
        if self.says_nothing:
            return f"{named} is 0 in {self.hollow} of {self.rows} rows, and says something in none"
        wrong = max(
            (self.missing, "missing"), (self.odd, "not understood"), (self.blank, "blank"), key=lambda each: each[0]
        )
        return f"{named} is {wrong[1]} in {wrong[0]} of {self.rows} rows"


def judge_fields(
    resource: Resource, fields: Sequence[DeclaredField], tally: FieldTally, states: Mapping[str, FieldState]
) -> list[FieldReport]:
    """Return what a read says of each field, and how it stands now.

    `states` says how each field stood before; a field that is not in it was never judged.
    """
    core = {expectation.field: expectation for expectation in EXPECTATIONS[resource]}
    reports = []
    for each in fields:
        before, expectation = states.get(each.name, FieldState.UNKNOWN), core.get(each.name)
        report = FieldReport(
            each.name,
            each.wire_names,
            each.read_as,
            expectation is not None,
            tally.rows,
            tally.filled(each.name),
            tally.blank[each.name],
            tally.missing[each.name],
            tally.odd[each.name],
            tally.hollow[each.name],
            before,
            lacks=_lacks(expectation, tally, each.name),
        )
        state, fell = _judge(report, expectation)
        reports.append(replace(report, state=state, fell=fell))
    return reports


def core_shares(reports: Iterable[FieldReport]) -> dict[str, float]:
    """Return for each core field the share of rows (0-1) in which it was understood; nothing where no row came."""
    return {report.field: round(report.share, 4) for report in reports if report.core and report.rows}


def _lacks(expectation: Expectation | None, tally: FieldTally, name: str) -> str | bool | None:
    """Return the value that no row has although some must; few rows may well do without."""
    if expectation is None or tally.rows < expectation.enough_rows or tally.held[name]:
        return None
    return expectation.must_hold


def _judge(report: FieldReport, expectation: Expectation | None) -> tuple[FieldState, bool]:
    """Return how a field stands after a read, and whether it has fallen from filled to empty.

    A field that is no core field may become blank in every row for good reasons; what it can lose is its name, or
    values that are understood. A field that comes back is filled again, whatever someone accepted before.
    """
    blank_answers = expectation is None or expectation.blank_is_an_answer
    filled = 0 if report.lacks is not None else report.filled
    answered = filled + (report.blank if blank_answers else 0)
    if report.state in {FieldState.FILLED, FieldState.BLANK}:
        # A handful of rows may well be blank by chance; that none of them has the name any more is no chance.
        must_be_filled = expectation is not None and report.state is FieldState.FILLED and report.rows >= _ENOUGH_ROWS
        holds = filled if must_be_filled else filled + report.blank
        if report.rows >= _FEW_ROWS and holds * _SHARE_FALLEN < report.rows:
            return report.state, True
        if must_be_filled and report.says_nothing:
            return report.state, True
    if _is_partly_lost(report, expectation):
        return FieldState.ACCEPTED if report.state is FieldState.ACCEPTED else FieldState.EMPTY, False
    if report.rows >= _FEW_ROWS and filled * _SHARE_FILLED >= report.rows:
        return FieldState.BLANK if report.says_nothing else FieldState.FILLED, False
    if report.state is not FieldState.UNKNOWN or report.rows < (expectation or Expectation("")).enough_rows:
        return report.state, False
    if answered * _SHARE_FILLED >= report.rows:
        return FieldState.BLANK, False
    return FieldState.UNKNOWN if expectation is None else FieldState.EMPTY, False


def _is_partly_lost(report: FieldReport, expectation: Expectation | None) -> bool:
    """Tell whether too many values of a field that is counted are not understood, of those that say something."""
    if expectation is None or not expectation.is_counted or report.rows < expectation.enough_rows:
        return False
    saying = report.filled - report.hollow + report.odd
    return report.odd * _SHARE_ODD > saying
