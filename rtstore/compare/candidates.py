"""Which texts are worth comparing with one, of thousands: those that share some of its features."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from operator import itemgetter
from typing import Final

from rtstore.compare.sketch import Sketch

#: So many of a text's own features are looked up.
LOOKED_UP: Final = 16
#: One that more texts have than this proposes none of them.
COMMON: Final = 32
#: The texts that share most are the candidates.
BEST: Final = 4


class Candidates:
    """An inverted index of sketches: 8 bytes a feature, so that 100,000 texts are no burden."""

    def __init__(self, sketches: Sequence[Sketch]) -> None:
        self._owned = array(
            "Q",
            sorted(
                feature << 32 | owner
                for owner, sketch in enumerate(sketches)
                for feature in sketch.rare[:LOOKED_UP]
            ),
        )

    def like(self, sketch: Sketch) -> list[int]:
        """Return the numbers of the sketches that have most in common with one."""
        votes: Counter[int] = Counter()
        for feature in sketch.rare[:LOOKED_UP]:
            votes.update(self._owners(feature))
        if len(votes) <= BEST:
            return list(votes)
        return [owner for owner, _ in sorted(votes.items(), key=itemgetter(1), reverse=True)[:BEST]]

    def _owners(self, feature: int) -> list[int]:
        first = bisect_left(self._owned, feature << 32)
        last = bisect_left(self._owned, feature + 1 << 32, first)
        return [owned & 0xFFFFFFFF for owned in self._owned[first:last]] if last - first <= COMMON else []
