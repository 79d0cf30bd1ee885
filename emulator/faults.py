"""What can go wrong upstream, and the rules that say where and how often it does."""

import threading
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from emulator.foreign import FOREIGN_ANSWERS
from emulator.wire import NONE_VARIANTS


class Fault(StrEnum):
    """A way in which an answer is not what it should be."""

    HTTP_401 = "http_401"
    HTTP_403 = "http_403"
    TOKEN_REFUSED_IN_BODY = "token_refused_in_body"  # noqa: S105 - a fault's name
    AUTH_HTML = "auth_html"
    HTTP_429 = "http_429"
    HTTP_500 = "http_500"
    CT500 = "ct500"
    HANG = "hang"
    DROPPED_CONNECTION = "dropped_connection"
    TRUNCATED_BODY = "truncated_body"
    BOM = "bom"
    HTML_INSTEAD_OF_JSON = "html_instead_of_json"
    SHORT_PAGE = "short_page"
    REPEATED_PAGE = "repeated_page"
    ENDLESS_LIST = "endless_list"
    DUPLICATE_ROWS = "duplicate_rows"
    SHIFTED_ROWS = "shifted_rows"
    UNREADABLE_ROWS = "unreadable_rows"
    ODD_FIELDS = "odd_fields"
    UNKNOWN_CALL = "unknown_call"
    EMPTIED_LIST = "emptied_list"
    SHRUNK_LIST = "shrunk_list"
    SLOW = "slow"
    REDIRECT = "redirect"
    HUGE_BODY = "huge_body"
    FOREIGN_ANSWER = "foreign_answer"
    ROWS_WITHOUT_CODE = "rows_without_code"
    NO_CONTENT = "no_content"
    TEXT_ENCODING = "text_encoding"
    FALSE_GZIP = "false_gzip"
    CAPPED_PAGES = "capped_pages"
    PAGE_NUMBERS = "page_numbers"
    IGNORED_PAGING = "ignored_paging"
    ODD_TOTALS = "odd_totals"


# What each fault's `variant` may be; the first is what it is when nothing is said.
VARIANTS: Final[dict[Fault, tuple[str, ...]]] = {
    Fault.TOKEN_REFUSED_IN_BODY: ("401", "403", "400"),
    Fault.HTTP_429: ("seconds", "date", "none"),
    Fault.HTTP_500: ("500", "502", "503", "504"),
    Fault.HANG: ("before", "mid_body"),
    Fault.DROPPED_CONNECTION: ("before", "mid_body"),
    Fault.TRUNCATED_BODY: ("length", "json"),
    Fault.UNKNOWN_CALL: ("ct404", "http", "html"),
    Fault.EMPTIED_LIST: NONE_VARIANTS,
    Fault.SLOW: ("before", "trickle"),
    Fault.HUGE_BODY: ("length", "chunked"),
    Fault.HTTP_403: ("plain", "retry_after"),
    Fault.FOREIGN_ANSWER: tuple(FOREIGN_ANSWERS),
    Fault.TEXT_ENCODING: ("latin_1_declared", "latin_1", "utf_16", "utf_8_declared_latin_1", "raw_control"),
    Fault.CAPPED_PAGES: ("told", "untold"),
    Fault.PAGE_NUMBERS: ("from_0", "from_1", "from_0:untold", "from_1:untold"),
    Fault.IGNORED_PAGING: ("told", "untold"),
    Fault.ODD_TOTALS: ("absent", "page", "zero", "capped", "low", "high", "remaining"),
}
_SHARES: Final = {Fault.UNREADABLE_ROWS: 0.1, Fault.ODD_FIELDS: 1.0, Fault.SHRUNK_LIST: 0.5, Fault.SHORT_PAGE: 0.5}
_SECONDS: Final = {Fault.SLOW: 0.5, Fault.HTTP_429: 1.0, Fault.HTTP_403: 1.0}
# These show only from a list's second page on.
_NEEDS_OFFSET: Final = (Fault.REPEATED_PAGE, Fault.SHIFTED_ROWS)


@dataclass(slots=True)
class FaultRule:
    """One fault, switched on: where, how often, and its details.

    `times` counts how often it strikes (None: until cleared), after `skip` matching calls were answered well, and then
    only at every `every`-th. `share` is the part of the rows it touches (0-1), `seconds` its delay or Retry-After,
    `rows` the length of a capped page or by how many a total is off.
    """

    fault: Fault
    call: str | None = None
    web_key: str | None = None
    record_id: str | None = None
    times: int | None = None
    skip: int = 0
    every: int = 1
    variant: str = ""
    share: float = 0.0
    seconds: float = 0.0
    megabytes: int = 64
    rows: int = 50
    seen: int = 0
    struck: int = 0
    cleared: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        variants = VARIANTS.get(self.fault, ("",))
        self.variant = self.variant or variants[0]
        if self.variant not in variants:
            raise ValueError(f"{self.fault} has no variant {self.variant!r}, only {', '.join(variants)}")
        self.share = self.share or _SHARES.get(self.fault, 0.0)
        self.seconds = self.seconds or _SECONDS.get(self.fault, 0.0)
        if (
            not 0 <= self.share <= 1
            or self.seconds < 0
            or self.skip < 0
            or min(self.every, self.megabytes, self.rows) < 1
        ):
            raise ValueError("share is 0 to 1; seconds and skip are not negative; every, megabytes and rows start at 1")

    def strikes(self, call: str, web_key: str, record_id: str, offset: int) -> bool:
        """Whether this call is to go wrong; counts it."""
        wanted = ((self.call, call), (self.web_key, web_key), (self.record_id, record_id))
        if any(rule is not None and rule != actual for rule, actual in wanted):
            return False
        if self.fault in _NEEDS_OFFSET and offset == 0:
            return False
        self.seen += 1
        if self.seen <= self.skip or (self.seen - self.skip - 1) % self.every:
            return False
        if self.times is not None and self.struck >= self.times:
            return False
        self.struck += 1
        return True


class FaultBoard:
    """The faults that are switched on; the first one that strikes is the one that happens."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[FaultRule] = []

    def add(self, rule: FaultRule) -> None:
        """Switch one on."""
        with self._lock:
            self._rules.append(rule)

    def clear(self) -> None:
        """Switch all off; calls that hang are let go."""
        with self._lock:
            rules, self._rules = self._rules, []
        for rule in rules:
            rule.cleared.set()

    def striking(self, call: str, web_key: str, record_id: str, offset: int) -> FaultRule | None:
        """Return the fault that this call meets, if any."""
        with self._lock:
            return next((rule for rule in self._rules if rule.strikes(call, web_key, record_id, offset)), None)
