"""README's commands, run in the order they stand in by somebody who types what is written there."""

from __future__ import annotations

import io
import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from dash_portal import command_line
from emulator import AccountPlan, Emulator
from sync import command_line as sync_line
from tests.end_to_end.running_portal import free_port, program, served

README = (Path(__file__).parents[2] / "README.md").read_text()
TYPED = {"PASSWORD": "seven green lanterns", "WEB_KEY": "CT_key_of_acme"}
WORDS = {"SLUG": "acme", "EMAIL": "owner@acme.example", "ADMIN_EMAIL": "you@agency.example"}
NOT_ZERO = {"python -m sync status --check": 1}  # no worker lives any more
PROVIDER = {
    "OIDC_PROVIDERS": "acme",
    "OIDC_ACME_ISSUER": "https://accounts.acme.example",
    "OIDC_ACME_CLIENT_ID": "portal",
    "OIDC_ACME_CLIENT_SECRET": "the provider's secret",
}
"""Where nobody could sign in with a company account, none is required."""
PROGRAMS = {"dash_portal": command_line.main, "sync": sync_line.main}


def block(heading: str, first_word: str) -> list[str]:
    """The commands of the first code block under a heading that begins with this word."""
    section = README.partition(heading)[2]
    lines = re.search(rf"\n((?:    {re.escape(first_word)}.*\n)(?:    .*\n)*)", section)
    assert lines is not None
    return [re.split(r"\s{2,}(?!\|)|\s+#", line.strip())[0] for line in lines[1].splitlines()]


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    plan = AccountPlan(name="Acme", web_key=TYPED["WEB_KEY"], contacts=12)
    with Emulator(accounts=[plan], access_token="the agency's token") as emulator:
        yield {
            "DATABASE_URL": f"sqlite:///{tmp_path / 'portal.db'}",
            "CLIENTTETHER_API_URL": emulator.url,
            "CLIENTTETHER_ACCESS_TOKEN": "the agency's token",
            "PORTAL_SECRET_KEY": "an operator's secret key, 0123456789 and more",
            "PORTAL_ENCRYPTION_KEY": Fernet.generate_key().decode(),
            "SYNC_CRON": "0 0 1 1 *",
            "PORT": str(free_port()),
            "WEB_CONCURRENCY": "1",
        }


def typed(line: str, monkeypatch: pytest.MonkeyPatch, answer: str = "") -> int | str | None:
    """Run one line in this process; return its status."""
    piped = re.match(r'echo "\$(\w+)"\s*\| ', line)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{TYPED[piped[1]] if piped else answer}\n"))
    words = shlex.split(line[piped.end() :] if piped else line)
    assert words[:2] == ["python", "-m"]
    try:
        return PROGRAMS[words[2]](words[3:])
    except SystemExit as ended:
        return ended.code


def test_the_commands_of_the_readme_do_what_they_say_in_their_order(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("dash_portal.command_line", "sync.command_line"):
        monkeypatch.setattr(f"{module}.configure_logs", lambda: None)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    install, *steps, serve, worker = block("**On a plain server:**", "python3.11")
    assert "pip install -r requirements.txt" in install
    for step in steps:
        assert typed(step.removeprefix(".venv/bin/"), monkeypatch) == 0, step
    assert serve.removeprefix(".venv/bin/python -m ").split() == ["dash_portal", "serve"]
    assert worker.removeprefix(".venv/bin/python -m ").split() == ["sync", "worker"]
    with ExitStack() as running:
        running.enter_context(served(dict(environment)))
        running.enter_context(program(dict(environment), "sync", "worker"))
    for line in block("Then the first people and brands:", "echo"):
        assert typed(line, monkeypatch) == 0, line
    for line in block("## Operate", "python"):
        command = re.sub(r"\[.*?\]", "", line)
        for word, meant in WORDS.items():
            command = re.sub(rf"\b{word}\b", meant, command)
        command = command.replace("FILE", str(tmp_path / "backup")).strip()
        elsewhere = f"sqlite:///{tmp_path / 'empty.db'}" if " restore " in command else environment["DATABASE_URL"]
        monkeypatch.setenv("DATABASE_URL", elsewhere)
        with monkeypatch.context() as provided:
            for name, value in PROVIDER.items() if "require-company-sign-in" in command else ():
                provided.setenv(name, value)
            status = typed(command, provided, answer=command.rpartition(" ")[2])
        assert status == NOT_ZERO.get(command, 0), command
    assert (tmp_path / "empty.db").exists()


def test_both_commands_that_make_keys_make_some(capsys: pytest.CaptureFixture[str]) -> None:
    made = block("Make the two keys with", "python")
    assert len(made) == 2
    for line in made:
        exec(shlex.split(line)[2])  # noqa: S102 - what README has one type
    secret, key = capsys.readouterr().out.split()
    assert len(secret) >= 32
    Fernet(key)
    assert sys.stdout
