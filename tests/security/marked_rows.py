"""Rows that can be recognised wherever they turn up: one of each table for each brand, made from the models.

Every brand has two marks. Its *treasure* stands in names, texts and contact details: it may never reach another
brand's people. Its *handle* stands in ids, sources and stages: what an attacker may know, and put into a request.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Enum, LargeBinary, Numeric, inspect
from sqlmodel import Session, SQLModel
from sqlmodel.sql.sqltypes import UTCDateTime

from database import BRAND_OWNED
from models import ConnectionCheck, utc_now

HANDLES: Final = (
    "_id",
    "_key",
    "sha256",
    "row_hash",
    "stage_name",
    "lead_source",
    "contact_type",
    "from_stage",
    "to_stage",
    "owner",
    "worker",
)
FIXED: Final[dict[str, Any]] = {"contact_type": "1", "active": True, "message": "", "request": "", "core_fields": {}}


def treasure(slug: str) -> str:
    return f"gold-{slug}-zq"


def handle(slug: str) -> str:
    return f"grip-{slug}-zq"


def fill_with_marked_rows(session: Session, slug: str, tenant_id: int) -> None:
    """Add one row of every brand-owned table. A new table comes in by itself."""
    for table in BRAND_OWNED:
        session.add(marked_row(table, slug, tenant_id))
    session.add(marked_row(ConnectionCheck, slug, tenant_id))


SOON = timedelta(hours=3)
"""When what is still to come comes: tomorrow, late in the day."""


def marked_row(table: type[SQLModel], slug: str, tenant_id: int) -> SQLModel:
    columns = {
        column.key: _value(column.key, column.type, slug)
        for column in inspect(table).columns
        if column.key not in {"removed_at", "finished_at", "created_at", "updated_at", "tenant_id", "deal_size"}
    }
    return table(**(columns | {"tenant_id": tenant_id}))


def _value(name: str, kind: Any, slug: str) -> Any:
    if name in FIXED:
        return FIXED[name]
    if isinstance(kind, Enum):
        return kind.python_type(kind.enums[0]) if kind.python_type is not str else kind.enums[0]
    if isinstance(kind, Numeric):
        return Decimal("1.00")
    if isinstance(kind, LargeBinary):
        return treasure(slug).encode()
    if isinstance(kind, UTCDateTime):
        return utc_now() + SOON if name in {"starts_at", "ends_at", "expires_at"} else utc_now()
    if kind.python_type is date:
        return (utc_now() + SOON if name == "last_day" else utc_now()).date()  # an appointment counts on its own day
    if kind.python_type is bool:
        return False
    if kind.python_type in {int, float}:
        return 1
    if kind.python_type in {dict, list}:
        return {}
    return handle(slug) if name.endswith(HANDLES) or name in HANDLES else treasure(slug)
