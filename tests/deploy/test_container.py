"""The container, without one: the Dockerfile is linted, and its steps are followed in an empty folder."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tests.end_to_end.running_portal import free_port
from tests.postgresql import PostgreSQL
from tests.security.served import wait_until_open

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "deploy" / "Dockerfile"
LAST_STAGE = DOCKERFILE.read_text().rpartition("FROM ")[2].replace("\\\n", " ")
COMPOSE = (ROOT / "deploy" / "compose.yaml").read_text()
HADOLINT = Path(sys.executable).parent / "hadolint"


@pytest.mark.skipif(not HADOLINT.exists(), reason="hadolint is not installed here")
def test_the_linter_has_nothing_to_say() -> None:
    linted = subprocess.run([HADOLINT, DOCKERFILE], capture_output=True, text=True, check=False)
    assert (linted.returncode, linted.stdout) == (0, "")


def left_out() -> list[str]:
    """The names that stay outside of the image although a COPY would take them."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    return [line.removeprefix("**/") for line in lines if (line and line[0] not in "#!*") or line.startswith("**/")]


def follow_copies(image: Path) -> None:
    ignored = shutil.ignore_patterns(*left_out())
    for sources, target in re.findall(r"^COPY ([^-].*) (\S+)$", LAST_STAGE, re.MULTILINE):
        for source in sources.split():
            for path in ROOT.glob(source):
                if path.is_dir():
                    shutil.copytree(path, image / target, ignore=ignored)
                elif path.name not in left_out():
                    shutil.copy(path, image / target)


def follow_runs(image: Path) -> None:
    """Run what the Dockerfile runs in the copied tree."""
    steps = re.findall(r"^RUN python (.*)$", LAST_STAGE, re.MULTILINE)
    assert steps
    for step in steps:
        subprocess.run([sys.executable, *shlex.split(step)], cwd=image, check=True)


def argument_list(pattern: str, text: str) -> list[str]:
    found = re.search(pattern, text)
    assert found is not None
    arguments: list[str] = json.loads(found[1])
    return [sys.executable, *arguments[1:]]


def everything_in(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in folder.rglob("*")}


def wait_for(process: subprocess.Popen[bytes], log: Path, words: str) -> None:
    until = time.monotonic() + 60
    while words not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.05)


def test_its_steps_make_a_portal_that_serves_syncs_and_writes_nothing_beside_itself(
    tmp_path: Path, postgresql: PostgreSQL
) -> None:
    image = tmp_path / "image"
    image.mkdir()
    follow_copies(image)
    follow_runs(image)
    assert {"models.py", "sync", "dash_portal"} <= {path.name for path in image.iterdir()}
    assert not {"demo.py", "tests", "emulator", ".git"} & {path.name for path in image.iterdir()}
    before = everything_in(image)
    name = postgresql.create()
    environment = {
        **{key: os.environ[key] for key in ("PATH", "TMPDIR", "HOME") if key in os.environ},
        **dict(re.findall(r"(PYTHON\w+)=(\S+)", LAST_STAGE)),
        "DATABASE_URL": postgresql.url(name),
        "PORTAL_ALLOWED_HOSTS": "portal.example.com",  # the health check asks by another name
        "PORTAL_SECRET_KEY": "an operator's secret key, 0123456789 and more",
        "PORTAL_ENCRYPTION_KEY": Fernet.generate_key().decode(),
        "PORTAL_MONITOR_TOKEN": "a monitor's own token, 0123456789",
        "CLIENTTETHER_ACCESS_TOKEN": "the agency's token",
        "PORT": str(free_port()),
        "WEB_CONCURRENCY": "1",
    }
    migrate = argument_list(r'command: (\["python", "-m", "dash_portal", "migrate"\])', COMPOSE)
    subprocess.run(migrate, cwd=image, env=environment, check=True, capture_output=True)
    web = argument_list(r"\nCMD (\[.*\])", LAST_STAGE)
    worker = argument_list(r'command: (\["python", "-m", "sync", "worker"\])', COMPOSE)
    healthy = argument_list(r"HEALTHCHECK .*CMD (\[.*\])", LAST_STAGE)
    logs = [tmp_path / "web", tmp_path / "worker"]
    assert subprocess.run(healthy, env=environment, check=False, capture_output=True).returncode != 0
    with logs[0].open("wb") as web_log, logs[1].open("wb") as worker_log:
        running = [
            subprocess.Popen(command, cwd=image, env=environment, stdout=log, stderr=log)
            for command, log in ((web, web_log), (worker, worker_log))
        ]
        try:
            wait_for(running[1], logs[1], "worker_started")
            wait_until_open(running[0].poll, int(environment["PORT"]))
            until = time.monotonic() + 60
            while subprocess.run(healthy, env=environment, check=False, capture_output=True).returncode != 0:
                assert running[0].poll() is None, logs[0].read_text()
                assert time.monotonic() < until, logs[0].read_text()
        finally:
            for process in running:
                process.terminate()
                process.wait(timeout=60)
    assert everything_in(image) == before, "it runs from a file system that can't be written"
    postgresql.drop(name)


def test_every_file_that_compose_names_is_there() -> None:
    named = re.findall(r"\./([\w.-]+):", COMPOSE)
    assert named
    assert [name for name in named if not (DOCKERFILE.parent / name).exists()] == []
    assert not re.search(r"image: \S+:latest", COMPOSE)
    assert re.search(r"^USER (?!0|root)", LAST_STAGE, re.MULTILINE), "not as root"
