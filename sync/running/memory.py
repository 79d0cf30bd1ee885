"""How much memory this process holds, of what it may have."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_HELD: Final = Path("/proc/self/statm")
_LIMITS: Final = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
"""What a container or a unit of systemd is held to, in the words of either generation of control groups."""


def memory_share() -> float:
    """Return the share (0 to 1) of the machine's or the container's memory that this process holds; 0 if unknown."""
    try:
        held = int(_HELD.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):  # not Linux
        return 0.0
    return held / min([machine, *(limit for path in _LIMITS if (limit := _limit(path)))])


def _limit(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):  # no such control group, or "max"
        return None
