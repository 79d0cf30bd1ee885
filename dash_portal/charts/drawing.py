"""What both engines draw alike, settled before either begins: texts, colours, scales, panels and sizes."""

from dataclasses import dataclass

from dash_portal.charts.chart import Chart, Look
from dash_portal.charts.text import FONT_SIZE

PANEL_TITLE_SIZE = 11
LABEL_GAP = 10
LEGEND_ROW = 22
TOP = 6
BOTTOM = 4
EMPTY_HEIGHT = 140


@dataclass(frozen=True, slots=True)
class Mark:
    """One bar, cell or mark.

    `length` is how far it reaches on its panel's scale (None: it is not drawn), `text` stands beside or in it, `hover`
    are lines, `key` is what a click filters by. A mark that is filled faintly has an `edge` in a colour that is seen.
    """

    value: int | float | None
    length: int | float | None
    text: str
    hover: tuple[str, ...]
    fill: str
    edge: str | None
    key: str | None


@dataclass(frozen=True, slots=True)
class DrawnSeries:
    """One series as it is drawn, in the panel of that number.

    `thickness` is the share of its row that a mark takes; None: the series of a panel share it.
    """

    name: str
    colour: str
    panel: int
    marks: tuple[Mark, ...]
    look: Look = Look.BAR
    thickness: float | None = None

    @property
    def bears_numbers(self) -> bool:
        """Whether the numbers stand in the marks, not beside them."""
        return self.look in {Look.HEAT, Look.MARK}


@dataclass(frozen=True, slots=True)
class Panel:
    """One value scale, from `low` to `high`; it takes the picture's width beside the names from `start` to `end`.

    `track`: up to where each row has a track on which its bar lies; None: it has none.
    """

    title: tuple[str, ...]
    low: float
    high: float
    start: float = 0.0
    end: float = 1.0
    track: float | None = None


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart with everything settled that both engines must do alike. Sizes are pixels.

    `across`: the categories stand beside each other. `card` is the width of the narrowest card it is drawn for, and
    `shown_height` that of the part which is seen before one scrolls.
    """

    chart: Chart
    categories: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    series: tuple[DrawnSeries, ...]
    panels: tuple[Panel, ...]
    label_width: int
    right: int
    legend_rows: int
    top: int
    bottom: int
    height: int
    card: int
    font: int = FONT_SIZE
    across: bool = False

    def has_bars(self, panel: int) -> bool:
        """Whether the marks of a panel begin at its zero."""
        return any(series.panel == panel and not series.bears_numbers for series in self.series)

    @property
    def step(self) -> float:
        """The height of a row; the share of the width that a column has where categories stand beside each other."""
        count = max(1, len(self.categories))
        return 1 / count if self.across else (self.height - self.top - self.bottom) / count

    @property
    def sizes(self) -> dict[str, str]:
        """What the page's style sheet needs to know: what is seen at once, all of it, and where the rows stand."""
        step = f"{self.step:.4%}" if self.across else f"{self.step:g}px"
        heights = {"--height": f"{self.shown_height}px", "--full-height": f"{self.height}px"}
        return heights | {"--start": f"{self.top}px", "--step": step}

    @property
    def own_targets(self) -> float:
        """The share of the width beside the names where marks begin that are targets of their own; 1: nowhere."""
        return min(
            (
                self.panels[drawn.panel].start
                for drawn, series in zip(self.series, self.chart.series, strict=True)
                if series.sets
            ),
            default=1.0,
        )

    @property
    def shown_height(self) -> int:
        """The height that the picture takes on its page, however many rows it has."""
        rows, shown = len(self.categories), self.chart.rows_shown
        if shown is None or rows <= shown:
            return self.height
        return self.height - round((rows - shown) * self.step)
