"""A gunicorn worker whose threads answer requests and never wait for a client.

gunicorn's own gives a connection to a thread with its first byte, and the thread then waits for the rest: as many
half-sent requests as there are threads silence the portal for as long as they are held. Here the loop that watches all
connections collects a request until it is whole, and only then is a thread asked. A client has a set time for it, may
hold a set number of connections that wait, and is not waited for when it is told goodbye.
"""

from __future__ import annotations

import selectors
import socket
import struct
import time
from collections import Counter
from contextlib import suppress
from functools import partial
from typing import Any, Final

import h11
from gunicorn.workers.gthread import TConn, ThreadWorker

from dash_portal.security import MOST_BODY_BYTES
from settings import PortalSettings, load_settings

WAITING_PER_ADDRESS: Final = 32
"""How many connections of one address may wait for their request, in each process; not counted behind a proxy."""
_KEPT_BEHIND_PROXY: Final = 620
"""Seconds for which a proxy's idle connection stays open, so that it is the proxy that lets go.

Whoever closes first may do so just as the other side sends a request, and the proxy can't repeat a POST: it answers
502. Caddy lets go after 120 seconds, nginx and AWS after 60, Heroku after 90, Google Cloud after 600, by default.
"""
_PART_WITHIN: Final = 2.0
_ENDING: Final = 2.0
_STALLED: Final = 10
"""Seconds after which a thread gives up a client that takes no more of its answer."""
_MOST_HEAD_BYTES: Final = 65_536
_GO_AHEAD: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


class BadRequestError(Exception):
    """What arrives is no HTTP request; `status` says what to answer."""

    def __init__(self, status: int) -> None:
        """Take the status to answer with."""
        super().__init__(status)
        self.status = status


class Arrival:
    """A request on its way: its bytes as they came, and whether they are all there. h11 tells where it ends."""

    def __init__(self, address: str, deadline: float) -> None:
        """Begin with nothing; after `deadline` (monotonic seconds) no more is waited for."""
        self.address = address
        self.deadline = deadline
        self.received = bytearray()
        self.is_whole = False
        self.is_too_large = False
        self.waits_to_go_ahead = False
        self._body_bytes = 0
        self._reader = h11.Connection(h11.SERVER, max_incomplete_event_size=_MOST_HEAD_BYTES)

    @property
    def is_ready(self) -> bool:
        """Tell whether a thread can answer without waiting: all is there, or already more than is taken."""
        return self.is_whole or self.is_too_large

    def add(self, data: bytes) -> None:
        """Take what has come, which is something. Raises BadRequestError."""
        self.received += data
        try:
            self._reader.receive_data(data)
            while not self.is_ready:
                event = self._reader.next_event()
                if event is h11.NEED_DATA or event is h11.PAUSED:
                    break
                self._note(event)
            self.waits_to_go_ahead = self._reader.they_are_waiting_for_100_continue
        except h11.RemoteProtocolError as broken:
            raise BadRequestError(broken.error_status_hint) from broken

    def _note(self, event: Any) -> None:
        if isinstance(event, h11.Request):
            length = next((value for name, value in event.headers if name == b"content-length"), b"0")
            self.is_too_large = int(length) > MOST_BODY_BYTES
        elif isinstance(event, h11.Data):
            self._body_bytes += len(event.data)
            self.is_too_large = self._body_bytes > MOST_BODY_BYTES
        elif isinstance(event, h11.EndOfMessage):
            self.is_whole = True


class PatientWorker(ThreadWorker):  # type: ignore[misc]
    """gthread, with whole requests for its threads."""

    def init_process(self) -> None:
        """Prepare for connections, then go on as gthread does."""
        self.arriving: dict[Any, Arrival] = {}
        self.parting: dict[Any, float] = {}
        self.waiting: Counter[str] = Counter()
        settings = load_settings(PortalSettings)
        self.read_seconds = self.quiet_seconds = settings.portal_read_seconds
        self.most_waiting: int | None = WAITING_PER_ADDRESS
        if settings.portal_trusted_proxies > 0:
            self.most_waiting = None  # all that a proxy passes on has the proxy's address
            self.quiet_seconds = _KEPT_BEHIND_PROXY  # a proxy may open a connection before it needs one
            self.cfg.set("keepalive", _KEPT_BEHIND_PROXY)
        super().init_process()

    def accept(self, listener: Any) -> None:
        """Take a connection, and wait for its first request in the loop."""
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        self.nr_conns += 1
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", _STALLED, 0))
        conn = TConn(self.cfg, client, address, listener.getsockname())
        self._await_request(conn)

    def on_client_socket_readable(self, conn: Any, client: Any) -> None:
        """Wait in the loop for the next request of a connection that was kept."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._await_request(conn)

    def handle(self, conn: Any) -> Any:
        """Answer a request that is there; runs in a thread."""
        conn.sock.setblocking(True)
        conn.init()
        conn.parser.unreader.unread(conn.arrived)
        conn.arrived = b""
        return super().handle(conn)

    def _keepalive_after(self, conn: Any, keepalive: Any) -> bool:
        """Keep no connection whose body was refused: the rest of it would have to be waited for."""
        return conn.is_whole and bool(super()._keepalive_after(conn, keepalive))

    def finish_request(self, conn: Any, fs: Any) -> None:
        """Keep a connection, go on with what it has sent already, or part from it."""
        is_kept = not fs.cancelled() and fs.exception() is None and bool(fs.result())
        if not is_kept:
            self._part(conn)
            return
        begun = conn.parser.unreader.take_buffered()
        if begun:
            self._await_request(conn, begun)
        else:
            super().finish_request(conn, fs)

    def murder_pending(self) -> None:
        """Part from clients that took too long; while the worker stops, from all that have nothing to ask."""
        super().murder_pending()
        now = time.monotonic()
        for conn, arrival in list(self.arriving.items()):
            if not self.alive:
                arrival.deadline = min(arrival.deadline, now + _ENDING)
            if arrival.deadline <= now:
                self._forget(conn)
                self._close(conn)
        for conn in [conn for conn, until in self.parting.items() if until <= now]:
            self._end_parting(conn)

    def _await_request(self, conn: Any, begun: bytes = b"") -> None:
        arrival = Arrival(_host_of(conn.client), time.monotonic() + self.quiet_seconds)
        self._make_room(arrival.address)
        conn.sock.setblocking(False)
        self.arriving[conn] = arrival
        self.waiting[arrival.address] += 1
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._take, conn))
        if begun:
            self._add(conn, begun)

    def _make_room(self, address: str) -> None:
        """Part from the connection of this address that has waited longest, when it has as many as it may."""
        if self.most_waiting is None or self.waiting[address] < self.most_waiting:
            return
        oldest = next(conn for conn, arrival in self.arriving.items() if arrival.address == address)
        self._forget(oldest)
        self._close(oldest)

    def _take(self, conn: Any, _client: Any) -> None:
        try:
            data = conn.sock.recv(65_536)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if data:
            self._add(conn, data)
        else:
            self._forget(conn)
            self._close(conn)

    def _add(self, conn: Any, data: bytes) -> None:
        arrival = self.arriving[conn]
        if not arrival.received:
            arrival.deadline = min(arrival.deadline, time.monotonic() + self.read_seconds)
        try:
            arrival.add(data)
        except BadRequestError as bad:
            self._forget(conn)
            with suppress(OSError):
                conn.sock.send(_refusal(bad.status))
            self._part(conn)
            return
        if arrival.is_ready:
            self._forget(conn)
            conn.arrived, conn.is_whole, conn.data_ready = bytes(arrival.received), arrival.is_whole, True
            self.enqueue_req(conn)
        elif arrival.waits_to_go_ahead:
            arrival.waits_to_go_ahead = False
            with suppress(OSError):
                conn.sock.send(_GO_AHEAD)

    def _forget(self, conn: Any) -> None:
        arrival = self.arriving.pop(conn)
        self.waiting[arrival.address] -= 1
        if not self.waiting[arrival.address]:
            del self.waiting[arrival.address]
        self.poller.unregister(conn.sock)

    def _part(self, conn: Any) -> None:
        """Say that nothing more will come and let the client close: what it still sends must not cut its answer off."""
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._discard, conn))
        except (OSError, ValueError, KeyError):  # closed by the other side already
            self._close(conn)
            return
        self.parting[conn] = time.monotonic() + _PART_WITHIN

    def _discard(self, conn: Any, _client: Any) -> None:
        try:
            is_over = not conn.sock.recv(65_536)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            is_over = True
        if is_over:
            self._end_parting(conn)

    def _end_parting(self, conn: Any) -> None:
        del self.parting[conn]
        self.poller.unregister(conn.sock)
        self._close(conn)

    def _close(self, conn: Any) -> None:
        self.nr_conns -= 1
        conn.close()


def _host_of(client: Any) -> str:
    return str(client[0]) if isinstance(client, tuple) else ""


def _refusal(status: int) -> bytes:
    return f"HTTP/1.1 {status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".encode()
