"""Schema history: bring a database from empty, or from any earlier state, to what the models say."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from database import ALL_BRANDS

_FOLDER: Final = Path(__file__).parent
_ONE_AT_A_TIME: Final = 7_203_511  # any number: the advisory lock that release processes share


def upgrade(engine: Engine) -> None:
    """Bring the schema to the newest revision; several processes may try at once, and one of them does it."""
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ONE_AT_A_TIME})
            connection.execute(text("SELECT set_config('portal.brand', :brand, true)"), {"brand": ALL_BRANDS})
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def is_current(engine: Engine) -> bool:
    """Tell whether the database stands at the newest revision. Raises SQLAlchemyError when it is away."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == newest


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    return config
