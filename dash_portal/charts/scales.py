"""The scales of panels, and where the panels stand beside each other."""

from collections.abc import Iterable, Sequence

from dash_portal.charts.drawing import DrawnSeries, Panel
from dash_portal.charts.text import LINE_HEIGHT


def spans(weights: Sequence[float], gap: float) -> tuple[tuple[float, float], ...]:
    """Divide a width of 1 by these weights; between two parts lies a gap."""
    unit = (1 - gap * (len(weights) - 1)) / sum(weights)
    spans = []
    start = 0.0
    for weight in weights:
        end = min(1.0, start + weight * unit)
        spans.append((round(start, 5), round(end, 5)))
        start = end + gap
    return tuple(spans)


def reach(series: Iterable[DrawnSeries]) -> tuple[float, float]:
    """Return the scale on which all marks of a panel can be drawn; nothing is always on it."""
    lengths = [mark.length for drawn in series for mark in drawn.marks if mark.length is not None]
    low, high = float(min(0, *lengths, 0)), float(max(0, *lengths, 0))
    return (low, high) if high - low >= 1e-6 else (low, low + 1.0)


def title_height(panels: Iterable[Panel]) -> int:
    """Return the height of the panels' titles, in pixels."""
    lines = max(len(panel.title) for panel in panels)
    return lines * LINE_HEIGHT + 8 if lines else 0
