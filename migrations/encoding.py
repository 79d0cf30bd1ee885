"""Which databases take every letter: people's names and notes come in all of them."""

from __future__ import annotations

from sqlalchemy import Connection, text


def unfit_encoding(connection: Connection) -> str | None:
    """Return in words what is wrong with the database's encoding and what to do; None where it takes every letter.

    An encoding can't be changed later: rows with other letters would be refused, each sync anew.
    """
    if connection.dialect.name != "postgresql":
        return None
    encoding = connection.scalar(text("SHOW server_encoding"))
    if encoding == "UTF8":
        return None
    make = "createdb --encoding=UTF8 --locale=C.UTF-8 --template=template0"
    return (
        f"its encoding is {encoding}, which does not take every letter: make a database with {make}, name it in "
        "DATABASE_URL, and restore a backup of this one, if it holds anything"
    )
