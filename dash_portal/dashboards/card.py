"""A number that stands for itself, with what it counts."""

from __future__ import annotations

from dataclasses import dataclass

from dash_portal.charts.numbers import Number, ValueFormat, exact, short


@dataclass(frozen=True, slots=True)
class Card:
    """One figure of a dashboard. `explanation` says in a sentence exactly what is counted; `remark` stands below."""

    card_id: str
    label: str
    value: Number | None
    explanation: str
    value_format: ValueFormat = ValueFormat.COUNT
    remark: str = ""

    @property
    def text(self) -> str:
        """The figure for a glance."""
        return short(self.value, self.value_format)

    @property
    def exact_text(self) -> str:
        """The figure in full."""
        return exact(self.value, self.value_format)
