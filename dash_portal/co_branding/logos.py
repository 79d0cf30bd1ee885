"""A brand's logo for light and for dark pages: kept in the database, shown to its people and the agency only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlmodel import Session, col, delete, select

from dash_portal.accounts.audit import Actor, AuditAction, record
from dash_portal.accounts.rights import hold_rights, require_agency
from dash_portal.co_branding.logo_files import safe_logo
from models import LogoTheme, TenantLogo


def keep_logo(session: Session, *, actor: Actor, tenant_id: int, theme: LogoTheme, body: bytes) -> None:
    """Make the file safe and keep it as the brand's logo. Raises LogoError when it can't be taken."""
    require_agency(actor)
    made = safe_logo(body)
    hold_rights(session, actor)  # two uploads at once would each find no logo to replace
    session.execute(delete(TenantLogo).where(col(TenantLogo.tenant_id) == tenant_id, col(TenantLogo.theme) == theme))
    session.add(
        TenantLogo(
            tenant_id=tenant_id,
            theme=theme,
            media_type=made.media_type,
            body=made.body,
            sha256=hashlib.sha256(made.body).hexdigest(),
        )
    )
    record(session, AuditAction.LOGO_CHANGED, actor, tenant_id=tenant_id, theme=theme.value, bytes=len(made.body))


def remove_logo(session: Session, *, actor: Actor, tenant_id: int, theme: LogoTheme) -> None:
    """Forget the brand's logo for this theme."""
    require_agency(actor)
    session.execute(delete(TenantLogo).where(col(TenantLogo.tenant_id) == tenant_id, col(TenantLogo.theme) == theme))
    record(session, AuditAction.LOGO_REMOVED, actor, tenant_id=tenant_id, theme=theme.value)


def find_logo(session: Session, tenant_id: int, theme: LogoTheme) -> TenantLogo | None:
    """Return the logo for this theme; where there is none, the one for the other theme; else None."""
    by_theme = {logo.theme: logo for logo in session.exec(select(TenantLogo).where(TenantLogo.tenant_id == tenant_id))}
    return by_theme.get(theme) or next(iter(by_theme.values()), None)


@dataclass(frozen=True, slots=True)
class LogoAddresses:
    """Where a brand's logo is served from, for light and for dark pages.

    `dark_is_own`: there is one made for dark pages; else the other stands in, and needs a light ground.
    """

    light: str
    dark: str
    dark_is_own: bool


def logo_addresses(session: Session, tenant_id: int, slug: str) -> LogoAddresses | None:
    """Return where the brand's logos are; one for one theme stands in for the other. None where there is none."""
    marks = logo_marks(session, tenant_id)
    if not marks:
        return None
    either = next(iter(marks.values()))
    light, dark = (f"/logos/{slug}/{theme.value}?v={marks.get(theme, either)}" for theme in LogoTheme)
    return LogoAddresses(light, dark, dark_is_own=LogoTheme.DARK in marks)


def logo_marks(session: Session, tenant_id: int) -> dict[LogoTheme, str]:
    """Return which logos there are, each with a mark that changes with it."""
    question = select(col(TenantLogo.theme), TenantLogo.sha256).where(TenantLogo.tenant_id == tenant_id)
    return {theme: sha256[:12] for theme, sha256 in session.exec(question)}
