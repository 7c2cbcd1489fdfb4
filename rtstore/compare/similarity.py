"""Which old text became which new one, where nothing but their content can tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from rtstore.compare.candidates import Candidates
from rtstore.compare.sketch import Sketch, similarity, sketch, words

#: Each of so many texts is compared with each.
EACH: Final = 8


class Threshold(NamedTuple):
    """Share of common features from which on two texts count as versions of one.

    ``in_place``: the same where they are at the same place between the same neighbours.
    """

    anywhere: float
    in_place: float


#: Where nothing speaks against it.
LIKELY: Final = Threshold(0.3, 0.1)


def pair(old: Sequence[bytes], new: Sequence[bytes], threshold: Threshold = LIKELY) -> list[tuple[int, int]]:
    """Pair old texts with the new ones they became; return (old index, new index), each used at most once.

    Texts of the same words are paired in their order, then better pairs before worse; of equals, those whose
    positions agree best. As many texts on both sides are taken to be at the same places.
    """
    pairs = _of_same_words(old, new)
    rest_old = sorted(set(range(len(old))) - {i for i, _ in pairs})
    rest_new = sorted(set(range(len(new))) - {j for _, j in pairs})
    found = _similar([sketch(old[i]) for i in rest_old], [sketch(new[j]) for j in rest_new], threshold)
    return pairs + [(rest_old[i], rest_new[j]) for i, j in found]


def _of_same_words(old: Sequence[bytes], new: Sequence[bytes]) -> list[tuple[int, int]]:
    owners: dict[bytes, list[int]] = {}
    for i in range(len(old) - 1, -1, -1):
        owners.setdefault(b" ".join(words(old[i])), []).append(i)
    pairs = []
    for j, text in enumerate(new):
        same = owners.get(b" ".join(words(text)))
        if same:
            pairs.append((same.pop(), j))
    return pairs


def _similar(old: Sequence[Sketch], new: Sequence[Sketch], threshold: Threshold) -> list[tuple[int, int]]:
    pairs = []
    used_old: set[int] = set()
    used_new: set[int] = set()
    for _, _, i, j in sorted(_proposals(old, new, threshold)):
        if i not in used_old and j not in used_new:
            used_old.add(i)
            used_new.add(j)
            pairs.append((i, j))
    return pairs


def _proposals(
    old: Sequence[Sketch], new: Sequence[Sketch], threshold: Threshold
) -> Iterator[tuple[float, int, int, int]]:
    if not old:
        return
    candidates = Candidates(old)
    for j, text in enumerate(new):
        same_place = j * len(old) // len(new)
        for i in range(len(old)) if len(old) <= EACH else {same_place, *candidates.like(text)}:
            score = similarity(old[i], text)
            in_place = len(old) == len(new) and i == j
            if score >= (threshold.in_place if in_place else threshold.anywhere):
                yield -score, abs(i * len(new) - j * len(old)), i, j
