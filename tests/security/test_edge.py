"""What gunicorn makes of a request before the application sees it: spoken to over a bare socket."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from dash_portal.security import MOST_BODY_BYTES
from tests.dash_portal.portal_world import PASSWORD, PortalWorld, close_world, make_world
from tests.security.served import served, sign_in

PORTAL = "portal.example"


@pytest.fixture(scope="module")
def edge(
    migrated_sqlite: Path, encryption_key: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[PortalWorld, str]]:
    """A served world that believes nobody. The edge does not depend on the database."""
    yield from _world(migrated_sqlite, encryption_key, tmp_path_factory.mktemp("edge"))


@pytest.fixture(scope="module")
def proxied(
    migrated_sqlite: Path, encryption_key: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[PortalWorld, str]]:
    """A served world behind one proxy, with a name of its own."""
    folder = tmp_path_factory.mktemp("proxied")
    settings = {"PORTAL_TRUSTED_PROXIES": "1", "PORTAL_ALLOWED_HOSTS": PORTAL}
    yield from _world(migrated_sqlite, encryption_key, folder, **settings)


def _world(template: Path, encryption_key: str, folder: Path, **settings: str) -> Iterator[tuple[PortalWorld, str]]:
    database = folder / "portal.db"
    database.write_bytes(template.read_bytes())
    world = make_world(f"sqlite:///{database}", encryption_key)
    with served(world, folder / "log", **settings) as url:
        yield world, url
    close_world(world)


def ask(url: str, head: str, body: bytes = b"") -> str:
    """Send the bytes as they are, and return all that is answered."""
    parts = urlsplit(url)
    request = head.strip().replace("\n", "\r\n") + "\r\nConnection: close\r\n\r\n"
    with socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=30) as connection:
        connection.sendall(request.encode("latin-1"))
        with suppress(OSError):  # refused before all of it was sent
            connection.sendall(body)
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := _piece(connection):
            answer += piece
    return answer.decode("latin-1")


def _piece(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except ConnectionResetError:  # what was not read any more, is said by the system
        return b""


def status(answer: str) -> int:
    return int(answer.split(" ", 2)[1])


def header(answer: str, name: str) -> str:
    line = re.search(rf"^{name}: (.*?)\r$", answer, re.MULTILINE | re.IGNORECASE)
    return line[1] if line else ""


@pytest.mark.parametrize(
    "spoken",
    [
        "SCRIPT_NAME: //other.example",
        "Script-Name: //other.example",
        "X-Forwarded-Prefix: //other.example",
        "X-Forwarded-Host: other.example",
        "PATH_INFO: //other.example",
        "X-Script-Name: //other.example",
        "Forwarded: host=other.example;proto=https",
    ],
)
def test_no_header_moves_a_redirect_off_the_host(edge: tuple[PortalWorld, str], spoken: str) -> None:
    answer = ask(edge[1], f"GET /leads HTTP/1.1\nHost: {PORTAL}\n{spoken}")
    assert status(answer) == 302
    assert header(answer, "Location") == "/login?next=/leads"
    assert "other.example" not in answer


@pytest.mark.parametrize("spoken", ["X-Forwarded-Proto: https", "X-Forwarded-Ssl: on", "X-Forwarded-Protocol: ssl"])
def test_nobody_says_by_which_scheme_they_came(edge: tuple[PortalWorld, str], spoken: str) -> None:
    answer = ask(edge[1], f"GET /assets HTTP/1.1\nHost: {PORTAL}\n{spoken}")
    assert "https://" not in header(answer, "Location")


@pytest.mark.parametrize(
    ("spoken", "address"),
    [("9" * 300, "unknown"), ("203.0.113.9", "203.0.113.9"), ("[2001:db8::7]:443", "2001:db8::7"), ("a\tb", "unknown")],
)
def test_the_address_that_a_proxy_names_is_read_as_an_address(
    proxied: tuple[PortalWorld, str], spoken: str, address: str
) -> None:
    world, url = proxied
    host = f"Host: {PORTAL}\nX-Forwarded-For: {spoken}"
    page = ask(url, f"GET /login HTTP/1.1\n{host}")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    cookie = header(page, "Set-Cookie").partition(";")[0]
    form = f"email=nobody-{len(spoken)}@own.example&password=wrong&csrf_token={token[1]}".encode()
    head = f"POST /login HTTP/1.1\n{host}\nCookie: {cookie}\nContent-Type: application/x-www-form-urlencoded"
    answer = ask(url, f"{head}\nContent-Length: {len(form)}", form)
    assert status(answer) == 401
    (entry,) = [
        entry for entry in world.audit("sign_in_failed") if entry.actor_email.startswith(f"nobody-{len(spoken)}@")
    ]
    assert entry.address == address


@pytest.mark.parametrize(
    ("host", "expected"), [(PORTAL, 302), ("Portal.Example:8050", 302), ("other.example", 400), ("", 400)]
)
def test_only_the_portals_own_names_are_answered(proxied: tuple[PortalWorld, str], host: str, expected: int) -> None:
    _, url = proxied
    assert status(ask(url, f"GET /leads HTTP/1.1\nHost: {host}")) == expected
    if host:
        named_by_proxy = ask(url, f"GET /leads HTTP/1.1\nHost: {PORTAL}\nX-Forwarded-Host: {host}")
        assert status(named_by_proxy) == expected
    assert status(ask(url, "GET /healthz HTTP/1.1\nHost: 10.0.0.7:8050")) == 200, "probes ask by number"


@pytest.mark.parametrize("host", ["x" * 5000, "x" * 64, "a..b", ".", "xn--zz", "xn--zz.example:80"])
def test_what_is_no_name_of_a_host_is_refused_in_the_portals_words(edge: tuple[PortalWorld, str], host: str) -> None:
    answer = ask(edge[1], f"GET /leads HTTP/1.1\nHost: {host}")
    assert status(answer) == 400
    assert "not one of the portal&#39;s" in answer
    assert header(answer, "Content-Security-Policy")


def test_nor_does_a_proxy_pass_on_what_is_no_name(proxied: tuple[PortalWorld, str]) -> None:
    assert status(ask(proxied[1], f"GET /leads HTTP/1.1\nHost: {PORTAL}\nX-Forwarded-Host: xn--zz")) == 400


def chunked(size: int) -> bytes:
    """Return a body that says no length in front."""
    piece = b"x" * 16_384
    whole, rest = divmod(size, len(piece))
    written = f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
    end = f"{rest:x}\r\n".encode() + piece[:rest] + b"\r\n" if rest else b""
    return written * whole + end + b"0\r\n\r\n"


@pytest.mark.parametrize("path", ["/login", "/_dash-update-component"])
@pytest.mark.parametrize("framing", ["chunked", "length"])
def test_a_body_counts_as_it_comes(edge: tuple[PortalWorld, str], path: str, framing: str) -> None:
    size = MOST_BODY_BYTES + 1
    length = "Transfer-Encoding: chunked" if framing == "chunked" else f"Content-Length: {size}"
    kind = "application/json" if path.startswith("/_") else "application/x-www-form-urlencoded"
    body = chunked(size) if framing == "chunked" else b"x" * size
    answer = ask(edge[1], f"POST {path} HTTP/1.1\nHost: {PORTAL}\nContent-Type: {kind}\n{length}", body)
    assert status(answer) == 413


def test_a_signed_in_browser_sends_no_larger_callback_in_chunks(edge: tuple[PortalWorld, str]) -> None:
    client = sign_in(edge[1], "viewer@own.example")
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/account").text)
    assert token is not None

    def pieces(size: int) -> Iterator[bytes]:
        yield b'{"output":"'
        for _ in range(size // 10_000):
            yield b"x" * 10_000
        yield b'"}'

    headers = {"X-CSRFToken": token[1], "Content-Type": "application/json"}
    assert client.post("/_dash-update-component", content=pieces(300_000), headers=headers).status_code == 413
    assert client.post("/_dash-update-component", content=pieces(200_000), headers=headers).status_code == 400


@pytest.mark.parametrize(
    "head",
    [
        "GET /healthz HTTP/1.1\nHost: portal.example\nContent-Length: 4\nTransfer-Encoding: chunked",
        "GET /healthz HTTP/1.1\nHost: portal.example\nContent-Length: 4\nContent-Length: 5",
        "GET /healthz HTTP/1.1\nHost: portal.example\nTransfer-Encoding: xchunked",
        "GET /healthz HTTP/1.1\nHost: portal.example\nContent-Length: 5\nContent-Length: 5",
        "GET /healthz HTTP/1.1\nHost: portal.example\nContent-Length: +5",
        "GET /healthz HTTP/1.1\nHost: portal.example\nTransfer-Encoding: gzip, chunked",
        "GET /healthz HTTP/1.1\nHost: portal.example\nTransfer-Encoding: identity",
        "GET /healthz HTTP/1.1\nHost: portal.example\nTransfer-Encoding : chunked",
        "GET /healthz HTTP/1.1\nHost: portal.example\nX: y\n Transfer-Encoding: chunked",
        "GET /healthz HTTP/1.0\nHost: portal.example\nTransfer-Encoding: chunked",
    ],
)
def test_ambiguous_lengths_are_refused(edge: tuple[PortalWorld, str], head: str) -> None:
    assert status(ask(edge[1], head, b"0\r\n\r\nGET /login HTTP/1.1\r\n\r\n")) in {400, 501}


def test_links_are_written_down_nowhere_whatever_path_they_stand_in(edge: tuple[PortalWorld, str]) -> None:
    world, url = edge
    token = "Zk3v9Qx0b7LrT2mWcYpHdUeSgAiNfJoK4s8XwVt6yE1"
    log = Path(world.settings.database_url.removeprefix("sqlite:///")).with_name("log")
    for path in ("/join", "/x/join", "/JOIN", "/reset", "/%72eset", "/" + "y" * 160):
        ask(url, f"GET {path}/{token} HTTP/1.1\nHost: {PORTAL}")
        ask(url, f"POST {path}/{token} HTTP/1.1\nHost: {PORTAL}\nContent-Length: 0")
        ask(url, f"GET {path}/{token} HTTP/1.1\nHost: {PORTAL}\nBroken header")
    written = log.read_text()
    assert "request without a valid token" in written
    assert token not in written
    assert token[:12] not in written
    assert PASSWORD not in written
