"""What a stand-in remembers over a restart: when each account was born and when it took its steps.

Data follows from the plan, its birth and its steps, so these few times bring all of it back.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from emulator.plan import AccountPlan


@dataclass(slots=True)
class Life:
    """The times (aware) of an account's birth and of its steps."""

    born: datetime
    steps: list[datetime] = field(default_factory=list)


class StepMemory:
    """A file of one line for each birth and step. A line that a crash cut short is passed over."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def life(self, plan: AccountPlan) -> Life | None:
        """Return what is remembered of exactly this plan. Raises OSError where the file can't be read."""
        life: Life | None = None
        for line in self._path.read_text().splitlines() if self._path.exists() else ():
            account, _, time = line.partition(" ")
            try:
                at = datetime.fromisoformat(time)
            except ValueError:
                continue
            if account != _mark(plan):
                continue
            if life is None:
                life = Life(at)
            else:
                life.steps.append(at)
        return life

    def remember(self, plan: AccountPlan, at: datetime) -> None:
        """Note the account's birth (its first line) or a step. Raises OSError where the file can't be written."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a") as file:
            file.write(f"{_mark(plan)} {at.isoformat()}\n")


def _mark(plan: AccountPlan) -> str:
    """Return a short name of the plan that changes with any part of it and tells no key."""
    return hashlib.sha256(repr(plan).encode()).hexdigest()[:16]
