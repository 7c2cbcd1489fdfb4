"""Sessions of agents that a file holds line by line: the lines of each, kept up to a size."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rtstore.formats.problems import MAX_RECORD
from rtstore.formats.sources.base import Found, Reject
from rtstore.formats.sources.records import Record, shown


class Sessions:
    """Reads records that belong to sessions. ``key`` names that of a record, ``read`` yields what is in one.

    A session of more than 64 MiB would be no record: what is over that is a reject. Of a file with many sessions
    those in which nothing happened last are read first, so that not all of it is kept.
    """

    def __init__(
        self, key: Callable[[Record], str], read: Callable[[str, list[Record]], Iterator[Found]]
    ) -> None:
        self._key, self._read = key, read
        self._sessions: dict[str, list[Record]] = {}
        self._sizes: dict[str, int] = {}

    def take(self, record: Record) -> Iterator[Found]:
        """Take a record."""
        key = self._key(record)
        size = self._sizes.pop(key, 0) + len(record.text)
        if size > MAX_RECORD:
            self._sizes[key] = size - len(record.text)
            yield Reject(record.place, f"after {MAX_RECORD >> 20} MiB of one session", shown(record.text))
            return
        self._sizes[key] = size  # the last one is now the one that was used last
        self._sessions.setdefault(key, []).append(record)
        while len(self._sizes) > 1 and sum(self._sizes.values()) > MAX_RECORD:
            yield from self._take_out(next(iter(self._sizes)))

    def end(self) -> Iterator[Found]:
        """Yield what is in the sessions that are left."""
        for key in list(self._sessions):
            yield from self._take_out(key)

    def _take_out(self, key: str) -> Iterator[Found]:
        del self._sizes[key]
        yield from self._read(key, self._sessions.pop(key))
