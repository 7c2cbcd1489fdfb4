"""Which old text became which new one, where nothing but their content can tell.

A text's features are hashes of its pairs of neighbouring words, at most ``SKETCH`` of them: those with the
smallest hashes, so that similar texts keep the same ones (bottom-k sketching; Broder 1997). Candidates are
found through an inverted index of features, so that thousands of texts need no comparison of every pair.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final
from zlib import crc32

SKETCH: Final = 96
#: A feature that more texts share than this (a common system prompt) proposes no candidates.
COMMON: Final = 64
#: Share of common features from which on two texts count as versions of one.
SIMILAR: Final = 0.3
#: The same where their neighbours already say that they are.
SIMILAR_IN_PLACE: Final = 0.1

_WORD: Final = re.compile(rb"[^\W_]+|[\x80-\xff]+")


def features(text: bytes) -> frozenset[int]:
    """Return the sketch of a text."""
    words = _WORD.findall(text)
    pairs = {crc32(second, crc32(first)) for first, second in zip(words, words[1:], strict=False)} or {
        crc32(word) for word in words
    }
    return frozenset(sorted(pairs)[:SKETCH])


def similarity(a: frozenset[int], b: frozenset[int]) -> float:
    """Return the estimated share of features two texts have in common, from 0 to 1."""
    if not a or not b:
        return float(a == b)
    size = min(SKETCH, len(a | b))
    smallest = sorted(a | b)[:size]
    return sum(1 for feature in smallest if feature in a and feature in b) / size


def pair(old: Sequence[bytes], new: Sequence[bytes]) -> list[tuple[int, int]]:
    """Pair old texts with the new ones they became; return (old index, new index), each used at most once.

    Better pairs are made first; of equals, those whose positions agree best.
    """
    old_features, new_features = list(map(features, old)), list(map(features, new))
    if len(old) == len(new) == 1:
        return [(0, 0)] if similarity(old_features[0], new_features[0]) >= SIMILAR_IN_PLACE else []
    proposals = []
    for j, candidates in enumerate(_candidates(old_features, new_features)):
        for i in candidates:
            score = similarity(old_features[i], new_features[j])
            if score >= SIMILAR:
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
