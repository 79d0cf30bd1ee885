"""The release after this one, as it stands on a machine beside this one: the same code, with revisions more."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree, ignore_patterns
from textwrap import dedent

from sqlalchemy import Engine, text

from migrations.history import known_revisions, serves_from
from tests.end_to_end.running_portal import ROOT

_EXPANSIONS = (
    """
    op.add_column("leads", sa.Column("territory", sa.String(80), server_default="", nullable=False))
    op.add_column("notes", sa.Column("mood", sa.String(20), nullable=True))
    op.create_table("territories", sa.Column("name", sa.String(80), primary_key=True))
    let_portal("SELECT", "territories")
    """,
    """
    add_index("ix_leads_territory", "leads", ["tenant_id", "territory"])
    """,
)
_TAKEN_BACK = (
    "DROP TABLE IF EXISTS territories",
    "ALTER TABLE leads DROP COLUMN IF EXISTS territory",
    "ALTER TABLE notes DROP COLUMN IF EXISTS mood",
)
_REVISION = '''
"""What the next release brings."""
import sqlalchemy as sa
from alembic import op
from migrations.indexes import add_index
from migrations.row_security import let_portal

revision = "{revision}"
down_revision = "{before}"
serves_from = "{serves}"

def upgrade():
{body}
'''


def next_release(folder: Path) -> Path:
    """Put the next release into the folder: columns, a table and an index more, and all else as it is here."""
    folder.mkdir()
    for part in ROOT.iterdir():
        if part.name != "migrations" and not part.name.startswith("."):
            (folder / part.name).symlink_to(part)
    copytree(ROOT / "migrations", folder / "migrations", ignore=ignore_patterns("*.pyc.*"))
    before = known_revisions()[-1]
    serves = serves_from(before)
    for expansion in _EXPANSIONS:
        revision = f"{int(before) + 1:04}"
        body = "".join(f"    {line}\n" for line in dedent(expansion).strip().splitlines())
        source = _REVISION.format(revision=revision, before=before, serves=serves, body=body)
        (folder / "migrations" / "versions" / f"{revision}_next.py").write_text(source.lstrip())
        before = revision
    return folder


def take_back(engine: Engine) -> None:
    """Take away what the next release has brought, from a database that is to be used again."""
    present = known_revisions()[-1]
    with engine.begin() as connection:
        for statement in _TAKEN_BACK:
            connection.execute(text(statement))
        written = text("UPDATE alembic_version SET version_num = :revision, serves_from = :serves")
        connection.execute(written, {"revision": present, "serves": serves_from(present)})
