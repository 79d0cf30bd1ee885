"""A signal to the demo, at whatever line: it ends, and no program that it started is left behind."""

from __future__ import annotations

import contextlib
import signal
from itertools import count

import pytest

import demo
from tests.signals import comes_again, signal_at_line

FILES = (demo.__file__, contextlib.__file__)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_is_held_off_is_done_whole_and_the_signal_follows(number: signal.Signals) -> None:
    begun: list[int] = []
    noted: list[int] = []
    met: list[str] = []

    def start_programs(stop: demo.Stop) -> None:
        stop.listen()
        for program in count():
            with stop.held_off():
                begun.append(program)
                noted.append(program)

    while not comes_again(demo.Stop.held_off.__name__, met):
        with signal_at_line(number, len(met), (*FILES, __file__)) as sender, pytest.raises(KeyboardInterrupt):
            start_programs(demo.Stop())
        assert begun == noted, sender.met
        met.append(sender.met)
