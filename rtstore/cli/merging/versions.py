"""A text in three versions, with what each side changed in it, and what no side changed left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from rtstore.cli.diff.changes import folded, is_rewritten
from rtstore.cli.diff.wrapping import Piece
from rtstore.cli.text import printable
from rtstore.compare.words import Run, word_runs

#: How many characters of an unchanged text are shown before and after a change: two lines.
_KEPT: Final = 150


class Versions:
    """The base of a text, ours and theirs; None where it is not there."""

    def __init__(self, base: str | None, ours: str | None, theirs: str | None) -> None:
        self._base = base
        self._sides = {"ours": ours, "theirs": theirs}
        self._runs = {
            side: word_runs(base, new)
            for side, new in self._sides.items()
            if base is not None and new is not None
        }

    def pieces(self) -> Iterator[tuple[str, list[Piece] | None]]:
        """Yield the name and the pieces of each: what a side changed is ``removed`` and ``added``."""
        yield "base", None if self._base is None else self._of_base(self._base)
        for side, new in self._sides.items():
            yield side, None if new is None else self._of_side(side, new)

    def _of_side(self, side: str, new: str) -> list[Piece]:
        """Return one side's version; all of it plain where nothing of the base is left."""
        if side not in self._runs:
            return [Piece(printable(new))]
        found = folded(self._runs[side], _KEPT)
        return [Piece(printable(new))] if is_rewritten(found) else found

    def _of_base(self, base: str) -> list[Piece]:
        places = sorted(place for runs in self._runs.values() for place in _changed(runs))
        found = folded(list(_marked(base, places)), _KEPT)
        return [piece if piece.kind == "gap" else piece._replace(kind="") for piece in found]


def _changed(runs: Sequence[Run]) -> Iterator[tuple[int, int]]:
    """Yield from where to where the old text of two was changed."""
    at = 0
    for run in runs:
        stop = at if run.kind == "added" else at + len(run.text)
        if run.kind != "same":
            yield at, stop
        at = stop


def _marked(base: str, places: Sequence[tuple[int, int]]) -> Iterator[Run]:
    """Yield a text in runs: what was changed in it, by whichever side, is ``removed``."""
    done = 0
    for start, stop in places:
        if start > done:
            yield Run("same", base[done:start])
            done = start
        if stop > done:
            yield Run("removed", base[done:stop])
            done = stop
    if done < len(base):
        yield Run("same", base[done:])
