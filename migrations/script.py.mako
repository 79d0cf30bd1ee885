<%! import re %>"""${message}."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None

# The oldest revision whose code runs on this schema. Raise it where the revision takes away what that code needs.
serves_from = ${repr(serves_from)}


def upgrade() -> None:
    ${re.sub(r"# ### .*\n?", "", upgrades).strip() if upgrades else "pass"}
