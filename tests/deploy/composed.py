"""deploy/compose.yaml as Docker Compose itself understands it. It needs no Docker for that."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

DEPLOY = Path(__file__).parents[2] / "deploy"
COMPOSE = Path(sys.executable).parent / "docker-compose"
needs_compose = pytest.mark.skipif(not COMPOSE.exists(), reason="Docker Compose is not installed here")
SECRETS = {
    "PORTAL_SECRET_KEY": "an operator's secret key, 0123456789 and more",
    "PORTAL_ENCRYPTION_KEY": "bm90IHNlY3JldCBhdCBhbGwsIGJ1dCAzMiBieXRlcyE=",
    "CLIENTTETHER_ACCESS_TOKEN": "the agency's token",
    "PORTAL_MONITOR_TOKEN": "a monitor's own token, 0123456789",
}


def config(folder: Path, **dot_env: str) -> subprocess.CompletedProcess[str]:
    """Ask Compose what it makes of the file, beside a filled in portal.env and a .env that names these."""
    copied = shutil.copytree(DEPLOY, folder / "deploy", dirs_exist_ok=True)
    example = (copied / "portal.env.example").read_text()
    filled = re.sub(r"^(\w+)=$", lambda line: f'{line[1]}="{SECRETS[line[1]]}"', example, flags=re.MULTILINE)
    (copied / "portal.env").write_text(filled)
    (copied / ".env").write_text("".join(f"{name}={value}\n" for name, value in dot_env.items()))
    command = [str(COMPOSE), "config", "--format", "json"]
    return subprocess.run(command, cwd=copied, env={}, capture_output=True, text=True, check=False)


def composed(folder: Path) -> dict[str, Any]:
    """Return the services as they would be started, by their names."""
    answered = config(folder, DATABASE_PASSWORD="0123abcd", PORTAL_HOST="portal.example.com")
    assert (answered.returncode, answered.stderr) == (0, "")
    services: dict[str, Any] = json.loads(answered.stdout)["services"]
    return services
