"""What a call's answers have taught about its pages and its totals: a rule over what was seen, and the words for it.

The vendor documents neither, so both are learned for each brand; nothing is held against a list that has not proven
right.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Final, Self

from models import OffsetUnit

_DOUBTED_AFTER: Final = 2  # one total that lags behind the list it stands beside is no habit
_OFFSET_WORDS: Final = {
    OffsetUnit.ROWS: "asked for by row",
    OffsetUnit.PAGES: "asked for by number from 0",
    OffsetUnit.PAGES_FROM_ONE: "asked for by number from 1",
}


@dataclass(frozen=True, slots=True)
class CallHabits:
    """How a call pages and what its totals are worth; CallHabit says what each part means."""

    page_length: int = 0
    offset_unit: OffsetUnit | None = None
    ignores_paging: bool = False
    totals_right_runs: int = 0
    totals_wrong_runs: int = 0
    surplus: int = 0
    surplus_runs: int = 0
    accepted_surplus: int | None = None

    @classmethod
    def of(cls, kept: Any) -> Self:
        """Return the habits that a row of `call_habits` keeps."""
        return cls(**{each.name: getattr(kept, each.name) for each in fields(cls)})

    @property
    def totals_are_wrong(self) -> bool:
        """Whether the totals have proven to be no number of the list's records."""
        wrong = self.totals_wrong_runs
        return wrong >= _DOUBTED_AFTER or (wrong > 0 and not self.totals_right_runs)

    def with_right_total(self) -> CallHabits:
        """Return the habits after a whole list that its total counts rightly."""
        return replace(
            self, totals_right_runs=self.totals_right_runs + 1, totals_wrong_runs=0, surplus=0, surplus_runs=0
        )

    def with_wrong_total(self) -> CallHabits:
        """Return the habits after a whole list with more records than any total said, or with totals of no sense."""
        wrong = self.totals_wrong_runs + 1
        again = replace(self, totals_wrong_runs=wrong, surplus=0, surplus_runs=0)
        return replace(again, totals_right_runs=0) if again.totals_are_wrong else again

    def with_surplus(self, surplus: int) -> CallHabits:
        """Return the habits after a run whose list ended properly with `surplus` records less than its total says."""
        runs = self.surplus_runs + 1 if surplus == self.surplus else 1
        return replace(self, surplus=surplus, surplus_runs=runs)

    def with_accepted_surplus(self) -> CallHabits:
        """Return the habits after someone has let the present surplus in."""
        return replace(self, accepted_surplus=self.surplus, surplus=0, surplus_runs=0)

    @property
    def in_words(self) -> str:
        """Say in one line, for operators, how the call pages and what its totals mean."""
        return f"{self._pages_in_words()}; {self._totals_in_words()}"

    def _pages_in_words(self) -> str:
        if self.ignores_paging:
            return f"no pages: each answer has all, {self.page_length:,} records at most so far"
        pages = f"pages of up to {self.page_length:,} records"
        return f"{pages}, {_OFFSET_WORDS[self.offset_unit]}" if self.offset_unit else pages

    def _totals_in_words(self) -> str:
        accepted = "" if self.accepted_surplus is None else f" (a difference of {self.accepted_surplus:,} is accepted)"
        if self.surplus:
            runs = "one run" if self.surplus_runs == 1 else f"{self.surplus_runs} runs"
            return f"its total is {self.surplus:,} above what arrives, for {runs}{accepted}"
        if self.totals_are_wrong:
            return f"its total counts something else and is not believed{accepted}"
        return f"its total counts the list{accepted}" if self.totals_right_runs else f"no total to go by yet{accepted}"
