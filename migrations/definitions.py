"""A table's own definition on SQLite, changed where SQLite can't alter it: a CHECK.

To write a table of millions of rows anew for the sake of a word takes long; https://www.sqlite.org/lang_altertable.html
(section 7) names this as the way that touches no row.
"""

from __future__ import annotations

from sqlalchemy import Connection, text


def definition_of(connection: Connection, table: str) -> str:
    """Return the statement that makes the table as it is."""
    written = text("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = :table")
    definition: str = connection.execute(written, {"table": table}).scalar_one()
    return definition


def redefine(connection: Connection, table: str, definition: str) -> None:
    """Have the table be one that this statement would have made. Each row must fit it as it is."""
    version: int = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.execute(
        text("UPDATE sqlite_schema SET sql = :sql WHERE type = 'table' AND name = :table"),
        {"sql": definition, "table": table},
    )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")  # other connections read the schema anew
    connection.exec_driver_sql("PRAGMA writable_schema = RESET")
