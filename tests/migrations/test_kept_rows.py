"""What stood in the tables before a revision that writes them anew stands there afterwards."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

import migrations
from database import PORTAL_ROLE, create_engine
from migrations.history import apply_up_to
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


def test_people_keep_their_sessions_and_an_address_is_taken_within_its_brand_only(empty_database_url: str) -> None:
    engine = create_engine(Settings(database_url=empty_database_url).database_url)
    _upgrade(engine, "0019")
    with migrations.schema_transaction(engine) as connection:
        for tenant_id, slug in ((1, "'a'"), (2, "'b'")):
            _add(connection, "tenants", _TENANT, f"{tenant_id}, {slug}, 'A', 'UTC', 'active', 'x', 'y', 0")
        _add(connection, "users", _PERSON, _person(1, "x@a.example", "1"))
        session = "id, user_id, token_hash, address, browser, access_epoch, last_seen_at"
        _add(connection, "user_sessions", session, "'s', 1, 't', '', '', 0, :at")
    migrations.upgrade(engine)
    now = f"{_PERSON}, password_set_at"
    with migrations.schema_transaction(engine) as connection:
        kept = connection.execute(text("SELECT email, user_id FROM users JOIN user_sessions ON user_id = users.id"))
        assert [tuple(row) for row in kept] == [("x@a.example", 1)]
        _add(connection, "users", now, f"{_person(2, 'x@a.example', '2')}, :at")
        _add(connection, "users", now, f"{_person(3, 'x@a.example', None)}, :at")
    for brand in ("1", None):
        with pytest.raises(IntegrityError), migrations.schema_transaction(engine) as connection:
            _add(connection, "users", now, f"{_person(4, 'x@a.example', brand)}, :at")
    engine.dispose()


_MINE = "WHERE tenant_id = 1"


def _upgrade(engine: object, revision: str) -> None:
    with migrations.schema_transaction(engine) as connection:  # type: ignore[arg-type]
        apply_up_to(connection, PORTAL_ROLE, revision)


_TENANT = "id, slug, name, timezone, status, web_key_encrypted, web_key_last4, data_version"
_PERSON = "id, email, name, role, tenant_id, password_hash, active, access_epoch, closed_by_agency"


def _person(user_id: int, email: str, tenant_id: str | None) -> str:
    role = "'tenant_viewer'" if tenant_id else "'agency_admin'"
    return f"{user_id}, '{email}', '', {role}, {tenant_id or 'NULL'}, 'x', true, 0, false"


def _add(connection: Connection, table: str, columns: str, values: str) -> None:
    stamp = {"at": STAMP if connection.dialect.name == "postgresql" else "2026-03-01 15:00:00.000000"}
    connection.execute(
        text(f"INSERT INTO {table} (created_at, updated_at, {columns}) VALUES (:at, :at, {values})"), stamp
    )


def _fill(connection: Connection) -> None:
    _add(connection, "tenants", _TENANT, "1, 'a', 'A', 'America/New_York', 'active', 'x', 'y', 0")
    note = "tenant_id, row_hash, note_id, client_id, author, kind, content, content_text, noted_at"
    _add(connection, "notes", note, "1, '', '5', '7', 'Lee', 'Call', '<p>Called</p>', 'Called', :at")
    activity = "tenant_id, row_hash, event_id, starts_at, kind, title, contact_name, description, status"
    _add(connection, "scheduled_activities", activity, "1, '', '1', :at, 'Call', 'Call', 'Pat', '', ''")
    _add(connection, "scheduled_activities", activity, "1, '', '2', NULL, 'Call', 'Undated', 'Pat', '', ''")
