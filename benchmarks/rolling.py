"""How long pages take while a release is rolled forward and back: `python -m benchmarks.rolling [--leads N] [--keep FOLDER]`.

A web of this release is asked for pages by eight people, one request after the other, each after a tenth of a second.
Meanwhile the next release (columns, a table and an index more) migrates, takes over, and gives the schema back to
this one, as docs/operate.md says. PostgreSQL only. Aim: no request fails, and no page takes longer than a second.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Final

from benchmarks.pages import KEY, PAGES, Size, filled_database, page_call, signed_in
from database import create_engine
from settings import Settings
from tests.end_to_end.load import Load, Question
from tests.end_to_end.releases import next_release, take_back
from tests.end_to_end.running_portal import ROOT, free_port, run, served

_PEOPLE: Final = 8
_ANSWERS: Final = 400
"""In each state of things."""


@dataclass(frozen=True)
class LargeBrand(Size):
    """The volumes of the largest brand that was asked for: twice as many notes as leads, less a few."""

    @property
    def notes(self) -> int:
        """Return how many notes the brand has."""
        return self.leads * 57 // 29


def main() -> None:
    """Roll forward and back, and print a line for each state."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=290_000)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="fill the database there once, and use it again")
    wish = parser.parse_args()
    size = LargeBrand(wish.leads)
    with tempfile.TemporaryDirectory() as folder, filled_database("postgresql", size, wish.keep) as url:
        print(f"{size.leads:,} leads, {size.notes:,} notes, {_PEOPLE} people")
        print(
            "| state | answers | not 200 | median ms | p95 ms | longest ms |\n| --- | ---: | ---: | ---: | ---: | ---: |"
        )
        try:
            _roll(url, next_release(Path(folder) / "next"))
        finally:
            engine = create_engine(Settings(database_url=url).database_url)
            take_back(engine)
            engine.dispose()


def _roll(database_url: str, newer: Path) -> None:
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "PORTAL_SECRET_KEY": "a benchmark's secret key, 0123456789 abc",
        "PORTAL_ENCRYPTION_KEY": KEY,
    }
    with ExitStack() as old, ExitStack() as new, ExitStack() as again:
        address = old.enter_context(_web(environment, ROOT))
        people = [signed_in(address) for _ in range(_PEOPLE)]
        bodies = [page_call(path, search) for path, filters in PAGES.items() for search in ("", filters)]
        with Load(address, people, questions=[Question("/_dash-update-component", body) for body in bodies]) as load:
            load.wait_for(len(bodies) * _PEOPLE)  # each page once: what is known then is known
            load.seconds.clear()
            with _told(load, "the release alone"):
                pass
            with _told(load, "the next one migrates"):
                migrated = run(environment, "dash_portal", "migrate", release=newer)
                if migrated.returncode:
                    raise SystemExit(migrated.stderr)
            with _told(load, "its web takes over"):
                load.url = new.enter_context(_web(environment, newer))
                old.close()
            with _told(load, "back to the web before, on the newer schema"):
                load.url = again.enter_context(_web(environment, ROOT))
                new.close()


@contextmanager
def _web(environment: dict[str, str], release: Path) -> Iterator[str]:
    with served(environment | {"PORT": str(free_port())}, release) as url:
        yield url


@contextmanager
def _told(load: Load, state: str) -> Iterator[None]:
    """Print what was asked from the beginning of the change until enough answers after it."""
    failed = load.answers.total() - load.answers["200"]
    first = len(load.seconds)
    yield
    load.wait_for(_ANSWERS)
    taken = [seconds * 1000 for seconds in load.seconds[first:]]
    failed = load.answers.total() - load.answers["200"] - failed
    figures = f"{median(taken):.0f} | {quantiles(taken, n=20)[-1]:.0f} | {max(taken):.0f}"
    print(f"| {state} | {len(taken)} | {failed} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
