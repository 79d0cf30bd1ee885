"""Tests of a connection, asked for by the agency: does this web key open an account, with how many contacts in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import ColumnElement, Engine, and_, delete, or_, select, update

from database import agency_transaction
from encryption import EncryptionError
from logs import forget_in_logs
from models import CheckOutcome, ConnectionCheck, FieldState, RequestStatus, SyncErrorKind, utc_now
from settings import SyncSettings
from sync.api.clienttether import ClientTether
from sync.api.pace import Pace
from sync.failures import PullError
from sync.mapping.field_file import FieldFile
from sync.mapping.wire_text import clean_line
from sync.running.probe import CallReport, probe_account
from sync.tables import table_of

_CHECKS: Final = table_of(ConnectionCheck)
_LONGEST_WAIT: Final = 15.0
_CLAIM_LASTS: Final = timedelta(minutes=3)
_KEPT_FOR: Final = timedelta(days=1)
_UNREACHABLE: Final = frozenset(
    {SyncErrorKind.TIMEOUT, SyncErrorKind.TRANSPORT, SyncErrorKind.SERVER_ERROR, SyncErrorKind.RATE_LIMITED}
)
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Finding:
    """What a test found, in words for the person who asked. `contacts` is None where the account does not tell."""

    outcome: CheckOutcome
    message: str
    contacts: int | None = None


def waiting_checks(engine: Engine) -> list[str]:
    """Return the ids of tests that wait for an answer, or whose worker died over them."""
    waiting = select(_CHECKS.c.id).where(or_(_CHECKS.c.status == RequestStatus.QUEUED, _is_stuck()))
    with agency_transaction(engine, writes=False) as connection:
        return list(connection.scalars(waiting.order_by(_CHECKS.c.created_at)))


def answer_check(
    engine: Engine, settings: SyncSettings, fields: FieldFile, check_id: str, pace: Pace | None = None
) -> None:
    """Test the connection, write the answer down, and wipe the key. `pace` is that of all calls under the token."""
    encrypted = _claim(engine, check_id)
    if encrypted is None:
        return
    finding = _test(settings, fields, encrypted, pace)
    now = utc_now()
    answer = {
        "status": RequestStatus.DONE,
        "outcome": finding.outcome,
        "contacts": finding.contacts,
        "message": finding.message,
        "web_key_encrypted": "",
        "finished_at": now,
        "updated_at": now,
    }
    with agency_transaction(engine) as connection:
        connection.execute(update(_CHECKS).where(_CHECKS.c.id == check_id).values(**answer))
        connection.execute(delete(_CHECKS).where(_CHECKS.c.finished_at < now - _KEPT_FOR))
    log.info("connection_checked", outcome=finding.outcome.value)


def _is_stuck() -> ColumnElement[bool]:
    now = utc_now()
    lately = _CHECKS.c.updated_at.between(now - _CLAIM_LASTS, now + _CLAIM_LASTS)
    return and_(_CHECKS.c.status == RequestStatus.RUNNING, ~lately)


def _claim(engine: Engine, check_id: str) -> str | None:
    """Return the encrypted key of a test that is now ours; None where another worker has it."""
    free = and_(_CHECKS.c.id == check_id, or_(_CHECKS.c.status == RequestStatus.QUEUED, _is_stuck()))
    taking = update(_CHECKS).where(free).values(status=RequestStatus.RUNNING, updated_at=utc_now())
    with agency_transaction(engine) as connection:
        encrypted: str | None = connection.execute(taking.returning(_CHECKS.c.web_key_encrypted)).scalar_one_or_none()
    return encrypted


def _test(settings: SyncSettings, fields: FieldFile, encrypted: str, pace: Pace | None) -> Finding:
    try:
        web_key = settings.cipher().decrypt(encrypted)
    except EncryptionError:
        return Finding(CheckOutcome.FAILED, "The key could not be read. Please enter it again.")
    forget_in_logs(web_key)
    # Somebody waits for the answer: better "not now" than a minute without a word.
    brisk = settings.model_copy(update={"sync_retry_attempts": 1, "sync_pace_seconds": _LONGEST_WAIT})
    try:
        with ClientTether(brisk, web_key, calls=fields.calls, pace=pace) as client:
            first_page = client.clients(0).envelope
            users = client.users().envelope.rows
            reports = probe_account(client, fields, ZoneInfo("UTC"), settings.sync_schedule_days)
    except PullError as failure:
        return _finding_of(failure)
    contacts = len(first_page.rows) if first_page.total is None else first_page.total
    message = f"The connection works: {contacts} contacts{_account_of(users)}. {_understood(reports)}"
    return Finding(CheckOutcome.WORKS, message[:500], contacts)


def _understood(reports: Sequence[CallReport]) -> str:
    """Say in short what a probe found: which fields of which data are not understood, or that all are."""
    troubles = []
    for report in reports:
        fields = [each.field.replace("_", " ") for each in report.fields if each.state is FieldState.EMPTY]
        if report.readable < report.rows:
            fields.insert(0, "id")
        if report.failure is not None and report.complaints:
            troubles.append(f"{report.resource.value.replace('_', ' ')} did not answer")
        elif fields:
            troubles.append(f"{report.resource.value.replace('_', ' ')}: {', '.join(fields)}")
    if not troubles:
        return "Every field that the dashboards count on is understood."
    return f"Not understood yet: {'; '.join(troubles)}. Have whoever runs the portal look with python -m sync probe."


def _account_of(users: Sequence[Any]) -> str:
    """Say whose account it is: the API knows no account's name, but the people who work in it."""
    names = []
    for user in users:
        if isinstance(user, dict):
            parts = (user.get("user_first_name"), user.get("user_last_name"))
            names.append(clean_line(" ".join(part for part in parts if isinstance(part, str)))[:60])
    known = [name for name in names if name]
    if not known:
        return ""
    others = f" and {len(known) - 3} more" if len(known) > 3 else ""
    return f", in the account of {', '.join(known[:3])}{others}"


def _finding_of(failure: PullError) -> Finding:
    if failure.kind is SyncErrorKind.TOKEN_REFUSED:
        message = (
            "ClientTether refuses the agency's access token, or this key with it. Where other brands still sync, check "
            "that the key is copied whole; else get the new token in ClientTether under Settings > API."
        )
        return Finding(CheckOutcome.REFUSED, message)
    if failure.kind is SyncErrorKind.KEY_REFUSED:
        return Finding(CheckOutcome.REFUSED, "ClientTether refuses this key. Please check that it is copied whole.")
    if failure.kind in _UNREACHABLE:
        return Finding(CheckOutcome.UNREACHABLE, "ClientTether can't be reached right now. Please try again later.")
    return Finding(CheckOutcome.FAILED, "ClientTether gave an answer that can't be used. Please try again later.")
