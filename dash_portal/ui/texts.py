"""How values stand in a table's cell."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from dash_portal.brand_time import day_text, local_day, moment_text
from dash_portal.charts.numbers import NO_VALUE, ValueFormat, exact
from dash_portal.ui.markup import Part, html


def money(amount: Decimal | None) -> str:
    """Write an amount in full; a dash where there is none."""
    return NO_VALUE if amount is None else exact(amount, ValueFormat.MONEY)


def percent(value: int) -> str:
    """Write a percentage."""
    return exact(value, ValueFormat.PERCENT)


def day(moment: datetime | None, zone: str) -> Part | str:
    """Write the brand's day of a moment, the exact time on hover."""
    if moment is None:
        return NO_VALUE
    return html.Time(day_text(local_day(moment, zone)), dateTime=moment.isoformat(), title=moment_text(moment, zone))


def days(count: int | None) -> str:
    """Write how many days a deal has been in its stage."""
    return NO_VALUE if count is None else f"{count:,}"
