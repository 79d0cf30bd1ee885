from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GROUND_FLOOR = ("models.py", "database.py", "accents.py", "settings.py", "encryption.py", "pyproject.toml")


@dataclass(frozen=True, slots=True)
class SchemaCopy:
    """A copy of the models and their history, that a test may change, and a database of its own to hold it against."""

    folder: Path
    database_url: str

    def edit(self, file: str, before: str, after: str) -> None:
        path = self.folder / file
        source = path.read_text()
        assert source.count(before) == 1
        path.write_text(source.replace(before, after))

    def new_revision(self, message: str) -> str:
        """Write the next revision as `make migration` does, and return its source."""
        known = set(self.revisions())
        self._run(sys.executable, "-m", "alembic", "revision", "--autogenerate", "-m", message)
        (written,) = set(self.revisions()) - known
        return written.read_text()

    def revisions(self) -> list[Path]:
        return sorted((self.folder / "migrations" / "versions").glob("*.py"))

    def migrate(self) -> None:
        self.run_python(
            "from database import create_engine; from settings import Settings; import migrations;"
            "migrations.upgrade(create_engine(Settings().database_url))"
        )

    def run_python(self, source: str) -> None:
        self._run(sys.executable, "-c", source)

    def _run(self, *command: str) -> None:
        environment = os.environ | {"DATABASE_URL": self.database_url, "PYTHONPATH": str(self.folder)}
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@pytest.fixture
def schema_copy(database_url: str, tmp_path: Path) -> SchemaCopy:
    folder = tmp_path / "copy"
    without_caches = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "migrations", folder / "migrations", ignore=without_caches)
    for name in GROUND_FLOOR:
        shutil.copy(ROOT / name, folder / name)
    return SchemaCopy(folder, database_url)
