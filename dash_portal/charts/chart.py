"""What a chart shows, said once and without a word about how it is drawn."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from dash_portal.charts.numbers import Number, ValueFormat

LARGEST_VALUE = 10**15
"""Beyond this a browser no longer holds every whole number exactly; no honest figure comes near it."""


AND: Final = "\x1e"
"""Stands in a mark's key between its row's and the filter that the mark sets as well. No name holds this sign."""


class ChartError(ValueError):
    """A chart that can't be drawn truthfully: its parts contradict each other."""


class Kind(StrEnum):
    """The shape that answers the chart's question.

    BAR          horizontal bars, for names of any length (sources, stages)
    PROGRESSION  what remains at each step, in the given order, on a track from nothing to the whole;
                 series of one value format
    ROWS         a row a category, one line high, with a panel a series beside each other: many names, many measures
    STRIP        columns beside each other, for a few categories of short names
    """

    BAR = "bar"
    PROGRESSION = "progression"
    ROWS = "rows"
    STRIP = "strip"


class Look(StrEnum):
    """How a series of rows is drawn.

    BAR     a bar as long as its value
    SHARE   a bar on a track from nothing to 100 percent
    INSIDE  a thin bar inside that of the series before it, on the same scale
    HEAT    a cell that bears its number, the stronger the larger it is
    MARK    a mark that bears its number; where that is 0 there is none
    """

    BAR = "bar"
    SHARE = "share"
    INSIDE = "inside"
    HEAT = "heat"
    MARK = "mark"


@dataclass(frozen=True, slots=True)
class Series:
    """One measure: a value for each of the chart's categories, in their order; None where nothing is known.

    value_format  the chart's own where it is not given
    look          how it is drawn among rows
    heading       what stands above its panel where there is no room for its name
    wholes        what each value is a part of: the share is written behind it, so that 2 of 7 don't outdraw 8 of 61
    sets          the filter (query parameter and value) that a mark sets beside its row's: it is a target of its own
    """

    name: str
    values: tuple[Number | None, ...]
    value_format: ValueFormat | None = None
    look: Look = Look.BAR
    heading: str = ""
    wholes: tuple[Number | None, ...] | None = None
    sets: tuple[str, str] | None = None

    def key_of(self, row_key: str | None, value: Number | None) -> str | None:
        """Return what a click on one of its marks filters by: its row's key, and what the mark sets beside it."""
        if self.sets is None or row_key is None or not value:
            return row_key
        return f"{row_key}{AND}{'='.join(self.sets)}"


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: its categories in the order they are shown, and one or more series over them.

    description  one sentence that says exactly what is counted; read out by screen readers
    click        the filter (query parameter) that a click on a category sets; None if a click does nothing
    keys         per category what a click puts into that filter, where it differs from the label ("Other", "(none)");
                 None for a category that can't be clicked. The labels themselves where not given
    selected     the keys the filter holds now: their categories are drawn strong, the others faded
    quiet        the keys of categories that lead nowhere any more: they are drawn in grey
    rows_shown   how many rows are seen at once, the others are scrolled to; None: all of them
    empty_text   what is said when there is nothing to show

    Series of different value formats are drawn in panels beside each other, each on its own scale.
    Raises ChartError when the parts contradict each other.
    """

    chart_id: str
    title: str
    description: str
    kind: Kind
    categories: tuple[str, ...]
    series: tuple[Series, ...]
    value_format: ValueFormat = ValueFormat.COUNT
    click: str | None = None
    keys: tuple[str | None, ...] | None = None
    selected: frozenset[str] = frozenset()
    quiet: frozenset[str] = frozenset()
    rows_shown: int | None = None
    empty_text: str = "Nothing to show yet"

    def __post_init__(self) -> None:
        """Refuse what no renderer could draw truthfully."""
        if not self.series:
            raise ChartError(f"{self.chart_id}: a chart needs a series")
        if len({series.name for series in self.series}) != len(self.series):
            raise ChartError(f"{self.chart_id}: two series bear the same name")
        if self.keys is not None and len(self.keys) != len(self.categories):
            raise ChartError(f"{self.chart_id}: {len(self.keys)} keys for {len(self.categories)} categories")
        for series in self.series:
            self._check_values(series)
        if self.kind is Kind.STRIP and len(self.series) > 1:
            raise ChartError(f"{self.chart_id}: a strip shows one series")
        if self.kind is not Kind.ROWS and any(series.look is not Look.BAR for series in self.series):
            raise ChartError(f"{self.chart_id}: only rows have looks of their own")
        for outer, inner in zip((None, *self.series), self.series, strict=False):
            if inner.look is Look.INSIDE and not self._holds(outer, inner):
                raise ChartError(f"{self.chart_id}: {inner.name!r} has no bar of its scale before it to be inside of")
        if self.kind is Kind.PROGRESSION and len(set(map(self.format_of, self.series))) != 1:
            raise ChartError(f"{self.chart_id}: a progression has one whole, so one value format")

    def _holds(self, outer: Series | None, inner: Series) -> bool:
        return outer is not None and outer.look is Look.BAR and self.format_of(outer) is self.format_of(inner)

    def _check_values(self, series: Series) -> None:
        for values in (series.values, series.wholes or series.values):
            self._check_numbers(series, values)
        pairs = zip(series.values, series.wholes or (), strict=False)
        if any(value is not None and whole is not None and not 0 <= value <= whole for value, whole in pairs):
            raise ChartError(f"{self.chart_id}: {series.name!r} holds a part that is more than its whole")

    def _check_numbers(self, series: Series, values: tuple[Number | None, ...]) -> None:
        if len(values) != len(self.categories):
            count = len(values)
            raise ChartError(
                f"{self.chart_id}: {count} values of {series.name!r} for {len(self.categories)} categories"
            )
        for value in values:
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
                raise ChartError(f"{self.chart_id}: {series.name!r} holds a {type(value).__name__}")
            is_odd = isinstance(value, Decimal) and not value.is_finite()  # these refuse to be compared
            if is_odd or not -LARGEST_VALUE <= value <= LARGEST_VALUE:
                raise ChartError(f"{self.chart_id}: {series.name!r} holds a value that can't be drawn")

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw: no category, or no value known."""
        return all(value is None for series in self.series for value in series.values)

    def format_of(self, series: Series) -> ValueFormat:
        """How a series' values are written."""
        return series.value_format or self.value_format

    def click_keys(self) -> tuple[str | None, ...]:
        """Per category what a click puts into the filter."""
        if self.click is None:
            return (None,) * len(self.categories)
        return self.categories if self.keys is None else self.keys

    def is_faded(self, key: str | None) -> bool:
        """Whether a category steps back because others are selected.

        A selection of which the chart shows nothing fades nothing: everything faded would say nothing.
        """
        return key not in self.selected and not self.selected.isdisjoint(self.click_keys())
