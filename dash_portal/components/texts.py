"""How values stand in a cell or a fact: one way to write money, shares, days, phones and addresses on all pages."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote

import dash_bootstrap_components as dbc
from dash import html

from dash_portal.brand_time import day_text, local_day, moment_text
from dash_portal.charts.numbers import NO_VALUE, ValueFormat, exact
from dash_portal.dashboards.hot_list import HotRow, Priority
from dash_portal.dashboards.leads import LeadRow
from dash_portal.dashboards.pipeline import Deal

Pieces = list[Any]
"""A cell's content as `assets/grid.js` draws it: texts, and dicts of text, href, className, title and tag."""

_MAIL: Final = re.compile(r"[^@\s,;:<>()\[\]\\\"]+@[^@\s,;:<>()\[\]\\\"]+")
_BARS: Final = {Priority.CLOSING: "▮▮▮", Priority.STRONG: "▮▮▯", Priority.WARM: "▮▯▯"}


def money(amount: Decimal | None) -> str:
    """Write an amount in full; a dash where there is none."""
    return NO_VALUE if amount is None else exact(amount, ValueFormat.MONEY)


def percent(value: int) -> str:
    """Write a percentage."""
    return exact(value, ValueFormat.PERCENT)


def day(moment: datetime | None, zone: str) -> str:
    """Write the day of a moment."""
    return NO_VALUE if moment is None else day_text(local_day(moment, zone))


def day_pieces(moment: datetime | None, zone: str) -> Pieces:
    """Write the day of a moment in a cell, the exact time on hover."""
    return [{"text": day(moment, zone), "title": moment_text(moment, zone)}] if moment else [NO_VALUE]


def days(count: int | None) -> str:
    """Write how many days a deal has been in its stage."""
    return NO_VALUE if count is None else f"{count:,}"


def days_pieces(_request: Any, deal: Deal | HotRow) -> Pieces:
    """Write how many days a deal has been in its stage in a cell, marked where that is too long."""
    return [stuck_piece(), " ", days(deal.days)] if deal.stuck else [days(deal.days)]


def phone(number: str) -> str:
    """Write a phone number so that it can be read: (804) 555-1463, where it is one of North America."""
    digits = re.sub(r"\D", "", number)
    if len(digits) == 11 and digits.startswith("1"):
        digits = digits[1:]
    if len(digits) != 10 or not re.fullmatch(r"[\d\s().+/-]+", number):
        return number
    return f"({digits[:3]}) {digits[3:6]}-{digits[6:]}"


def phone_address(number: str) -> str | None:
    """Return the address that dials a number; None where there is nothing to dial."""
    dialled = re.sub(r"[^\d+]", "", number)
    return f"tel:{dialled}" if len(dialled) >= 5 else None


def mail_address(text: str) -> str | None:
    """Return the address that writes to a mail address; None for what is not one, so that it can carry no header."""
    return f"mailto:{quote(text, safe='@+')}" if _MAIL.fullmatch(text) else None


def contact_pieces(_request: Any, row: LeadRow) -> Pieces:
    """Write mail and phone below each other, each as a link where it can be one."""
    number = _linked(phone(row.phone), phone_address(row.phone))
    pieces = [_linked(row.email, mail_address(row.email)), number | {"className": "quiet"}]
    return [piece for piece in pieces if piece["text"]]


def _linked(text: str, href: str | None) -> dict[str, str]:
    return {"text": text, "className": "line"} | ({"href": href} if href else {})


def priority_pieces(priority: Priority) -> Pieces:
    """Say a priority as a word beside one to three bars, never by colour alone."""
    return [{"text": f"{_BARS[priority]} {priority.value}", "className": f"badge badge-{priority.name.lower()}"}]


def stage_pieces(name: str) -> Pieces:
    """Say a stage as a label; the name is never cut."""
    return [{"text": name, "className": "badge badge-stage"}]


def stuck_piece() -> dict[str, str]:
    """Mark a deal that stays too long in its stage."""
    return {"text": "Stuck", "className": "badge badge-stuck", "title": "Much longer in its stage than others"}


def stage_badge(name: str) -> dbc.Badge:
    """Say a stage as a label outside of a table."""
    return dbc.Badge(name, color="", className="badge-stage")


def link_or_text(text: str, href: str | None) -> Any:
    """Return a link where there is an address, else the text alone."""
    return html.A(text, href=href) if href else text
