from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

import clock


@pytest.fixture(autouse=True)
def own_clock() -> Iterator[None]:
    clock.follow_no_more()
    yield
    clock.follow_no_more()


def test_what_is_followed_counts_on_whatever_the_machines_clock_does(monkeypatch: pytest.MonkeyPatch) -> None:
    began = clock.follow(clock.machine_now())
    monkeypatch.setattr(clock, "machine_now", lambda: began + timedelta(days=1))
    assert timedelta() <= clock.utc_now() - began < timedelta(minutes=1)
    later = clock.utc_now()
    assert clock.utc_now() >= later
    clock.follow_no_more()
    assert clock.utc_now() == began + timedelta(days=1)
