"""The units of systemd, as systemd reads them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from getpass import getuser
from pathlib import Path

import pytest

from settings import PortalSettings, SyncSettings

DEPLOY = Path(__file__).parents[2] / "deploy"
UNITS = sorted([*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")])
SYSTEMD = shutil.which("systemd-analyze")


@pytest.mark.skipif(SYSTEMD is None, reason="systemd is not installed here")
def test_systemd_understands_every_unit(tmp_path: Path) -> None:
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    copies = []
    for unit in UNITS:
        text = unit.read_text().replace("/opt/portal/", f"{tmp_path}/").replace("User=portal", f"User={getuser()}")
        copies.append(tmp_path / unit.name)
        copies[-1].write_text(text)
    verified = subprocess.run([str(SYSTEMD), "verify", *copies], capture_output=True, text=True, check=False)
    complaints = [line for line in verified.stderr.splitlines() if "portal-" in line]
    assert (len(UNITS), complaints) == (4, [])


def test_the_example_of_an_environment_names_settings_only() -> None:
    known = {name.upper() for kind in (PortalSettings, SyncSettings) for name in kind.model_fields}
    named = re.findall(r"^#?([A-Z_]+)=", (DEPLOY / "portal.env.example").read_text(), re.MULTILINE)
    required = {
        name for kind in (PortalSettings, SyncSettings) for name, f in kind.model_fields.items() if f.is_required()
    }
    assert set(named) <= known
    assert {name.upper() for name in required} <= set(named)
