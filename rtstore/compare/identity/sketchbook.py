"""Sketches of the entries and lines that an alignment looks at, made when they are asked for and kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from rtstore.compare.candidates import Candidates
from rtstore.compare.identity.matching import Matching, Place
from rtstore.compare.sketch import Sketch, similarity, sketch, usual_features

#: What is said to stand out must be so much more similar to an entry than to others: so many neighbours of it on
#: either side, and what is most similar in the sample.
MARGIN: Final = 0.15
NEAR: Final = 2


class Sketchbook:
    """Sketches by place. A sample of ``size`` texts of each version tells which features are usual."""

    def __init__(self, matching: Matching, size: int) -> None:
        self._matching = matching
        self._texts = matching.texts
        self._sample = list(_evenly([len(gap.known) for gap in matching.gaps], size))
        lines = _evenly([len(gap) for gap in matching.gaps], size)
        self._usual = usual_features(self._texts.known(*at) for at in self._sample)
        self._usual |= usual_features(self._texts.line(*at) for at in lines)
        self._known: dict[Place, Sketch] = {}
        self._lines: dict[Place, Sketch] = {}
        self._in_sample: Candidates | None = None

    def known(self, place: Place) -> Sketch:
        """Return the sketch of a known entry."""
        found = self._known.get(place)
        if found is None:
            found = self._known[place] = sketch(self._texts.known(*place), self._usual)
        return found

    def line(self, place: Place) -> Sketch:
        """Return the sketch of a line."""
        found = self._lines.get(place)
        if found is None:
            found = self._lines[place] = sketch(self._texts.line(*place), self._usual)
        return found

    def forget(self) -> None:
        """Let go of all sketches: what comes next is others."""
        self._known.clear()
        self._lines.clear()

    def stands_out(self, line: Place, known: Place) -> bool:
        """Tell whether a line is clearly more similar to an entry than to others, which may share its template."""
        new = self.line(line)
        others = (place for place in self._others(new, known) if place != known)
        usual = max((similarity(self.known(place), new) for place in others), default=0.0)
        return similarity(self.known(known), new) >= min(usual + MARGIN, (1 + usual) / 2)

    def _others(self, new: Sketch, known: Place) -> Iterator[Place]:
        gap, index = known
        for near in range(max(0, index - NEAR), min(len(self._matching.gaps[gap].known), index + NEAR + 1)):
            yield gap, near
        if self._in_sample is None:
            self._in_sample = Candidates([self.known(place) for place in self._sample])
        for number in self._in_sample.like(new):
            yield self._sample[number]


def _evenly(counts: Sequence[int], number: int) -> Iterator[Place]:
    """Yield ``number`` places, or all if there are fewer, at even distances."""
    total = sum(counts)
    number = min(number, total)
    gap = before = 0
    for position in (n * total // number for n in range(number)):
        while position >= before + counts[gap]:
            before += counts[gap]
            gap += 1
        yield gap, position - before
