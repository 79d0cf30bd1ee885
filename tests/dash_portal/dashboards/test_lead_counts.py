from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from dash_portal.brand_access import Brand
from dash_portal.dashboards.answers import ANSWERS
from dash_portal.dashboards.lead_counts import lead_counts
from database import AgencySession, BrandSession
from encryption import Cipher
from models import TenantStatus, utc_now
from tests.factories import commit_counted, make_lead, make_tenant

LARGE_BRAND = [
    {"index": "ix_leads_source", "rows": "200000 200000 10000"},
    {"index": "ix_leads_stage", "rows": "200000 200000 9091"},
    {"index": "ix_leads_created", "rows": "200000 200000 1 1"},
    {"index": "sqlite_autoindex_leads_1", "rows": "200000 200000 1"},
]
"""What SQLite knows of a brand with 200,000 leads once it has looked."""


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_who_is_new_is_found_by_day_however_many_prospects_a_brand_has(engine: Engine, encryption_key: str) -> None:
    """SQLite likes the index of a key that it groups by, and would read each of the brand's prospects through it."""
    now = utc_now()
    with AgencySession(engine) as session:
        tenant = make_tenant(Cipher((encryption_key,)))
        session.add(tenant)
        session.flush()
        assert tenant.id is not None
        brand = Brand(tenant.id, tenant.slug, tenant.name, "UTC", None, TenantStatus.ACTIVE, 1)
        for days in (0, 6, 7, 400):
            session.add(make_lead(brand.tenant_id, lead_created_at=now - timedelta(days=days)))
        commit_counted(session, brand.tenant_id)
        session.connection().execute(text("ANALYZE"))
        session.connection().execute(text("DELETE FROM sqlite_stat1 WHERE tbl = 'leads'"))
        session.connection().execute(text("INSERT INTO sqlite_stat1 VALUES ('leads', :index, :rows)"), LARGE_BRAND)
        session.commit()
    engine.dispose()  # statistics are read by new connections
    asked: list[tuple[str, Any]] = []
    event.listen(engine, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
    ANSWERS.forget()
    with BrandSession(engine, brand.tenant_id) as session:
        counts = lead_counts(session, brand, now)
    assert sum(cell.new for cell in counts.cells) == 2
    ((statement, values),) = [each for each in asked if "lead_created_at >=" in each[0]]
    with engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
    assert "ix_leads_created" in str(plan)
