from __future__ import annotations

from sqlalchemy import CheckConstraint, Engine, inspect
from sqlmodel import SQLModel

from migrations.vocabulary import words_of_database, words_of_models


def test_the_database_takes_the_words_of_the_models_and_no_others(engine: Engine) -> None:
    """Alembic compares no CHECKs: without this, a new word is refused at the first insert, in production."""
    with engine.connect() as connection:
        assert words_of_database(connection) == words_of_models(SQLModel.metadata)


def test_every_check_of_the_models_stands_in_the_database_under_its_name(engine: Engine) -> None:
    inspector = inspect(engine)
    for table in SQLModel.metadata.sorted_tables:
        declared = {check.name for check in table.constraints if isinstance(check, CheckConstraint)}
        assert {check["name"] for check in inspector.get_check_constraints(table.name)} == declared
