"""The sockets: requests in, replies out, in every way a reply can fail to arrive."""

import http.server
import select
import socket
import socketserver
import struct
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from http import HTTPStatus
from typing import Final

from emulator.exchange import Delivery, Reply, Request

Answer = Callable[[Request], AbstractContextManager[Reply]]

_PIECE: Final = b"x" * 65_536
_PADDED_HEAD: Final = (
    b'{"ResultCode":"CT_200","Message":"Success","TotalRecord":1,"data":[{"client_id":"1","whiteboard":"'
)
_PADDED_TAIL: Final = b'"}]}'
# How often a hanging call looks whether anybody still waits for it.
_LOOK_SECONDS: Final = 0.1


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """A thread for each connection; closing ends them all, hanging ones too."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 256
    allow_reuse_address = True

    def __init__(self, host: str, port: int, answer: Answer) -> None:
        self.answer = answer
        self.closing = threading.Event()
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        """Bind without the reverse look-up of the host's name that http.server does."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def process_request_thread(self, request: socket.socket, client_address: object) -> None:  # type: ignore[override]
        """Serve one connection, and remember it so that closing can end it."""
        with self._lock:
            self._connections.add(request)
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._connections.discard(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """Tell on standard error what went wrong; a client that hung up is nothing wrong."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]

    def close(self) -> None:
        """Stop listening and end every connection."""
        self.closing.set()
        self.shutdown()
        self.server_close()
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _exchange(self) -> None:
        length = self.headers.get("Content-Length", "0")
        body = self.rfile.read(int(length)) if length.isdecimal() else b""
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(
            self.command, self.path, headers, body, str(self.client_address[0]), int(self.client_address[1])
        )
        with self.server.answer(request) as reply:
            if reply.delay:
                self.server.closing.wait(reply.delay)
            try:
                self._deliver(reply)
            except (ConnectionError, TimeoutError):
                self.close_connection = True

    do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = _exchange  # noqa: N815 - http.server looks for these names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name http.server gives it
        """Say nothing on the terminal: requests are in the request log."""

    def _deliver(self, reply: Reply) -> None:
        body, half = reply.body, len(reply.body) // 2
        match reply.delivery:
            case Delivery.WHOLE:
                self.wfile.write(self._head(reply, len(body)) + body)
            case Delivery.HANG:
                self._hang(reply.let_go)
            case Delivery.HANG_MID_BODY:
                self.wfile.write(self._head(reply, len(body)) + body[:half])
                self._hang(reply.let_go)
            case Delivery.DROP:
                self._reset()
            case Delivery.DROP_MID_BODY:
                self.wfile.write(self._head(reply, len(body)) + body[:half])
                self._reset()
            case Delivery.CUT_SHORT:
                self.wfile.write(self._head(reply, len(body)) + body[:half])
                self.close_connection = True
            case Delivery.TRICKLE:
                self._trickle(reply)
            case Delivery.PADDED | Delivery.PADDED_CHUNKED:
                self._pad(reply)

    def _head(self, reply: Reply, length: int | None) -> bytes:
        """Status line and headers; a `length` of None announces chunks."""
        size = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
        lines = [
            f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}",
            f"Content-Type: {reply.content_type}",
            size,
            *(f"{name}: {value}" for name, value in reply.headers),
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def _hang(self, let_go: threading.Event | None) -> None:
        """Say nothing until the emulator closes, the fault is cleared, or the client gives up."""
        self.close_connection = True
        waiting = select.poll()
        waiting.register(self.connection, select.POLLIN)
        while not self.server.closing.wait(_LOOK_SECONDS):
            if let_go is not None and let_go.is_set():
                return
            if waiting.poll(0) and not self.connection.recv(1, socket.MSG_PEEK):
                return

    def _reset(self) -> None:
        """End the connection as a crash would: with a reset, not a farewell."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def _trickle(self, reply: Reply) -> None:
        """Send the whole body, byte group by byte group, over `reply.seconds`."""
        self.wfile.write(self._head(reply, len(reply.body)))
        pieces = max(1, min(len(reply.body), round(reply.seconds / 0.05)))
        started = time.monotonic()
        for number in range(pieces):
            due = started + reply.seconds * (number + 1) / pieces
            if self.server.closing.wait(max(0.0, due - time.monotonic())):
                self.close_connection = True
                return
            self.wfile.write(reply.body[len(reply.body) * number // pieces : len(reply.body) * (number + 1) // pieces])

    def _pad(self, reply: Reply) -> None:
        """Send a proper answer of one record with a whiteboard as large as asked for."""
        chunked = reply.delivery is Delivery.PADDED_CHUNKED
        pieces = -(-reply.padding // len(_PIECE))
        length = len(_PADDED_HEAD) + pieces * len(_PIECE) + len(_PADDED_TAIL)
        self.wfile.write(self._head(reply, None if chunked else length))
        for piece in (_PADDED_HEAD, *(_PIECE for _ in range(pieces)), _PADDED_TAIL):
            if self.server.closing.is_set():
                self.close_connection = True
                return
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        if chunked:
            self.wfile.write(b"0\r\n\r\n")
