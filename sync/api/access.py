"""Is it the agency's access token that is refused, or one brand's web key? What other brands get tells."""

from __future__ import annotations

import threading
import time
from typing import Final

import structlog

from models import SyncErrorKind
from sync.failures import PullError

_FRESH_SECONDS: Final = 900.0
log = structlog.get_logger()


class AccessWatch:
    """Remembers for which brands the token was accepted lately. Shared by all runs of a worker."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._accepted: dict[int, float] = {}
        self._token_is_logged = False

    def works_for(self, tenant_id: int) -> None:
        """Take note that a brand was let in just now."""
        with self._lock:
            self._accepted[tenant_id] = time.monotonic()
            self._token_is_logged = False

    def judge(self, failure: PullError, tenant_id: int) -> None:
        """Name the brand's own key as what is refused where the token lets other brands in.

        A refused token concerns every brand, and is one message however many brands it stops.
        """
        if failure.kind not in {SyncErrorKind.TOKEN_REFUSED, SyncErrorKind.KEY_REFUSED}:
            return
        with self._lock:
            self._accepted.pop(tenant_id, None)
            fresh = time.monotonic() - _FRESH_SECONDS
            if any(moment > fresh for moment in self._accepted.values()):
                failure.kind = SyncErrorKind.KEY_REFUSED
                failure.message = "web key refused: is it this brand's?"
            is_logged, self._token_is_logged = (
                self._token_is_logged,
                self._token_is_logged or failure.kind is SyncErrorKind.TOKEN_REFUSED,
            )
        if failure.kind is SyncErrorKind.KEY_REFUSED:
            log.error("web_key_refused", reason=failure.message)
        elif not is_logged:
            log.error("access_token_refused", reason="access token refused: was it rotated? Every brand waits for it")
