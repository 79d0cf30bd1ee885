"""Fixtures of the sync tests: worlds of an account, a database and a brand, made and taken down."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine

from emulator import AccountPlan, Emulator
from encryption import Cipher
from settings import SyncSettings
from sync.command_line import main
from tests.sync.processes import environment
from tests.sync.sync_world import TOKEN, Clock, SyncWorld


@pytest.fixture
def cipher(encryption_key: str) -> Cipher:
    return Cipher((encryption_key,))


MakeWorld = Callable[..., SyncWorld]


@pytest.fixture
def make_world(engine: Engine, database_url: str, encryption_key: str) -> Iterator[MakeWorld]:
    """Start an emulator with these accounts and a worker's settings that lose no time waiting."""
    with ExitStack() as started:

        def make(*accounts: AccountPlan, **settings: Any) -> SyncWorld:
            return started.enter_context(new_world(engine, database_url, encryption_key, *accounts, **settings))

        yield make


OperatorOf = Callable[[SyncWorld], None]


@pytest.fixture
def operator_of(monkeypatch: pytest.MonkeyPatch) -> OperatorOf:
    """Give this process the environment of a world's host, for commands that are typed here."""

    def become(world: SyncWorld) -> None:
        for name, value in environment(world.settings).items():
            monkeypatch.setenv(name, value)

    return become


Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def say(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Say:
    """Type a command of the write wing, as an operator of a world; return its status and what it wrote, out and err."""
    monkeypatch.setattr("sync.command_line.configure_logs", lambda: None)  # pytest's own stay

    def run(*arguments: str) -> tuple[int, str, str]:
        capfdbinary.readouterr()
        try:
            status = main(arguments)
        except SystemExit as left:
            status = int(left.code or 0)
        written = capfdbinary.readouterr()
        return status, written.out.decode(), written.err.decode()

    return run


@contextmanager
def new_world(
    engine: Engine, database_url: str, encryption_key: str, *accounts: AccountPlan, **settings: Any
) -> Iterator[SyncWorld]:
    """A world of these accounts, for as long as the context lasts."""
    clock = Clock()
    brisk = {
        "sync_retry_wait": 0.0,
        "sync_retry_attempts": 2,
        "sync_read_timeout": 10.0,
        "sync_call_timeout": 20.0,
        "sync_max_rows": 2_000,
        "sync_max_body_bytes": 2_000_000,
        "sync_notes_budget": 30,
    }
    with Emulator(accounts=accounts, access_token=TOKEN, now=clock) as emulator:
        made = SyncSettings(
            database_url=database_url,
            portal_encryption_key=encryption_key,
            clienttether_api_url=emulator.url,
            clienttether_access_token=TOKEN,
            **{**brisk, **settings},
        )
        yield SyncWorld(engine, emulator, made, Cipher((encryption_key,)), clock=clock)
