"""One contact's notes after another's: how far a history goes, seen from the answers of this run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from models import SyncErrorKind
from sync.api.clienttether import Answer
from sync.failures import PullError
from sync.mapping.records import NOTES, UnreadableRecordError, content_of, record_id

_MOST_PAGES: Final = 100
_LIKELY_CAPS: Final = 5  # servers send pages of 10, 20, 25, 50 or 100; these counts may be a page's end
_LONG_CAP: Final = 50
_MOST_HIDDEN: Final = 10  # a page of which no more than a tenth is hidden is known for one

HistoryNotes = Callable[[str, int], Answer]


def count_different(answers: Iterable[Answer]) -> int:
    """Return how many notes these answers tell of, the same one once."""
    return len(set().union(*map(_identities, answers)))


class HistoryReader:
    """Reads the notes of the contacts of one run. Safe to use from several threads at once.

    How long an answer gets is learned on the way: one that is shorter than another of the same run was not cut.
    """

    def __init__(self, ask: HistoryNotes) -> None:
        self._ask = ask
        self._longest = 0

    def read(self, client_id: str) -> list[Answer]:
        """Return a contact's notes, usually one answer; more where the first may not be all of them.

        A history is read as far as it goes: until an answer brings nothing new. Raises PullError (INCOMPLETE) where it
        does not end, or is said to go on where it can't be followed.
        """
        answer = self._ask(client_id, 0)
        answers = [answer]
        received = offset = len(answer.envelope.rows)
        seen: set[str] = set()
        while self._may_go_on(answer, received):
            if len(answers) >= _MOST_PAGES:
                raise PullError(SyncErrorKind.INCOMPLETE, "the list of notes does not end")
            seen |= _identities(answer)
            for begins in _next_offsets(answer, offset):
                answer = self._ask(client_id, begins)
                if _identities(answer) - seen:
                    offset = begins + len(answer.envelope.rows)
                    break
                if answer.envelope.says_more:
                    raise PullError(SyncErrorKind.INCOMPLETE, "more notes are said to follow, but they do not come")
            else:
                break  # nothing follows, or the call always answers with everything
            answers.append(answer)
            received += len(answer.envelope.rows)
        return answers

    def _may_go_on(self, answer: Answer, received: int) -> bool:
        """Tell whether more notes may follow: the total says so, or the answer is as long as some server's page.

        That a total was reached ends nothing by itself: it may count one page. What an answer of an earlier run was
        like ends nothing either: a server may send shorter pages from one day to the next.
        """
        rows, total = len(answer.envelope.rows), answer.envelope.total
        self._longest = max(self._longest, rows)
        is_page_long = rows % _LIKELY_CAPS == 0 and rows >= self._longest
        is_page_long |= total is None and _long_page(rows) >= self._longest
        return answer.envelope.says_more or (rows > 0 and (is_page_long or (total is not None and received < total)))


def _long_page(rows: int) -> int:
    """Return how long a page was of which so many rows came, where a few of a long one are hidden; else 0.

    Some servers leave out of a page, once it is cut, what the key may not see: 99 notes may be a page of 100.
    """
    length = -(-rows // _LONG_CAP) * _LONG_CAP
    return length if (length - rows) * _MOST_HIDDEN <= length else 0


def _next_offsets(answer: Answer, offset: int) -> Iterator[int]:
    """Yield where the next page may begin: right behind what came, or where whole pages of that length begin.

    The latter where no total says how many there are: behind a page that is hidden in part, or as a whole.
    """
    yield offset
    length = _long_page(len(answer.envelope.rows)) if answer.envelope.total is None else 0
    if length:
        begins = -(-offset // length) * length
        yield begins if begins > offset else offset + length


def _identities(answer: Answer) -> set[str]:
    """Return what tells the notes of an answer apart: their ids, or where they have none all that they say."""
    return {own_id(raw, NOTES.id_names) or content_of(raw) for raw in answer.envelope.rows}


def own_id(raw: Any, names: tuple[str, ...]) -> str | None:
    """Return the id that a note came with; None where it has none that could be one."""
    try:
        identity = record_id(raw, names)
    except UnreadableRecordError:
        return None
    return None if identity == "0" else identity
