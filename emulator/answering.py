"""From a request to its reply: who asks, what for, and what goes wrong on the way."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from email.utils import format_datetime
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from emulator.account import Account
from emulator.advancing import shift_rows
from emulator.calls import CALLS, BadParameterError, Call, Query
from emulator.exchange import HTML, Delivery, Reply, Request
from emulator.faults import Fault, FaultRule
from emulator.foreign import encoded_otherwise, foreign_answer, without_code
from emulator.quirky_answers import known_parameters, quirky_envelope, quirky_reply, quirky_total, quirky_window
from emulator.quirky_rows import quirky_rows
from emulator.request_log import SeenRequest
from emulator.spoiling import ROW_FAULTS, spoiled_page, whole_page
from emulator.state import State
from emulator.wire import MODERN, Total, error_answer, list_answer, none_answer

API_PATH: Final = "/v2/api/"
# Where a redirect leads: another host, which must never be shown the headers.
ELSEWHERE_PATH: Final = "/_elsewhere/"
_SECRET_HEADERS: Final = ("x-access-token", "x-web-key")

_REFUSED_PAGE: Final = (
    b"<!DOCTYPE html><html><head><title>403 Forbidden</title></head><body><h1>Forbidden</h1>"
    b"<p>You don't have permission to access this resource.</p><hr><address>Apache Server</address></body></html>"
)
_BROKEN_PAGE: Final = b"<html><head><title>Error</title></head><body><h1>Internal Server Error</h1></body></html>"
_SIGN_IN_PAGE: Final = (
    b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><form>Sign in</form></body></html>"
)
_NOT_FOUND_PAGE: Final = b"<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>"


@contextmanager
def answer(state: State, request: Request) -> Iterator[Reply]:
    """Return the reply to an API request; while it is being sent, the request counts as in flight."""
    address = urlsplit(request.path)
    call_name, _, record_id = unquote(address.path.removeprefix(API_PATH)).partition("/")
    account = state.accounts.get(request.headers.get("x-web-key", ""))
    parameters = dict(parse_qsl(address.query, keep_blank_values=True))
    query = Query(record_id.strip("/"), known_parameters(account.quirks, parameters) if account else parameters)
    name = account.name if account else ""
    with state.log.in_flight(name) as in_flight:
        reply, fault = _reply(state, request, account, call_name, query)
        state.log.add(
            SeenRequest(
                method=request.method,
                call=call_name,
                record_id=query.record_id,
                offset=_lenient(query, "offset") or 0,
                limit=_lenient(query, "limit"),
                account=name,
                at=state.clock(),
                status=0 if reply.delivery in (Delivery.HANG, Delivery.DROP) else reply.status,
                fault=fault,
                in_flight=in_flight,
                carried_secrets=any(header in request.headers for header in _SECRET_HEADERS),
                client_port=request.client_port,
            )
        )
        yield replace(reply, delay=reply.delay + state.latency_seconds)


@contextmanager
def answer_elsewhere(state: State, request: Request) -> Iterator[Reply]:
    """Return what the other host says to whoever followed a redirect: a tempting answer that is not the account's."""
    stranger = {"client_id": "666", "firstName": "Not", "lastName": "Ours", "contact_type": "1"}
    secrets = any(header in request.headers for header in _SECRET_HEADERS)
    seen = SeenRequest(
        request.method, ELSEWHERE_PATH, "", 0, None, "", state.clock(), 200, "", 1, secrets, request.client_port
    )
    state.log.add(seen)
    yield Reply(200, list_answer(MODERN, [stranger], 1))


@dataclass(frozen=True, slots=True)
class _AskedCall:
    """A call an account is entitled to make, as it asks for it."""

    account: Account
    call_name: str
    query: Query
    host: str

    @property
    def call(self) -> Call | None:
        """The call, None where the account does not offer it."""
        if self.call_name == "read_all_events" and not self.account.plan.offers_events:
            return None
        return CALLS.get(self.call_name)


def _reply(state: State, request: Request, account: Account | None, call_name: str, query: Query) -> tuple[Reply, str]:
    """Return the reply and the name of the fault it met, if any."""
    if not request.path.startswith(API_PATH):
        return Reply(404, _NOT_FOUND_PAGE, HTML), ""
    if any(header not in request.headers for header in _SECRET_HEADERS):
        return Reply(403, _REFUSED_PAGE, HTML), ""
    if request.headers["x-access-token"] != state.access_token:
        return Reply(401, error_answer(MODERN, 401, "Invalid Access Token")), ""
    if account is None:
        return Reply(403, error_answer(MODERN, 403, "Invalid Web Key")), ""
    if request.method != "GET":
        return Reply(405, error_answer(MODERN, 400, "Bad Request")), ""
    asked_call = _AskedCall(account, call_name, query, request.headers.get("host", ""))
    rule = state.faults.striking(call_name, account.plan.web_key, query.record_id, _lenient(query, "offset") or 0)
    if rule is None:
        return _well(asked_call), ""
    refusal = _refused(rule, asked_call, state)
    return refusal or _on_the_way(rule, asked_call), rule.fault.value


def _well(asked_call: _AskedCall, rule: FaultRule | None = None) -> Reply:
    """Return the answer as it should be, or with its rows spoiled by `rule`."""
    account, call, query = asked_call.account, asked_call.call, asked_call.query
    if call is None:
        return Reply(200, error_answer(MODERN, 404, "Unknown API Call"))
    try:
        offset, limit = quirky_window(account.quirks, *call.window(query))
        if rule is not None:
            with account.answering():
                return _encoded(asked_call, call, offset, limit, rule=rule)
        key = (asked_call.call_name, query.record_id, *sorted(query.parameters.items()))
        return account.page(key, lambda: _encoded(asked_call, call, offset, limit))
    except BadParameterError as bad:
        return Reply(200, error_answer(call.style(account), bad.code, str(bad)))


def _encoded(
    asked_call: _AskedCall, call: Call, offset: int, limit: int | None, *, rule: FaultRule | None = None
) -> Reply:
    """Return a page of the call, spoiled by `rule` where there is one, in the account's own way."""
    account, quirks = asked_call.account, asked_call.account.quirks
    rows, style = call.rows(account, asked_call.query), call.style(account)
    if quirks:
        rows = quirky_rows(quirks, rows, account.stage_ids())
    if rewrite := account.rewrite:
        rows = [rewrite(call.name, row) for row in rows]
    if rule is None:
        page = whole_page(rows, offset, limit)
    else:
        page = spoiled_page(rule, rows, offset, limit, id_key=call.id_key(account))
        if rule.fault is Fault.ODD_TOTALS and style.total is Total.ABSENT:
            style = replace(style, total=Total.NUMBER)  # a call that tells none otherwise
    is_none = not page.rows and (not rows or bool(offset))
    shaped, total = call.shape(account, page.rows), quirky_total(quirks, page.total, len(page.rows))
    body = quirky_envelope(quirks, shaped, total)
    if body is None and is_none:
        body = none_answer(style, "ct515" if rows else call.none(account))
    return quirky_reply(quirks, Reply(200, body or list_answer(style, shaped, total)), is_none=is_none)


def _refused(rule: FaultRule, asked_call: _AskedCall, state: State) -> Reply | None:
    """Return the answer of a fault that leaves nothing of the proper one; None for the other faults."""
    call, port = asked_call.call, asked_call.host.rpartition(":")[2]
    elsewhere = ("Location", f"http://localhost:{port}{ELSEWHERE_PATH}{asked_call.call_name}")
    replies: dict[Fault, Callable[[], Reply]] = {
        Fault.HTTP_401: lambda: Reply(401, error_answer(MODERN, 401, "Unauthorized")),
        Fault.HTTP_403: lambda: Reply(
            403,
            error_answer(MODERN, 403, "Forbidden"),
            headers=_retry_after(rule, state) if rule.variant == "retry_after" else (),
        ),
        Fault.FOREIGN_ANSWER: lambda: Reply(200, foreign_answer(rule.variant)),
        Fault.NO_CONTENT: lambda: Reply(204, b""),
        Fault.TOKEN_REFUSED_IN_BODY: lambda: Reply(
            200, error_answer(MODERN, int(rule.variant), "Invalid Access Token")
        ),
        Fault.AUTH_HTML: lambda: Reply(403, _REFUSED_PAGE, HTML),
        Fault.HTTP_429: lambda: Reply(429, _too_many(), headers=_retry_after(rule, state)),
        Fault.HTTP_500: lambda: Reply(int(rule.variant), _BROKEN_PAGE, HTML),
        Fault.CT500: lambda: Reply(200, error_answer(MODERN, 500, "Unknown Error")),
        Fault.HTML_INSTEAD_OF_JSON: lambda: Reply(200, _SIGN_IN_PAGE, HTML),
        Fault.UNKNOWN_CALL: lambda: _unknown_call(rule.variant),
        Fault.EMPTIED_LIST: lambda: Reply(
            200, none_answer(call.style(asked_call.account) if call else MODERN, rule.variant)
        ),
        Fault.REDIRECT: lambda: Reply(302, b"", HTML, headers=(elsewhere,)),
        Fault.HUGE_BODY: lambda: _huge(rule),
    }
    make = replies.get(rule.fault)
    return make() if make else None


def _on_the_way(rule: FaultRule, asked_call: _AskedCall) -> Reply:
    """Return a proper answer as a fault befalls it: in its rows, its bytes, or on its way through the network."""
    if rule.fault in ROW_FAULTS:
        return _well(asked_call, rule)
    if rule.fault is Fault.SHIFTED_ROWS:
        shift_rows(asked_call.account, asked_call.call_name)
    well = _well(asked_call)
    match rule.fault, rule.variant:
        case on_the_wire if delivery := _DELIVERIES.get(on_the_wire):
            return replace(well, delivery=delivery, seconds=rule.seconds, let_go=rule.cleared)
        case Fault.TRUNCATED_BODY, _:
            return replace(well, body=well.body[: len(well.body) * 2 // 3])
        case Fault.SLOW, _:
            return replace(well, delay=rule.seconds)
        case Fault.ROWS_WITHOUT_CODE, _:
            return replace(well, body=without_code(well.body))
        case Fault.TEXT_ENCODING, variant:
            body, content_type = encoded_otherwise(well.body, variant)
            return replace(well, body=body, content_type=content_type)
        case Fault.FALSE_GZIP, _:
            return replace(well, headers=(*well.headers, ("Content-Encoding", "gzip")))
        case Fault.BOM, _:
            return replace(well, body=b"\xef\xbb\xbf" + well.body)
        case _:
            return well


_DELIVERIES: Final = {
    (Fault.HANG, "before"): Delivery.HANG,
    (Fault.HANG, "mid_body"): Delivery.HANG_MID_BODY,
    (Fault.DROPPED_CONNECTION, "before"): Delivery.DROP,
    (Fault.DROPPED_CONNECTION, "mid_body"): Delivery.DROP_MID_BODY,
    (Fault.TRUNCATED_BODY, "length"): Delivery.CUT_SHORT,
    (Fault.SLOW, "trickle"): Delivery.TRICKLE,
}


def _huge(rule: FaultRule) -> Reply:
    delivery = Delivery.PADDED if rule.variant == "length" else Delivery.PADDED_CHUNKED
    return Reply(200, b"", delivery=delivery, padding=rule.megabytes * 1_000_000)


def _too_many() -> bytes:
    return error_answer(MODERN, 429, "Too Many Requests")


def _unknown_call(variant: str) -> Reply:
    if variant == "html":
        return Reply(404, _NOT_FOUND_PAGE, HTML)
    return Reply(404 if variant == "http" else 200, error_answer(MODERN, 404, "Unknown API Call"))


def _retry_after(rule: FaultRule, state: State) -> tuple[tuple[str, str], ...]:
    if rule.variant == "none":
        return ()
    if rule.variant == "date":
        return (("Retry-After", format_datetime(state.clock() + timedelta(seconds=rule.seconds), usegmt=True)),)
    return (("Retry-After", f"{rule.seconds:g}"),)


def _lenient(query: Query, name: str) -> int | None:
    try:
        return query.number(name)
    except BadParameterError:
        return None
