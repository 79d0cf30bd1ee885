from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, text, update
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from database import (
    BRAND_OWNED_TABLES,
    PORTAL_ROLE,
    AgencySession,
    BrandMissingError,
    BrandSession,
    PortalSession,
    StaffSession,
    create_engine,
)
from encryption import Cipher
from models import Lead, Membership, Note, Role, SyncRequest, Tenant, User
from settings import Settings
from tests.factories import make_lead, make_note, make_tenant


@dataclass(frozen=True)
class TwoBrands:
    own: int
    other: int


@pytest.fixture
def brands(engine: Engine, encryption_key: str) -> TwoBrands:
    cipher = Cipher((encryption_key,))
    with AgencySession(engine) as session:
        own, other = make_tenant(cipher), make_tenant(cipher)
        session.add_all([own, other])
        session.flush()
        assert own.id is not None
        assert other.id is not None
        for tenant_id in (own.id, other.id):
            session.add_all([make_lead(tenant_id), make_lead(tenant_id), make_note(tenant_id, content="hello")])
        session.commit()
        return TwoBrands(own.id, other.id)


@pytest.fixture
def web_engine(database_url: str) -> Iterator[Engine]:
    made = create_engine(Settings(database_url=database_url).database_url, role=PORTAL_ROLE)
    yield made
    made.dispose()


def test_every_shape_of_question_is_narrowed_to_the_brand(web_engine: Engine, brands: TwoBrands) -> None:
    with BrandSession(web_engine, brands.own) as session:
        assert {lead.tenant_id for lead in session.exec(select(Lead))} == {brands.own}
        assert session.exec(select(func.count(col(Lead.client_id)))).one() == 2
        assert session.exec(select(func.count()).select_from(Lead)).one() == 2
        inner = select(Lead.client_id, Lead.tenant_id).subquery()
        assert session.exec(select(func.count()).select_from(inner)).one() == 2
        across = select(Note.tenant_id, Lead.tenant_id).join(Lead, col(Lead.client_id) != col(Note.note_id))
        assert set(session.exec(across).all()) == {(brands.own, brands.own)}
        assert set(session.exec(select(Tenant.id)).all()) == {brands.own}
        assert session.exec(select(func.count()).where(select(Lead.client_id).exists())).one() == 1


def test_a_session_of_staff_is_narrowed_to_their_brands(
    engine: Engine, web_engine: Engine, brands: TwoBrands, encryption_key: str
) -> None:
    with AgencySession(engine) as session:
        third = make_tenant(Cipher((encryption_key,)))
        session.add(third)
        session.flush()
        session.add(make_lead(third.id or 0))
        session.commit()
    theirs = {brands.own, brands.other}
    with StaffSession(web_engine, theirs, writes=True) as session:
        assert {lead.tenant_id for lead in session.exec(select(Lead))} == theirs
        assert session.exec(select(func.count(col(Lead.client_id)))).one() == 4
        assert set(session.exec(select(Tenant.id))) == theirs
        session.add_all(SyncRequest(tenant_id=tenant_id) for tenant_id in theirs)
        session.commit()
        session.add(SyncRequest(tenant_id=third.id or 0))
        with pytest.raises(BrandMissingError):
            session.flush()


@pytest.mark.parametrize("several", [False, True], ids=["one brand", "several brands"])
def test_a_session_of_staff_sees_no_accounts(
    engine: Engine, web_engine: Engine, brands: TwoBrands, several: bool
) -> None:
    with AgencySession(engine) as session:
        session.add(User(email="a@own.example", role=Role.TENANT_VIEWER, tenant_id=brands.own, password_hash="x"))
        session.commit()
    theirs = {brands.own, brands.other} if several else {brands.own}
    with StaffSession(web_engine, theirs) as session:
        assert set(session.exec(select(Tenant.id))) == theirs
        for question in (select(User.id), select(Membership.id)):
            assert session.exec(question).all() == []
        if web_engine.dialect.name == "postgresql":  # where plain SQL is narrowed, too
            assert session.connection().scalar(text("SELECT count(*) FROM users")) == 0
            assert session.connection().scalar(text("SELECT count(*) FROM leads")) == 2 * len(theirs)


def test_questions_that_were_asked_before_are_narrowed_for_whoever_asks_them_now(
    web_engine: Engine, brands: TwoBrands
) -> None:
    for tenant_id in (brands.own, brands.other, brands.own):
        with BrandSession(web_engine, tenant_id) as session:
            for table in (Lead, Note):
                assert set(session.exec(select(table.tenant_id))) == {tenant_id}
                assert set(session.exec(select(aliased(table).tenant_id))) == {tenant_id}
        with PortalSession(web_engine) as portal:
            for _ in range(2):
                portal.exec(select(Tenant.id)).all()
                with pytest.raises(BrandMissingError):
                    portal.exec(select(Lead.tenant_id))


def test_another_brands_row_is_not_found_by_its_key(web_engine: Engine, brands: TwoBrands) -> None:
    with AgencySession(web_engine) as agency:
        key = agency.exec(select(Lead.client_id).where(Lead.tenant_id == brands.other)).first()
    with BrandSession(web_engine, brands.own) as session:
        assert session.get(Lead, (brands.other, key)) is None


def test_a_bulk_update_stays_within_the_brand(engine: Engine, brands: TwoBrands) -> None:
    with BrandSession(engine, brands.own) as session:
        session.execute(update(Lead).values(name="changed"))
        session.commit()
    with AgencySession(engine) as agency:
        changed = agency.exec(select(Lead.tenant_id).where(Lead.name == "changed")).all()
    assert list(changed) == [brands.own, brands.own]


def test_statements_that_cannot_be_narrowed_are_refused(web_engine: Engine, brands: TwoBrands) -> None:
    with BrandSession(web_engine, brands.own) as session:
        for statement in (text("SELECT * FROM leads"), select(SQLTable)):
            with pytest.raises(BrandMissingError):
                session.execute(statement)


SQLTable = Lead.__table__  # type: ignore[attr-defined]


def test_rows_of_another_brand_are_not_written(web_engine: Engine, brands: TwoBrands) -> None:
    with BrandSession(web_engine, brands.own) as session:
        session.add(SyncRequest(tenant_id=brands.other))
        with pytest.raises(BrandMissingError):
            session.flush()


@pytest.mark.parametrize("table", sorted(BRAND_OWNED_TABLES))
def test_without_a_brand_no_brand_owned_table_can_be_touched(web_engine: Engine, table: str) -> None:
    with PortalSession(web_engine) as session, pytest.raises(BrandMissingError):
        session.execute(text(f"SELECT count(*) FROM {table}"))


def test_postgresql_itself_hides_rows_from_a_connection_without_a_brand(
    web_engine: Engine, engine: Engine, brands: TwoBrands
) -> None:
    if web_engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no row-level security")
    for raw in (web_engine, engine):
        with raw.connect() as connection:
            for table in BRAND_OWNED_TABLES:
                assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0
            connection.execute(text("SELECT set_config('portal.brand', :brand, true)"), {"brand": str(brands.own)})
            assert set(connection.scalars(text("SELECT tenant_id FROM leads"))) == {brands.own}


def test_a_new_sqlite_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "portal.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE rows (x int)")
        connection.exec_driver_sql("INSERT INTO rows VALUES (1)")
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    engine.dispose()
    assert modes == {"portal.db": 0o600, "portal.db-wal": 0o600, "portal.db-shm": 0o600}
