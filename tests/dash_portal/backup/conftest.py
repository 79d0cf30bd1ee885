from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from dash_portal.command_line import main

Say = Callable[..., tuple[int, str]]


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """Type a command of the portal for a database; return its status and what it wrote."""
    monkeypatch.setattr("dash_portal.command_line.configure_logs", lambda: None)  # pytest's own stay

    def run(url: str, *arguments: str | Path) -> tuple[int, str]:
        monkeypatch.setitem(os.environ, "DATABASE_URL", url)
        status = main([str(argument) for argument in arguments])
        written = capsys.readouterr()
        return status, (written.out + written.err).strip()

    return run
