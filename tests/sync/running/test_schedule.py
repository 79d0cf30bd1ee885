"""When a brand is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from models import RunStatus, Trigger
from sync.running.runs import History, RunRequest
from sync.running.schedule import due_run
from timetable import jitter

HOURLY = "0 * * * *"
TEN = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
GOOD = (RunStatus.SUCCESS,)


def after(**parts: float) -> datetime:
    return TEN + timedelta(**parts)


@pytest.mark.parametrize(
    ("history", "now", "run_request"),
    [
        (History(), after(minutes=20), RunRequest(Trigger.SCHEDULE, TEN)),
        (History(TEN, GOOD), after(minutes=20), None),
        (History(after(hours=-1), GOOD), after(minutes=2), RunRequest(Trigger.SCHEDULE, TEN)),
        (History(after(hours=-11), GOOD), after(minutes=2), RunRequest(Trigger.CATCH_UP, TEN, 10)),
        (History(TEN, (RunStatus.ABANDONED, *GOOD)), after(minutes=20), RunRequest(Trigger.CATCH_UP)),
        (History(TEN, (RunStatus.ABANDONED,)), after(minutes=20), RunRequest(Trigger.CATCH_UP)),
        (History(TEN, (RunStatus.ABANDONED,) * 3), after(minutes=20), None),
        (History(TEN, (RunStatus.FAILED, RunStatus.ABANDONED)), after(minutes=20), None),
        (History(TEN, (RunStatus.RUNNING,)), after(minutes=20), None),
    ],
)
def test_a_brand_is_due_once_a_slot_and_catches_up_once(
    history: History, now: datetime, run_request: RunRequest | None
) -> None:
    assert due_run(HOURLY, "brand", history, now) == run_request


def test_a_brand_waits_out_its_jitter() -> None:
    delay = jitter("brand", TEN, timedelta(hours=1))
    history = History(after(hours=-1), GOOD)
    assert due_run(HOURLY, "brand", history, TEN + delay / 2) is None
    assert due_run(HOURLY, "brand", history, TEN + delay) is not None
