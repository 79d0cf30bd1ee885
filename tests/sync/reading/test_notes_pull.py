"""Notes of many contacts, over a plain function in place of the wire: who is read, who fails, and whose fault it is."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from models import Resource, SyncErrorKind, utc_now
from sync.api.clienttether import Answer
from sync.api.envelope import Envelope
from sync.failures import PullError
from sync.reading.note_histories import HistoryReader
from sync.reading.notes_plan import LiveContact, NotesPlan
from sync.reading.notes_pull import NotesPull, pull_notes
from sync.reading.pull import Pull
from sync.reading.resources import NOTES_TABLE
from sync.reading.spool import Spool

TEN = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
Ask = Callable[[str, int], Answer]


def answer(rows: list[Any], total: int | None = None) -> Answer:
    return Answer("notes", utc_now(), json.dumps(rows).encode(), Envelope(rows, total))


def note(number: int) -> dict[str, str]:
    return {"note_id": str(number), "note": f"note {number}"}


def paged(count: int, size: int, total: int | None = None) -> Ask:
    """A server that sends pages of a size, whatever it is asked for."""
    rows = [note(number) for number in range(count)]
    return lambda _client, offset: answer(rows[offset : offset + size], total)


@dataclass
class KeptAnswers:
    """What stands in for the writer of snapshots."""

    kept: list[Answer] = field(default_factory=list)

    def keep_together(self, answers: Sequence[Answer]) -> list[int]:
        self.kept += answers
        return list(range(len(self.kept) - len(answers), len(self.kept)))

    def keep_unread(self, _failure: PullError) -> None:
        pass


@dataclass
class Server:
    """Answers each contact with one note, but fails for some; counts how often each was asked."""

    fails: dict[str, SyncErrorKind] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)

    def __call__(self, client_id: str, offset: int) -> Answer:
        self.asked[client_id] += offset == 0
        if client_id in self.fails:
            raise PullError(self.fails[client_id], "it fails")
        return answer([note(1)] if offset == 0 else [])


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as made:
        yield made


def known(name: str) -> LiveContact:
    return LiveContact(name, "1", active=True, modified_at=TEN, read_at=TEN, read_state=TEN)


def new(name: str) -> LiveContact:
    return LiveContact(name, "1", active=True, modified_at=TEN, read_at=None, read_state=None)


def pulled(server: Ask, due: list[LiveContact], pool: ThreadPoolExecutor, *witnesses: LiveContact) -> NotesPull:
    with Spool() as spool:
        return pull_notes(
            server,
            NotesPlan(due, len(due), witnesses=list(witnesses)),
            Pull(Resource.NOTES, NOTES_TABLE, spool),
            ZoneInfo("UTC"),
            snapshots=KeptAnswers(),  # type: ignore[arg-type]
            pool=pool,
            in_flight=1,
            raise_if_stopped=lambda: None,
        )


@pytest.mark.parametrize(
    ("count", "size", "total"),
    [
        (0, 100, 0),
        (7, 100, 7),
        (7, 100, None),
        (100, 100, 100),
        (230, 100, 230),
        (230, 100, None),
        (120, 50, None),
        (120, 50, 50),  # a total that counts the page
        (120, 50, 3),  # or anything else
        (45, 20, 0),
        (50, 25, 25),
    ],
)
def test_a_history_is_read_to_its_end_whatever_the_total_says(count: int, size: int, total: int | None) -> None:
    rows = [row for each in HistoryReader(paged(count, size, total)).read("1") for row in each.envelope.rows]
    assert [row["note_id"] for row in rows] == [str(number) for number in range(count)]


@pytest.mark.parametrize("counts_pages", [False, True])
@pytest.mark.parametrize("length", [50, 100])
@pytest.mark.parametrize("hidden", [{3}, {3, 7}, {3, 101}, {3, 105, 160}], ids=str)
def test_notes_that_are_hidden_from_a_page_hide_none_of_those_behind_it(
    hidden: set[int], length: int, *, counts_pages: bool
) -> None:
    def server(_client: str, offset: int) -> Answer:
        start = offset // length * length if counts_pages else offset
        return answer([note(number) for number in range(start, min(start + length, 230)) if number not in hidden])

    histories = HistoryReader(server)
    histories.read("another")  # from which it knows how long answers get
    shown = {row["note_id"] for each in histories.read("1") for row in each.envelope.rows}
    assert shown == {str(number) for number in range(230) if number not in hidden}


def test_a_page_of_notes_that_is_hidden_as_a_whole_is_no_end() -> None:
    def server(_client: str, offset: int) -> Answer:
        return answer([note(number) for number in range(offset, min(offset + 100, 230)) if not 100 <= number < 200])

    shown = {row["note_id"] for each in HistoryReader(server).read("1") for row in each.envelope.rows}
    assert shown == {str(number) for number in range(230) if not 100 <= number < 200}


def test_a_history_shorter_than_another_of_the_run_is_not_asked_about_again() -> None:
    calls: list[tuple[str, int]] = []

    def server(client_id: str, offset: int) -> Answer:
        calls.append((client_id, offset))
        count = {"long": 33, "round": 20, "longer": 40}[client_id]
        return paged(count, 100, count)(client_id, offset)

    histories = HistoryReader(server)
    for client_id in ("round", "long", "round", "longer"):
        histories.read(client_id)
    assert calls == [("round", 0), ("round", 20), ("long", 0), ("round", 0), ("longer", 0), ("longer", 40)]


def test_a_call_that_ignores_paging_is_read_once_and_an_endless_one_is_refused() -> None:
    everything = [note(number) for number in range(100)]
    assert len(HistoryReader(lambda _client, _offset: answer(everything)).read("1")) == 1
    with pytest.raises(PullError):
        HistoryReader(lambda _client, offset: answer([note(offset + number) for number in range(100)])).read("1")


def test_a_history_that_is_not_given_whole_is_read_as_far_as_it_goes(pool: ThreadPoolExecutor) -> None:
    def server(client_id: str, offset: int) -> Answer:
        return paged(100, 100, 140 if client_id == "long" else None)(client_id, offset)

    notes = pulled(server, [known("long"), known("other")], pool)
    assert [contact.client_id for contact, _ in notes.read] == ["long", "other"]
    assert notes.believed_short == {"long": (100, 140)}
    assert not notes.failed


def test_totals_that_fit_nothing_prove_nothing(pool: ThreadPoolExecutor) -> None:
    notes = pulled(
        lambda _client, offset: answer([] if offset else [note(1)], 9_000), [known(str(n)) for n in range(9)], pool
    )
    assert len(notes.read) == 9
    assert notes.believed_short == {}


def test_bad_neighbours_hold_nobody_up(pool: ThreadPoolExecutor) -> None:
    bad = [new(f"bad {number}") for number in range(8)]
    good = [new(f"good {number}") for number in range(5)]
    server = Server({contact.client_id: SyncErrorKind.SERVER_ERROR for contact in bad})
    for witnesses in ([], [known("witness")]):
        notes = pulled(server, [*bad, *good], pool, *witnesses)
        assert {contact.client_id for contact, _ in notes.read} >= {contact.client_id for contact in good}
        assert {contact.client_id for contact, _ in notes.failed} == set(server.fails)
        assert not notes.call_is_down
        assert not notes.not_tried


@pytest.mark.parametrize("kind", [SyncErrorKind.UNAVAILABLE, SyncErrorKind.KEY_REFUSED, SyncErrorKind.TIMEOUT])
def test_what_one_contact_is_answered_is_about_that_contact(kind: SyncErrorKind, pool: ThreadPoolExecutor) -> None:
    server = Server({"bad": kind})
    notes = pulled(server, [known("bad"), known("a"), known("b")], pool, known("a"), known("b"), known("bad"))
    assert [contact.client_id for contact, _ in notes.failed] == ["bad"]
    assert {contact.client_id for contact, _ in notes.read} == {"a", "b"}
    assert notes.failed[0][1].kind is (SyncErrorKind.REFUSED if kind is SyncErrorKind.KEY_REFUSED else kind)
    assert server.asked["a"] == server.asked["b"] == 1


@pytest.mark.parametrize("kind", [SyncErrorKind.SERVER_ERROR, SyncErrorKind.TOKEN_REFUSED, SyncErrorKind.UNAVAILABLE])
def test_the_call_is_down_once_contacts_fail_that_could_be_read_before(
    kind: SyncErrorKind, pool: ThreadPoolExecutor
) -> None:
    names = [str(number) for number in range(100)]
    server = Server(dict.fromkeys(names, kind))
    notes = pulled(server, [new(name) for name in names[:90]], pool, *map(known, names[90:93]))
    assert notes.call_is_down
    assert server.asked.total() < 10
    assert notes.not_tried > 80
    assert {failure.kind for _, failure in notes.failed} == {kind}


def test_a_brand_of_which_nobody_was_ever_read_is_not_asked_through_to_the_end(pool: ThreadPoolExecutor) -> None:
    names = [str(number) for number in range(300)]
    server = Server(dict.fromkeys(names, SyncErrorKind.TIMEOUT))
    notes = pulled(server, [new(name) for name in names], pool)
    assert notes.call_is_down
    assert 10 < server.asked.total() < 30


def test_a_record_that_is_none_leaves_its_contact_due(pool: ThreadPoolExecutor) -> None:
    rows = [note(1), "<tr>", {"is_pinned": "0"}]
    notes = pulled(lambda _client, offset: answer([] if offset else rows), [known("1")], pool)
    assert not notes.read
    assert [contact.client_id for contact in notes.unreadable] == ["1"]
    assert len(notes.pull.rejected) == 2
