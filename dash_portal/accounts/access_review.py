"""Who has access, how they sign in and when they last did: what the agency and a brand's admin look through."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from flask import Response, request
from sqlmodel import Session

from dash_portal.accounts.audit import Actor, AuditAction, record
from dash_portal.brand_time import local_day
from dash_portal.request_words import member
from dash_portal.spreadsheet import csv_pieces
from models import Membership, User


class Only(StrEnum):
    """Which people are looked at, of all there are."""

    NEVER_SIGNED_IN = "never"
    NO_SECOND_STEP = "no-second-step"


ONLY_WORDS: Final = {
    None: "Everyone",
    Only.NEVER_SIGNED_IN: "Never signed in",
    Only.NO_SECOND_STEP: "No second step",
}
HEADINGS: Final = ("Name", "E-mail", "Role", "Brand", "Access", "Signs in with", "Second step", "Last sign-in")


@dataclass(frozen=True, slots=True)
class Sign:
    """How somebody signs in: when they last did (None: never), and whether with a second step."""

    last_at: datetime | None
    has_second_step: bool

    @property
    def way(self) -> str:
        """What they sign in with, in words."""
        return "password and code" if self.has_second_step else "password"

    def is_of(self, only: Only | None) -> bool:
        """Tell whether this is one of those who are looked at."""
        if only is Only.NEVER_SIGNED_IN:
            return self.last_at is None
        return only is None or not self.has_second_step


def sign_of(user: User) -> Sign:
    """Return how the person signs in, to the agency."""
    return Sign(user.last_sign_in_at, user.totp_confirmed_at is not None)


def sign_at_brand(membership: Membership, user: User) -> Sign:
    """Return the same to a brand's admin: nothing older than the membership, so that nothing tells of others."""
    last_at = membership.last_sign_in_at
    return Sign(last_at, last_at is not None and user.totp_confirmed_at is not None)


def asked_only() -> Only | None:
    """Return whom the address asks for; None for everybody."""
    return member(Only, request.values.get("only", ""))


def review_line(user: User, role: str, brand: str, *, has_access: bool, sign: Sign) -> Sequence[Any]:
    """Return one line of the file, as `HEADINGS` has it."""
    second_step = "on" if sign.has_second_step else "off"
    return (
        user.name,
        user.email,
        role,
        brand,
        "yes" if has_access else "none",
        sign.way,
        second_step,
        "never" if sign.last_at is None else sign.last_at,
    )


def review_file(
    session: Session, lines: Iterable[Sequence[Any]], *, actor: Actor, whose: str, zone: str, now: datetime
) -> Response:
    """Return the lines as a file that spreadsheets open, once the audit log knows who takes it away."""
    record(session, AuditAction.EXPORTED, actor, what="people")
    session.commit()
    response = Response(csv_pieces(HEADINGS, lines, zone), mimetype="text/csv")
    day = local_day(now, zone).isoformat()
    response.headers["Content-Disposition"] = f'attachment; filename="{whose}-people-{day}.csv"'
    return response
