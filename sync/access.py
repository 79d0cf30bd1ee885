"""Is it the agency's access token that is refused, or one brand's web key? What other brands get tells."""

from __future__ import annotations

import threading
import time
from typing import Final

from models import SyncErrorKind
from sync.failures import PullError

_FRESH_SECONDS: Final = 900.0


class AccessWatch:
    """Remembers for which brands the token was accepted lately. Shared by all runs of a worker."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._accepted: dict[int, float] = {}

    def works_for(self, tenant_id: int) -> None:
        """Take note that a brand was let in just now."""
        with self._lock:
            self._accepted[tenant_id] = time.monotonic()

    def judge(self, failure: PullError, tenant_id: int) -> None:
        """Where the token lets other brands in, name the brand's own key as what is refused."""
        if failure.kind is not SyncErrorKind.TOKEN_REFUSED:
            return
        with self._lock:
            self._accepted.pop(tenant_id, None)
            fresh = time.monotonic() - _FRESH_SECONDS
            others = any(moment > fresh for moment in self._accepted.values())
        if others:
            failure.kind = SyncErrorKind.KEY_REFUSED
            failure.message = "web key refused: is it this brand's? (the access token works for other brands)"
