"""Whose access is refused: the agency's (its token), one brand's (its web key), or that of a single call.

What happened to the brand itself in this run tells most; what other brands get at the same time tells the rest.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from models import SyncErrorKind
from sync.failures import PullError

_FRESH_SECONDS: Final = 60.0
log = structlog.get_logger()


@dataclass
class BrandAccess:
    """What one run has seen of its brand's access: whether a call was let in, and how to try the one that was."""

    tenant_id: int
    was_let_in: Callable[[], bool]
    is_still_let_in: Callable[[], bool]


class AccessWatch:
    """Remembers which brands were let in or refused lately. Shared by all runs of a worker."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._lock, self._clock = threading.Lock(), clock
        self._accepted: dict[int, float] = {}
        self._refused: dict[int, float] = {}
        self._token_is_logged = False

    def works_for(self, tenant_id: int) -> None:
        """Take note that a brand was let in just now."""
        with self._lock:
            self._accepted[tenant_id] = self._clock()
            self._refused.pop(tenant_id, None)
            self._token_is_logged = False

    def judge(self, failure: PullError, brand: BrandAccess) -> None:
        """Name on `failure` what is refused: the token, this brand's key, or only the one call.

        - Where the run was let in before and still is, with the call that worked, only the other call is refused.
        - Where it was let in before and is no longer, key and token were good a moment ago: it is the token, which
          the agency's account renews; a key never changes by itself.
        - Where it never was let in, the answer says what it is about, or other brands tell: it is this brand's key if
          the token lets others in right now.

        A refused token concerns every brand, and is one message however many brands it stops.
        """
        if failure.kind not in {SyncErrorKind.TOKEN_REFUSED, SyncErrorKind.KEY_REFUSED}:
            return
        if brand.was_let_in():
            if brand.is_still_let_in():
                failure.kind, failure.message = SyncErrorKind.REFUSED, "ClientTether refuses this call, but not others"
                return
            failure.kind, failure.message = SyncErrorKind.TOKEN_REFUSED, "access token refused: was it rotated?"
        elif failure.kind is SyncErrorKind.TOKEN_REFUSED and not failure.names_token and self._lets_others_in(brand):
            failure.kind, failure.message = SyncErrorKind.KEY_REFUSED, "web key refused: is it this brand's?"
        self._log(failure, brand.tenant_id)

    def _lets_others_in(self, brand: BrandAccess) -> bool:
        """Tell whether another brand was let in a moment ago, and none refused since."""
        with self._lock:
            now = self._clock()
            accepted = [moment for tenant_id, moment in self._accepted.items() if tenant_id != brand.tenant_id]
            refused = [moment for tenant_id, moment in self._refused.items() if tenant_id != brand.tenant_id]
        latest = max(accepted, default=float("-inf"))
        return now - latest <= _FRESH_SECONDS and latest > max(refused, default=float("-inf"))

    def _log(self, failure: PullError, tenant_id: int) -> None:
        with self._lock:
            self._accepted.pop(tenant_id, None)
            is_token = failure.kind is SyncErrorKind.TOKEN_REFUSED
            if is_token:
                self._refused[tenant_id] = self._clock()
            is_logged, self._token_is_logged = self._token_is_logged, self._token_is_logged or is_token
        if not is_token:
            log.error("web_key_refused", reason=failure.message)
        elif not is_logged:
            log.error("access_token_refused", reason="access token refused: was it rotated? Every brand waits for it")
