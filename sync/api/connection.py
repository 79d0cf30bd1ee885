"""One connection to ClientTether, on which a call is over in its time, whatever the server sends or trickles."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterable
from typing import Any, Final

import httpcore
import httpx

_KEPT_SECONDS: Final = 5.0
SecondsLeft = Callable[[float | None], float]


class TimedConnection(httpx.HTTPTransport):
    """What keeps one connection alive: the part of httpx below its redirects, cookies and sign-in.

    httpx bounds each wait for bytes, and not what all of them take: a head that comes letter by letter, chunks without
    an end or one "100 Continue" after the other would hold a call for days. Here every wait ends at `deadline` too
    (monotonic seconds), whatever is being read; it is to be set before each call.
    """

    def __init__(self, certificates: ssl.SSLContext) -> None:
        """Prepare for the first call, which connects."""
        super().__init__(verify=certificates, trust_env=False)
        self.deadline = float("inf")
        # httpx hands no backend of ours on, so its pool is made here: the same one, of one connection.
        self._pool = httpcore.ConnectionPool(
            ssl_context=certificates,
            max_connections=1,
            max_keepalive_connections=1,
            keepalive_expiry=_KEPT_SECONDS,
            network_backend=_TimedBackend(self._seconds_left),
        )

    def _seconds_left(self, timeout: float | None) -> float:
        """Return for how long may be waited now. Raises httpcore.ReadTimeout where the call's time is over."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left if timeout is None else min(timeout, left)


class _TimedBackend(httpcore.SyncBackend):
    def __init__(self, seconds_left: SecondsLeft) -> None:
        self._seconds_left = seconds_left

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        stream = super().connect_tcp(host, port, self._seconds_left(timeout), local_address, socket_options)
        return _TimedStream(stream, self._seconds_left)


class _TimedStream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, seconds_left: SecondsLeft) -> None:
        self._stream, self._seconds_left = stream, seconds_left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._seconds_left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._seconds_left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, self._seconds_left(timeout))
        return _TimedStream(stream, self._seconds_left)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
