"""Whom the release before gives a brand, though they are of the agency's staff, is of that brand alone.

That release writes such a membership and leaves the person's own row as it is, which says of staff no brand. They would
be of both: a brand's admin could set the password with which they look after other brands.

A revision that makes `memberships` anew on SQLite makes this trigger anew, as those of 0029.
"""

from __future__ import annotations

from typing import Final

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

serves_from = "0025"

_JOINS: Final = (
    "UPDATE users SET tenant_id = NEW.tenant_id, role = NEW.role, active = NEW.active, "
    "closed_by_agency = NEW.closed_by_agency WHERE id = NEW.user_id AND is_staff AND tenant_id IS NULL"
)


def upgrade() -> None:
    """Make a trigger beside those of 0029, which leave the row of someone without a brand as it is."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"CREATE TRIGGER memberships_take AFTER INSERT ON memberships FOR EACH ROW BEGIN {_JOINS}; END")
        return
    op.execute(
        "CREATE FUNCTION memberships_take() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "DECLARE spoken_for text := current_setting('portal.brand', true); BEGIN "
        f"PERFORM set_config('portal.brand', 'agency', true); {_JOINS}; "
        "PERFORM set_config('portal.brand', coalesce(spoken_for, ''), true); RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER memberships_take AFTER INSERT ON memberships FOR EACH ROW EXECUTE FUNCTION memberships_take()"
    )
