"""The audit log: who did what, when and from where. Rows are only ever added, and never hold a secret."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlmodel import Session

from dash_portal.accounts.rights_table import Capability
from models import AuditEntry, Role


class AuditAction(StrEnum):
    """What can be done that is worth remembering; the values are stored."""

    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGN_IN_THROTTLED = "sign_in_throttled"
    SIGNED_OUT = "signed_out"
    SESSION_ENDED = "session_ended"
    SESSIONS_ENDED = "sessions_ended"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of an event
    TWO_STEP_ON = "two_step_on"
    TWO_STEP_OFF = "two_step_off"
    IDENTITY_LINKED = "identity_linked"
    IDENTITY_UNLINKED = "identity_unlinked"
    COMPANY_SIGN_IN_REQUIRED = "company_sign_in_required"
    COMPANY_SIGN_IN_LIFTED = "company_sign_in_lifted"
    IDENTITY_CONFIRMED = "identity_confirmed"
    RECOVERY_CODES_RENEWED = "recovery_codes_renewed"
    RECOVERY_CODE_USED = "recovery_code_used"
    USER_CREATED = "user_created"
    USER_RENAMED = "user_renamed"
    DISPLAY_CHANGED = "display_changed"
    USER_INVITED = "user_invited"
    INVITE_WITHDRAWN = "invite_withdrawn"
    INVITE_ACCEPTED = "invite_accepted"
    ADDRESS_FREED = "address_freed"
    RESET_LINK_MADE = "reset_link_made"
    RESET_LINK_USED = "reset_link_used"
    ROLE_CHANGED = "role_changed"
    STAFF_CHANGED = "staff_changed"
    BRAND_TAKEN = "brand_taken"
    BRAND_GIVEN_BACK = "brand_given_back"
    BRAND_JOINED = "brand_joined"
    ACCOUNTS_JOINED = "accounts_joined"
    ACCOUNT_PARTED = "account_parted"
    USER_DEACTIVATED = "user_deactivated"
    USER_REACTIVATED = "user_reactivated"
    BRAND_CREATED = "brand_created"
    BRAND_CHANGED = "brand_changed"
    BRAND_SUSPENDED = "brand_suspended"
    BRAND_REACTIVATED = "brand_reactivated"
    WEB_KEY_CHANGED = "web_key_changed"
    API_KEY_MADE = "api_key_made"
    API_KEY_REVOKED = "api_key_revoked"
    ENCRYPTION_ROTATED = "encryption_rotated"
    BRAND_ERASED = "brand_erased"
    PERSON_ERASED = "person_erased"
    DATABASE_RESTORED = "database_restored"
    EXPORTED = "exported"
    SYNC_REQUESTED = "sync_requested"
    HELD_BACK_CONFIRMED = "held_back_confirmed"
    FIELD_UNUSED = "field_unused"
    TOTAL_ACCEPTED = "total_accepted"
    RECORDS_ACCEPTED = "records_accepted"
    CONNECTION_TESTED = "connection_tested"
    LOGO_CHANGED = "logo_changed"
    LOGO_REMOVED = "logo_removed"
    SNAPSHOT_VIEWED = "snapshot_viewed"
    SNAPSHOT_DOWNLOADED = "snapshot_downloaded"
    SNAPSHOTS_SEARCHED = "snapshots_searched"


@dataclass(frozen=True)
class Actor:
    """Who acts, and from which address. The command line acts with the agency's rights and no user.

    `access_epoch` is that of the session they act in, where there is one; `allowed` what they may beyond their role.
    """

    user_id: int | None
    email: str
    role: Role | None
    tenant_id: int | None
    address: str = ""
    access_epoch: int | None = None
    allowed: frozenset[Capability] = frozenset()


COMMAND_LINE: Final = Actor(user_id=None, email="command line", role=Role.AGENCY_ADMIN, tenant_id=None)


def nobody(email: str, address: str) -> Actor:
    """Return the actor of someone who is not signed in and claims this e-mail address."""
    return Actor(user_id=None, email=email, role=None, tenant_id=None, address=address)


def record(
    session: Session,
    action: AuditAction,
    actor: Actor,
    *,
    tenant_id: int | None = None,
    **details: str | int | bool | None,
) -> None:
    """Add one row; it lands with the transaction of what it tells about.

    `tenant_id` is the brand that the action touches, by default the actor's own.
    """
    session.add(
        AuditEntry(
            action=action.value,
            actor_id=actor.user_id,
            actor_email=_printable(actor.email, 254),
            tenant_id=tenant_id if tenant_id is not None else actor.tenant_id,
            address=actor.address[:64],
            details={
                name: _printable(value, 200) if isinstance(value, str) else value for name, value in details.items()
            },
        )
    )


def _printable(text: str, length: int) -> str:
    """Return the text without control characters: PostgreSQL refuses NUL, and a log line is one line."""
    return "".join(sign for sign in text if sign.isprintable())[:length]
