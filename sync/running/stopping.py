"""How a program of the write wing learns that it is to end."""

from __future__ import annotations

import signal
import threading
from queue import SimpleQueue


def stop_when_told() -> threading.Event:
    """Return an event that SIGTERM or SIGINT sets, whenever they arrive. Only the main thread may call this."""
    stop = threading.Event()
    signals: SimpleQueue[int] = SimpleQueue()

    def pass_on() -> None:
        signals.get()
        stop.set()

    threading.Thread(target=pass_on, daemon=True, name="signals").start()
    for number in (signal.SIGTERM, signal.SIGINT):
        # A handler runs in the middle of whatever the main thread does. Setting the event there would wait for ever
        # where that thread is just taking the event's own lock to wait on it; a SimpleQueue can be put into anywhere.
        signal.signal(number, lambda arrived, _frame: signals.put(arrived))
    return stop
