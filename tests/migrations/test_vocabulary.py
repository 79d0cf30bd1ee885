from __future__ import annotations

import pytest
from sqlalchemy import CheckConstraint, Engine, inspect, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from database import agency_transaction
from migrations.vocabulary import missing_words, words_of_database, words_of_models
from tests.migrations.conftest import SchemaCopy, add_field


def test_the_database_takes_the_words_of_the_models_and_no_others(engine: Engine) -> None:
    """Alembic compares no CHECKs: without this, a new word is refused at the first insert, in production."""
    with engine.connect() as connection:
        assert words_of_database(connection) == words_of_models(SQLModel.metadata)


def test_every_check_of_the_models_stands_in_the_database_under_its_name(engine: Engine) -> None:
    inspector = inspect(engine)
    for table in SQLModel.metadata.sorted_tables:
        declared = {check.name for check in table.constraints if isinstance(check, CheckConstraint)}
        assert {check["name"] for check in inspector.get_check_constraints(table.name)} == declared


def test_a_widened_vocabulary_takes_its_new_word_and_the_old_ones_and_keeps_every_row(
    schema_copy: SchemaCopy, filled_engine: Engine
) -> None:
    with pytest.raises(IntegrityError):
        add_field(filled_engine, "it's_new")
    schema_copy.edit(
        "models.py",
        '    SCHEDULED_ACTIVITIES = "scheduled_activities"\n',
        '    SCHEDULED_ACTIVITIES = "scheduled_activities"\n    NEW = "it\'s_new"\n',
    )

    revision = schema_copy.new_revision("One more resource")
    assert """widen("resource", "it's_new")""" in revision
    schema_copy.migrate()

    add_field(filled_engine, "it's_new")
    add_field(filled_engine, "notes")
    with agency_transaction(filled_engine) as connection:
        stored = connection.scalars(text("SELECT resource FROM known_fields ORDER BY resource")).all()
        assert stored == ["it's_new", "leads", "notes"]
    with pytest.raises(IntegrityError):
        add_field(filled_engine, "never heard of")
    with filled_engine.connect() as connection:
        holders = [words for (_, name), words in words_of_database(connection).items() if name == "resource"]
        assert len(holders) > 4
        assert all("it's_new" in words for words in holders)
        assert missing_words(connection, SQLModel.metadata) == {}
        if connection.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
