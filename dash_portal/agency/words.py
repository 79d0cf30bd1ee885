"""States and errors of a sync in words for people who are no engineers, with what to do about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from models import CheckOutcome, Resource, ResourceStatus, RunStatus, SyncErrorKind, Trigger


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
        "Copy the brand's current web key from ClientTether under Settings > API, and enter it under Brands > Edit.",
    ),
    SyncErrorKind.KEY_UNREADABLE: Advice(
        "The stored web key can't be opened: it was locked with an encryption key that is no longer set.",
        "Enter the brand's web key again under Brands > Edit.",
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
        "Held back: suspiciously much would have disappeared or could not be read.",
        "Look into ClientTether whether this is right. If it is, confirm it here; if not, the next sync puts it right.",
    ),
    SyncErrorKind.UNREADABLE_RECORD: Advice(
        "Some records could not be understood and were set aside.",
        "The others are in. Look at the record in ClientTether; it is also in the raw snapshots below.",
    ),
    SyncErrorKind.UNREADABLE_FIELD: Advice(
        "Some fields held something unexpected, such as a word where an amount belongs.",
        "The record is in without that field. Correct it in ClientTether and it comes with the next sync.",
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
    try:
        return ERROR_WORDS[SyncErrorKind(kind)]
    except ValueError:
        return _UNKNOWN
