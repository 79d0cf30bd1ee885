"""Records and rows on their way to the database, kept on disk once they are many: memory stays flat."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, Final, Self

_IN_MEMORY: Final = 10_000
_Batch = Sequence[Any]


class Spool:
    """Batches of rows or records, written once and read any number of times. Close it, or use it as a context manager.

    The first ten thousand rows stay as they are; those beyond go to a file.
    """

    def __init__(self) -> None:
        self._first: list[_Batch] = []
        self._file = tempfile.SpooledTemporaryFile(max_size=1_000_000)  # noqa: SIM115 - closed by close()
        self.rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Forget the rows."""
        self._first.clear()
        self._file.close()

    def add(self, batch: _Batch) -> None:
        """Append a batch."""
        if not batch:
            return
        if self.rows < _IN_MEMORY:
            self._first.append(batch)
        else:
            pickle.dump(batch, self._file, pickle.HIGHEST_PROTOCOL)
        self.rows += len(batch)

    def clear(self) -> None:
        """Begin anew."""
        self._first.clear()
        self._file.seek(0)
        self._file.truncate()
        self.rows = 0

    def batches(self) -> Iterator[_Batch]:
        """Yield the batches in the order they were added."""
        yield from self._first
        self._file.seek(0)
        while True:
            try:
                yield pickle.load(self._file)  # noqa: S301 - written by this process a moment ago
            except EOFError:
                return
