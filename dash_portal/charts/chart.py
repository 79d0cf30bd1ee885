"""What a chart shows, said once and without a word about how it is drawn."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from dash_portal.charts.numbers import Number, ValueFormat

LARGEST_VALUE = 10**15
"""Beyond this a browser no longer holds every whole number exactly; no honest figure comes near it."""


class ChartError(ValueError):
    """A chart that can't be drawn truthfully: its parts contradict each other."""


class Kind(StrEnum):
    """The shape that answers the chart's question.

    BAR          horizontal bars, for names of any length (sources, stages)
    PROGRESSION  what remains at each step, in the given order, on a track from nothing to the whole;
                 series of one value format
    """

    BAR = "bar"
    PROGRESSION = "progression"


@dataclass(frozen=True, slots=True)
class Series:
    """One measure: a value for each of the chart's categories, in their order; None where nothing is known.

    `value_format` is the chart's own where it is not given.
    """

    name: str
    values: tuple[Number | None, ...]
    value_format: ValueFormat | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: its categories in the order they are shown, and one or more series over them.

    description  one sentence that says exactly what is counted; read out by screen readers
    click        the filter (query parameter) that a click on a category sets; None if a click does nothing
    keys         per category what a click puts into that filter, where it differs from the label ("Other", "(none)");
                 None for a category that can't be clicked. The labels themselves where not given
    selected     the keys the filter holds now: their categories are drawn strong, the others faded
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
        if self.kind is Kind.PROGRESSION and len(set(map(self.format_of, self.series))) != 1:
            raise ChartError(f"{self.chart_id}: a progression has one whole, so one value format")

    def _check_values(self, series: Series) -> None:
        if len(series.values) != len(self.categories):
            count = len(series.values)
            raise ChartError(
                f"{self.chart_id}: {count} values of {series.name!r} for {len(self.categories)} categories"
            )
        for value in series.values:
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
