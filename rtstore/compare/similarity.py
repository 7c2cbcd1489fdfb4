"""Which old text became which new one, where nothing but their content can tell.

Texts that have the same words in the same order are the same, written differently. For the others, features are
hashes of pairs of neighbouring words, at most ``SKETCH`` of them: those with the smallest hashes, so that similar
texts keep the same ones (bottom-k sketching; Broder 1997). Candidates are found through an inverted index of
features, so that thousands of texts need no comparison of every pair.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple
from zlib import crc32

SKETCH: Final = 96
#: Texts with fewer words than this have single words as features too: their pairs say too little.
FEW: Final = 24
#: A feature that more texts share than this (a common system prompt) proposes no candidates.
COMMON: Final = 64
#: So many texts on a side are looked at together; of longer runs, those in the same part of both.
WINDOW: Final = 2048

_WORD: Final = re.compile(rb"[^\W_]+|[\x80-\xff]+")


class Threshold(NamedTuple):
    """Share of common features from which on two texts count as versions of one.

    ``in_place``: the same where they are at the same place between the same neighbours.
    """

    anywhere: float
    in_place: float


#: Where nothing speaks against it.
LIKELY: Final = Threshold(0.3, 0.1)
#: Where both say that they are something else, or their neighbours do; they have to stand out, too.
UNLIKELY: Final = Threshold(0.5, 0.5)
#: By how much a text has to be more similar to one than to any other, to stand out.
MARGIN: Final = 0.15


def features(text: bytes) -> frozenset[int]:
    """Return the sketch of a text."""
    words = _WORD.findall(text)
    found = {crc32(second, crc32(first)) for first, second in pairwise(words)}
    if len(words) < FEW:
        found.update(map(crc32, words))
    return frozenset(sorted(found)[:SKETCH])


def similarity(a: frozenset[int], b: frozenset[int]) -> float:
    """Return the estimated share of features two texts have in common, from 0 to 1."""
    if not a or not b:
        return float(a == b)
    size = min(SKETCH, len(a | b))
    smallest = sorted(a | b)[:size]
    return sum(1 for feature in smallest if feature in a and feature in b) / size


def stands_out(old: bytes, new: bytes, others: Sequence[bytes]) -> bool:
    """Tell whether ``new`` is clearly more similar to ``old`` than to ``others``, which share its template."""
    sketch = features(new)
    usual = max((similarity(features(other), sketch) for other in others), default=0.0)
    return similarity(features(old), sketch) >= min(usual + MARGIN, (1 + usual) / 2)


def pair(old: Sequence[bytes], new: Sequence[bytes], threshold: Threshold = LIKELY) -> list[tuple[int, int]]:
    """Pair old texts with the new ones they became; return (old index, new index), each used at most once.

    Texts of the same words are paired in their order, then better pairs before worse; of equals, those whose
    positions agree best. As many texts on both sides are taken to be at the same places.
    """
    pairs = _of_same_words(old, new)
    rest_old = sorted(set(range(len(old))) - {i for i, _ in pairs})
    rest_new = sorted(set(range(len(new))) - {j for _, j in pairs})
    for olds, news in _windows(rest_old, rest_new):
        found = _similar([old[i] for i in olds], [new[j] for j in news], threshold)
        pairs += [(olds[i], news[j]) for i, j in found]
    return pairs


def _of_same_words(old: Sequence[bytes], new: Sequence[bytes]) -> list[tuple[int, int]]:
    owners: dict[bytes, list[int]] = {}
    for i in range(len(old) - 1, -1, -1):
        owners.setdefault(_words(old[i]), []).append(i)
    pairs = []
    for j, text in enumerate(new):
        same = owners.get(_words(text))
        if same:
            pairs.append((same.pop(), j))
    return pairs


def _words(text: bytes) -> bytes:
    return b" ".join(_WORD.findall(text))


def _windows(old: Sequence[int], new: Sequence[int]) -> Iterator[tuple[Sequence[int], Sequence[int]]]:
    """Yield parts of two runs that are at the same place in both."""
    count = -(-max(len(old), len(new)) // WINDOW)
    for part in range(count):
        olds, news = (run[len(run) * part // count : len(run) * (part + 1) // count] for run in (old, new))
        if olds and news:
            yield olds, news


def _similar(old: Sequence[bytes], new: Sequence[bytes], threshold: Threshold) -> list[tuple[int, int]]:
    old_features, new_features = list(map(features, old)), list(map(features, new))
    proposals = []
    for j, candidates in enumerate(_candidates(old_features, new_features)):
        for i in candidates:
            score = similarity(old_features[i], new_features[j])
            in_place = len(old) == len(new) and i == j
            if score >= (threshold.in_place if in_place else threshold.anywhere):
                proposals.append((-score, abs(i * len(new) - j * len(old)), i, j))
    proposals.sort()
    used_old: set[int] = set()
    used_new: set[int] = set()
    pairs = []
    for _, _, i, j in proposals:
        if i not in used_old and j not in used_new:
            used_old.add(i)
            used_new.add(j)
            pairs.append((i, j))
    return pairs


def _candidates(old: Sequence[frozenset[int]], new: Sequence[frozenset[int]]) -> list[list[int]]:
    """Return, for each new text, the old ones worth comparing."""
    if len(old) <= 8:
        return [list(range(len(old)))] * len(new)
    index: dict[int, list[int]] = {}
    for i, sketch in enumerate(old):
        for feature in sketch:
            index.setdefault(feature, []).append(i)
    found = []
    for j, sketch in enumerate(new):
        votes: Counter[int] = Counter()
        for feature in sketch:
            owners = index.get(feature, ())
            if len(owners) <= COMMON:
                votes.update(owners)
        same_place = min(len(old) - 1, j * len(old) // len(new))
        found.append(list({i for i, _ in votes.most_common(4)} | {same_place}))
    return found
