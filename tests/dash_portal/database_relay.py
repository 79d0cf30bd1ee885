"""A way to PostgreSQL that a test can close, or let fall silent, while the portal is connected through it."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

from sqlalchemy.engine import make_url


class DatabaseRelay:
    """Listens on a port of this machine and passes on to the server what comes, until told otherwise."""

    def __init__(self, database_url: str) -> None:
        """Take the address of the database, whose server listens in a folder."""
        self._url = make_url(database_url)
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self._listener: socket.socket | None = None
        self._is_silent = False
        self._port = 0

    @property
    def url(self) -> str:
        """The address of the same database by way of here."""
        given = self._url.set(host="127.0.0.1", port=self._port, query={})
        return given.render_as_string(hide_password=False)

    def open(self) -> None:
        """Pass on; what was closed before listens at the same port again."""
        self._is_silent = False
        self._listen()

    def fall_silent(self) -> None:
        """Cut what is connected, and take connections without ever answering."""
        self.close()
        self._is_silent = True
        self._listen()

    def close(self) -> None:
        """Cut what is connected, and refuse what comes."""
        with self._lock:
            sockets, self._open = [*self._open, *([self._listener] if self._listener else [])], []
            self._listener = None
        for each in sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _listen(self) -> None:
        listener = socket.create_server(("127.0.0.1", self._port))
        self._port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                self._keep(client)
                if not self._is_silent:
                    server = socket.socket(socket.AF_UNIX)
                    server.connect(f"{self._url.query['host']}/.s.PGSQL.5432")
                    self._keep(server)
                    for source, target in ((client, server), (server, client)):
                        threading.Thread(target=_pass_on, args=(source, target), daemon=True).start()

    def _keep(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.append(connection)


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)
