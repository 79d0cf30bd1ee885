"""A PostgreSQL that somebody else has set up in their own way: what is written is read again, or refused at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import Engine, text

import migrations
from database import AgencySession
from encryption import Cipher
from models import Lead, RawBody
from tests.conftest import engine_of
from tests.factories import make_lead, make_tenant
from tests.postgresql import PostgreSQL

NAME = "Zoë Łukasz 🚀 \\ 'Київ'"
SINCE = datetime(2026, 7, 4, 12, 30, 15, 123456, tzinfo=UTC)
SIZE = Decimal("12345678.90")
BODY = bytes(range(256))


@pytest.fixture
def name(postgresql: PostgreSQL) -> Iterator[str]:
    """The name of a migrated database that nobody else uses."""
    made = postgresql.create(PostgreSQL.template)
    yield made
    postgresql.drop(made)


def write_and_read(engine: Engine, encryption_key: str) -> tuple[str, datetime | None, Decimal | None, bytes]:
    """Store a lead and a raw answer of a brand, and return what a later session finds."""
    with AgencySession(engine) as session:
        tenant = make_tenant(Cipher((encryption_key,)))
        session.add(tenant)
        session.flush()
        brand = tenant.id or 0
        lead = make_lead(brand, name=NAME, lead_created_at=SINCE, deal_size=SIZE)
        session.add_all([lead, RawBody(tenant_id=brand, sha256="of the body", body=BODY, size=len(BODY))])
        session.commit()
        key = (brand, lead.client_id)
    with AgencySession(engine) as session:
        lead, body = session.get_one(Lead, key), session.get_one(RawBody, (brand, "of the body"))
        return lead.name, lead.lead_created_at, lead.deal_size, body.body


@pytest.mark.parametrize(
    "setting",
    [
        "datestyle = German, DMY",
        "datestyle = SQL, MDY",
        "timezone = 'America/New_York'",
        "bytea_output = escape",
        "client_encoding = LATIN1",
        "standard_conforming_strings = off",
        "default_transaction_isolation = serializable",
    ],
)
def test_rows_come_back_as_they_were_however_the_server_is_set(
    postgresql: PostgreSQL, name: str, setting: str, encryption_key: str
) -> None:
    with engine_of(postgresql.url(name)) as owner, owner.begin() as connection:
        connection.execute(text(f"ALTER DATABASE {name} SET {setting}"))
    with engine_of(postgresql.url(name)) as engine:
        assert write_and_read(engine, encryption_key) == (NAME, SINCE, SIZE, BODY)
        with engine.connect() as connection:
            assert connection.scalar(text("SHOW transaction_isolation")) == "read committed", "what the locks count on"


@pytest.mark.parametrize(("variable", "value"), [("PGCLIENTENCODING", "LATIN1"), ("PGDATESTYLE", "Postgres, DMY")])
def test_what_an_operators_shell_sets_for_psql_changes_nothing(
    postgresql: PostgreSQL, name: str, encryption_key: str, variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with engine_of(postgresql.url(name)) as engine:
        assert write_and_read(engine, encryption_key) == (NAME, SINCE, SIZE, BODY)


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_does_not_take_every_letter_is_refused_before_anything_is_made(
    postgresql: PostgreSQL, encoding: str
) -> None:
    made = postgresql.create(locale="C", encoding=encoding)
    with engine_of(postgresql.url(made)) as engine:
        with pytest.raises(migrations.SchemaError, match=f"its encoding is {encoding}.*UTF8"):
            migrations.upgrade(engine)
        with engine.connect() as connection:
            assert migrations.standing(connection) is migrations.Standing.EMPTY
    postgresql.drop(made)
