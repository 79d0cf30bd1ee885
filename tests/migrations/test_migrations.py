from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlmodel import SQLModel

import migrations
from database import create_engine
from migrations.autogeneration import belongs_to
from settings import Settings


def test_an_empty_database_becomes_current_and_stays_so(empty_database_url: str) -> None:
    engine = create_engine(Settings(database_url=empty_database_url).database_url)
    assert not migrations.runs_on(engine)
    assert migrations.upgrade(engine) is migrations.upgrade(engine) is migrations.Standing.CURRENT
    assert migrations.runs_on(engine)
    engine.dispose()


@pytest.mark.filterwarnings("ignore:autogenerate skipping")  # of indexes that this engine does not have anyway
def test_the_migrated_schema_is_what_the_models_say(database_url: str) -> None:
    engine = create_engine(Settings(database_url=database_url).database_url)
    with engine.connect() as connection:
        belongs_here = belongs_to(connection.dialect.name)
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": belongs_here})
        assert compare_metadata(context, SQLModel.metadata) == []
    engine.dispose()
