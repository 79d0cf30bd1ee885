"""The typed client of the ClientTether API: one method per read call, whole answers out of it.

Every call has time-outs on connecting, on each read and as a whole, is retried within bounds where that can help,
never follows a redirect (the two headers go to the configured host only) and refuses bodies over a limit.
"""

from __future__ import annotations

import hashlib
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache, cached_property
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote, urlencode

import httpx
import stamina

from models import Resource, SyncErrorKind, utc_now
from settings import SyncSettings
from sync.api.connection import TimedConnection
from sync.api.envelope import NO_RECORD, NOBODY, Envelope, read_envelope, result_code_of
from sync.api.pace import Pace, Patience
from sync.api.parameters import CallParameters
from sync.api.unpacking import TooMuchError, unpacked
from sync.failures import RETRYABLE, OutOfPatienceError, PullError, StoppedError, UnreadAnswer

_LONGEST_WAIT: Final = 60.0
_SMALL_BODY: Final = 65_536
# 203 is what a proxy says that has passed a whole answer on in other words.
_WHOLE: Final = frozenset({httpx.codes.OK, httpx.codes.NON_AUTHORITATIVE_INFORMATION})
_NOT_UNDERSTOOD: Final = frozenset({SyncErrorKind.NOT_JSON, SyncErrorKind.NOT_UNDERSTOOD})


@dataclass(frozen=True)
class Answer:
    """One answer: what was asked (path and parameters, no secret), when (UTC), the exact body, and what it says.

    `charset` is the encoding that its header declares; without the header, the body alone may not tell its letters.
    """

    request: str
    fetched_at: datetime
    body: bytes
    envelope: Envelope
    charset: str | None = None

    @cached_property
    def sha256(self) -> str:
        """The body's SHA-256 in hexadecimal digits: what snapshots are kept under."""
        return hashlib.sha256(self.body).hexdigest()


class ClientTether:
    """One brand's account. Safe to use from several threads at once; close it, or use it as a context manager."""

    def __init__(
        self,
        settings: SyncSettings,
        web_key: str,
        *,
        stop: threading.Event | None = None,
        calls: Mapping[Resource, CallParameters] | None = None,
        pace: Pace | None = None,
    ) -> None:
        """Open the account behind `web_key`. Once `stop` is set, calls raise StoppedError instead of starting.

        `calls`: how pages of a resource are asked for where it is not as documented. `pace` is what all accounts under
        the same access token share.
        """
        self._calls = calls or {}
        self._settings = settings
        self._pace = pace or Pace()
        self._patience = Patience(settings.sync_pace_seconds)
        self._let_in_with: str | None = None
        self._stop = stop or threading.Event()
        headers = {
            "X-Access-Token": settings.clienttether_access_token.get_secret_value(),
            "X-Web-Key": web_key,
            "Accept": "application/json",
            "Accept-Encoding": "gzip, deflate",
            "User-Agent": f"python-httpx/{httpx.__version__}",
        }
        self._timeout = httpx.Timeout(settings.sync_read_timeout, connect=settings.sync_connect_timeout).as_dict()
        try:
            self._headers = httpx.Headers(headers)
            self._idle = [self._connection()]
        except (UnicodeError, ValueError) as unfit:
            raise PullError(SyncErrorKind.KEY_REFUSED, "the web key can't be sent as a header") from unfit

    @staticmethod
    def _connection() -> TimedConnection:
        """Return a connection for one call at a time.

        Each call under way has one to itself, with neither the redirects, cookies and sign-in of a whole httpx client:
        a sync has no use for those, and they take a fifth of a call's processor time. In a pool that all threads share,
        a third of their time goes into waiting for the pool's lock.
        """
        return TimedConnection(_certificates())

    @contextmanager
    def _idle_connection(self) -> Iterator[TimedConnection]:
        """Lend the connection that was used last, or a new one where all are in use."""
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._connection()
        connection.deadline = time.monotonic() + self._settings.sync_call_timeout
        try:
            yield connection
        finally:
            self._idle.append(connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        while self._idle:
            self._idle.pop().close()

    def was_let_in(self) -> bool:
        """Tell whether any call was let in so far."""
        return self._let_in_with is not None

    def is_still_let_in(self) -> bool:
        """Ask the call again that was let in last; tell whether it is let in now, or fails for another reason."""
        try:
            self._ask_once(self._let_in_with or "read_user_list")
        except PullError as failure:
            return failure.kind not in {SyncErrorKind.TOKEN_REFUSED, SyncErrorKind.KEY_REFUSED}
        return True

    def clients(self, offset: int) -> Answer:
        """Ask for contacts of every type, from row `offset` (0-based) on."""
        return self._page(Resource.LEADS, "read_client_list", offset)

    def client(self, client_id: str) -> Answer:
        """Ask for one contact."""
        return self._ask(f"read_client_by_id/{quote(client_id, safe='')}")

    def opportunities(self, offset: int) -> Answer:
        """Ask for deals, from row `offset` on."""
        return self._page(Resource.PIPELINE_ITEMS, "read_opportunity_list", offset)

    def sales_cycles(self, offset: int) -> Answer:
        """Ask for stages of every contact type, from row `offset` on."""
        return self._page(Resource.PIPELINE_STAGES, "read_sales_cycle_list", offset)

    def events(self, offset: int, first: datetime, last: datetime) -> Answer:
        """Ask for appointments from `first` to `last`, both in the brand's own time, from row `offset` on."""
        window = {"from_date": f"{first:%Y-%m-%d %H:%M:%S}", "end_date": f"{last:%Y-%m-%d %H:%M:%S}"}
        return self._page(Resource.SCHEDULED_ACTIVITIES, "read_all_events", offset, **window, event_type="appt")

    def history_notes(self, client_id: str, offset: int = 0) -> Answer:
        """Ask for a contact's notes; the first answer may well be all of them."""
        path = f"read_client_history_notes/{quote(client_id, safe='')}"
        return self._page(Resource.NOTES, path, offset) if offset else self._ask(path)

    def lead_sources(self) -> Answer:
        """Ask for the names of lead sources."""
        return self._ask("read_lead_source_list")

    def users(self) -> Answer:
        """Ask for the account's users."""
        return self._ask("read_user_list")

    def action_plans(self) -> Answer:
        """Ask for the names of action plans, nested two levels deep."""
        return self._ask("read_action_plan_list")

    def _page(self, resource: Resource, call: str, offset: int, **parameters: str) -> Answer:
        page = self._calls.get(resource, CallParameters()).of_page(offset)
        return self._ask(f"{call}?{urlencode({**page, **parameters})}")

    def _ask(self, request: str) -> Answer:
        """Ask, and ask again where that can help. Raises PullError with the number of attempts made."""
        try:
            return self._ask_once(request)
        except PullError as failure:
            if failure.kind not in RETRYABLE or isinstance(failure, OutOfPatienceError):
                raise
            return self._ask_again(request, failure)

    def _ask_again(self, request: str, failure: PullError) -> Answer:
        """Ask again within bounds; `failure` is what the first attempt ended with, so that stamina counts it."""
        settings, attempts = self._settings, 0
        for attempt in stamina.retry_context(
            on=_wait_before_retry,
            attempts=settings.sync_retry_attempts,
            timeout=settings.sync_retry_seconds or None,
            wait_initial=settings.sync_retry_wait,
            wait_max=settings.sync_retry_wait * 20,
            wait_jitter=settings.sync_retry_wait,
        ):
            with attempt:
                attempts += 1
                if attempts == 1:
                    raise failure
                try:
                    return self._ask_once(request)
                except PullError as again:
                    again.attempts = attempts
                    raise
        raise AssertionError("stamina raises what the last attempt raised")

    def _ask_once(self, request: str) -> Answer:
        """Ask when it is this call's turn, and tell the pace how it went."""
        self._wait_for_turn()
        began = time.monotonic()
        try:
            answer = self._fetch(request)
        except PullError as failure:
            if failure.kind is SyncErrorKind.RATE_LIMITED or failure.retry_after is not None:
                self._pace.refused(failure.retry_after, self._settings.sync_retry_wait)
            else:
                self._pace.failed()
            raise
        except BaseException:
            self._pace.failed()
            raise
        self._pace.answered(time.monotonic() - began)
        self._let_in_with = request
        return answer

    def _wait_for_turn(self) -> None:
        """Wait until the pace lets this call begin. Raises OutOfPatienceError and StoppedError."""
        while True:
            if self._stop.is_set():
                raise StoppedError
            seconds = self._pace.claim()
            if seconds <= 0:
                return
            with self._patience.waiting(seconds):
                self._stop.wait(seconds)
            self._pace.waited(seconds)

    def _fetch(self, request: str) -> Answer:
        fetched_at = utc_now()
        try:
            with (
                self._idle_connection() as connection,
                closing(connection.handle_request(self._request(request))) as response,
            ):
                if response.status_code == httpx.codes.NO_CONTENT:
                    return Answer(request, fetched_at, b"", NOBODY)
                if response.status_code not in _WHOLE:
                    return Answer(request, fetched_at, *self._none_or_refusal(response))
                body = self._read(response, self._settings.sync_max_body_bytes)
                charset = response.charset_encoding
        except httpx.TimeoutException as late:
            raise PullError(SyncErrorKind.TIMEOUT, "ClientTether did not answer in time") from late
        except (httpx.HTTPError, httpx.InvalidURL) as broken:
            message = f"the connection to ClientTether failed ({type(broken).__name__})"
            raise PullError(SyncErrorKind.TRANSPORT, message) from broken
        return _understood(request, fetched_at, body, charset)

    def _request(self, request: str) -> httpx.Request:
        url = self._settings.clienttether_api_url + request
        return httpx.Request("GET", url, headers=self._headers, extensions={"timeout": self._timeout})

    def _read(self, response: httpx.Response, most: int) -> bytes:
        """Return the whole body, unpacked. Raises PullError when it is too large."""
        announced = response.headers.get("Content-Length", "")
        if announced.isdecimal() and int(announced) > most:
            raise _too_large()
        pieces: list[bytes] = []
        size = 0
        for piece in response.iter_raw():
            size += len(piece)
            if size > most:
                raise _too_large()
            if self._stop.is_set():
                raise StoppedError
            pieces.append(piece)
        try:
            return unpacked(b"".join(pieces), response.headers.get("Content-Encoding", ""), most)
        except TooMuchError as bomb:
            raise _too_large() from bomb

    def _none_or_refusal(self, response: httpx.Response) -> tuple[bytes, Envelope]:
        """Return "none" where an HTTP error only wraps CT515; raise what any other HTTP error means."""
        status = response.status_code
        failure = _http_failure(status, response.headers)
        if status not in {401, 403, 404}:
            raise failure
        try:
            body = self._read(response, _SMALL_BODY)
        except PullError as too_large:
            raise failure from too_large  # a page for people: the status says what there is to say
        failure.result_code = result_code_of(body)
        if failure.result_code == NO_RECORD:
            return body, read_envelope(body)
        if failure.kind is SyncErrorKind.TOKEN_REFUSED and b"web key" in body.lower():
            failure.kind, failure.message = SyncErrorKind.KEY_REFUSED, "web key refused: is it this brand's?"
        failure.names_token = failure.kind is SyncErrorKind.TOKEN_REFUSED and b"token" in body.lower()
        raise failure


def _understood(request: str, fetched_at: datetime, body: bytes, charset: str | None) -> Answer:
    """Return the answer with what it says. What can't be understood is raised with its beginning, to be looked at."""
    try:
        return Answer(request, fetched_at, body, read_envelope(body, charset), charset)
    except PullError as failure:
        if failure.kind in _NOT_UNDERSTOOD:
            failure.unread = UnreadAnswer(request, fetched_at, body[:_SMALL_BODY])
        raise


def _too_large() -> PullError:
    return PullError(SyncErrorKind.BODY_TOO_LARGE, "the answer is larger than the limit")


def _http_failure(status: int, headers: httpx.Headers) -> PullError:
    retry_after = _retry_after(headers.get("Retry-After"), utc_now())
    if status == 429 or (status == 403 and retry_after is not None):
        kind, message = SyncErrorKind.RATE_LIMITED, "ClientTether asks for fewer requests"
    elif status in {401, 403}:
        kind, message = SyncErrorKind.TOKEN_REFUSED, "access token refused: was it rotated?"
    elif status == 404:
        kind, message = SyncErrorKind.UNAVAILABLE, "the account does not offer this call"
    elif status == 408:
        kind, message = SyncErrorKind.TIMEOUT, "ClientTether did not answer in time"
    elif status >= 500:
        kind, message = SyncErrorKind.SERVER_ERROR, "ClientTether has an error of its own"
    elif 300 <= status < 400:
        kind, message = SyncErrorKind.REDIRECTED, "ClientTether points to another address, which is not followed"
    else:
        kind, message = SyncErrorKind.REFUSED, "ClientTether refuses the call"
    return PullError(kind, message, http_status=status, retry_after=retry_after)


def _retry_after(value: str | None, now: datetime) -> float | None:
    """Return how many seconds an answer asks to wait (a number of seconds, or a date), at most a minute."""
    if not value:
        return None
    text = value.strip()
    if text.isascii() and text.isdecimal():
        return min(float(text[:6]), _LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), _LONGEST_WAIT)


def _wait_before_retry(error: Exception) -> bool | float:
    """Tell stamina whether to ask again; how long a refusal for being too quick is waited for, the pace knows."""
    if not isinstance(error, PullError) or isinstance(error, OutOfPatienceError) or error.kind not in RETRYABLE:
        return False
    return 0.0 if error.kind is SyncErrorKind.RATE_LIMITED or error.retry_after is not None else True


@cache
def _certificates() -> ssl.SSLContext:
    """Load the trusted certificates once: it takes longer than a call."""
    return httpx.create_ssl_context(trust_env=False)
