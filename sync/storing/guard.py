"""What is held back until someone confirms it: the signs that an answer is not what it seems to be.

Lists and notes are judged by the same rules. Each function raises PullError (HELD_BACK), and then nothing is written.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection

from models import SyncErrorKind
from sync.failures import PullError
from sync.mapping.expectations import FieldReport
from sync.reading.pull import Pull
from sync.storing.store import count_live, count_missing, is_suspicious_removal


def raise_if_mostly_unreadable(pull: Pull) -> None:
    """Hold back a pull of which more than a twentieth of the records, and more than ten, can't be understood."""
    if pull.is_mostly_unreadable:
        raise held_back(f"{len(pull.rejected)} of {pull.fetched} records can't be read")


def raise_if_fields_fell(reports: Sequence[FieldReport]) -> None:
    """Hold back a pull in which a field is empty that was filled before: the good values in the table would go."""
    fallen = [report for report in reports if report.fell]
    if fallen:
        failure = held_back("; ".join(f"{report.complaint}, and was filled before" for report in fallen))
        failure.field = fallen[0].field
        raise failure


def raise_if_removing_too_much(
    connection: Connection,
    pull: Pull,
    tenant_id: int,
    scope: ColumnElement[bool] | None,
    *,
    may_empty: bool = True,
) -> None:
    """Hold back a pull that would remove suspiciously much; ask it only of a table that was not empty.

    Not `may_empty`: that nothing at all came is suspicious in itself, however
    few rows would go.
    """
    gone = count_missing(connection, pull.mirror, tenant_id, scope)
    if gone == 0:
        return
    live = count_live(connection, pull.mirror, tenant_id)
    if is_suspicious_removal(gone, live) or (not may_empty and pull.fetched == 0):
        raise held_back(f"it would remove {gone} of {live} rows")


def held_back(reason: str) -> PullError:
    """Return the error that holds a suspicious pull back."""
    return PullError(SyncErrorKind.HELD_BACK, f"held back until someone confirms it: {reason}")
