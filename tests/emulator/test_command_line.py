import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from emulator import AccountPlan, Emulator
from emulator.__main__ import _arrives, _serve, main
from emulator.plan import parse_account
from tests.signals import comes_again, signal_at_line

ROOT = Path(__file__).parents[2]


@contextmanager
def started(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "emulator", "--port", "0", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline()
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_is_serves_and_stops(number: signal.Signals) -> None:
    with started("--access-token", "t", "--account", "Brand=CT_x:3:20", "--advance-every", "60") as (process, line):
        address = re.search(r"http://127\.0\.0\.1:\d+/v2/api/", line)
        assert address, line
        request = urllib.request.Request(  # noqa: S310 - the address is the emulator's own
            f"{address[0]}read_client_list", headers={"X-Access-Token": "t", "X-Web-Key": "CT_x"}
        )
        with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
            assert b'"TotalRecord":20,' in response.read()
        process.send_signal(number)
        output, errors = process.communicate(timeout=60)
        assert (process.returncode, output, errors) == (0, "", "")


def test_a_signal_is_not_lost_at_whatever_line_it_meets_it() -> None:
    """At every line from its handlers on until it waits a second time, the library's lines of waiting among them."""
    files = (_serve.__code__.co_filename, threading.__file__, queue.__file__)
    met: list[str] = []
    while not comes_again(_arrives.__name__, met):
        emulator = Emulator([AccountPlan(name="Brand", web_key="CT_x", contacts=1)], access_token="t")
        with signal_at_line(signal.SIGTERM, len(met), files) as sender:
            _serve(emulator, advance_every=0.001)
        met.append(sender.met)


def test_a_taken_port_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["--port", str(port), "--account", "A=CT_a:1:1"]) == 2
    errors = capsys.readouterr().err
    assert errors.count("\n") == 1
    assert str(port) in errors


@pytest.mark.parametrize(
    "arguments",
    [
        ["--account", "nonsense"],
        ["--account", "A=CT_a:x"],
        ["--account", "A=CT_a", "--timezone", "Mars/Olympus"],
        ["--account", "A=CT_a", "--account", "A=CT_b"],
        ["--account", "A=CT_a:1:0", "--notes", "4"],
    ],
    ids=str,
)
def test_bad_arguments_are_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--port", "0", *arguments]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "seed", "contacts"), [("A b=CT_a", 1, 288), ("A b=CT_a:9", 9, 288), ("A b=CT_a:9:20", 9, 20)]
)
def test_accounts_are_said_in_one_word(text: str, seed: int, contacts: int) -> None:
    plan = parse_account(0, text)
    assert (plan.name, plan.web_key, plan.seed, plan.contacts) == ("A b", "CT_a", seed, contacts)
