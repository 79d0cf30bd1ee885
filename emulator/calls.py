"""The calls the API offers: which records each lists, under which key, and how its answers are spelt."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from emulator.account import Account
from emulator.events import CATEGORY, start_key
from emulator.notes import note_keys
from emulator.plan import Dialect
from emulator.rows import WireRow
from emulator.wire import MODERN, OLD, Style, Total

# The largest page, and the page of a long list when no limit is given.
LARGEST_PAGE: Final = 100


class BadParameterError(ValueError):
    """A parameter the API answers with CT400 (malformed) or CT501 (missing); `code` says which."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Query:
    """What a request asks of a call: the id in its path and its parameters."""

    record_id: str
    parameters: dict[str, str]

    def number(self, name: str) -> int | None:
        """Return a row count or number, None where it is not given. Raises BadParameterError where it is none."""
        text = self.parameters.get(name)
        if text is None:
            return None
        if not text.isascii() or not text.isdecimal():
            raise BadParameterError(400, f"Invalid {name}")
        return int(text)


@dataclass(frozen=True, slots=True)
class Call:
    """One read call. `long` lists come in pages even when no limit is asked for."""

    name: str
    rows: Callable[[Account, Query], Sequence[WireRow]]
    id_key: Callable[[Account], str]
    style: Callable[[Account], Style]
    shape: Callable[[Account, Sequence[Any]], Any] = lambda _account, rows: rows
    none: Callable[[Account], str] = lambda _account: "ct515"
    long: bool = False

    def window(self, query: Query) -> tuple[int, int | None]:
        """Offset and length of the page asked for; None is all of it."""
        offset, limit = query.number("offset") or 0, query.number("limit")
        if limit is None:
            return offset, LARGEST_PAGE if self.long else None
        return offset, min(limit, LARGEST_PAGE)


def _is_second(account: Account) -> bool:
    return account.plan.dialect is Dialect.SECOND


def _notes_of(account: Account, query: Query) -> Sequence[WireRow]:
    if not query.record_id:
        raise BadParameterError(501, "Parameter Missing: client_id")
    return account.notes.get(query.record_id, [])


def _client_of(account: Account, query: Query) -> Sequence[WireRow]:
    if not query.record_id:
        raise BadParameterError(501, "Parameter Missing: client_id")
    return [contact for contact in account.contacts if str(contact.get("client_id")) == query.record_id][:1]


def _events_between(account: Account, query: Query) -> Sequence[WireRow]:
    """Events that start from `from_date` to `end_date` (a bare end date includes its day), of one `event_type`."""
    first, last = query.parameters.get("from_date", ""), query.parameters.get("end_date", "")
    for bound in (first, last):
        if bound and not (len(bound) in (10, 19) and bound[4] == bound[7] == "-"):
            raise BadParameterError(400, "Invalid date")
    if len(last) == len("2026-01-01"):
        last += " 23:59:59"
    kind, start = query.parameters.get("event_type", ""), start_key(account.plan.dialect)
    return [
        event
        for event in account.events
        if (not kind or event.get(CATEGORY) == kind)
        and first <= str(event.get(start))
        and (not last or str(event.get(start)) <= last)
    ]


def _nested(account: Account, rows: Sequence[Any]) -> Any:
    """Nest action plans two levels deep: a list of lists, or an object of lists."""
    half = (len(rows) + 1) // 2
    if _is_second(account):
        return {"1": list(rows[:half]), "2": list(rows[half:])}
    return [list(rows[:half]), list(rows[half:])]


_NO_TOTAL: Final = Style(MODERN.code_key, MODERN.underscore, Total.ABSENT)
_OLD_NO_TOTAL: Final = Style(OLD.code_key, OLD.underscore, Total.ABSENT)

CALLS: Final = {
    call.name: call
    for call in (
        Call(
            "read_client_list",
            lambda account, _query: account.contacts,
            lambda _account: "client_id",
            lambda _account: MODERN,
            long=True,
        ),
        Call("read_client_by_id", _client_of, lambda _account: "client_id", lambda _account: _OLD_NO_TOTAL),
        Call(
            "read_opportunity_list",
            lambda account, _query: account.opportunities,
            lambda _account: "opportunity_id",
            lambda _account: OLD,
            long=True,
        ),
        Call(
            "read_sales_cycle_list",
            lambda account, _query: account.stages,
            lambda _account: "sales_cycle_id",
            lambda account: OLD if _is_second(account) else MODERN,
        ),
        Call(
            "read_lead_source_list",
            lambda account, _query: account.lead_sources,
            lambda _account: "lead_source_id",
            lambda _account: OLD,
        ),
        Call(
            "read_user_list",
            lambda account, _query: account.users,
            lambda _account: "user_id",
            lambda _account: _NO_TOTAL,
        ),
        Call(
            "read_action_plan_list",
            lambda account, _query: account.action_plans,
            lambda _account: "action_plan_id",
            lambda _account: _OLD_NO_TOTAL,
            shape=_nested,
        ),
        Call(
            "read_client_history_notes",
            _notes_of,
            lambda account: note_keys(account.plan.dialect)[0],
            lambda _account: _NO_TOTAL,
            none=lambda account: "list:absent" if _is_second(account) else "ct515",
        ),
        Call(
            "read_all_events",
            _events_between,
            lambda _account: "event_id",
            lambda account: _OLD_NO_TOTAL if _is_second(account) else OLD,
            long=True,
        ),
    )
}
