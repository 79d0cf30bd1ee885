"""What each call of a brand's account has taught about its pages and totals, remembered from run to run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Final

from sqlalchemy import Connection, Engine, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from call_habits import CallHabits
from database import brand_transaction
from models import CallHabit, utc_now
from sync.lease import Lease
from sync.tables import table_of

_HABITS: Final = table_of(CallHabit)
_KNOWN: Final = select(*(_HABITS.c[name] for name in CallHabits.__dataclass_fields__)).where(
    _HABITS.c.tenant_id == bindparam("brand"), _HABITS.c.call == bindparam("call")
)
SEVERAL_RUNS: Final = 3


@dataclass(frozen=True, slots=True)
class HabitMemory:
    """Where one call's habits are read from and written to: what they were, and how to keep what they became."""

    known: CallHabits
    keep: Callable[[CallHabits], None]


def learned_in_words(connection: Connection, tenant_id: int) -> dict[str, str]:
    """Return by call what the brand's syncs have learned of its pages and totals, in words for operators."""
    learned = connection.execute(select(_HABITS).where(_HABITS.c.tenant_id == tenant_id))
    return {row.call: CallHabits.of(row).in_words for row in learned}


def remembered_habits(engine: Engine, lease: Lease, call: str) -> HabitMemory:
    """Return what is known of a brand's call. Keeping it raises LeaseLostError where another worker has the brand."""
    with brand_transaction(engine, lease.tenant_id, writes=False) as connection:
        row = connection.execute(_KNOWN, {"brand": lease.tenant_id, "call": call}).first()
    known = CallHabits() if row is None else CallHabits.of(row)

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
            if habits.accepted_surplus == known.accepted_surplus:
                del values["accepted_surplus"]  # someone may have let another one in while the list was read
            connection.execute(insertion.on_conflict_do_update(index_elements=["tenant_id", "call"], set_=values))

    return HabitMemory(known, keep)


def _is_as_known(habits: CallHabits, known: CallHabits) -> bool:
    """Tell whether nothing changed but by how many more runs the totals were right."""
    return known.totals_right_runs > 0 and habits == replace(known, totals_right_runs=habits.totals_right_runs)
