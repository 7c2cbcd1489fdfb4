"""What both sides added: which of it is the same, and what comes with an id that is taken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rtstore.compare.entries import Placed
from rtstore.history.tree import Tree, positions_of
from rtstore.model.ids import entry_id_of_duplicate


class Additions(NamedTuple):
    """What theirs added. ``twins``: with the same entry that ours added; ``new``: what ours does not have."""

    twins: list[tuple[Placed, Placed]]
    new: list[Placed]


def pair_additions(ours: Sequence[Placed], theirs: Sequence[Placed]) -> Additions:
    """Pair what theirs added with what ours added: the same record under the same id, then under any.

    The same conversation gets another id where one side edited it into what it is.
    """
    rest = {placed.entry: placed for placed in ours}
    twins, unpaired = [], []
    for placed in theirs:
        twin = rest.get(placed.entry)
        if twin is not None and twin.record == placed.record:
            twins.append((placed, rest.pop(placed.entry)))
        else:
            unpaired.append(placed)
    claimed = {placed.entry for placed in unpaired}
    alike: dict[bytes, list[Placed]] = {}
    for twin in reversed(rest.values()):
        if twin.entry not in claimed:
            alike.setdefault(twin.record, []).append(twin)
    new = []
    for placed in unpaired:
        same = alike.get(placed.record) if placed.entry not in rest else None
        if same:
            twins.append((placed, same.pop()))
        else:
            new.append(placed)
    return Additions(twins, new)


def new_names(tree: Tree, taken: set[bytes], placed: Sequence[Placed]) -> list[bytes]:
    """Return new ids for entries that come with one that another entry has, always the same for the same entry.

    They are neither in ``taken`` nor in ``tree``, all of whose ids are looked at; but once for all of them.
    """
    names: dict[int, bytes] = {}
    ordinal = 0
    while len(names) < len(placed):
        wanted = {
            entry_id_of_duplicate(one.entry, one.record, ordinal): index
            for index, one in enumerate(placed)
            if index not in names
        }
        used = taken | positions_of(tree, wanted.keys() - taken).keys()
        names.update((index, id) for id, index in wanted.items() if id not in used)
        ordinal += 1
    return [names[index] for index in range(len(placed))]
