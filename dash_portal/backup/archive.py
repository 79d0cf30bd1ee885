"""The file of a backup: a zip of the database's rows, and in `about.json` what there must be of them.

It has the rights of its owner alone. It comes about beside its name and takes it when it is whole, so that a name never
stands for half a backup; a file that was cut short lacks the directory at its end, and a changed one its checksums.
"""

from __future__ import annotations

import json
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Final

_FORMAT: Final = 1
_ABOUT: Final = "about.json"
_PART: Final = ".part"
_NO_BACKUP: Final = "is no whole backup: it is damaged, cut short, or another kind of file"
_DAMAGE: Final = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OverflowError, struct.error)
"""What a zip raises of which a byte was changed. One of a header may ask for a password, another version or place."""


class BackupError(Exception):
    """A backup can't be made or restored; the message is one line for the operator."""


@dataclass(frozen=True, slots=True)
class TableCopy:
    """One table of a backup: its columns in the order of the copied values, and how many rows there are."""

    name: str
    columns: tuple[str, ...]
    rows: int


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup says of itself. `tables`: those that others point to come first."""

    database: str  # postgresql or sqlite
    revision: str
    made_at: str  # UTC, ISO 8601
    tables: tuple[TableCopy, ...]

    @property
    def rows(self) -> int:
        """How many rows there are in all."""
        return sum(table.rows for table in self.tables)


@contextmanager
def new_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """Yield a new archive that takes the name when the block ends well, and is gone when it does not."""
    part = path.with_name(path.name + _PART)
    with suppress(FileNotFoundError):
        part.unlink()  # of a backup that was killed
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123 - to say its rights
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
                yield archive
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as failed:
        raise BackupError(f"{path} can't be written: {failed.strerror or failed}") from failed
    finally:
        with suppress(OSError):
            part.unlink()


def write_contents(archive: zipfile.ZipFile, contents: Contents) -> None:
    """Write what the backup says of itself, when all the rest is in it."""
    archive.writestr(_ABOUT, json.dumps({"format": _FORMAT, **asdict(contents)}, indent=1))


@contextmanager
def open_archive(path: Path) -> Iterator[tuple[zipfile.ZipFile, Contents]]:
    """Yield a backup that was read to its end, and what it says of itself.

    Raises BackupError where the file is none, or is damaged, before anything of it is used.
    """
    _require_whole(path)
    with zipfile.ZipFile(path) as archive:
        yield archive, _contents(path, archive)


def _require_whole(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
    except OSError as failed:
        raise BackupError(f"{path} can't be read: {failed.strerror or failed}") from failed
    except _DAMAGE as damage:
        raise BackupError(f"{path} {_NO_BACKUP}") from damage
    if damaged is not None:
        raise BackupError(f"{path} {_NO_BACKUP}")


@contextmanager
def open_member(archive: zipfile.ZipFile, name: str) -> Iterator[IO[bytes]]:
    """Yield what the archive holds under the name. Raises BackupError where that is nothing."""
    try:
        member = archive.open(name)
    except KeyError:
        raise BackupError(f"the backup is not whole: it holds no {name}") from None
    with member:
        yield member


def _contents(path: Path, archive: zipfile.ZipFile) -> Contents:
    try:
        about: Any = json.loads(archive.read(_ABOUT))
        if about["format"] != _FORMAT:
            raise BackupError(f"{path} was made by a newer release: restore it with that one")
        tables = tuple(TableCopy(str(t["name"]), tuple(t["columns"]), int(t["rows"])) for t in about["tables"])
        return Contents(str(about["database"]), str(about["revision"]), str(about["made_at"]), tables)
    except (KeyError, TypeError, ValueError) as foreign:
        raise BackupError(f"{path} is no backup of the portal") from foreign
