"""What came in, read back from where it was spooled, as part of the dataset it goes to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from rtstore.history.columns import Columns
from rtstore.history.splice import Splice
from rtstore.history.stamps import Run, read_stamps
from rtstore.model.ids import Kind
from rtstore.model.objects import Annotation, Dataset, Framing, encode
from rtstore.storage.transaction import Transaction
from rtstore.workspace.draft import Draft
from rtstore.workspace.files.framing import ARRAY_SEPARATOR
from rtstore.workspace.files.observe import Observation, layout_of, tree_of
from rtstore.workspace.files.sidecars import as_read_back
from rtstore.workspace.files.staging import Twin
from rtstore.workspace.importing.appending import columns_of, entry_ids, rename_clashing
from rtstore.workspace.importing.intake import with_tags
from rtstore.workspace.rebuild import Piece, rebuilt
from rtstore.workspace.views import Dataset as View

#: The framing of a file that is nothing but lines.
_LINES: Final = Framing()

SidecarStamps = tuple[tuple[str, bytes], ...]


class Joining:
    """Puts what was ``observed`` at the end of a dataset, or makes one of it, where ``base`` is None.

    ``mode``: the permission bits of a file that is made.
    """

    def __init__(
        self, transaction: Transaction, name: str, base: View | None, observed: Observation, mode: int
    ) -> None:
        self._transaction = transaction
        self._base = base
        self._observed = observed
        self._stored = _empty(name, observed.dataset, mode) if base is None else base.stored
        self._is_odd = False

    def dataset(
        self,
        mapped: Mapping[int, bytes],
        tags: Mapping[int, Sequence[str]],
        registry: bytes | None,
        sidecar_stamps: SidecarStamps,
    ) -> tuple[Dataset, int]:
        """Return the dataset with what came in, and how many of its entries got tags.

        ``mapped``: the mappings of incoming entries, by index; ``tags``: what entries of the dataset get, by position.
        """
        transaction, stored = self._transaction, self._stored
        edits = self._tagged(tags)
        pieces = [*edits, *self._appended(mapped)]
        frame = replace(stored, registry=registry)
        new = rebuilt(transaction, stored, pieces, frame, sidecar_stamps)
        # Where the dataset has another id field, its entries cannot keep mappings: the registry does.
        return (as_read_back(transaction, new) if mapped else new), len(edits)

    def twin(self, path: str, joined: Dataset) -> Twin | None:
        """Return the file that was observed, if its bytes are those of the file that is to be written."""
        framings = [replace(one.framing, mode=_LINES.mode) for one in (joined, self._observed.dataset)]
        if self._stored.count or self._is_odd or framings != [_LINES, _LINES]:
            return None
        return Twin(path, self._observed.signature, self._observed.ranges)

    def _tagged(self, tags: Mapping[int, Sequence[str]]) -> list[Piece]:
        if self._base is None or not tags:
            return []
        draft = Draft(self._base)
        for position, more in tags.items():
            new = with_tags(draft[position].text, more)
            if new is not None:
                draft[position].replace(new)
        return draft.pieces(self._transaction)

    def _appended(self, mapped: Mapping[int, bytes]) -> list[Piece]:
        incoming, end = self._observed.dataset, self._stored.count
        if not incoming.count:
            return []
        annotations = {
            index: self._transaction.add(Kind.ANNOTATION, encode(Annotation(mapping=mapping)))
            for index, mapping in mapped.items()
        }
        columns = columns_of(tree_of(self._transaction, incoming), annotations)
        self._is_odd = bool(columns.separators)
        columns.separators.clear()
        self._rename_clashing(columns)
        runs: Sequence[Run] = read_stamps(self._transaction, incoming).runs or [(incoming.count, ())]
        return [Piece(Splice(end, end, columns), runs)]

    def _rename_clashing(self, columns: Columns) -> None:
        if self._base is not None and len(self._base):
            there = entry_ids(self._base.tree)
            rename_clashing(columns, there, self._stored.settings, self._text_at)

    def _text_at(self, index: int) -> bytes:
        text = self._observed.texts.filled(index)
        assert text is not None  # nothing was known of that file, so all of it was parsed
        return text


def _empty(name: str, like: Dataset, mode: int) -> Dataset:
    """Return a dataset without entries, to be read as the imported file is. Such a file is all head."""
    layout = layout_of(name)
    head, separator = (b"[]\n", ARRAY_SEPARATOR) if layout == "array" else (b"", b"\n")
    return Dataset(None, 0, 0, Framing(layout, head, separator, b"", mode), like.settings)
