from __future__ import annotations

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Index
from sqlmodel import SQLModel

import migrations
from database import create_engine
from settings import Settings


def test_an_empty_database_becomes_current_and_stays_so(empty_database_url: str) -> None:
    engine = create_engine(Settings(database_url=empty_database_url).database_url)
    assert not migrations.is_current(engine)
    migrations.upgrade(engine)
    migrations.upgrade(engine)
    assert migrations.is_current(engine)
    engine.dispose()


def test_the_migrated_schema_is_what_the_models_say(database_url: str) -> None:
    engine = create_engine(Settings(database_url=database_url).database_url)
    with engine.connect() as connection:
        here = connection.dialect.name

        def belongs_here(one: Any, *_: Any) -> bool:
            return one.info.get("only_on", here) == here if isinstance(one, Index) else True

        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": belongs_here})
        assert compare_metadata(context, SQLModel.metadata) == []
    engine.dispose()
