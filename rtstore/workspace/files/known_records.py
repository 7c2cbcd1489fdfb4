"""The records that a dataset is known to have around a place where its file is not as it was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rtstore.history.tree import Tree
from rtstore.model.ids import OBJECT_ID_SIZE

#: How far the records looked at are ahead of the lines parsed.
LOOKAHEAD: Final = 64


class KnownRecords:
    """Record ids of the known dataset around a gap, from the position on where it begins.

    ``lines``: how many lines the gap has so far; as many entries are looked at, and some more.
    """

    def __init__(self, tree: Tree | None, position: int) -> None:
        self._tree = tree
        self._start = position
        self._position = position
        self._ids: set[bytes] = set()

    def unknown(self, ids: Sequence[bytes], lines: int) -> list[int] | None:
        """Return the indexes of unknown ones among ``ids``, whose lines need not be stored again; None for all."""
        if self._tree is None:
            return None
        self._look_ahead(self._tree, lines)
        unknown = [index for index, id in enumerate(ids) if id not in self._ids]
        return None if len(unknown) == len(ids) else unknown

    def has_nearer(self, id: bytes, position: int, lines: int) -> bool:
        """Tell whether a record that is known at ``position`` is known nearer, too."""
        if self._tree is None or position <= self._start + lines + LOOKAHEAD:
            return False
        self._look_ahead(self._tree, lines)
        return self._position <= position and id in self._ids

    def _look_ahead(self, tree: Tree, lines: int) -> None:
        wanted = self._start + lines + LOOKAHEAD
        if self._position >= min(wanted, len(tree)):
            return
        for ref in tree.leaves(self._position):
            records = tree.leaf(ref).records
            self._ids.update(
                records[at : at + OBJECT_ID_SIZE] for at in range(0, len(records), OBJECT_ID_SIZE)
            )
            self._position = ref.stop
            if self._position >= wanted:
                break
