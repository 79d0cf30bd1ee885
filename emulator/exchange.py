"""What a request and its reply are, and how a reply reaches (or fails to reach) whoever asked."""

import threading
from dataclasses import dataclass
from enum import Enum
from typing import Final

JSON: Final = "application/json"
HTML: Final = "text/html; charset=UTF-8"


class Delivery(Enum):
    """How the body goes out."""

    WHOLE = "whole"
    HANG = "hang"
    HANG_MID_BODY = "hang_mid_body"
    DROP = "drop"
    DROP_MID_BODY = "drop_mid_body"
    CUT_SHORT = "cut_short"
    TRICKLE = "trickle"
    PADDED = "padded"
    PADDED_CHUNKED = "padded_chunked"


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came in; header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    client_host: str
    client_port: int


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply to send. `seconds` is how long a trickle takes, `padding` how many bytes a padded body has.

    `let_go` ends a hang before the client or the emulator does.
    """

    status: int
    body: bytes
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()
    delivery: Delivery = Delivery.WHOLE
    delay: float = 0.0
    seconds: float = 0.0
    padding: int = 0
    let_go: threading.Event | None = None
