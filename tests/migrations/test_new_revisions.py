from __future__ import annotations

from sqlalchemy import Engine, text

from database import agency_transaction
from tests.migrations.conftest import SchemaCopy


def test_a_database_that_is_current_needs_nothing(schema_copy: SchemaCopy) -> None:
    newest = schema_copy.revisions()[-1].name[:4]
    revision = schema_copy.new_revision("Nothing new")
    assert revision.endswith("def upgrade() -> None:\n    pass\n")
    assert f'revision = "{int(newest) + 1:04}"\ndown_revision = "{newest}"\n' in revision


def test_a_new_column_comes_with_a_value_for_the_rows_that_exist(
    schema_copy: SchemaCopy, filled_engine: Engine
) -> None:
    schema_copy.edit(
        "models.py",
        "    field: str = Field(primary_key=True, max_length=120)\n",
        "    field: str = Field(primary_key=True, max_length=120)\n"
        '    hint: str = Field(default="none yet")\n    seen: int = Field(default=3)\n    loud: bool = False\n',
    )
    schema_copy.new_revision("What is known of a field")
    schema_copy.migrate()
    with agency_transaction(filled_engine) as connection:
        row = connection.execute(text("SELECT hint, seen, loud FROM known_fields")).one()
        assert (row.hint, row.seen, bool(row.loud)) == ("none yet", 3, False)


def test_writing_a_table_anew_keeps_what_hangs_on_its_rows(schema_copy: SchemaCopy, filled_engine: Engine) -> None:
    """SQLite copies a table to alter it; dropping the old one must not delete its brands' rows in other tables."""
    schema_copy.edit(
        "models.py",
        "    accent_colour: str | None = Field(default=None, max_length=7)\n",
        "    accent_colour: str | None = Field(default=None, max_length=9)\n",
    )
    revision = schema_copy.new_revision("Longer colours")
    assert "alter_column" in revision
    schema_copy.migrate()
    with agency_transaction(filled_engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM known_fields")).scalar_one() == 1
        if connection.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA foreign_keys")).scalar_one() == 1
