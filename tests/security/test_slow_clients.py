"""Clients that send half a request and wait: the portal answers everybody else, and lets them go in the end."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from dash_portal.security import MOST_BODY_BYTES
from dash_portal.whole_requests import WAITING_PER_ADDRESS, Arrival, BadRequestError
from tests.dash_portal.portal_world import PortalWorld, close_world, make_world
from tests.end_to_end.running_portal import ask
from tests.security.served import served

HEAD = b"POST /login HTTP/1.1\r\nHost: portal.example\r\nContent-Type: application/x-www-form-urlencoded\r\n"
HALVES = {
    "nothing": b"",
    "half a line": b"GET /hea",
    "half a head": HEAD,
    "half a body": HEAD + b"Content-Length: 100\r\n\r\nemail=",
    "half in chunks": HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nemail\r\n5\r\na",
    "one and a half": b"GET /healthz HTTP/1.1\r\nHost: portal.example\r\n\r\nGET /hea",
}


@pytest.fixture(scope="module")
def world(
    migrated_sqlite: Path, encryption_key: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PortalWorld]:
    """What a connection waits for does not depend on the database."""
    database = tmp_path_factory.mktemp("slow") / "portal.db"
    database.write_bytes(migrated_sqlite.read_bytes())
    made = make_world(f"sqlite:///{database}", encryption_key)
    yield made
    close_world(made)


def begin(url: str, half: bytes) -> socket.socket:
    parts = urlsplit(url)
    connection = socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=60)
    connection.sendall(half)
    return connection


def is_held(connection: socket.socket) -> bool:
    """Tell whether the portal still waits for the rest."""
    connection.setblocking(False)
    try:
        while connection.recv(65_536):
            pass
    except BlockingIOError:
        return True
    return False


def test_fifty_half_sent_requests_silence_nobody(world: PortalWorld, tmp_path: Path) -> None:
    with served(world, tmp_path / "log", WEB_CONCURRENCY="1") as url, ExitStack() as slow:
        halves = [slow.enter_context(begin(url, half)) for half in (*HALVES.values(),) * 5]
        assert ask(f"{url}/healthz", timeout=60).status_code == 200
        assert ask(f"{url}/login", timeout=60).status_code == 200
        assert sum(is_held(half) for half in halves) == len(halves)
        more = [slow.enter_context(begin(url, HEAD)) for _ in range(20)]
        assert ask(f"{url}/healthz", timeout=60).status_code == 200
        held = sum(is_held(half) for half in (*halves, *more))
        assert held <= WAITING_PER_ADDRESS
        assert is_held(more[-1]), "the oldest go first"


def test_a_request_that_never_comes_whole_is_let_go(world: PortalWorld, tmp_path: Path) -> None:
    with served(world, tmp_path / "log", WEB_CONCURRENCY="1", PORTAL_READ_SECONDS="1") as url, ExitStack() as slow:
        for half in HALVES.values():
            connection = slow.enter_context(begin(url, half))
            while connection.recv(65_536):  # ends when the portal closes, or fails after a minute
                pass


def test_a_request_that_comes_byte_by_byte_is_answered(world: PortalWorld, tmp_path: Path) -> None:
    whole = b"GET /healthz HTTP/1.1\r\nHost: portal.example\r\nConnection: close\r\n\r\n"
    body = HEAD + b"Expect: 100-continue\r\nContent-Length: 8\r\nConnection: close\r\n\r\nemail=ab"
    with served(world, tmp_path / "log", WEB_CONCURRENCY="1") as url:
        for request, status in ((whole, b"200"), (body, b"400")):
            with begin(url, b"") as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for number in range(len(request)):
                    connection.sendall(request[number : number + 1])
                answer = b"".join(iter(lambda: connection.recv(65_536), b""))
                assert status in answer.rpartition(b"HTTP/1.1 ")[2][:4]
        with begin(url, b"\x16\x03\x01 no HTTP at all\r\n\r\n") as connection:
            assert connection.recv(65_536).startswith(b"HTTP/1.1 400")


def is_answered(connection: socket.socket) -> bool:
    """Ask on a connection whether the portal lives; tell whether it says so."""
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: portal.example\r\n\r\n")
    with HTTPResponse(connection) as answer:
        answer.begin()
        return answer.status == 200 and bool(answer.read())


def test_a_proxys_idle_connections_stay_open_longer_than_a_clients(world: PortalWorld, tmp_path: Path) -> None:
    """The portal closes none first: a POST that is on its way just then would be a 502 for somebody."""
    settings = {"WEB_CONCURRENCY": "1", "PORTAL_READ_SECONDS": "1", "PORTAL_TRUSTED_PROXIES": "1"}
    with served(world, tmp_path / "log", **settings) as url, begin(url, b"") as used, begin(url, b"") as unused:
        assert is_answered(used)
        for _ in range(2):  # each is let go after a second: after two, a client's connection would have been closed
            with begin(url, HEAD) as half:
                assert half.recv(1) == b"", "half a request is waited for no longer because it comes by a proxy"
        assert is_answered(used)
        assert is_answered(unused)


@pytest.mark.parametrize("half", sorted(HALVES.keys() - {"nothing", "one and a half"}))
def test_half_a_request_is_not_ready(half: str) -> None:
    arrival = Arrival("192.0.2.1", 0)
    arrival.add(HALVES[half])
    assert not arrival.is_ready


@pytest.mark.parametrize(
    ("rest", "is_whole", "is_too_large"),
    [
        (b"Content-Length: 5\r\n\r\nemail", True, False),
        (b"\r\n", True, False),
        (b"Transfer-Encoding: chunked\r\n\r\n5\r\nemail\r\n0\r\n\r\n", True, False),
        (f"Content-Length: {MOST_BODY_BYTES + 1}\r\n\r\n".encode(), False, True),
        (b"Transfer-Encoding: chunked\r\n\r\n200000\r\n" + b"x" * (MOST_BODY_BYTES + 1), False, True),
    ],
)
def test_a_request_is_ready_once_no_thread_would_wait(rest: bytes, is_whole: bool, is_too_large: bool) -> None:
    arrival = Arrival("192.0.2.1", 0)
    for start in range(0, len(HEAD + rest), 50_000):
        arrival.add((HEAD + rest)[start : start + 50_000])
    assert (arrival.is_whole, arrival.is_too_large) == (is_whole, is_too_large)
    assert bytes(arrival.received) == HEAD + rest


@pytest.mark.parametrize("nonsense", [b"\x16\x03\x01\r\n\r\n", b"GET /" + b"x" * 70_000])
def test_what_is_no_request_is_refused(nonsense: bytes) -> None:
    with pytest.raises(BadRequestError):
        Arrival("192.0.2.1", 0).add(nonsense)
