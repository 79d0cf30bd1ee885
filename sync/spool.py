"""Rows on their way to the database, kept on disk once they are many: memory stays flat whatever a list's length."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, Final, Self

_IN_MEMORY: Final = 4_000_000


class Spool:
    """Batches of tuples, written once and read any number of times. Close it, or use it as a context manager."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed by close()
        self.rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Forget the rows."""
        self._file.close()

    def add(self, batch: Sequence[tuple[Any, ...]]) -> None:
        """Append a batch."""
        if batch:
            pickle.dump(batch, self._file, pickle.HIGHEST_PROTOCOL)
            self.rows += len(batch)

    def clear(self) -> None:
        """Begin anew."""
        self._file.seek(0)
        self._file.truncate()
        self.rows = 0

    def batches(self) -> Iterator[Sequence[tuple[Any, ...]]]:
        """Yield the batches in the order they were added."""
        self._file.seek(0)
        while True:
            try:
                yield pickle.load(self._file)  # noqa: S301 - written by this process a moment ago
            except EOFError:
                return
