"""One e-mail address at several brands: each brand has a person of its own for it, who knows nothing of the others.

A brand's admin may invite any address, and opens the link themselves if they like. Were an address one person's
everywhere, the portal would have to say at some point that somebody has it already: at the link, or at the latest when
signing in fails. So an address is taken within one brand (or within the agency) only, and what happens elsewhere shows
neither in an answer nor in its time.
"""

from __future__ import annotations

from sqlmodel import Session, col, select

from dash_portal.accounts.agency_people import is_of_agency
from dash_portal.accounts.errors import FieldError
from dash_portal.accounts.passwords import NO_PASSWORD, hash_password
from models import Membership, User


def require_free_address(session: Session, *, email: str, tenant_id: int | None) -> None:
    """Raise FieldError when the brand (None: the agency) has someone with this e-mail address already."""
    if has_address(session, email=email, tenant_id=tenant_id):
        raise FieldError("email", f"There is already someone with the e-mail address {email}.")


def has_address(session: Session, *, email: str, tenant_id: int | None) -> bool:
    """Tell whether the brand (None: the agency) has someone with this e-mail address."""
    theirs = select(User.id).where(User.email == email)
    if tenant_id is None:
        theirs = theirs.where(is_of_agency())
    else:
        theirs = theirs.join(Membership, col(Membership.user_id) == User.id).where(Membership.tenant_id == tenant_id)
    return session.exec(theirs).first() is not None


def hash_for_address(session: Session, *, email: str, password: str) -> str:
    """Return the password's hash, with the salt of the other people of this address.

    So one computation tells whose password was typed, however many they are. The session must see all brands.
    """
    with_one = (User.email == email, User.password_hash != NO_PASSWORD)
    hashes = session.exec(select(User.password_hash).where(*with_one).order_by(col(User.id)))
    return hash_password(password, salted_like=hashes.first())
