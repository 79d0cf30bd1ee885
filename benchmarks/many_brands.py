"""Many brands and their accounts for benchmarks/brands.py: filled in seconds, and an hour older whenever asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zlib import crc32

from sqlalchemy import Engine, Table, func, insert, literal, select, true, update

import migrations
from database import BRAND_OWNED, AgencySession, agency_transaction
from emulator import AccountPlan, Emulator
from encryption import Cipher
from models import NoteEvidence, NoteReading, SyncRun, Tenant, utc_now
from notes_rhythm import NOTES_THAT_PROVE
from timetable import slot_before

TOKEN: Final = "enterprise-token"
ONE_SLOT: Final = "0 0 1 1 *"
"""A schedule that has one slot a year, so that nothing is due but what `an_hour_passes` makes due."""

_AN_HOUR: Final = timedelta(hours=1)
_A_DAY: Final = timedelta(days=1)
_A_SLOT: Final = timedelta(days=366)


@dataclass(frozen=True)
class Brands:
    """So many brands of one size. Their accounts hold the same records, each behind a web key of its own."""

    count: int
    contacts: int

    @property
    def web_keys(self) -> list[str]:
        return [f"CT_brand_{number:05}" for number in range(1, self.count + 1)]

    def emulator(self) -> Emulator:
        plans = [
            AccountPlan(name=f"Brand {web_key}", web_key=web_key, seed=7, contacts=self.contacts)
            for web_key in self.web_keys
        ]
        return Emulator(plans, access_token=TOKEN, now=datetime.now(UTC), keep_pages=True)

    def make(self, engine: Engine, key: str, web_keys: Sequence[str]) -> None:
        """Make a brand for each web key, never synced."""
        migrations.upgrade(engine)
        cipher = Cipher((key,))
        with AgencySession(engine, writes=True) as session:
            for web_key in web_keys:
                session.add(
                    Tenant(
                        slug=web_key.lower().replace("_", "-"),
                        name=web_key,
                        timezone="America/New_York",
                        web_key_encrypted=cipher.encrypt(web_key),
                        web_key_last4=web_key[-4:],
                    )
                )
            session.commit()

    def copy_first(self, engine: Engine) -> None:
        """Give each other brand what the first one's sync has stored: its account holds the same."""
        with agency_transaction(engine) as connection:
            for model in BRAND_OWNED:
                table, tenants = _table(model), _table(Tenant)
                others = select(tenants.c.id).where(tenants.c.id > 1).subquery()
                columns = [others.c.id if column.name == "tenant_id" else column for column in table.columns]
                rows = select(*columns).select_from(table.join(others, true())).where(table.c.tenant_id == literal(1))
                connection.execute(insert(table).from_select([column.name for column in table.columns], rows))


def an_hour_passes(engine: Engine, emulator: Emulator, changed: int, hour: int) -> None:
    """Let an hour go by since each brand's last run: the next one is due, and `changed` contacts have changed.

    Their notes are known to come with a newer date of their contact, as they are after some weeks. Those of contacts
    that have not changed are asked for once a day: a twenty-fourth of them is due.
    """
    contacts = emulator.accounts[0].contacts
    due = [contact["client_id"] for contact in contacts if crc32(contact["client_id"].encode()) % 24 == hour % 24]
    with agency_transaction(engine) as connection:
        runs, readings, evidence = (_table(model) for model in (SyncRun, NoteReading, NoteEvidence))
        connection.execute(update(runs).where(runs.c.slot_at < slot_before(ONE_SLOT, utc_now())).values(slot_at=None))
        older = {name: runs.c[name] - _AN_HOUR for name in ("started_at", "finished_at")}
        connection.execute(update(runs).values(**older, slot_at=runs.c.slot_at - _A_SLOT))
        connection.execute(update(readings).where(readings.c.client_id.in_(due)).values(read_at=utc_now() - _A_DAY))
        if connection.scalar(select(func.count()).select_from(evidence)) == 0:
            stamps = {"created_at": utc_now(), "updated_at": utc_now()}
            learned = {"with_newer_date": NOTES_THAT_PROVE, "without_newer_date": 0, **stamps}
            brands = connection.scalars(select(_table(Tenant).c.id))
            connection.execute(insert(evidence), [{"tenant_id": tenant_id, **learned} for tenant_id in brands])
    for account in emulator.accounts:
        with account.changing():
            for number in range(changed):
                place = hour + number * len(account.contacts) // changed  # each on another page of the list
                contact = account.contacts[place % len(account.contacts)]
                contact["last_modified_date"] = f"{utc_now():%Y-%m-%d %H:%M:%S}"


def _table(model: Any) -> Table:
    table: Table = model.__table__
    return table
