"""Which line may be which entry: pairs of those that are similar enough for how they stand to each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Final, NamedTuple

from rtstore.compare.candidates import Candidates
from rtstore.compare.identity.matching import Matching, Place, Stretch
from rtstore.compare.identity.sketchbook import Sketchbook
from rtstore.compare.sketch import RARE, Sketch, similarity
from rtstore.formats.heads import NO_CLAIM


class _Relation(NamedTuple):
    """How a line stands to an entry: the similarity that makes it that one, and how much doubt the place takes away."""

    least: float
    trust: float


#: Between the same neighbours, at the same place of as few or as many as there were; or somewhere between them.
IN_PLACE_OF_FEW: Final = _Relation(0.1, 0.4)
IN_PLACE: Final = _Relation(0.3, 0.4)
BETWEEN: Final = _Relation(0.3, 0.2)
#: Between neighbours that are far apart, or as far as before from an end of the gap.
AROUND: Final = _Relation(0.5, 0.2)
ELSEWHERE: Final = _Relation(0.5, 0.0)
#: A changed word is much of a short text and little of a long one: from elsewhere, those must be so much alike.
ELSEWHERE_IF_LONG: Final = 0.7
#: With so little doubt, an entry from elsewhere need not stand out, and none is looked for but the one in place.
NO_DOUBT: Final = 0.1
#: So many are a few. Of so many entries, each is compared with each line in their place. Neighbours with more entries
#: than this between them are far apart.
A_FEW: Final = 4
EACH: Final = 8
FAR_APART: Final = 64


class Proposal(NamedTuple):
    """A possible pair; of some, the best sorts first. ``must_stand_out``: from others that are similar."""

    doubt: float
    distance: int
    line: Place
    known: Place
    must_stand_out: bool


class Proposals:
    """The pairs proposed for the lines and entries of some stretches."""

    def __init__(self, matching: Matching, sketches: Sketchbook, stretches: Sequence[Stretch]) -> None:
        self._gaps = matching.gaps
        self._sketches = sketches
        self._stretches = stretches
        self._known = [place for stretch in stretches for place in stretch.known]
        self._numbers = {place: number for number, place in enumerate(self._known)}

    def __iter__(self) -> Iterator[Proposal]:
        """Yield them line by line."""
        start = 0
        for stretch in self._stretches:
            for index in range(len(stretch.lines)):
                yield from self._of_line(stretch, index, start)
            start += len(stretch.known)

    @cached_property
    def _candidates(self) -> Candidates:
        return Candidates([self._sketches.known(place) for place in self._known])

    def _of_line(self, stretch: Stretch, index: int, start: int) -> Iterator[Proposal]:
        line, count = stretch.lines[index], len(stretch.known)
        expected = start + index * count // len(stretch.lines)
        if count == len(stretch.lines):
            in_place = IN_PLACE_OF_FEW if count <= A_FEW else IN_PLACE
            for proposal in self._proposal(line, expected, in_place, 0):
                yield proposal
                if proposal.doubt <= NO_DOUBT:
                    return
        for number, relation in self._relations(line, expected, range(start, start + count)).items():
            yield from self._proposal(line, number, relation, abs(number - expected))

    def _relations(self, line: Place, expected: int, between: range) -> dict[int, _Relation]:
        """Return the entries worth comparing with a line, by number."""
        found = dict.fromkeys(self._candidates.like(self._sketches.line(line)), ELSEWHERE)
        found.update(dict.fromkeys(self._at_same_position(line), AROUND))
        near = between if len(between) <= EACH else (expected,)
        relation = BETWEEN if len(between) <= FAR_APART else AROUND
        found.update((number, relation) for number in {*near, *found} if number in between)
        return found

    def _proposal(self, line: Place, number: int, relation: _Relation, distance: int) -> Iterator[Proposal]:
        """Yield the pair if it is one."""
        claims = self._gaps[line[0]].claim(line[1]) != NO_CLAIM
        # Who claims an id that nobody had is another entry, unless very similar and there.
        if claims and relation is ELSEWHERE:
            return
        far = claims or relation in (AROUND, ELSEWHERE)
        known = self._known[number]
        old, new = self._sketches.known(known), self._sketches.line(line)
        found = similarity(old, new)
        if found >= (_least_elsewhere(old, new) if far else relation.least):
            doubt = (1 - found) * (1 - relation.trust)
            yield Proposal(doubt, distance, line, known, far and 1 - found > NO_DOUBT)

    def _at_same_position(self, line: Place) -> Iterator[int]:
        gap, index = line
        for other in (index, index + len(self._gaps[gap].known) - len(self._gaps[gap])):
            number = self._numbers.get((gap, other))
            if number is not None:
                yield number


def _least_elsewhere(old: Sketch, new: Sketch) -> float:
    longer = min(len(old.rare), len(new.rare)) / RARE
    return ELSEWHERE.least + (ELSEWHERE_IF_LONG - ELSEWHERE.least) * longer
