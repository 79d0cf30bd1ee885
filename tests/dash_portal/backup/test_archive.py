"""A damaged backup is refused, whichever of its bytes was changed or lost; or the change was one that harms nothing."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import pytest

from dash_portal.backup.archive import (
    BackupError,
    Contents,
    TableCopy,
    new_archive,
    open_archive,
    open_member,
    write_contents,
)

ROWS = {"leads": b"".join(b"%d\tperson %d\n" % (i, i * 7919) for i in range(60)), "notes": b"1\t\\N\n" * 40}
CONTENTS = Contents("postgresql", "0001", "2026-11-28T08:00:00", tuple(TableCopy(name, ("id",), 1) for name in ROWS))


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    with new_archive(tmp_path / "backup") as archive:
        for name, rows in ROWS.items():
            archive.writestr(name, rows)
        write_contents(archive, CONTENTS)
    return tmp_path / "backup"


def read(archive: ZipFile, name: str) -> bytes:
    with open_member(archive, name) as member:
        return member.read()


def is_refused(file: Path) -> bool:
    """Say whether the file is refused; where it is not, it must hold what was put in."""
    try:
        with open_archive(file) as (archive, contents):
            assert ({name: read(archive, name) for name in ROWS}, contents) == (ROWS, CONTENTS)
    except BackupError:
        return True
    return False


@pytest.mark.parametrize("flipped", [0x01, 0x20, 0xFF])
def test_no_changed_byte_is_restored_as_something_else(backup: Path, flipped: int) -> None:
    whole = backup.read_bytes()
    assert not is_refused(backup)
    refused = 0
    for place in range(len(whole)):
        backup.write_bytes(whole[:place] + bytes([whole[place] ^ flipped]) + whole[place + 1 :])
        refused += is_refused(backup)
    assert refused > len(whole) / 2, "most of what a backup holds is its rows"


def test_no_shortened_file_is_restored(backup: Path) -> None:
    whole = backup.read_bytes()
    for length in range(len(whole)):
        backup.write_bytes(whole[:length])
        assert is_refused(backup), length
