"""A portal whose brands were pulled once, by programs that need not import everything first."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from emulator import AccountPlan
from tests.end_to_end.running_portal import SLUGS, RunningPortal, add_brands_and_people, emulated
from tests.security.served import serving
from tests.sync.processes import start_sync_in


@contextmanager
def pulled_portal(database_url: str, plans: dict[str, AccountPlan] = SLUGS, **settings: str) -> Iterator[RunningPortal]:
    """Over a migrated, empty database: make brands and people, pull once and serve; stop everything at the end."""
    with emulated(database_url, plans) as (emulator, environment), ExitStack() as web:
        add_brands_and_people(environment, plans)
        pull_once(environment)
        url = web.enter_context(serving(environment | settings, Path(os.devnull)))
        yield RunningPortal(url, emulator, environment, web.close)


def pull_once(environment: dict[str, str]) -> None:
    """Run `sync once`, and see it succeed."""
    pull = start_sync_in(environment, "once")
    pull.join(110)
    assert pull.exitcode == 0
