"""The switches for another process: faults, steps, the truth and the log, as JSON, for loopback only."""

import dataclasses
import ipaddress
import json
from collections.abc import Callable
from typing import Any, Final, NoReturn
from urllib.parse import parse_qsl, urlsplit

from emulator.account import Account
from emulator.exchange import Reply, Request
from emulator.faults import Fault, FaultRule
from emulator.quirks import quirks_named
from emulator.state import State

CONTROL_PATH: Final = "/_control/"
_FAULT_OPTIONS: Final = {
    "call": str,
    "record_id": str,
    "times": int,
    "skip": int,
    "every": int,
    "variant": str,
    "share": float,
    "seconds": float,
    "megabytes": int,
    "rows": int,
}


class _BadRequestError(ValueError):
    """Said to whoever turned the switch."""


def control(state: State, request: Request) -> Reply:
    """Do what the request says; 400 with a sentence where it says nothing that can be done."""
    if not ipaddress.ip_address(request.client_host).is_loopback:
        return _json({"error": "only from this machine"}, 403)
    address = urlsplit(request.path)
    switch = _SWITCHES.get((request.method, address.path.removeprefix(CONTROL_PATH)))
    if switch is None:
        return _json({"error": f"no such switch: {request.method} {address.path}"}, 404)
    try:
        given = dict(parse_qsl(address.query)) | _in_body(request)
        return _json(switch(state, given))
    except (ValueError, TypeError) as bad:
        return _json({"error": str(bad)}, 400)


def _set_fault(state: State, given: dict[str, Any]) -> object:
    state.faults.add(_rule(state, given))
    return _DONE


def _clear_faults(state: State, _given: dict[str, Any]) -> object:
    state.faults.clear()
    return _DONE


def _advance(state: State, given: dict[str, Any]) -> object:
    accounts = [_account(state, given)] if given.get("account") else list(state.accounts.values())
    for account in accounts:
        state.advance(account, int(given.get("steps", 1)))
    return _DONE


def _set_quirks(state: State, given: dict[str, Any]) -> object:
    _account(state, given).quirks = quirks_named(map(str, given.get("quirks", ())))
    return _DONE


def _rotate_token(state: State, given: dict[str, Any]) -> object:
    if not given.get("token"):
        _refuse("a token is needed")
    state.access_token = str(given["token"])
    return _DONE


def _truth(state: State, given: dict[str, Any]) -> object:
    return _account(state, given).truth()


def _requests(state: State, _given: dict[str, Any]) -> object:
    return [_readable(dataclasses.asdict(seen)) for seen in state.log.all()]


def _clear_requests(state: State, _given: dict[str, Any]) -> object:
    state.log.clear()
    return _DONE


_DONE: Final = {"ok": True}
_SWITCHES: Final[dict[tuple[str, str], Callable[[State, dict[str, Any]], object]]] = {
    ("POST", "faults"): _set_fault,
    ("DELETE", "faults"): _clear_faults,
    ("POST", "advance"): _advance,
    ("POST", "quirks"): _set_quirks,
    ("POST", "rotate-token"): _rotate_token,
    ("GET", "truth"): _truth,
    ("GET", "requests"): _requests,
    ("DELETE", "requests"): _clear_requests,
}


def _in_body(request: Request) -> dict[str, Any]:
    given = json.loads(request.body or b"{}")
    if not isinstance(given, dict):
        _refuse("an object is needed")
    return given


def _rule(state: State, given: dict[str, Any]) -> FaultRule:
    unknown = given.keys() - _FAULT_OPTIONS.keys() - {"fault", "account"}
    if unknown:
        _refuse(f"unknown options: {', '.join(sorted(unknown))}")
    options = {name: kind(given[name]) for name, kind in _FAULT_OPTIONS.items() if given.get(name) is not None}
    web_key = _account(state, given).plan.web_key if given.get("account") else None
    return FaultRule(Fault(str(given.get("fault"))), web_key=web_key, **options)


def _account(state: State, given: dict[str, Any]) -> Account:
    try:
        return state.named(str(given.get("account", "")))
    except KeyError as unknown:
        raise _BadRequestError(f"no account is called {given.get('account')!r}") from unknown


def _refuse(why: str) -> NoReturn:
    raise _BadRequestError(why)


def _readable(seen: dict[str, Any]) -> dict[str, Any]:
    return seen | {"at": seen["at"].isoformat()}


def _json(value: object, status: int = 200) -> Reply:
    return Reply(status, json.dumps(value).encode())
