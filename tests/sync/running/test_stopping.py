"""A signal is never lost, at whatever moment it arrives."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from sync.running.stopping import stop_when_told


@pytest.fixture(autouse=True)
def handlers_given_back() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_that_meets_a_thread_about_to_wait_sets_the_event(number: signal.Signals) -> None:
    stop = stop_when_told()
    with stop._cond:  # type: ignore[attr-defined]  # what `wait` does first: a handler that set the event would hang here
        os.kill(os.getpid(), number)
    assert stop.wait(60)


def test_many_signals_are_as_good_as_one() -> None:
    stop = stop_when_told()
    for _ in range(5):
        os.kill(os.getpid(), signal.SIGTERM)
    assert stop.wait(60)
