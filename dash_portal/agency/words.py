"""States, errors, roles and deeds in words for people who are no engineers, with what to do about what went wrong.

In this order: how a sync went, who people are, and what the audit log says of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dash_portal.accounts.audit import AuditAction
from dash_portal.request_words import member
from models import CheckOutcome, FieldState, Resource, ResourceStatus, Role, RunStatus, SyncErrorKind, Trigger


@dataclass(frozen=True, slots=True)
class Advice:
    """What happened, and what to do about it: one or two plain sentences each."""

    happened: str
    to_do: str


_NOTHING: Final = "Nothing to do: the next sync tries again by itself."

ERROR_WORDS: Final[dict[SyncErrorKind, Advice]] = {
    SyncErrorKind.TOKEN_REFUSED: Advice(
        "The agency's access token was refused.",
        "Get the new one in ClientTether under Settings > API, and have it set as CLIENTTETHER_ACCESS_TOKEN where the "
        "worker runs. Every brand is affected until then.",
    ),
    SyncErrorKind.KEY_REFUSED: Advice(
        "ClientTether refused this brand's web key.",
        "Copy the brand's current web key from ClientTether under Settings > API, and put it in place of the old one "
        "here.",
    ),
    SyncErrorKind.KEY_UNREADABLE: Advice(
        "The stored web key can't be opened: it was locked with an encryption key that is no longer set.",
        "Enter the brand's web key again here.",
    ),
    SyncErrorKind.RATE_LIMITED: Advice(
        "ClientTether asked us to slow down.",
        "Nothing to do: the next sync tries again by itself. If it happens every hour, sync less often.",
    ),
    SyncErrorKind.SERVER_ERROR: Advice("ClientTether had a fault of its own.", _NOTHING),
    SyncErrorKind.TIMEOUT: Advice("ClientTether took too long to answer.", _NOTHING),
    SyncErrorKind.TRANSPORT: Advice(
        "The connection to ClientTether broke.",
        "The next sync tries again by itself. If all brands show this, check the worker's network.",
    ),
    SyncErrorKind.REDIRECTED: Advice(
        "ClientTether's address sent us elsewhere, and we did not follow.",
        "Check CLIENTTETHER_API_URL where the worker runs: the address may have moved.",
    ),
    SyncErrorKind.NOT_JSON: Advice(
        "ClientTether answered with something that is not data, such as a maintenance page.", _NOTHING
    ),
    SyncErrorKind.NOT_UNDERSTOOD: Advice(
        "ClientTether's answer had neither records in it nor the word that there are none.",
        "Nothing was changed, and the next sync tries again by itself. If it stays so, have whoever runs the portal "
        "look at the kept answer: ClientTether may have changed what it sends.",
    ),
    SyncErrorKind.BODY_TOO_LARGE: Advice(
        "An answer was larger than the portal takes.",
        "If it happens again, raise SYNC_MAX_BODY_BYTES where the worker runs.",
    ),
    SyncErrorKind.REFUSED: Advice(
        "ClientTether refused this request.",
        "If it happens again, ask ClientTether's support whether the account may use its API in full.",
    ),
    SyncErrorKind.UNAVAILABLE: Advice(
        "This account does not offer this kind of data.",
        "Nothing to do, unless the brand uses it: then have ClientTether switch it on.",
    ),
    SyncErrorKind.INCOMPLETE: Advice(
        "The list did not arrive whole, so nothing was changed.",
        "Nothing to do: the last good data stays, and the next sync reads the list again.",
    ),
    SyncErrorKind.HELD_BACK: Advice(
        "Held back: suspiciously much would have disappeared, could not be read, lost a field it had, or is counted "
        "and never comes.",
        "Look into ClientTether whether this is right. If it is, confirm it here; if not, the next sync puts it right.",
    ),
    SyncErrorKind.UNREADABLE_RECORD: Advice(
        "Some records could not be understood and were set aside.",
        "The others are in. Look at the record in ClientTether; it is also in the raw answers below.",
    ),
    SyncErrorKind.UNREADABLE_FIELD: Advice(
        "Some fields held something unexpected, such as a word where an amount belongs.",
        "The record is in without that field. Correct it in ClientTether and it comes with the next sync.",
    ),
    SyncErrorKind.EMPTY_FIELD: Advice(
        "Hardly any record brings a field that the dashboards count on. Everything else is in.",
        "If the brand does not use this field, confirm it here. If it does, ClientTether calls it otherwise for this "
        "account: have whoever runs the portal look with python -m sync probe.",
    ),
    SyncErrorKind.INTERNAL: Advice(
        "The portal itself made a mistake.",
        "Tell whoever runs the portal the time and the brand: the worker's log holds the cause.",
    ),
}
"""Every kind of error that a run can write down."""

_UNKNOWN: Final = Advice("Something went wrong that the portal has no words for.", "Look into the worker's log.")

RUN_WORDS: Final[dict[RunStatus, str]] = {
    RunStatus.RUNNING: "Running",
    RunStatus.SUCCESS: "Complete",
    RunStatus.PARTIAL: "Partly done",
    RunStatus.FAILED: "Failed",
    RunStatus.ABANDONED: "Cut off",
}

RUN_MEANING: Final[dict[RunStatus, str]] = {
    RunStatus.RUNNING: "This sync is under way.",
    RunStatus.SUCCESS: "Everything was read and is in.",
    RunStatus.PARTIAL: "Some of it is in; what failed keeps its last good data.",
    RunStatus.FAILED: "Nothing new is in; the brand keeps seeing the last good data.",
    RunStatus.ABANDONED: "The worker stopped in the middle of it. The next sync does what is missing.",
}

RESOURCE_STATUS_WORDS: Final[dict[ResourceStatus, str]] = {
    ResourceStatus.SUCCESS: "Complete",
    ResourceStatus.PARTIAL: "Part of it",
    ResourceStatus.INCOMPLETE: "Did not arrive whole",
    ResourceStatus.FAILED: "Failed",
    ResourceStatus.HELD_BACK: "Held back",
    ResourceStatus.UNAVAILABLE: "Not offered",
}

RESOURCE_WORDS: Final[dict[Resource, str]] = {
    Resource.PIPELINE_STAGES: "Stages",
    Resource.LEADS: "Leads",
    Resource.PIPELINE_ITEMS: "Opportunities",
    Resource.NOTES: "Notes",
    Resource.SCHEDULED_ACTIVITIES: "Schedule",
}

FIELD_STATE_WORDS: Final[dict[FieldState, str]] = {
    FieldState.FILLED: "Understood",
    FieldState.BLANK: "Always blank",
    FieldState.EMPTY: "Not understood",
    FieldState.ACCEPTED: "Not used by this brand",
    FieldState.UNKNOWN: "Too little to tell",
}

_FIELD_WORDS: Final = {
    "client_id": "contact",
    "created": "date created",
    "sales_cycle": "stage",
    "text": "text of the note",
    "start": "start time",
}
"""Fields whose name upstream is not what the screens call them; the others are called as they are."""

TRIGGER_WORDS: Final[dict[Trigger, str]] = {
    Trigger.SCHEDULE: "on schedule",
    Trigger.CATCH_UP: "catching up after a pause",
    Trigger.MANUAL: "asked for by hand",
    Trigger.CLI: "from the command line",
}

CHECK_WORDS: Final[dict[CheckOutcome, str]] = {
    CheckOutcome.WORKS: "It works",
    CheckOutcome.REFUSED: "Refused",
    CheckOutcome.UNREACHABLE: "ClientTether did not answer",
    CheckOutcome.FAILED: "It did not work",
}


def advice_for(kind: str) -> Advice:
    """Return the words for a stored kind of error; one that this release does not know gets general ones."""
    known = member(SyncErrorKind, kind)
    return _UNKNOWN if known is None else ERROR_WORDS[known]


def field_words(field: str) -> str:
    """Return what a field of a record is called on the screen."""
    return _FIELD_WORDS.get(field, field.replace("_", " "))


def empty_fields_words(fields: Sequence[tuple[Resource, str]]) -> str:
    """Name the fields that are not understood in a few words: the one that it is, or how many they are."""
    if len(fields) == 1:
        resource, field = fields[0]
        return f"{field_words(field)} of {RESOURCE_WORDS[resource].lower()} not understood"
    return f"{len(fields)} fields not understood"


ROLE_WORDS: Final = {
    Role.TENANT_VIEWER: "Brand viewer",
    Role.TENANT_ADMIN: "Brand admin",
    Role.AGENCY_STAFF: "Agency staff",
    Role.AGENCY_ADMIN: "Agency admin",
}


def staff_words(*, reads_raw_answers: bool) -> str:
    """Return what someone of the agency's staff is called, with what was allowed to them."""
    return ROLE_WORDS[Role.AGENCY_STAFF] + (", raw answers" if reads_raw_answers else "")


ROLE_MEANING: Final = {
    Role.TENANT_VIEWER: "sees the dashboards of one brand",
    Role.TENANT_ADMIN: "also invites and deactivates that brand's viewers",
    Role.AGENCY_STAFF: "sees and syncs the brands that you choose for them",
    Role.AGENCY_ADMIN: "sees and manages everything",
}

ACTION_WORDS: Final[dict[AuditAction, str]] = {
    AuditAction.SIGNED_IN: "signed in",
    AuditAction.SIGN_IN_FAILED: "tried to sign in and failed",
    AuditAction.SIGN_IN_THROTTLED: "was turned away after too many tries to sign in",
    AuditAction.SIGNED_OUT: "signed out",
    AuditAction.IDENTITY_LINKED: "linked their company's account",
    AuditAction.COMPANY_SIGN_IN_REQUIRED: "required company accounts to sign in",
    AuditAction.COMPANY_SIGN_IN_LIFTED: "let passwords be used to sign in again",
    AuditAction.IDENTITY_UNLINKED: "unlinked their company's account",
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
    AuditAction.ROLE_CHANGED: "gave a role",
    AuditAction.STAFF_CHANGED: "changed what someone of the staff looks after",
    AuditAction.BRAND_TAKEN: "took a brand from someone",
    AuditAction.BRAND_GIVEN_BACK: "gave a brand back to someone",
    AuditAction.BRAND_JOINED: "joined the brand with an account of theirs",
    AuditAction.ACCOUNTS_JOINED: "joined two accounts of theirs",
    AuditAction.ACCOUNT_PARTED: "was parted from their other brands by a reset of the brand's admin",
    AuditAction.USER_DEACTIVATED: "took someone's access away",
    AuditAction.USER_REACTIVATED: "gave someone access again",
    AuditAction.ADDRESS_FREED: "freed an e-mail address",
    AuditAction.IDENTITY_CONFIRMED: "typed the password again",
    AuditAction.BRAND_CREATED: "created the brand",
    AuditAction.BRAND_CHANGED: "changed the brand",
    AuditAction.BRAND_SUSPENDED: "suspended the brand",
    AuditAction.BRAND_REACTIVATED: "reactivated the brand",
    AuditAction.WEB_KEY_CHANGED: "replaced the web key",
    AuditAction.API_KEY_MADE: "made an API key",
    AuditAction.API_KEY_REVOKED: "revoked an API key",
    AuditAction.ENCRYPTION_ROTATED: "renewed the encryption of stored secrets",
    AuditAction.BRAND_ERASED: "erased a brand and all its data",
    AuditAction.PERSON_ERASED: "erased a person's data",
    AuditAction.DATABASE_RESTORED: "restored the database from a backup",
    AuditAction.EXPORTED: "downloaded data",
    AuditAction.SYNC_REQUESTED: "asked for a sync",
    AuditAction.HELD_BACK_CONFIRMED: "confirmed what was held back",
    AuditAction.FIELD_UNUSED: "noted that the brand does not use a field",
    AuditAction.TOTAL_ACCEPTED: "accepted a list that is shorter than its total",
    AuditAction.RECORDS_ACCEPTED: "accepted records that can't be read",
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


def _value_words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    role = member(Role, str(value))
    return str(value) if role is None else ROLE_WORDS[role].lower()


def detail_words(details: Mapping[str, Any]) -> str:
    """Return the particulars of an entry in one line."""
    return ", ".join(
        f"{_DETAIL_WORDS.get(name, name.replace('_', ' '))}: {_value_words(value)}"
        for name, value in details.items()
        if value not in (None, "")
    )
