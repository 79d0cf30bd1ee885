"""Lists out of pages, as servers of all habits send them: plain fakes, no network and no database."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import pytest

from call_habits import CallHabits
from models import OffsetUnit, SyncErrorKind, utc_now
from sync.api.clienttether import Answer
from sync.api.envelope import read_envelope
from sync.api.parameters import PAGE_SIZE
from sync.failures import MovedError, PullError
from sync.reading.paging import ListReading, RecordKey
from sync.reading.totals import ListEvidence, Verdict, judge_list

KEY = RecordKey(("id",))
NEW = CallHabits()
Total = Callable[[list[Any], list[Any], int], int | None]


def _true(rows: list[Any], _page: list[Any], _offset: int) -> int | None:
    return len(rows)


def _untold(_rows: list[Any], _page: list[Any], _offset: int) -> int | None:
    return None


@dataclass
class FakeServer:
    """A list and how its server pages it: its own largest page, what it counts, whether it pages at all."""

    rows: list[Any]
    cap: int = PAGE_SIZE
    unit: OffsetUnit = OffsetUnit.ROWS
    pages: bool = True
    total: Total = _true
    asked: int = 0

    def __call__(self, offset: int) -> Answer:
        self.asked += 1
        start = {
            OffsetUnit.ROWS: offset,
            OffsetUnit.PAGES: offset * self.cap,
            OffsetUnit.PAGES_FROM_ONE: max(offset - 1, 0) * self.cap,
        }[self.unit]
        page = self.rows[start : start + self.cap] if self.pages else self.rows
        answer: dict[str, Any] = {"ResultCode": "CT_200", "data": page}
        total = self.total(self.rows, page, start)
        if total is not None:
            answer["TotalRecord"] = total
        body = json.dumps(answer).encode()
        return Answer(f"list?offset={offset}", utc_now(), body, read_envelope(body))


def _list(count: int) -> list[Any]:
    return [{"id": str(number)} for number in range(1, count + 1)]


@pytest.fixture(scope="module")
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as threads:
        yield threads


def _read(
    server: Callable[[int], Answer], pool: ThreadPoolExecutor, habits: CallHabits = NEW, *, accept: bool = False
) -> tuple[list[str], ListReading]:
    reading = ListReading(server, KEY, habits, pool=pool, in_flight=4, most_rows=5_000, accept_repeated=accept)
    return [identity for page in reading.pages() for identity, _ in page.fresh], reading


@pytest.mark.parametrize("total", [_true, _untold], ids=["told", "untold"])
@pytest.mark.parametrize("count", [0, 1, 2, 37, 99, 100, 101, 200, 931])
@pytest.mark.parametrize(
    ("cap", "unit"),
    [
        (100, OffsetUnit.ROWS),
        (50, OffsetUnit.ROWS),
        (7, OffsetUnit.ROWS),
        (100, OffsetUnit.PAGES),
        (50, OffsetUnit.PAGES),
        (100, OffsetUnit.PAGES_FROM_ONE),
    ],
)
def test_a_list_is_read_whole_however_its_server_pages(
    pool: ThreadPoolExecutor, count: int, cap: int, unit: OffsetUnit, total: Total
) -> None:
    server = FakeServer(_list(count), cap=cap, unit=unit, total=total)
    habits = CallHabits()
    for _ in range(2):  # at first sight, and by what was learned of it
        ids, reading = _read(server, pool, habits)
        assert ids == [row["id"] for row in server.rows]
        assert judge_list(reading.evidence, habits).verdict is Verdict.WHOLE
        habits = judge_list(reading.evidence, reading.habits).habits
    if count > cap:
        assert (habits.offset_unit, habits.page_length) == (unit, cap)
    server.rows += _list(count + cap + 1)[count:]
    assert _read(server, pool, habits)[0] == [row["id"] for row in server.rows]


@pytest.mark.parametrize(
    "total",
    [
        lambda _rows, page, _start: len(page),
        lambda rows, _page, _start: min(len(rows), 100),
        lambda _rows, _page, _start: 0,
        lambda rows, _page, _start: len(rows) - 9,
        lambda rows, _page, start: len(rows) - start,
    ],
    ids=["counts the page", "capped", "zero", "too low", "counts the rest"],
)
@pytest.mark.parametrize("cap", [100, 50])
def test_no_total_ends_a_list_or_blocks_it_for_being_low(pool: ThreadPoolExecutor, total: Total, cap: int) -> None:
    server = FakeServer(_list(230), cap=cap, total=total)
    habits = CallHabits()
    for number in range(3):
        ids, reading = _read(server, pool, habits)
        assert len(ids) == 230
        judgement = judge_list(reading.evidence, reading.habits)
        if judgement.verdict is Verdict.MOVED:
            assert number == 0  # once, until the list was seen at rest
            judgement = judge_list(_read(server, pool, habits)[1].evidence, reading.habits, reading.evidence)
        assert judgement.verdict is Verdict.WHOLE
        habits = judgement.habits
    assert habits.totals_are_wrong


@pytest.mark.parametrize("count", [3, 26, 35, 101, 110, 437])
@pytest.mark.parametrize("total", [_true, _untold], ids=["told", "untold"])
def test_a_call_that_does_not_page_gives_everything_at_once(pool: ThreadPoolExecutor, count: int, total: Total) -> None:
    server = FakeServer(_list(count), pages=False, total=total)
    ids, reading = _read(server, pool)
    assert len(ids) == count
    assert reading.habits.ignores_paging
    server.asked = 0
    server.rows = _list(150)
    assert len(_read(server, pool, reading.habits)[0]) == 150
    assert server.asked <= 2


@pytest.mark.parametrize("length", [20, 25, 30, 40, 60, 100, 200])
def test_a_page_that_comes_again_is_held_back_until_someone_says_that_it_is_all(
    pool: ThreadPoolExecutor, length: int
) -> None:
    """A server that knows our parameters by other names answers each request with its first page."""
    server = FakeServer(_list(length), pages=False, total=_untold)
    with pytest.raises(PullError, match=f"the same {length} records") as raised:
        _read(server, pool)
    assert raised.value.kind is SyncErrorKind.HELD_BACK
    ids, reading = _read(server, pool, accept=True)
    assert len(ids) == length
    assert _read(server, pool, reading.habits)[0] == ids
    server.total = lambda _rows, _page, _start: 230
    ids, reading = _read(server, pool)
    assert judge_list(reading.evidence, reading.habits).surplus == 230 - len(ids)


@pytest.mark.parametrize(
    "mark",
    [
        {"has_more": True},
        {"hasMore": "true"},
        {"next": "https://elsewhere.example/list?cursor=2"},
        {"next_cursor": "b2Zmc2V0"},
        {"meta": {"nextPage": 2}},
        {"pagination": {"has_next": 1}},
    ],
)
def test_a_list_that_is_said_to_go_on_does_not_end_where_nothing_new_comes(
    pool: ThreadPoolExecutor, mark: dict[str, Any]
) -> None:
    first_page = json.dumps({"ResultCode": "CT_200", "data": _list(37), **mark}).encode()
    with pytest.raises(PullError, match="more follows") as raised:
        _read(lambda _offset: Answer("list", utc_now(), first_page, read_envelope(first_page)), pool)
    assert raised.value.kind is SyncErrorKind.INCOMPLETE


@pytest.mark.parametrize("mark", [{"has_more": False}, {"next": None}, {"meta": {"next": ""}}, {"more": "0"}])
def test_a_list_that_is_said_to_end_is_all(pool: ThreadPoolExecutor, mark: dict[str, Any]) -> None:
    only_page = json.dumps({"ResultCode": "CT_200", "data": _list(37), **mark}).encode()
    assert len(_read(lambda _offset: Answer("list", utc_now(), only_page, read_envelope(only_page)), pool)[0]) == 37


def test_a_list_without_end_is_given_up(pool: ThreadPoolExecutor) -> None:
    def endless(offset: int) -> Answer:
        return FakeServer([{"id": str(offset + place)} for place in range(1, 101)], pages=False, total=_untold)(0)

    with pytest.raises(PullError, match="the list does not end"):
        _read(endless, pool)


def test_a_value_that_is_nested_without_end_spoils_no_list() -> None:
    nested: list[Any] = []
    for _ in range(5_000):
        nested = [nested]
    key = RecordKey(("id",), ("start",))
    assert key.of({"id": "1", "start": nested}) == key.of({"id": "1", "start": [nested]})
    assert key.of({"id": "1", "start": nested}) != key.of({"id": "2", "start": nested})


def test_a_record_without_an_id_does_not_keep_a_call_that_gives_all_from_its_end(pool: ThreadPoolExecutor) -> None:
    server = FakeServer([*_list(7), {"name": "no id"}], pages=False, total=_untold)
    ids, reading = _read(server, pool)
    assert (ids, reading.evidence.received) == ([row["id"] for row in _list(7)], 8)


@pytest.mark.parametrize("told", [False, True])
@pytest.mark.parametrize("page_length", [None, 100])
@pytest.mark.parametrize("changes", ["around the records", "within them"])
def test_a_last_page_that_comes_for_ever_ends_although_it_is_never_the_same(
    pool: ThreadPoolExecutor, changes: str, page_length: int | None, *, told: bool
) -> None:
    """One record without an id, and a moment that is another one in every answer, make each page look new."""
    rows = [*_list(130), {"name": "no id"}]
    asked: list[int] = []

    def server(offset: int) -> Answer:
        page = rows if page_length is None else rows[offset : offset + page_length] or rows[-31:]
        asked.append(offset)
        served = len(asked)
        if changes == "within them":
            page = [row | {"served": served} for row in page]
        body = json.dumps({"data": page, "served": served} | ({"TotalRecord": 131} if told else {})).encode()
        return Answer(f"list?offset={offset}", utc_now(), body, read_envelope(body))

    with suppress(PullError):  # which is for other tests
        _read(server, pool)
    assert len(asked) < 50


def test_a_server_that_begins_to_count_pages_is_noticed(pool: ThreadPoolExecutor) -> None:
    rows_before = CallHabits(page_length=100, offset_unit=OffsetUnit.ROWS)
    server = FakeServer(_list(230), unit=OffsetUnit.PAGES, total=_untold)
    assert len(_read(server, pool, rows_before)[0]) == 230
    pages_before = replace(rows_before, offset_unit=OffsetUnit.PAGES)
    with pytest.raises(MovedError):
        _read(FakeServer(_list(230), total=_untold), pool, pages_before)


def test_pages_of_uneven_length_lose_nothing(pool: ThreadPoolExecutor) -> None:
    """Some servers drop rows from a page after cutting it: it is shorter, and others follow all the same."""
    rows = _list(350)
    hidden = {"7", "120", "121", "299"}

    def uneven(offset: int) -> Answer:
        shown = [row for row in rows[offset : offset + 100] if row["id"] not in hidden]
        return FakeServer(shown, pages=False, total=_untold)(0)

    assert len(_read(uneven, pool)[0]) == 350 - len(hidden)


@pytest.mark.parametrize("unit", [OffsetUnit.ROWS, OffsetUnit.PAGES])
@pytest.mark.parametrize("hidden", [range(1, 101), range(101, 201), range(201, 301)], ids=["first", "second", "third"])
def test_a_page_that_is_hidden_as_a_whole_is_no_end(pool: ThreadPoolExecutor, hidden: range, unit: OffsetUnit) -> None:
    server = FakeServer(_list(350), unit=unit, total=_untold)

    def hiding(offset: int) -> Answer:
        rows = [row for row in server(offset).envelope.rows if int(row["id"]) not in hidden]
        return FakeServer(rows, pages=False, total=_untold)(0)

    with pytest.raises(PullError, match="others follow it"):
        _read(hiding, pool, CallHabits(offset_unit=unit))


def test_the_end_of_a_list_without_a_total_costs_one_call_more(pool: ThreadPoolExecutor) -> None:
    server = FakeServer([], total=_untold)
    assert (_read(server, pool)[0], server.asked) == ([], 2)


@pytest.mark.parametrize("count", [7, 37, 130, 137, 237])
@pytest.mark.parametrize("begins_anew", [True, False])
def test_a_list_behind_whose_end_a_page_comes_again_has_ended_with_a_short_one(
    pool: ThreadPoolExecutor, count: int, *, begins_anew: bool
) -> None:
    rows = _list(count)
    again = rows[:100] if begins_anew else rows[count // 100 * 100 :]

    def server(offset: int) -> Answer:
        return FakeServer(rows[offset : offset + 100] or again, pages=False, total=_untold)(0)

    ids, reading = _read(server, pool)
    assert ids == [row["id"] for row in rows]
    assert _read(server, pool, reading.habits)[0] == ids


@pytest.mark.parametrize("count", [100, 200])
def test_a_full_page_that_comes_again_is_no_end(pool: ThreadPoolExecutor, count: int) -> None:
    rows = _list(count)
    with pytest.raises(PullError, match="same"):
        _read(lambda offset: FakeServer(rows[offset : offset + 100] or rows, total=_untold)(0), pool)


@pytest.mark.parametrize("length", [100, 50])
@pytest.mark.parametrize("hidden", [{7}, {7, 120}, set(range(38, 51)), {*range(120, 150), *range(170, 201)}], ids=len)
@pytest.mark.parametrize("begins_anew", [True, False])
def test_a_server_that_counts_in_whole_pages_and_hides_rows_of_them_is_not_read_in_part(
    pool: ThreadPoolExecutor, length: int, hidden: set[int], *, begins_anew: bool
) -> None:
    rows = _list(350)

    def server(offset: int) -> Answer:
        start = 0 if begins_anew and offset % length else offset // length * length
        shown = [row for row in rows[start : start + length] if int(row["id"]) not in hidden]
        return FakeServer(shown, pages=False, total=_untold)(0)

    with pytest.raises(PullError) as raised:
        _read(server, pool)
    assert raised.value.kind is SyncErrorKind.INCOMPLETE


def test_records_that_share_an_id_are_told_apart_by_what_stands_beside_it(pool: ThreadPoolExecutor) -> None:
    rows = [{"id": "7", "start": "2026-01-05"}, {"id": "7", "start": "2026-01-12"}, {"id": "7", "start": "2026-01-12"}]
    reading = ListReading(
        FakeServer(rows), RecordKey(("id",), ("start",)), CallHabits(), pool=pool, in_flight=1, most_rows=99
    )
    assert [len(page.fresh) for page in reading.pages()] == [2]


def test_calls_are_asked_ahead_but_hardly_beyond_the_end(pool: ThreadPoolExecutor) -> None:
    server = FakeServer(_list(1_000))
    _, reading = _read(server, pool)
    assert server.asked == 10 + 2  # what the offset counts, and whether anything follows the last full page
    server.asked = 0
    server.rows = _list(930)
    _read(server, pool, reading.habits)
    assert server.asked == 10


EVIDENCE = ListEvidence(100, (100,), "x")


@pytest.mark.parametrize(
    ("received", "totals", "verdict"),
    [
        (100, (), Verdict.WHOLE),
        (100, (100, 100), Verdict.WHOLE),
        (101, (100, 101), Verdict.WHOLE),
        (101, (100, 100), Verdict.WHOLE),
        (100, (0,), Verdict.WHOLE),
        (99, (100, 99), Verdict.MOVED),
        (99, (100, 101), Verdict.MOVED),
        (99, (100, 100), Verdict.SURPLUS),
        (0, (100,), Verdict.SURPLUS),
    ],
)
def test_what_a_total_says_of_a_list(received: int, totals: tuple[int, ...], verdict: Verdict) -> None:
    assert judge_list(ListEvidence(received, totals, "x"), CallHabits()).verdict is verdict


def test_a_total_that_has_proven_wrong_is_held_against_no_list_until_it_is_right_again() -> None:
    low = ListEvidence(100, (90,), "x")
    wrong = judge_list(low, CallHabits()).habits
    assert wrong.totals_are_wrong
    assert judge_list(ListEvidence(80, (90,), "x"), wrong).verdict is Verdict.WHOLE
    right = judge_list(EVIDENCE, wrong).habits
    assert not right.totals_are_wrong
    assert judge_list(ListEvidence(80, (90,), "x"), right).verdict is Verdict.SURPLUS
    once_behind = judge_list(low, right).habits
    assert not once_behind.totals_are_wrong
    assert judge_list(low, once_behind).habits.totals_are_wrong


def test_a_difference_is_counted_while_it_stays_and_let_in_alone() -> None:
    habits = CallHabits()
    for runs in (1, 2, 3):
        habits = judge_list(ListEvidence(93, (100,), "x"), habits).habits
        assert (habits.surplus, habits.surplus_runs) == (7, runs)
    assert judge_list(ListEvidence(90, (100,), "x"), habits).habits.surplus_runs == 1
    accepted = habits.with_accepted_surplus()
    assert judge_list(ListEvidence(94, (101,), "x"), accepted).verdict is Verdict.WHOLE
    assert judge_list(ListEvidence(94, (102,), "x"), accepted).verdict is Verdict.SURPLUS
