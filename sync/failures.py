"""What can end a call, a pull or a run early: few errors, each with a kind that the portal can put in its own words."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from models import SyncErrorKind

_WING: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class UnreadAnswer:
    """An answer that could not be understood: what was asked, when (UTC), and the beginning of what came."""

    request: str
    fetched_at: datetime
    body: bytes


class PullError(Exception):
    """A call or a pull ended without something that may be written.

    `message` is one plain sentence for operators: never a body, a key, an address or a person's data. `field`: which of
    our fields it is about, if it is about one. `unread` is the answer that was not understood, for the raw snapshots.
    `names_token`: a refusal that says itself that the access token is what it refuses.
    """

    def __init__(
        self,
        kind: SyncErrorKind,
        message: str,
        *,
        http_status: int | None = None,
        result_code: int | None = None,
        retry_after: float | None = None,
        field: str | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.http_status = http_status
        self.result_code = result_code
        self.retry_after = retry_after
        self.field = field
        self.attempts = 1
        self.unread: UnreadAnswer | None = None
        self.names_token = False


class MovedError(PullError):
    """The list changed while its pages were read: another reading may find it at rest."""

    def __init__(self, message: str) -> None:
        super().__init__(SyncErrorKind.INCOMPLETE, message)


class OutOfPatienceError(PullError):
    """The run may wait no longer for its turn to call; asking again within it would only wait on."""


class LeaseLostError(Exception):
    """Another worker has taken the brand over: this one must write nothing more."""


class StoppedError(Exception):
    """The worker is told to stop: the run ends here and the next one begins anew."""


def place_of(error: BaseException) -> str:
    """Return where an unforeseen error arose, for the log; never its text, which may hold people's data."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_WING)] or frames
    if not ours:
        return type(error).__name__
    return f"{type(error).__name__} in {Path(ours[-1].filename).name}:{ours[-1].lineno} ({ours[-1].name})"


RETRYABLE = frozenset(
    {
        SyncErrorKind.RATE_LIMITED,
        SyncErrorKind.SERVER_ERROR,
        SyncErrorKind.TIMEOUT,
        SyncErrorKind.TRANSPORT,
        SyncErrorKind.NOT_JSON,
        SyncErrorKind.NOT_UNDERSTOOD,
    }
)
