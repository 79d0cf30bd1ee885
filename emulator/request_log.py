"""What was asked of the emulator, without anybody's secrets."""

import threading
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

_KEPT: Final = 200_000


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """One request and what it met.

    `account` is the name of the web key's owner ("" for an unknown one); `status` is the HTTP status sent, 0 where none
    was; `in_flight` is how many of the account's requests were being answered, this one included;
    `carried_secrets` says whether it brought either of the two headers; requests with one `client_port` came over one
    connection.
    """

    method: str
    call: str
    record_id: str
    offset: int
    limit: int | None
    account: str
    at: datetime
    status: int
    fault: str
    in_flight: int
    carried_secrets: bool
    client_port: int


class RequestLog:
    """The latest requests; safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: deque[SeenRequest] = deque(maxlen=_KEPT)
        self._in_flight: Counter[str] = Counter()

    @contextmanager
    def in_flight(self, account: str) -> Iterator[int]:
        """Count a request of the account as being answered; gives how many are."""
        with self._lock:
            self._in_flight[account] += 1
            count = self._in_flight[account]
        try:
            yield count
        finally:
            with self._lock:
                self._in_flight[account] -= 1

    def add(self, request: SeenRequest) -> None:
        """Note it down."""
        with self._lock:
            self._seen.append(request)

    def all(self) -> list[SeenRequest]:
        """Return a copy, oldest first."""
        with self._lock:
            return list(self._seen)

    def clear(self) -> None:
        """Forget them."""
        with self._lock:
            self._seen.clear()
