"""What stood in the tables before a revision that writes them anew stands there afterwards."""

from __future__ import annotations

from datetime import UTC, datetime

from alembic import command
from sqlalchemy import Connection, text

import migrations
from database import create_engine
from settings import Settings

STAMP = datetime(2026, 3, 1, 15, 0, tzinfo=UTC)


def test_notes_and_appointments_outlive_their_new_keys(empty_database_url: str) -> None:
    engine = create_engine(Settings(database_url=empty_database_url).database_url)
    _upgrade(engine, "0008")
    with migrations.schema_transaction(engine) as connection:
        _fill(connection)
    migrations.upgrade(engine)
    with migrations.schema_transaction(engine) as connection:
        notes = connection.execute(text("SELECT client_id, note_id, content FROM notes")).all()
        activities = "SELECT event_id, occurrence, title FROM scheduled_activities ORDER BY event_id"
        assert [tuple(row) for row in notes] == [("7", "5", "<p>Called</p>")]
        assert [tuple(row) for row in connection.execute(text(activities))] == [
            ("1", "2026-03-01T10:00:00", "Call"),  # 15:00 UTC, in New York
            ("2", "", "Undated"),
        ]
        connection.execute(text(f"UPDATE notes SET author = 'Kim' {_MINE}"))
    engine.dispose()


_MINE = "WHERE tenant_id = 1"


def _upgrade(engine: object, revision: str) -> None:
    with migrations.schema_transaction(engine) as connection:  # type: ignore[arg-type]
        config = migrations._config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def _fill(connection: Connection) -> None:
    stamp = {"at": STAMP if connection.dialect.name == "postgresql" else "2026-03-01 15:00:00.000000"}

    def add(table: str, columns: str, values: str) -> None:
        stamped = f"INSERT INTO {table} (created_at, updated_at, {columns}) VALUES (:at, :at, {values})"
        connection.execute(text(stamped), stamp)

    tenant = "id, slug, name, timezone, status, web_key_encrypted, web_key_last4, data_version"
    add("tenants", tenant, "1, 'a', 'A', 'America/New_York', 'active', 'x', 'y', 0")
    note = "tenant_id, row_hash, note_id, client_id, author, kind, content, content_text, noted_at"
    add("notes", note, "1, '', '5', '7', 'Lee', 'Call', '<p>Called</p>', 'Called', :at")
    activity = "tenant_id, row_hash, event_id, starts_at, kind, title, contact_name, description, status"
    add("scheduled_activities", activity, "1, '', '1', :at, 'Call', 'Call', 'Pat', '', ''")
    add("scheduled_activities", activity, "1, '', '2', NULL, 'Call', 'Undated', 'Pat', '', ''")
