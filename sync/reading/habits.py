"""What each call of a brand's account has taught about its pages and totals, remembered from run to run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Final

from sqlalchemy import Engine, select
from sqlalchemy.dialects import postgresql, sqlite

from database import brand_transaction
from models import CallHabit, OffsetUnit, utc_now
from sync.lease import Lease
from sync.tables import table_of

_HABITS: Final = table_of(CallHabit)
_DOUBTED_AFTER: Final = 2  # one total that lags behind the list it stands beside is no habit
SEVERAL_RUNS: Final = 3


@dataclass(frozen=True, slots=True)
class CallHabits:
    """How a call pages and what its totals are worth; CallHabit says what each part means."""

    page_length: int = 0
    offset_unit: OffsetUnit | None = None
    ignores_paging: bool = False
    totals_right_runs: int = 0
    totals_wrong_runs: int = 0
    surplus: int = 0
    surplus_runs: int = 0
    accepted_surplus: int | None = None

    @property
    def totals_are_wrong(self) -> bool:
        """Whether the totals have proven to be no number of the list's records."""
        return self.totals_wrong_runs >= _DOUBTED_AFTER or (self.totals_wrong_runs > 0 and not self.totals_right_runs)

    def with_right_total(self) -> CallHabits:
        """Return the habits after a whole list that its total counts rightly."""
        return replace(
            self, totals_right_runs=self.totals_right_runs + 1, totals_wrong_runs=0, surplus=0, surplus_runs=0
        )

    def with_wrong_total(self) -> CallHabits:
        """Return the habits after a whole list with more records than any total said, or with totals of no sense."""
        wrong = self.totals_wrong_runs + 1
        right = 0 if wrong >= _DOUBTED_AFTER else self.totals_right_runs
        return replace(self, totals_right_runs=right, totals_wrong_runs=wrong, surplus=0, surplus_runs=0)

    def with_surplus(self, surplus: int) -> CallHabits:
        """Return the habits after a run whose list ended properly with `surplus` records less than its total says."""
        runs = self.surplus_runs + 1 if surplus == self.surplus else 1
        return replace(self, surplus=surplus, surplus_runs=runs)

    def with_accepted_surplus(self) -> CallHabits:
        """Return the habits after someone has let the present surplus in."""
        return replace(self, accepted_surplus=self.surplus, surplus=0, surplus_runs=0)


@dataclass(frozen=True, slots=True)
class HabitMemory:
    """Where one call's habits are read from and written to: what they were, and how to keep what they became."""

    known: CallHabits
    keep: Callable[[CallHabits], None]


def remembered_habits(engine: Engine, lease: Lease, call: str) -> HabitMemory:
    """Return what is known of a brand's call. Keeping it raises LeaseLostError where another worker has the brand."""
    mine = (_HABITS.c.tenant_id == lease.tenant_id, _HABITS.c.call == call)
    columns = [_HABITS.c[name] for name in CallHabits.__dataclass_fields__]
    with brand_transaction(engine, lease.tenant_id, writes=False) as connection:
        row = connection.execute(select(*columns).where(*mine)).first()
    known = CallHabits() if row is None else CallHabits(*row)

    def keep(habits: CallHabits) -> None:
        # Most runs teach nothing new: an unchanged list is to cost no write.
        if _is_as_known(habits, known):
            return
        with brand_transaction(engine, lease.tenant_id) as connection:
            lease.hold(connection)
            now = utc_now()
            dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
            values = asdict(habits) | {"updated_at": now}
            row = {"tenant_id": lease.tenant_id, "call": call, "created_at": now, **values}
            insertion = dialect.insert(_HABITS).values(**row)
            connection.execute(insertion.on_conflict_do_update(index_elements=["tenant_id", "call"], set_=values))

    return HabitMemory(known, keep)


def _is_as_known(habits: CallHabits, known: CallHabits) -> bool:
    """Tell whether nothing changed but by how many more runs the totals were right."""
    return known.totals_right_runs > 0 and habits == replace(known, totals_right_runs=habits.totals_right_runs)
