"""Servers that speak no dialect of any API: what they send is refused in time and told, or read whole, and never guessed."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from cryptography.fernet import Fernet

from models import SyncErrorKind
from settings import SyncSettings
from sync.api.clienttether import ClientTether
from sync.failures import PullError

K = SyncErrorKind
ROWS = [{"client_id": "1"}, {"client_id": "2"}]
BODY = json.dumps({"ResultCode": "CT_200", "TotalRecord": 2, "data": ROWS}).encode()
HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
DRIP_SECONDS = 0.01
Ask = Callable[..., list[object] | SyncErrorKind]


class StrangeServer:
    """Answers each connection's first request with these bytes, then drips others, or closes where there are none."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._over = threading.Event()
        self.answer, self.drip, self.asked = b"", b"", b""
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}/v2/api/"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while not self._over.is_set():
            connection, _ = self._listening.accept()
            with connection, suppress(OSError):
                self.asked = connection.recv(65_536)
                connection.sendall(self.answer)
                while self.drip and not self._over.wait(DRIP_SECONDS):
                    connection.sendall(self.drip)

    def stop(self) -> None:
        self._over.set()
        with suppress(OSError), socket.create_connection(self._listening.getsockname()):
            pass  # it waits for somebody
        self._thread.join()
        self._listening.close()


@pytest.fixture(scope="module")
def server() -> Iterator[StrangeServer]:
    running = StrangeServer()
    yield running
    running.stop()


@pytest.fixture
def ask(server: StrangeServer) -> Ask:
    """Return a call that tells the rows of an answer, or what became of it."""
    brisk = SyncSettings(
        portal_encryption_key=Fernet.generate_key().decode(),
        clienttether_api_url=server.url,
        clienttether_access_token="token",
        sync_retry_attempts=1,
        sync_read_timeout=30,
        sync_max_body_bytes=1_000_000,
    )

    def make(answer: bytes, drip: bytes = b"") -> list[object] | SyncErrorKind:
        server.answer, server.drip = answer, drip
        settings = brisk.model_copy(update={"sync_call_timeout": 0.2} if drip else {})
        with ClientTether(settings, "CT_key") as client:
            try:
                return client.clients(0).envelope.rows
            except PullError as failure:
                return failure.kind

    return make


def whole(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    lines = (b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers, b"", body)
    return b"\r\n".join(lines)


@pytest.mark.parametrize(
    ("begins", "drip"),
    [
        (HEAD + b"X-Long: ", b"a"),
        (b"HTTP/1.1 401 Unauthorized\r\nX-Long: ", b"a"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (CHUNKED, b"0"),
        (CHUNKED + b"5;", b"a"),
        (CHUNKED + b"%x\r\n%b\r\n0\r\nX-Long: " % (len(BODY), BODY), b"a"),
        (HEAD + b"\r\n", b" "),
    ],
    ids=["head", "head of a refusal", "go ahead", "size of a chunk", "note on a chunk", "trailer", "body"],
)
def test_a_call_is_over_in_its_time_whatever_trickles(ask: Ask, begins: bytes, drip: bytes) -> None:
    """Each of these is a byte now and then, which no time-out of a single wait ends."""
    assert ask(begins, drip) is K.TIMEOUT


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (CHUNKED + b"40\r\n" + BODY[:20], K.TRANSPORT),
        (HEAD + b"\r\n" + BODY[:-5], K.NOT_JSON),
        (whole(BODY)[:-5], K.TRANSPORT),
        (whole(gzip.compress(BODY)[:-12], b"Content-Encoding: gzip"), K.NOT_JSON),
        (whole(BODY, status=b"206 Partial Content"), K.REFUSED),
        (whole(b"", status=b"205 Reset Content"), K.REFUSED),
        (whole(b"<html>" + b"x" * 100_000, status=b"404 Not Found"), K.UNAVAILABLE),
        (whole(b"<html>" + b"x" * 100_000, status=b"401 Unauthorized"), K.TOKEN_REFUSED),
        (whole(b"<html>Sign in</html>"), K.NOT_JSON),
        (whole(b""), K.NOT_JSON),
        (b"\0\0\x12\4\0\0\0\0\0", K.TRANSPORT),
        (b"220 mail.example ESMTP\r\n", K.TRANSPORT),
        (b"", K.TRANSPORT),
    ],
)
def test_half_an_answer_and_what_is_none_are_never_rows(ask: Ask, answer: bytes, kind: SyncErrorKind) -> None:
    assert ask(answer) is kind


@pytest.mark.parametrize(
    "answer",
    [
        HEAD + b"\r\n" + BODY,
        b"HTTP/1.0 200 OK\r\n\r\n" + BODY,
        b"HTTP/1.1 103 Early Hints\r\n\r\n" + whole(BODY),
        whole(gzip.compress(BODY), b"Content-Encoding: gzip"),
        whole(gzip.compress(BODY), b"Content-Encoding: x-gzip"),
        whole(gzip.compress(BODY)),
        whole(gzip.compress(BODY[:30]) + gzip.compress(BODY[30:]), b"Content-Encoding: gzip"),
        whole(gzip.compress(BODY) + b"\0\0", b"Content-Encoding: gzip"),
        whole(gzip.compress(gzip.compress(BODY)), b"Content-Encoding: gzip, gzip"),
        whole(zlib.compress(BODY), b"Content-Encoding: deflate"),
        whole(zlib.compress(BODY)[2:-4], b"Content-Encoding: deflate"),
        whole(BODY, b"Content-Encoding: gzip"),
        whole(BODY, b"Content-Encoding: identity"),
        whole(BODY, b"Content-Type: text/html"),
    ],
)
def test_an_answer_is_read_however_it_is_packed(ask: Ask, answer: bytes) -> None:
    assert ask(answer) == ROWS


@pytest.mark.parametrize("encodings", [1, 2, 3])
def test_a_few_bytes_that_unpack_to_more_than_fits_are_not_unpacked(ask: Ask, encodings: int) -> None:
    bomb = bytes(2_000_000)
    for _ in range(encodings):
        bomb = gzip.compress(bomb)
    assert ask(whole(bomb, b"Content-Encoding: " + b", ".join([b"gzip"] * encodings))) is K.BODY_TOO_LARGE


def test_what_we_do_not_ask_for_is_not_unpacked(ask: Ask, server: StrangeServer) -> None:
    assert ask(whole(b"\x0b\x02\x80{}\x03", b"Content-Encoding: br")) is K.NOT_JSON
    assert b"accept-encoding: gzip, deflate\r\n" in server.asked.lower()


def test_a_redirect_is_not_followed_and_takes_no_key_along(ask: Ask) -> None:
    other = StrangeServer()
    other.answer = whole(BODY)
    try:
        for status in (b"301 Moved", b"303 See Other", b"307 Temporary Redirect"):
            assert ask(whole(b"", b"Location: " + other.url.encode(), status=status)) is K.REDIRECTED
        assert other.asked == b""
    finally:
        other.stop()
