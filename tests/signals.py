"""A signal at a line of one's choice: what comes at a bad moment by chance is sent there on purpose."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any


@dataclass
class LineSignal:
    """Which line the signal is to meet, counted from 0 among those of the files, once the program has a handler.

    `met` says afterwards which one that was: its function and number.
    """

    number: signal.Signals
    files: Collection[str]
    turn: int
    usual_handler: Any
    met: str = ""

    def __call__(self, frame: FrameType, event: str, _what: Any) -> LineSignal | None:
        """Trace: count the lines of these files, and send the signal when its turn has come."""
        if frame.f_code.co_filename not in self.files:
            return None
        if event == "line" and signal.getsignal(self.number) is not self.usual_handler:
            if self.turn == 0:
                self.met = f"{frame.f_code.co_name}:{frame.f_lineno}"
                os.kill(os.getpid(), self.number)
            self.turn -= 1
        return self


@contextmanager
def signal_at_line(number: signal.Signals, turn: int, files: Collection[str]) -> Iterator[LineSignal]:
    """Send the signal to this process once its main thread has passed `turn` lines of the files; handlers are given back."""
    before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
    tracing, sender = sys.gettrace(), LineSignal(number, files, turn, before[number])
    sys.settrace(sender)
    try:
        yield sender
    finally:
        sys.settrace(tracing)
        for each, handler in before.items():
            signal.signal(each, handler)


def comes_again(function: str, met: Sequence[str]) -> bool:
    """Tell whether a line of the function is among those met twice: a loop has then come round."""
    lines = [line for line in met if line.partition(":")[0] == function]
    return len(lines) > len(set(lines))
