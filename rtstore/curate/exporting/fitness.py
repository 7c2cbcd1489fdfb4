"""What is remembered of pages all of whose entries have a row in a format: a page never changes."""

from __future__ import annotations

from typing import Final

from rtstore.workspace.workspace import Workspace

#: Bytes of a page's id that tell it apart.
_SIZE: Final = 16
#: What is known under other rules than those of today counts for nothing: their name is another one.
_RULES: Final = "fit, 2"
#: It grows with every version that is exported: past so many pages it begins anew.
_MOST: Final = 100_000


class Fitness:
    """The pages of a dataset that need not be looked at again, in the cache."""

    def __init__(self, workspace: Workspace, path: str, format: str, clean: bool = False) -> None:
        self._cache = workspace.cache
        self._key = f"{_RULES} for {format}{', clean' * clean}: {path}"
        known = self._cache.get(self._key, bytes) or b""
        self._known = {known[at : at + _SIZE] for at in range(0, len(known), _SIZE)}
        self._found: set[bytes] = set()

    def knows(self, page: bytes) -> bool:
        """Tell whether all entries of a page have a row."""
        return page[:_SIZE] in self._known

    def note(self, page: bytes) -> None:
        """Note that all have one."""
        self._found.add(page[:_SIZE])

    def remember(self) -> None:
        """Keep what was noted for the next time."""
        if self._found:
            kept = self._found | self._known if len(self._known) < _MOST else self._found
            self._cache.put(self._key, b"".join(sorted(kept)))
