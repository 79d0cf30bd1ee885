"""The revisions that this release knows, and how it stands to the schema of a database.

Each revision names in `serves_from` the oldest revision whose code runs on the schema that it leaves. The database
carries that word beside its revision (`alembic_version.serves_from`), so that an older process can read whether it may
go on with a schema that it has never heard of. See docs/decisions/0017-expand-and-contract.md.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, MigrationInfo
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

_FOLDER: Final = Path(__file__).parent


class Standing(StrEnum):
    """How a database's schema and this release stand to each other."""

    EMPTY = "empty"
    OLDER = "older"
    CURRENT = "current"
    NEWER = "newer"
    """A newer release's, that says it serves this one too."""
    TOO_NEW = "too new"


def standing(connection: Connection) -> Standing:
    """Return how the schema and this release stand to each other. Raises SQLAlchemyError when it can't be read."""
    revision = revision_of(connection)
    if revision is None:
        return Standing.EMPTY
    if is_known(revision):
        return Standing.CURRENT if revision == _scripts().get_current_head() else Standing.OLDER
    written = connection.execute(text("SELECT * FROM alembic_version")).mappings().first()
    serves_from = written.get("serves_from") if written else None
    return Standing.NEWER if serves_from is not None and is_known(serves_from) else Standing.TOO_NEW


def runs_on(engine: Engine) -> bool:
    """Tell whether this release runs on the database's schema: its own, or a newer one that serves it too.

    Raises SQLAlchemyError when the database is away.
    """
    with engine.connect() as connection:
        return standing(connection) in {Standing.CURRENT, Standing.NEWER}


def revision_of(connection: Connection) -> str | None:
    """Return the revision that the database stands at; None where nothing was ever migrated."""
    return MigrationContext.configure(connection).get_current_revision()


@cache
def known_revisions() -> tuple[str, ...]:
    """Return the revisions of this release, the oldest first."""
    return tuple(script.revision for script in _scripts().walk_revisions())[::-1]


def is_known(revision: str) -> bool:
    """Tell whether this release knows the revision: one of a newer release it does not."""
    return revision in known_revisions()


def next_revision(connection: Connection) -> str | None:
    """Return what is to be applied next; None at the newest revision."""
    current, known = revision_of(connection), known_revisions()
    place = known.index(current) + 1 if current is not None else 0
    return known[place] if place < len(known) else None


def serves_from(revision: str = "head") -> str:
    """Return the oldest revision whose code runs on the schema that this one leaves; 0025 was the first to say."""
    script = _scripts().get_revision(revision)
    assert script is not None  # noqa: S101 - there are revisions
    return str(script.module.serves_from)


def write_down(ctx: MigrationContext, step: MigrationInfo, heads: Collection[Any], run_args: Mapping[str, Any]) -> None:
    """Have the database carry, beside a revision that was applied just now, which code it serves."""
    del heads, run_args
    serves = getattr(getattr(step.up_revision, "module", None), "serves_from", None)
    if serves is not None and ctx.connection is not None:  # revisions before 0025 say nothing
        ctx.connection.execute(text("UPDATE alembic_version SET serves_from = :serves"), {"serves": serves})


def apply_up_to(connection: Connection, role: str, revision: str) -> None:
    """Apply what is missing up to this revision ("head": all), with the web role of this name.

    As `alembic upgrade` does it, which would read all revisions anew for each that is applied by itself.
    """
    scripts, config = _scripts(), _config()
    config.attributes.update(connection=connection, portal_role=role)

    def missing(present: Any, _context: MigrationContext) -> Any:
        return scripts._upgrade_revs(revision, present)  # noqa: SLF001 - as in Alembic's example of an EnvironmentContext

    with EnvironmentContext(config, scripts, fn=missing, destination_rev=revision):
        scripts.run_env()


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    return config
