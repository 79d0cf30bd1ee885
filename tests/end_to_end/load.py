"""Several people who ask for page after page, through what a proxy does: every answer is counted."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import httpx


@dataclass(frozen=True)
class Question:
    """What is asked for; with a body it is posted, as Dash's callbacks are."""

    path: str
    body: dict[str, Any] | None = None

    def ask(self, client: httpx.Client, url: str) -> httpx.Response:
        method = "GET" if self.body is None else "POST"
        headers = {"Connection": "close"}
        return client.request(method, url + self.path, json=self.body, timeout=HANGS_AFTER, headers=headers)


PAGES = tuple(
    Question(path)
    for path in (
        "/leads",
        "/notes",
        "/account",
        "/api/charts/leads-by-source?format=data",
        "/api/sync/status",
        "/export/leads.csv",
    )
)
READS_FOR = 0.1
"""Seconds that each person looks at an answer."""
HANGS_AFTER = 6.0
"""Seconds after which an answer that has not come is counted as one that hangs."""


def by_status(answer: httpx.Response) -> str:
    return str(answer.status_code)


class Load:
    """Asks at `url`, from entering to leaving the context; each of the clients is one person who asks again and again.

    Like the proxy, which leads nobody to a process that is being replaced, it asks once more elsewhere when `url` has
    been changed while a process went away under a request.
    """

    def __init__(
        self,
        url: str,
        clients: Sequence[httpx.Client],
        describe: Callable[[httpx.Response], str] = by_status,
        questions: Sequence[Question] = PAGES,
    ) -> None:
        """Count answers by what `describe` makes of them, and those that never came by the name of their error."""
        self.url = url
        self.answers: Counter[str] = Counter()
        self.seconds: list[float] = []
        self._describe = describe
        self._questions = questions
        self._ends = threading.Event()
        self._counted = threading.Condition()
        self._people = [threading.Thread(target=self._ask_on, args=(client,), daemon=True) for client in clients]

    def __enter__(self) -> Self:
        """Begin to ask."""
        for person in self._people:
            person.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Let everybody end with the answer that they wait for."""
        self._ends.set()
        for person in self._people:
            person.join()

    def wait_for(self, more: int, of: str | None = None) -> None:
        """Wait until so many answers more were counted, of this kind or of any."""
        with self._counted:
            until = self._total(of) + more
            if not self._counted.wait_for(lambda: self._total(of) >= until, timeout=120):
                raise AssertionError(f"no more answers come: {self.answers}")

    def keep_on(self, seconds: float) -> None:
        """Let them ask for so long."""
        self._ends.wait(seconds)

    def _total(self, of: str | None) -> int:
        return self.answers.total() if of is None else self.answers[of]

    def _ask_on(self, client: httpx.Client) -> None:
        turn = 0
        while not self._ends.wait(READS_FOR):
            began = time.monotonic()
            kind = self._ask(client, self._questions[turn % len(self._questions)])
            with self._counted:
                self.answers[kind] += 1
                self.seconds.append(time.monotonic() - began)
                self._counted.notify_all()
            turn += 1

    def _ask(self, client: httpx.Client, question: Question) -> str:
        while True:
            url = self.url
            try:
                return self._describe(question.ask(client, url))
            except httpx.TransportError as lost:
                if url == self.url:
                    return type(lost).__name__
