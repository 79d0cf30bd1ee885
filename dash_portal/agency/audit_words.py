"""The audit log as sentences: who did what to which brand or person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dash_portal.accounts.audit import AuditAction
from dash_portal.agency.plain_people import ROLE_WORDS
from dash_portal.vocabulary import member
from models import Role

ACTION_WORDS: Final[dict[AuditAction, str]] = {
    AuditAction.SIGNED_IN: "signed in",
    AuditAction.SIGN_IN_FAILED: "tried to sign in and failed",
    AuditAction.SIGN_IN_THROTTLED: "was turned away after too many tries to sign in",
    AuditAction.SIGNED_OUT: "signed out",
    AuditAction.SESSION_ENDED: "ended a session",
    AuditAction.SESSIONS_ENDED: "ended all sessions",
    AuditAction.PASSWORD_CHANGED: "changed their password",
    AuditAction.TWO_STEP_ON: "switched two-step sign-in on",
    AuditAction.TWO_STEP_OFF: "switched two-step sign-in off",
    AuditAction.RECOVERY_CODES_RENEWED: "made new recovery codes",
    AuditAction.RECOVERY_CODE_USED: "signed in with a recovery code",
    AuditAction.USER_CREATED: "created a person",
    AuditAction.USER_RENAMED: "changed a name",
    AuditAction.DISPLAY_CHANGED: "chose in which time zone to see times",
    AuditAction.USER_INVITED: "invited someone",
    AuditAction.INVITE_WITHDRAWN: "withdrew an invitation",
    AuditAction.INVITE_ACCEPTED: "accepted an invitation",
    AuditAction.RESET_LINK_MADE: "made a link for a new password",
    AuditAction.RESET_LINK_USED: "set a new password by a link",
    AuditAction.ROLE_CHANGED: "changed a role",
    AuditAction.USER_DEACTIVATED: "took someone's access away",
    AuditAction.USER_REACTIVATED: "gave someone access again",
    AuditAction.BRAND_CREATED: "created the brand",
    AuditAction.BRAND_CHANGED: "changed the brand",
    AuditAction.BRAND_SUSPENDED: "suspended the brand",
    AuditAction.BRAND_REACTIVATED: "reactivated the brand",
    AuditAction.WEB_KEY_CHANGED: "replaced the web key",
    AuditAction.ENCRYPTION_ROTATED: "renewed the encryption of stored secrets",
    AuditAction.EXPORTED: "downloaded data",
    AuditAction.SYNC_REQUESTED: "asked for a sync",
    AuditAction.HELD_BACK_CONFIRMED: "confirmed what was held back",
    AuditAction.CONNECTION_TESTED: "tested a web key",
    AuditAction.LOGO_CHANGED: "changed the logo",
    AuditAction.LOGO_REMOVED: "removed the logo",
    AuditAction.SNAPSHOT_VIEWED: "looked at a raw answer",
    AuditAction.SNAPSHOT_DOWNLOADED: "downloaded a raw answer",
    AuditAction.SNAPSHOTS_SEARCHED: "searched raw answers",
}

_DETAIL_WORDS: Final = {
    "email": "person",
    "ends_in": "key ends in",
    "sessions_ended": "sessions ended",
    "bytes": "bytes",
}


def action_words(action: str) -> str:
    """Return what was done, as the end of a sentence that starts with who did it."""
    known = member(AuditAction, action)
    return action.replace("_", " ") if known is None else ACTION_WORDS[known]


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    role = member(Role, str(value))
    return str(value) if role is None else ROLE_WORDS[role].lower()


def detail_words(details: Mapping[str, Any]) -> str:
    """Return the particulars of an entry in one line."""
    return ", ".join(
        f"{_DETAIL_WORDS.get(name, name.replace('_', ' '))}: {_said(value)}"
        for name, value in details.items()
        if value not in (None, "")
    )
