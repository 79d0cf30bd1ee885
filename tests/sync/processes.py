"""Real processes of the write wing."""

from __future__ import annotations

import os
import sys
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from settings import SyncSettings
from tests.forking import FORKING, become


def environment(settings: SyncSettings) -> dict[str, str]:
    """The settings as a host would give them."""
    secrets = {
        "PORTAL_ENCRYPTION_KEY": settings.portal_encryption_key.get_secret_value(),
        "CLIENTTETHER_ACCESS_TOKEN": settings.clienttether_access_token.get_secret_value(),
    }
    plain = settings.model_dump(mode="json", exclude={"portal_encryption_key", "clienttether_access_token"})
    return secrets | {name.upper(): str(value) for name, value in plain.items() if value is not None}


def start_sync(
    settings: SyncSettings, *arguments: str, grace_seconds: float | None = None, log: Path = Path(os.devnull)
) -> ForkServerProcess:
    """Start `python -m sync` with these arguments; with `grace_seconds`, a worker that ends waits only so long."""
    return start_sync_in(os.environ | environment(settings), *arguments, grace_seconds=grace_seconds, log=log)


def start_sync_in(
    environment: dict[str, str],
    *arguments: str,
    grace_seconds: float | None = None,
    log: Path = Path(os.devnull),
) -> ForkServerProcess:
    """Start `python -m sync` with just this environment."""
    process = FORKING.Process(target=_run, args=(environment, log, arguments, grace_seconds), daemon=True)
    process.start()
    return process


def _run(env: dict[str, str], log: Path, arguments: tuple[str, ...], grace_seconds: float | None) -> None:
    become(env, log)
    from sync.command_line import main
    from sync.running import worker

    if grace_seconds is not None:
        worker._GRACE_SECONDS = grace_seconds  # type: ignore[misc]

    sys.exit(main(arguments))
