"""Who has access, how they sign in and when they last did: what the agency and a brand's admin look through."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from flask import Response, request
from sqlmodel import Session, col, select

from dash_portal.accounts.audit import Actor, AuditAction, record
from dash_portal.accounts.company_requirement import company_only, has_password, joins_by_company
from dash_portal.brand_time import local_day
from dash_portal.request_words import member
from dash_portal.spreadsheet import csv_pieces
from models import Identity, Membership, User


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
    """How somebody signs in: when they last did (None: never), with what, and whether with a second step of ours."""

    last_at: datetime | None
    has_second_step: bool
    by_password: bool = True
    by_company: bool = False

    @property
    def way(self) -> str:
        """What they sign in with, in words."""
        password = "password and code" if self.has_second_step else "password"
        ways = [*(["company account"] if self.by_company else []), *([password] if self.by_password else [])]
        return " or ".join(ways) or "nothing yet"

    def is_of(self, only: Only | None) -> bool:
        """Tell whether this is one of those who are looked at."""
        if only is Only.NEVER_SIGNED_IN:
            return self.last_at is None
        return only is None or not self.has_second_step


def signs_of(session: Session, users: Collection[User]) -> dict[int | None, Sign]:
    """Return how these people sign in, by their ids, to the agency."""
    bound = set(session.exec(select(User.id).where(col(User.id).in_([user.id for user in users]), company_only())))
    return _signs(session, users, bound)


def signs_at_brand(session: Session, members: Collection[tuple[Membership, User]], tenant_id: int) -> list[Sign]:
    """Return the same to a brand's admin, in the order of the members: nothing that tells of another brand.

    So nothing older than the membership, and of who is bound to a company account what the own brand requires.
    """
    users = [user for _, user in members]
    bound = {user.id for user in users} if joins_by_company(session, tenant_id) else set()
    signs = _signs(session, users, bound)
    return [
        Sign(None, has_second_step=False)
        if membership.last_sign_in_at is None
        else replace(signs[user.id], last_at=membership.last_sign_in_at)
        for membership, user in members
    ]


def _signs(session: Session, users: Collection[User], bound: Collection[int | None]) -> dict[int | None, Sign]:
    """Return how these people sign in; the password of those who are bound to a company account opens nothing."""
    theirs = col(Identity.user_id).in_([user.id for user in users])
    linked = set(session.exec(select(Identity.user_id).where(theirs)))
    return {
        user.id: Sign(
            user.last_sign_in_at,
            user.totp_confirmed_at is not None,
            by_password=has_password(user) and user.id not in bound,
            by_company=user.id in linked,
        )
        for user in users
    }


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
