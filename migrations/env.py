"""Run by Alembic: by `migrations.upgrade`, which hands in its connection, or by the `alembic` command.

The command is for writing revisions (`make migration M="..."`); it reads DATABASE_URL as every process does.
"""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection
from sqlmodel import SQLModel

import models  # noqa: F401 - importing the models fills SQLModel.metadata
from database import create_engine
from migrations import schema_transaction
from migrations.autogeneration import belongs_to, complete_revision
from migrations.history import serves_from, write_down
from settings import Settings, load_settings


def migrate(connection: Connection, role: str | None) -> None:
    """Do what Alembic was started for over this connection, with the web role of this name.

    In the transaction that is open, or if none is, in one for each revision.
    """
    dialect = connection.dialect.name
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=dialect == "sqlite",
        compare_type=True,
        user_module_prefix="",  # the template imports SQLModel's column types by name
        include_object=belongs_to(dialect),
        process_revision_directives=complete_revision,
        transaction_per_migration=True,
        on_version_apply=write_down,
        template_args={"serves_from": serves_from()},
        portal_role=role,
        is_within=connection.in_transaction(),
    )
    with context.begin_transaction():
        context.run_migrations()


handed_in = context.config.attributes.get("connection")
if handed_in is not None:
    migrate(handed_in, context.config.attributes.get("portal_role"))
else:
    settings = load_settings(Settings)
    with schema_transaction(create_engine(settings.database_url)) as opened:
        migrate(opened, settings.portal_role)
