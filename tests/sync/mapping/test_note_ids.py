"""Which note of a contact is which, whatever ids the notes came with."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from sync.mapping.note_ids import identified, says_anything
from sync.mapping.records import NoteRecord

CALL = NoteRecord("5", "Called Pat", "Lee Fox", datetime(2026, 3, 1, 14, 30, tzinfo=UTC), "Call")
MAIL = CALL._replace(note_id="6", text="Wrote to Pat", kind="E-mail")
NAMELESS = CALL._replace(note_id="")


def ids(*notes: NoteRecord, client_id: str = "1") -> list[str]:
    return [note.note_id for note in identified(client_id, notes)]


def test_an_id_of_its_own_is_kept_and_the_same_note_counts_once() -> None:
    assert identified("1", [CALL, MAIL, CALL]) == [CALL, MAIL]


def test_a_note_without_an_id_gets_the_same_one_each_time_and_wherever_it_stands() -> None:
    (first,) = ids(NAMELESS)
    assert ids(CALL, MAIL, NAMELESS)[-1] == first
    assert first not in {"", "5", "6"}
    assert len(first) <= 64
    others = (
        NAMELESS._replace(text="Called Pat again"),
        NAMELESS._replace(author="Kim Orr"),
        NAMELESS._replace(created=datetime(2026, 3, 1, 14, 31, tzinfo=UTC)),
        NAMELESS._replace(created=None),
    )
    assert len({first, *ids(*others), *ids(NAMELESS, client_id="2")}) == 6


def test_equal_twins_without_an_id_stay_as_many_as_they_are() -> None:
    first, second, third = ids(NAMELESS, NAMELESS, NAMELESS)
    assert len({first, second, third}) == 3
    assert ids(NAMELESS, NAMELESS) == [first, second]


def test_an_id_that_stands_on_different_notes_is_none_of_theirs() -> None:
    of_the_contact = [CALL._replace(note_id="1"), MAIL._replace(note_id="1"), NAMELESS._replace(note_id="7")]
    first, second, third = ids(*of_the_contact)
    assert len({first, second, "1"}) == 3
    assert third == "7"
    assert ids(*reversed(of_the_contact)) == [third, second, first]


def test_a_record_that_says_nothing_at_all_is_no_note() -> None:
    empty = NoteRecord("", "", "", None, "")
    assert not says_anything(empty)
    assert all(says_anything(note) for note in (CALL, NAMELESS, empty._replace(text="x"), empty._replace(note_id="9")))


@given(
    st.lists(
        st.builds(
            NoteRecord,
            st.sampled_from(["", "1", "2", "3"]),
            st.sampled_from(["a", "b"]),
            st.sampled_from(["Lee", ""]),
            st.sampled_from([None, datetime(2026, 3, 1, tzinfo=UTC)]),
            st.just("Call"),
        ),
        max_size=12,
    )
)
def test_no_two_notes_share_an_id_and_nothing_that_was_said_is_lost(notes: list[NoteRecord]) -> None:
    unique = identified("1", notes)
    assert len({note.note_id for note in unique}) == len(unique)
    assert {note._replace(note_id="") for note in unique} == {note._replace(note_id="") for note in notes}
    assert identified("1", unique) == unique
