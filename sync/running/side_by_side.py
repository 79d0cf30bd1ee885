"""How many brands a worker pulls side by side, where nobody has fixed it: a pure rule over what the worker sees.

It begins with few, takes on more while brands wait and nothing stands against it, and goes back as soon as something
does: the pace that ClientTether bears, answers that come slower the more are asked for, memory, connections.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

USUAL: Final = 4
MOST: Final = 16
"""A process uses one processor, which a dozen brands keep busy at 100 ms a call."""

_CONNECTIONS_OF_A_BRAND: Final = 3  # one reads, one writes, one renews the lease
_BUSY: Final = 0.8
_FULL, _ROOMY = 0.75, 0.6
_SLOW, _CALM = 2.0, 1.5


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a worker sees of the API, of itself and of what is due.

    `waiting` brands are due and not yet begun. `calls_per_second` is the pace that ClientTether was felt to bear, None
    while it refused nothing. A call takes `call_seconds` now and took `calm_seconds` at the best of times, 0 where
    none was made. `processor` is the share of one processor that the process works for, `memory` the share that it
    holds of what it may have (both 0 to 1), `free_connections` are those to the database that it might still open or
    use, as the mean of a few looks.
    """

    waiting: int
    requests_per_brand: int
    free_connections: float
    calls_per_second: float | None = None
    call_seconds: float = 0.0
    calm_seconds: float = 0.0
    processor: float = 0.0
    memory: float = 0.0


def at_start(fixed: int | None) -> int:
    """Return how many brands are pulled side by side before anything is known: as many as are fixed, or a few."""
    return fixed or USUAL


def brands_side_by_side(present: int, seen: Conditions) -> int:
    """Return how many brands to pull side by side from now on, where `present` may be pulled so far.

    Never fewer than one, never more than the pace keeps busy. Short of memory or connections it shrinks to one if
    need be. Answers that become slow make it shrink to the usual few and no further: an API that is slow by itself is
    no reason to let brands wait for each other.
    """
    step = max(1, present // 4)
    aim = present
    if seen.memory > _FULL or seen.free_connections < _CONNECTIONS_OF_A_BRAND:
        aim = present - step
    elif _slower_than(_SLOW, seen) and present > USUAL:
        aim = max(USUAL, present - step)
    elif seen.waiting and _has_room(present, seen):
        aim = present + step
    return max(1, min(aim, MOST, _kept_busy_by_the_pace(seen)))


def _has_room(present: int, seen: Conditions) -> bool:
    if seen.memory > _ROOMY or seen.free_connections < 2 * _CONNECTIONS_OF_A_BRAND:
        return False
    return present < USUAL or (seen.processor < _BUSY and not _slower_than(_CALM, seen))


def _slower_than(times: float, seen: Conditions) -> bool:
    return seen.call_seconds > times * seen.calm_seconds


def _kept_busy_by_the_pace(seen: Conditions) -> int:
    """Return how many brands use up the pace: at so many calls a second, so many are under way at any time.

    More would only wait for each other's turns, and each run has but so much patience.
    """
    if seen.calls_per_second is None:
        return MOST
    return math.ceil(seen.calls_per_second * seen.call_seconds / seen.requests_per_brand)
