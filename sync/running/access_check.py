"""Whether ClientTether lets the agency's token and the brands' keys in: one call for each brand, nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from encryption import EncryptionError
from logs import forget_in_logs
from models import SyncErrorKind
from settings import SyncSettings
from sync.api.clienttether import ClientTether
from sync.failures import PullError
from sync.running.runs import BrandAccount
from sync.running.side_by_side import at_start

_REFUSALS: Final = frozenset({SyncErrorKind.TOKEN_REFUSED, SyncErrorKind.KEY_REFUSED})
# Every account offers the call that is asked: where it is not there, or nobody answers, it is another address.
_NOT_THE_API: Final = frozenset(
    {SyncErrorKind.UNAVAILABLE, SyncErrorKind.TRANSPORT, SyncErrorKind.TIMEOUT, SyncErrorKind.REDIRECTED}
)
_TOKEN: Final = "CLIENTTETHER_ACCESS_TOKEN is refused: get the new token in ClientTether under Settings > API"  # noqa: S105


def refused_access(settings: SyncSettings, brands: Sequence[BrandAccount]) -> list[str]:
    """Return a line for what keeps each brand out; of a token that lets no brand in, one line for all of them."""
    brisk = settings.model_copy(update={"sync_retry_attempts": 1})
    with ThreadPoolExecutor(at_start(settings.sync_brands_at_once)) as pool:
        checked = list(zip(brands, pool.map(partial(_ask, brisk), brands), strict=True))
    failures = {brand.slug: failure for brand, failure in checked if failure is not None}
    if failures and len(failures) == len(brands) and all(failure.kind in _REFUSALS for failure in failures.values()):
        return [_TOKEN]
    return [f"the brand {slug}: {_in_words(failure)}" for slug, failure in failures.items()]


def _in_words(failure: PullError) -> str:
    if failure.kind in _REFUSALS:
        return "web key refused: is it this brand's?"
    if failure.kind in _NOT_THE_API:
        return f"{failure.message}: is CLIENTTETHER_API_URL its address, and does this machine reach it?"
    return failure.message


def _ask(settings: SyncSettings, brand: BrandAccount) -> PullError | None:
    try:
        web_key = settings.cipher().decrypt(brand.web_key_encrypted)
    except EncryptionError:
        return PullError(SyncErrorKind.KEY_UNREADABLE, "PORTAL_ENCRYPTION_KEY does not open its web key")
    forget_in_logs(web_key)
    try:
        with ClientTether(settings, web_key) as client:
            client.users()
    except PullError as failure:
        return failure
    return None
