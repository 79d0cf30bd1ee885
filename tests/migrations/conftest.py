from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, text

from database import agency_transaction

ROOT = Path(__file__).parents[2]
GROUND_FLOOR = (
    *("models.py", "database.py", "database_away.py", "accents.py", "clock.py", "settings.py", "encryption.py"),
    "pyproject.toml",
)


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

    def add_revision(self, name: str, source: str) -> None:
        (self.folder / "migrations" / "versions" / f"{name}.py").write_text(source)

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


def copy_schema(folder: Path, database_url: str) -> SchemaCopy:
    """Copy models and history into the folder, with what of them was compiled before."""
    folder = folder / "copy"
    half_written = shutil.ignore_patterns("*.pyc.*")
    for name in ("migrations", "__pycache__"):
        if (ROOT / name).exists():
            shutil.copytree(ROOT / name, folder / name, ignore=half_written)
    for name in GROUND_FLOOR:
        shutil.copy2(ROOT / name, folder / name)
    return SchemaCopy(folder, database_url)


BRAND = text(
    "INSERT INTO tenants (id, slug, name, timezone, status, web_key_encrypted, web_key_last4, data_version, created_at,"
    " updated_at) VALUES (1, 'acme', 'Acme', 'UTC', 'active', 'x', 'last', 0, :now, :now)"
)
FIELD = text(
    "INSERT INTO known_fields (tenant_id, resource, field, created_at, updated_at)"
    " VALUES (1, :resource, 'a_field', :now, :now)"
)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def add_brand(engine: Engine) -> None:
    with agency_transaction(engine) as connection:
        connection.execute(BRAND, {"now": NOW})


def add_field(engine: Engine, resource: str) -> None:
    """Write down that the brand's resource has a field. Raises IntegrityError for a resource that the database refuses."""
    with agency_transaction(engine) as connection:
        connection.execute(FIELD, {"resource": resource, "now": NOW})
