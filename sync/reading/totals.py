"""Is a list that ended all there is? What arrived, held against the totals beside it, as far as those can be trusted.

A total is evidence and no proof: it may count the page, be capped, lag or be 0. Only one that is *above* what arrived
can mean that something is missing, so only that is ever held against a list.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from call_habits import CallHabits


@dataclass(frozen=True, slots=True)
class ListEvidence:
    """What one reading of a list brought: how many records (doubles once), the totals in order, and which records."""

    received: int
    totals: tuple[int, ...]
    content: str


class Verdict(Enum):
    """`moved`: the list changed while it was read; `surplus`: more is said to exist than arrived."""

    WHOLE = "whole"
    MOVED = "moved"
    SURPLUS = "surplus"


@dataclass(frozen=True, slots=True)
class ListJudgement:
    """What is thought of a reading: the verdict, the habits as they are after it, and a reason for operators."""

    verdict: Verdict
    habits: CallHabits
    reason: str = ""
    surplus: int = 0


def judge_list(evidence: ListEvidence, habits: CallHabits, earlier: ListEvidence | None = None) -> ListJudgement:
    """Return whether a list that ended properly is whole; `earlier` is what the reading before this one brought.

    Totals that move mean that rows came and went, and may have slipped from one page to another unseen; but where two
    readings in a row bring the very same, the list is at rest and its totals just say something else.
    """
    totals, received = evidence.totals, evidence.received
    if not totals:
        return ListJudgement(Verdict.WHOLE, habits)
    is_moving = len(set(totals)) > 1
    if is_moving and evidence != earlier and not habits.totals_are_wrong:
        return _judge_moving(evidence, habits)
    most = max(totals)
    if received > most or (is_moving and received == most):
        return ListJudgement(Verdict.WHOLE, habits.with_wrong_total())
    if received == most:
        return ListJudgement(Verdict.WHOLE, habits.with_right_total())
    surplus = most - received
    if habits.totals_are_wrong or surplus == habits.accepted_surplus:
        return ListJudgement(Verdict.WHOLE, habits)
    reason = f"the list ended after {received} of {most} records"
    return ListJudgement(Verdict.SURPLUS, habits.with_surplus(surplus), reason, surplus)


def _judge_moving(evidence: ListEvidence, habits: CallHabits) -> ListJudgement:
    """Judge a list that grew or shrank: new rows only push others to later pages, where they are still met."""
    first = evidence.totals[0]
    if min(evidence.totals) < first:
        return ListJudgement(Verdict.MOVED, habits, "records went while the list was read")
    if evidence.received < first:
        return ListJudgement(Verdict.MOVED, habits, "records came and went while the list was read")
    return ListJudgement(Verdict.WHOLE, habits.with_right_total())
