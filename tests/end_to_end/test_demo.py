"""`make demo`, as a person at a terminal meets it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.end_to_end.running_portal import ROOT, free_port


@contextmanager
def demo(folder: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "demo.py")],
        env=os.environ
        | {"DEMO_FOLDER": str(folder), "PORT": str(port), "DATABASE_URL": f"sqlite:///{folder}/portal.db"}
        | {"PYTHONIOENCODING": "ascii"},  # a terminal that has not every letter
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


@pytest.fixture
def port() -> int:
    return free_port()


def read_until_open(process: subprocess.Popen[str]) -> str:
    """Return what the demo printed up to the end of its welcome."""
    assert process.stdout is not None
    printed = ""
    for line in process.stdout:
        printed += line
        if "Ctrl-C stops everything" in line:
            return printed
    assert process.stderr is not None
    raise AssertionError(process.stderr.read())


def sign_in(url: str, email: str, password: str) -> httpx.Client:
    client = httpx.Client(base_url=url, timeout=20)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/login").text)
    assert token is not None
    answer = client.post("/login", data={"email": email, "password": password, "csrf_token": token[1]})
    assert answer.headers["location"] != "/login"
    return client


def total_leads(client: httpx.Client, brand: str) -> int:
    answer = client.get("/api/charts/leads-by-source", params={"format": "data", "brand": brand})
    assert answer.status_code == 200, answer.text
    return int(sum(answer.json()["config"]["series"][0]["values"]))


@pytest.mark.timeout(300)  # it starts three demos, two of them whole
def test_the_demo_opens_with_both_brands_stops_whole_and_keeps_its_data(tmp_path: Path, port: int) -> None:
    # One token in sixty-four begins so, and a program may take it for one of its options.
    (tmp_path / "keys.json").write_text('{"access_token": "-a-token-like-an-option"}')
    with demo(tmp_path, port) as first:
        printed = read_until_open(first)
        url = f"http://127.0.0.1:{port}"
        assert url in printed
        password = re.search(r"password  (\S+)", printed)
        assert password is not None
        people = re.findall(r"^  (\S+@\S+)", printed, re.MULTILINE)
        assert len(people) == 5
        agency = next(person for person in people if person.startswith("agency"))
        client = sign_in(url, agency, password[1])
        leads = {brand: total_leads(client, brand) for brand in ("harbor-pine", "brightpath")}
        assert min(leads.values()) > 100
        assert len(set(leads.values())) == 2

        with demo(tmp_path / "second", port) as second:
            assert second.wait(timeout=60) == 1
            assert second.stderr is not None
            complaint = second.stderr.read()
            assert complaint.count("\n") == 1
            assert f"port {port} is taken" in complaint

    assert first.returncode == 0
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/healthz")

    with demo(tmp_path, port) as again:
        read_until_open(again)
        client = sign_in(url, agency, password[1])
        for brand, before in leads.items():
            assert abs(total_leads(client, brand) - before) < 20
