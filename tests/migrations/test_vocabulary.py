from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import CheckConstraint, Engine, inspect, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from database import agency_transaction, create_engine
from migrations.vocabulary import missing_words, words_of_database, words_of_models
from settings import Settings
from tests.migrations.conftest import SchemaCopy

BRAND = text(
    "INSERT INTO tenants (id, slug, name, timezone, status, web_key_encrypted, web_key_last4, data_version, created_at,"
    " updated_at) VALUES (1, 'acme', 'Acme', 'UTC', 'active', 'x', 'last', 0, :now, :now)"
)
FIELD = text(
    "INSERT INTO known_fields (tenant_id, resource, field, created_at, updated_at)"
    " VALUES (1, :resource, 'a_field', :now, :now)"
)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_the_database_takes_the_words_of_the_models_and_no_others(engine: Engine) -> None:
    """Alembic compares no CHECKs: without this, a new word is refused at the first insert, in production."""
    with engine.connect() as connection:
        assert words_of_database(connection) == words_of_models(SQLModel.metadata)


def test_every_check_of_the_models_stands_in_the_database_under_its_name(engine: Engine) -> None:
    inspector = inspect(engine)
    for table in SQLModel.metadata.sorted_tables:
        declared = {check.name for check in table.constraints if isinstance(check, CheckConstraint)}
        assert {check["name"] for check in inspector.get_check_constraints(table.name)} == declared


def test_a_widened_vocabulary_takes_its_new_word_and_the_old_ones_and_keeps_every_row(schema_copy: SchemaCopy) -> None:
    engine = create_engine(Settings(database_url=schema_copy.database_url).database_url)
    with agency_transaction(engine) as connection:
        connection.execute(BRAND, {"now": NOW})
        connection.execute(FIELD, {"resource": "leads", "now": NOW})
    with pytest.raises(IntegrityError), agency_transaction(engine) as connection:
        connection.execute(FIELD, {"resource": "it's_new", "now": NOW})
    schema_copy.edit(
        "models.py",
        '    SCHEDULED_ACTIVITIES = "scheduled_activities"\n',
        '    SCHEDULED_ACTIVITIES = "scheduled_activities"\n    NEW = "it\'s_new"\n',
    )

    revision = schema_copy.new_revision("One more resource")
    assert """widen("resource", "it's_new")""" in revision
    schema_copy.migrate()

    with agency_transaction(engine) as connection:
        connection.execute(FIELD, {"resource": "it's_new", "now": NOW})
        connection.execute(FIELD, {"resource": "notes", "now": NOW})
        stored = connection.scalars(text("SELECT resource FROM known_fields ORDER BY resource")).all()
        assert stored == ["it's_new", "leads", "notes"]
    with pytest.raises(IntegrityError), agency_transaction(engine) as connection:
        connection.execute(FIELD, {"resource": "never heard of", "now": NOW})
    with engine.connect() as connection:
        holders = [words for (_, name), words in words_of_database(connection).items() if name == "resource"]
        assert len(holders) > 4
        assert all("it's_new" in words for words in holders)
        assert missing_words(connection, SQLModel.metadata) == {}
        if connection.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
    engine.dispose()
