"""The truth of one account: plain lists of the records it sends, for tests to count with their own code."""

import pickle
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache

from emulator.contacts import Scene, first_client_id, make_contacts
from emulator.dates import local_time
from emulator.events import make_events
from emulator.exchange import Reply
from emulator.notes import make_notes, note_keys
from emulator.opportunities import make_opportunities
from emulator.people import action_plan_rows, lead_source_rows, people_of, user_rows
from emulator.plan import AccountPlan
from emulator.quirks import Quirk
from emulator.rows import WireRow
from emulator.stages import pipeline_of, stage_rows

Clock = Callable[[], datetime]
Rewrite = Callable[[str, WireRow], WireRow]


def real_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


@lru_cache(maxsize=32)
def _history(plan: AccountPlan, local_now: datetime) -> bytes:
    """Return the contacts, deals, notes and events of a plan, packed: tests begin with the same ones over and over."""
    scene = Scene(plan, pipeline_of(plan), people_of(plan, local_now.year), local_now)
    contacts = make_contacts(scene)
    records = contacts, make_opportunities(scene, contacts), make_notes(scene, contacts), make_events(scene, contacts)
    return pickle.dumps(records)


class Account:
    """One account's records, exactly as they go over the wire, in the order they are listed.

    The lists may be changed by a test; `keep_pages` must then be off, or the change be made inside `changing()`,
    because encoded pages are kept otherwise. `born` is when its planned history ends and its steps begin.
    """

    def __init__(
        self,
        plan: AccountPlan,
        clock: Clock = real_clock,
        *,
        keep_pages: bool = False,
        born: datetime | None = None,
    ) -> None:
        self.plan = plan
        self.steps = 0
        self.born = born or clock()
        self._clock = clock
        self._lock = threading.RLock()
        self._pages: dict[tuple[object, ...], Reply] | None = {} if keep_pages else None
        self._people = people_of(plan, local_time(self.born, plan.timezone).year)
        self.stages: list[WireRow] = stage_rows(plan)
        self.users: list[WireRow] = user_rows(plan, self._people)
        self.lead_sources: list[WireRow] = lead_source_rows(plan, self._people)
        self.action_plans: list[WireRow] = action_plan_rows(plan)
        self.contacts: list[WireRow]
        self.opportunities: list[WireRow]
        self.notes: dict[str, list[WireRow]]
        self.events: list[WireRow]
        history = _history(plan, local_time(self.born, plan.timezone))
        self.contacts, self.opportunities, self.notes, self.events = pickle.loads(history)  # noqa: S301 - our own
        self._newest_ids = self._ids_in_use()
        self._quirks = plan.quirks
        self._rewrite: Rewrite | None = None

    @property
    def rewrite(self) -> Rewrite | None:
        """What becomes of each row, told with its call's name, before it is sent: for what no quirk does."""
        return self._rewrite

    @rewrite.setter
    def rewrite(self, rewrite: Rewrite | None) -> None:
        with self.changing():
            self._rewrite = rewrite

    @property
    def quirks(self) -> frozenset[Quirk]:
        """In which ways its answers differ from the known API's."""
        return self._quirks

    @quirks.setter
    def quirks(self, quirks: frozenset[Quirk]) -> None:
        with self.changing():
            self._quirks = quirks

    def stage_ids(self) -> dict[tuple[str, str], str]:
        """Return the id of each stage by its contact type and its name in lower case."""
        return {(row["contact_type"], row["sales_cycle_name"].casefold()): row["sales_cycle_id"] for row in self.stages}

    @property
    def name(self) -> str:
        """The account's name."""
        return self.plan.name

    def scene(self, at: datetime | None = None) -> Scene:
        """Return what new rows are made from at the time `at`, the present one if it is not given."""
        local_now = local_time(at or self._clock(), self.plan.timezone)
        return Scene(self.plan, pipeline_of(self.plan), self._people, local_now)

    def next_id(self, kind: str) -> int:
        """Give a fresh id (kinds: contact, opportunity, note, event); those of deleted records are not used again."""
        self._newest_ids[kind] += 1
        return self._newest_ids[kind]

    def _ids_in_use(self) -> dict[str, int]:
        note_key = note_keys(self.plan.dialect)[0]
        notes = [note for notes in self.notes.values() for note in notes]
        lists = {
            "contact": (self.contacts, "client_id"),
            "opportunity": (self.opportunities, "opportunity_id"),
            "note": (notes, note_key),
            "event": (self.events, "event_id"),
        }
        below = first_client_id(self.plan)
        return {kind: max((int(row[key]) for row in rows), default=below) for kind, (rows, key) in lists.items()}

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold back answers while records change, and forget the encoded pages."""
        with self._lock:
            yield
            if self._pages is not None:
                self._pages.clear()

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Hold back changes while an answer is put together."""
        with self._lock:
            yield

    def page(self, key: tuple[object, ...], encode: Callable[[], Reply]) -> Reply:
        """Return the encoded answer kept under `key`, or a fresh one from `encode`."""
        with self._lock:
            if self._pages is None:
                return encode()
            reply = self._pages.get(key)
            if reply is None:
                reply = self._pages[key] = encode()
            return reply

    def truth(self) -> dict[str, object]:
        """Every record, as one JSON-ready object."""
        with self._lock:
            lists = ("contacts", "opportunities", "stages", "users", "lead_sources", "action_plans", "notes", "events")
            facts = {"name": self.name, "timezone": self.plan.timezone, "steps": self.steps}
            return facts | {name: getattr(self, name) for name in lists}
