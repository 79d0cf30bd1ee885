"""How values stand in a cell or a fact: one way to write money, shares, days, phones and addresses on all pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component

from dash_portal.brand_time import day_text, local_day, moment_text
from dash_portal.charts.numbers import NO_VALUE, ValueFormat, exact
from dash_portal.dashboards.hot_list import HotRow, Priority
from dash_portal.dashboards.leads import LeadRow
from dash_portal.dashboards.pipeline import Deal
from dash_portal.page_request import PageRequest
from dash_portal.phone_numbers import readable_phone
from dash_portal.view import View

Pieces = list[Any]
"""A cell's content as `assets/grid.js` draws it: texts, and dicts of text, href, className, title and tag."""

_MAIL: Final = re.compile(r"[^@\s,;:<>()\[\]\\\"]+@[^@\s,;:<>()\[\]\\\"]+")
_LONG: Final = 24
_BARS: Final = {Priority.CLOSING: "▮▮▮", Priority.STRONG: "▮▮▯", Priority.WARM: "▮▯▯"}


def whole_on_hover(text: str) -> dict[str, str]:
    """Return what shows a text whole on hover, where two lines of a column may not hold it."""
    return {"title": text} if len(text) > _LONG else {}


def money(amount: Decimal | None) -> str:
    """Write an amount in full; a dash where there is none."""
    return NO_VALUE if amount is None else exact(amount, ValueFormat.MONEY)


def percent(value: int) -> str:
    """Write a percentage."""
    return exact(value, ValueFormat.PERCENT).replace(" ", "\u00a0")


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
    return [*stuck_pieces(deal), days(deal.days)]


def name_pieces(view: View, name: str, client_id: str | None, *, opens: bool = True) -> Pieces:
    """Write a contact's name as the link that opens the lead; `opens` lets a click anywhere in the row do the same."""
    words = name or "(no name)"
    if not client_id:
        return [{"text": words} | whole_on_hover(words)]
    look = "door" if opens else "door-beside"
    return [{"text": words, "href": view.set_to("lead", client_id).href, "className": look} | whole_on_hover(words)]


def candidate_pieces(request: PageRequest, deal: Deal | HotRow) -> Pieces:
    """Write whose deal it is."""
    return name_pieces(request.view, deal.candidate, deal.client_id)


def phone_piece(number: str) -> dict[str, str]:
    """Write a phone number so that it can be read, and dialled if possible."""
    dialled = re.sub(r"[^\d+]", "", number)
    return {"text": readable_phone(number)} | ({"href": f"tel:{dialled}"} if len(dialled) >= 5 else {})


def mail_piece(address: str) -> dict[str, str]:
    """Write a mail address as the link that writes to it; not where it is none, so that it can carry no header."""
    return {"text": address} | ({"href": f"mailto:{quote(address, safe='@+')}"} if _MAIL.fullmatch(address) else {})


def contact_pieces(_request: Any, row: LeadRow) -> Pieces:
    """Write mail and phone below each other."""
    pieces = [
        mail_piece(row.email) | {"className": "line", "title": row.email},
        phone_piece(row.phone) | {"className": "quiet"},
    ]
    return [piece for piece in pieces if piece["text"]]


def priority_pieces(priority: Priority) -> Pieces:
    """Say a priority as a word beside one to three bars, never by colour alone."""
    return [{"text": f"{_BARS[priority]} {priority.value}", "className": f"badge badge-{priority.name.lower()}"}]


def stage_pieces(name: str) -> Pieces:
    """Say a stage as a label; the name is never cut."""
    return [{"text": name, "className": "badge badge-stage"}]


def stuck_pieces(deal: Deal | HotRow) -> Pieces:
    """Mark a deal that stays too long in its stage."""
    mark = {"text": "Stuck", "className": "badge badge-stuck", "title": "Much longer in its stage than others"}
    return [mark, " "] if deal.stuck else []


def stage_badge(name: str) -> dbc.Badge:
    """Say a stage as a label outside of a table."""
    return dbc.Badge(name, color="", className="badge-stage")


def drawn(piece: Mapping[str, str]) -> Component | str:
    """Return a piece of a cell for where no cell is: a link, or its text alone."""
    return html.A(piece["text"], href=piece["href"]) if "href" in piece else piece["text"]
