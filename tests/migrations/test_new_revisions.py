"""What `make migration` writes for a change of the models, and what such a revision does to a database with rows.

One revision with all changes is written and applied on each database; the tests look at what came of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

import migrations
from database import agency_transaction
from migrations.history import known_revisions, serves_from
from migrations.vocabulary import missing_words, words_of_database
from tests.conftest import DATABASE_KINDS, engine_of, new_database
from tests.migrations.conftest import SchemaCopy, add_brand, add_field, copy_schema

NEWEST = known_revisions()[-1]
NEXT = f"{int(NEWEST) + 1:04}"


@dataclass(frozen=True, slots=True)
class Changed:
    """A copy of the models that was changed, the revision written for it, and the database that it was applied to."""

    schema: SchemaCopy
    revision: str
    engine: Engine


@pytest.fixture(scope="module", params=DATABASE_KINDS)
def changed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Changed]:
    folder = tmp_path_factory.mktemp("changed")
    with new_database(request.param, request, folder) as url, engine_of(url) as engine:
        add_brand(engine)
        add_field(engine, "leads")
        with pytest.raises(IntegrityError):
            add_field(engine, "it's_new")
        schema = copy_schema(folder, url)
        change_models(schema)
        revision = schema.new_revision("All at once")
        schema.migrate()
        yield Changed(schema, revision, engine)


def change_models(schema: SchemaCopy) -> None:
    """Add columns to one table, lengthen one of another, and widen a vocabulary that several tables hold."""
    field, colour, word = (
        "    field: str = Field(primary_key=True, max_length=120)\n",
        "    accent_colour: str | None = Field(default=None, max_length=7)\n",
        '    SCHEDULED_ACTIVITIES = "scheduled_activities"\n',
    )
    columns = '    hint: str = Field(default="none yet")\n    seen: int = Field(default=3)\n    loud: bool = False\n'
    schema.edit("models.py", field, field + columns)
    schema.edit("models.py", colour, colour.replace("7", "9"))
    schema.edit("models.py", word, word + '    NEW = "it\'s_new"\n')


def test_a_database_that_is_current_needs_nothing(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """That the models and both databases agree is for test_migrations.py and test_vocabulary.py to show."""
    folder = tmp_path_factory.mktemp("current")
    with new_database("sqlite", request, folder) as url:
        revision = copy_schema(folder, url).new_revision("Nothing new")
    assert revision.endswith("def upgrade() -> None:\n    pass\n")
    assert f'revision = "{NEXT}"\ndown_revision = "{NEWEST}"\n' in revision


def test_a_new_column_comes_with_a_value_for_the_rows_that_exist(changed: Changed) -> None:
    with agency_transaction(changed.engine) as connection:
        row = connection.execute(text("SELECT hint, seen, loud FROM known_fields WHERE resource = 'leads'")).one()
        assert (row.hint, row.seen, bool(row.loud)) == ("none yet", 3, False)


def test_writing_a_table_anew_keeps_what_hangs_on_its_rows(changed: Changed) -> None:
    """SQLite copies a table to alter it; dropping the old one must not delete its brands' rows in other tables."""
    assert "alter_column" in changed.revision
    with agency_transaction(changed.engine) as connection:
        count = text("SELECT count(*) FROM known_fields WHERE resource = 'leads'")
        assert connection.execute(count).scalar_one() == 1
        if connection.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA foreign_keys")).scalar_one() == 1


def test_a_widened_vocabulary_takes_its_new_word_and_the_old_ones_and_keeps_every_row(changed: Changed) -> None:
    assert """widen("resource", "it's_new")""" in changed.revision
    add_field(changed.engine, "it's_new")
    add_field(changed.engine, "notes")
    with agency_transaction(changed.engine) as connection:
        stored = connection.scalars(text("SELECT resource FROM known_fields ORDER BY resource")).all()
        assert stored == ["it's_new", "leads", "notes"]
    with pytest.raises(IntegrityError):
        add_field(changed.engine, "never heard of")
    with changed.engine.connect() as connection:
        holders = [words for (_, name), words in words_of_database(connection).items() if name == "resource"]
        assert len(holders) > 4
        assert all("it's_new" in words for words in holders)
        assert missing_words(connection, SQLModel.metadata) == {}
        if connection.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"


def test_the_database_tells_an_older_release_whether_it_may_go_on(changed: Changed) -> None:
    """This release is the older one. The last of this file: it leaves the database to a release after the next one."""
    assert f'serves_from = "{serves_from(NEWEST)}"' in changed.revision, "as the one before, until one says otherwise"
    with changed.engine.connect() as connection:
        assert migrations.standing(connection) is migrations.Standing.NEWER
    assert migrations.upgrade(changed.engine) is migrations.Standing.NEWER, "the older one's migrate leaves it alone"

    after_next = f"{int(NEWEST) + 2:04}"
    empty = re.sub(r"(?s)(def upgrade\(\) -> None:\n).*", r"\1    pass\n", changed.revision)
    contracting = empty.replace(f'"{NEXT}"', f'"{after_next}"').replace(f'"{NEWEST}"', f'"{NEXT}"')
    contracting = re.sub(r'serves_from = ".*"', f'serves_from = "{NEXT}"', contracting)
    changed.schema.add_revision("something_less", contracting)
    changed.schema.migrate()
    with changed.engine.connect() as connection:
        assert migrations.standing(connection) is migrations.Standing.TOO_NEW
    with pytest.raises(migrations.SchemaError, match="of a newer release"):
        migrations.upgrade(changed.engine)
