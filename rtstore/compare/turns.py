"""Which turn of a conversation became which turn of its next version."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Final, NamedTuple

from rtstore.compare.order import stayed
from rtstore.compare.sequences import common_blocks
from rtstore.compare.similarity import LIKELY, Threshold, pair
from rtstore.model.shapes.base import Turn

#: A text of so many characters is not said twice by chance: where it went, it moved.
UNMISTAKABLE: Final = 40
#: Turns at other places, or of other roles, are versions of one when they have this much in common.
CLEARLY: Final = Threshold(0.6, 0.6)
#: Turns at other places are looked for while there are no more of them than this on either side.
FAR: Final = 2048


class Aligned(NamedTuple):
    """A turn of both versions by its indexes, or one that only one of them has.

    ``moved``: it is in both, and not where it was among the others.
    """

    old: int | None
    new: int | None
    moved: bool = False


def align_turns(old: Sequence[Turn], new: Sequence[Turn]) -> list[Aligned]:
    """Return every turn of both versions once, in the order of the new one.

    A removed turn stands before what comes next of those that stayed, and before what was added there. A turn
    is paired with one of another role only if their texts are (nearly) equal, never with one of the other answer
    of a preference pair.
    """
    work = _Alignment(old, new)
    for same in (_everything, _role_and_text, _text):
        work.pair_in_place(same)
    work.pair_moved(_everything, UNMISTAKABLE)
    work.pair_moved(_text, UNMISTAKABLE)
    work.pair_similar(_speaker, LIKELY)
    work.pair_similar(_side, CLEARLY)
    work.pair_moved(_everything, 1)
    work.pair_far()
    work.pair_at_same_place()
    return work.result()


#: What two turns have to have in common; None: this turn has nothing of the kind.
_Trait = Callable[[Turn], Hashable | None]


def _everything(turn: Turn) -> Hashable:
    return turn.role, turn.side, turn.raw if isinstance(turn.raw, str) else repr(turn.raw)


def _role_and_text(turn: Turn) -> Hashable | None:
    return (turn.role, turn.side, turn.content) if turn.content else None


def _text(turn: Turn) -> Hashable | None:
    return (turn.side, turn.content) if turn.content else None


def _speaker(turn: Turn) -> Hashable:
    return turn.role, turn.side


def _side(turn: Turn) -> Hashable:
    return turn.side


class _Alignment:
    """What is paired so far: ``stayed`` and ``moved`` are old indexes by new ones."""

    def __init__(self, old: Sequence[Turn], new: Sequence[Turn]) -> None:
        self._old = old
        self._new = new
        self._stayed: dict[int, int] = {}
        self._moved: dict[int, int] = {}
        self._free_old = dict.fromkeys(range(len(old)))
        self._free_new = dict.fromkeys(range(len(new)))

    def pair_in_place(self, trait: _Trait) -> None:
        """Pair turns between the same neighbours that have a trait in common, in the same order."""
        for olds, news in self._gaps():
            olds, old_traits = _with_trait(self._old, olds, trait)
            news, new_traits = _with_trait(self._new, news, trait)
            for block in common_blocks(old_traits, new_traits):
                for offset in range(block.size):
                    self._pair(self._stayed, olds[block.old + offset], news[block.new + offset])

    def pair_similar(self, trait: _Trait, threshold: Threshold) -> None:
        """Pair turns between the same neighbours that have a trait in common and are similar, in the same order."""
        for olds, news in self._gaps():
            alone = len(olds) == len(news) == 1 and _speaker(self._old[olds[0]]) == _speaker(
                self._new[news[0]]
            )
            found = [(olds[0], news[0])] if alone else self._similar(olds, news, trait, threshold)
            for i, j in _in_order(found):
                self._pair(self._stayed, i, j)

    def pair_moved(self, trait: _Trait, length: int) -> None:
        """Pair turns anywhere that have a trait in common, of those whose text has at least ``length`` characters."""
        places: dict[Hashable, list[int]] = {}
        for i in reversed(self._free_old):
            places.setdefault(trait(self._old[i]), []).append(i)
        for j in list(self._free_new):
            turn = self._new[j]
            if len(turn.content or repr(turn.raw)) < length or (kind := trait(turn)) is None:
                continue
            if equal := places.get(kind):
                self._pair(self._moved, equal.pop(), j)

    def pair_far(self) -> None:
        """Pair clearly similar turns of the same speaker anywhere."""
        if len(self._free_old) <= FAR and len(self._free_new) <= FAR:
            for i, j in self._similar(list(self._free_old), list(self._free_new), _speaker, CLEARLY):
                self._pair(self._moved, i, j)

    def pair_at_same_place(self) -> None:
        """Pair what is left between the same neighbours, where as many turns have the same speakers in turn."""
        for olds, news in self._gaps():
            if [_speaker(self._old[i]) for i in olds] == [_speaker(self._new[j]) for j in news]:
                for i, j in zip(olds, news, strict=True):
                    self._pair(self._stayed, i, j)

    def result(self) -> list[Aligned]:
        """Return everything in the order of the new version."""
        aligned = []
        for olds, news, behind in self._stretches(set(self._free_old), set(range(len(self._new)))):
            aligned += [Aligned(i, None) for i in olds]
            aligned += [Aligned(self._moved.get(j), j, j in self._moved) for j in news]
            if behind is not None:
                aligned.append(Aligned(*behind))
        return aligned

    def _pair(self, pairs: dict[int, int], old: int, new: int) -> None:
        pairs[new] = old
        del self._free_old[old]
        del self._free_new[new]

    def _gaps(self) -> list[tuple[list[int], list[int]]]:
        """Return the free turns of both versions between the same neighbours, where both have some."""
        if not (self._free_old and self._free_new):
            return []
        stretches = self._stretches(self._free_old, self._free_new)
        return [(olds, news) for olds, news, _ in stretches if olds and news]

    def _stretches(
        self, old: Iterable[int], new: Iterable[int]
    ) -> list[tuple[list[int], list[int], tuple[int, int] | None]]:
        """Divide turns of both versions at the pairs that stayed; return them with the pair behind them."""
        olds, news = sorted(old, reverse=True), sorted(new, reverse=True)
        found: list[tuple[list[int], list[int], tuple[int, int] | None]] = []
        for j, i in sorted(self._stayed.items()):
            found.append((_below(olds, i), _below(news, j), (i, j)))
            if news and news[-1] == j:
                news.pop()
        return [*found, (olds[::-1], news[::-1], None)]

    def _similar(
        self, olds: Sequence[int], news: Sequence[int], trait: _Trait, threshold: Threshold
    ) -> list[tuple[int, int]]:
        """Return pairs of similar turns that have a trait in common."""
        found = []
        groups: dict[Hashable, tuple[list[int], list[int]]] = {}
        for i in olds:
            groups.setdefault(trait(self._old[i]), ([], []))[0].append(i)
        for j in news:
            groups.setdefault(trait(self._new[j]), ([], []))[1].append(j)
        for some, others in groups.values():
            if some and others:
                pairs = pair(
                    [_said(self._old[i]) for i in some], [_said(self._new[j]) for j in others], threshold
                )
                found += [(some[i], others[j]) for i, j in pairs]
        return found


def _with_trait(
    turns: Sequence[Turn], indexes: Sequence[int], trait: _Trait
) -> tuple[list[int], list[Hashable]]:
    """Return the turns that have anything of a kind, and what they have."""
    found = [(index, value) for index in indexes if (value := trait(turns[index])) is not None]
    return [index for index, _ in found], [value for _, value in found]


def _below(descending: list[int], limit: int) -> list[int]:
    """Take the numbers below a limit from the end of a descending list."""
    taken = []
    while descending and descending[-1] < limit:
        taken.append(descending.pop())
    return taken


def _in_order(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return as many pairs as are in the same order in both versions."""
    pairs = sorted(pairs, key=lambda pair: pair[1])
    return [pairs[index] for index in stayed([i for i, _ in pairs], [1] * len(pairs))]


def _said(turn: Turn) -> bytes:
    """Return what tells a turn from others: its text, or all of it where it has none."""
    return (turn.content or repr(turn.raw)).encode("utf-8", "surrogatepass")
