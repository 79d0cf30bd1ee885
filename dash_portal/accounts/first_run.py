"""An empty portal: nobody can sign in yet, and the doors say how to change that."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Engine
from sqlmodel import col, select

from database import PortalSession
from models import User

FIRST_ADMIN: Final = "python -m dash_portal create-user YOU@EXAMPLE.COM --role agency_admin --password-stdin"


def nobody_can_sign_in(engine: Engine) -> bool:
    """Tell whether there is no person yet."""
    with PortalSession(engine) as session:
        return session.exec(select(col(User.id)).limit(1)).first() is None
