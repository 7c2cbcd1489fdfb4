"""What a text is reduced to for comparing it with thousands of others.

Features of a text are hashes of its words and of its pairs of neighbouring words. A *sketch* keeps those with the
smallest hashes: similar texts keep the same ones, so that the share two sketches have in common estimates the share
the texts have (bottom-k sketching; Broder 1997). Features that many texts of a dataset have (field names, a system
prompt) are *usual*: they say little about which text is which, so they are kept apart and count little.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Set
from typing import Final, NamedTuple
from zlib import crc32

#: How many features of its own a sketch keeps at most, and how many of the usual ones.
RARE: Final = 64
USUAL: Final = 16
#: What texts have in common of the usual counts as much as so many features of their own.
WEIGHT_OF_USUAL: Final = 1.0
#: Of so many features it can be said that they are all there.
ENOUGH: Final = 6
#: A feature is usual if more texts of a sample than this have it, and more than this share of them.
FEW: Final = 2
SHARE: Final = 1 / 128
#: Bytes looked at together: all words of a long text would be too much to hold, and slow to work on.
PART: Final = 1 << 16

#: Everything in ASCII that is no part of a word is space; letters are small.
_PLAIN: Final = bytes(c if c >= 0x80 or chr(c).isalnum() else 0x20 for c in range(256)).lower()
_ESCAPED: Final = re.compile(rb"(?:\\u[0-9a-fA-F]{4})+")
#: UTF-8 begins so in scripts that are written without spaces between words: there, a character is a word.
_UNSPACED: Final = re.compile(rb"[\xe0\xe1\xe3-\xed]")
_WORD_OR_CHARACTER: Final = re.compile(rb"[\xe0\xe1\xe3-\xed][\x80-\xbf]{2}|[^ \xe0\xe1\xe3-\xed]+")


class Sketch(NamedTuple):
    """The smallest features of a text, ascending: of its own, and of the usual ones."""

    rare: array[int]
    usual: array[int]


def words(text: bytes) -> list[bytes]:
    """Return the words of a text in small letters, without punctuation. How JSON spells them does not matter."""
    if b"\\" in text:
        text = text.replace(b"\\n", b" ")
        if b"\\u" in text:
            text = _ESCAPED.sub(_unescaped, text)
    text = text.translate(_PLAIN)
    return text.split() if _UNSPACED.search(text) is None else _WORD_OR_CHARACTER.findall(text)


def _unescaped(found: re.Match[bytes]) -> bytes:
    units = bytes.fromhex(found[0].replace(b"\\u", b"").decode())
    return units.decode("utf-16-be", "replace").encode()


def features(text: bytes) -> set[int]:
    """Return all features of a text."""
    found = words(text)
    hashes = list(map(crc32, found))
    features = set(hashes)
    features.update(map(crc32, found[1:], hashes))
    return features


def usual_features(texts: Iterable[bytes]) -> frozenset[int]:
    """Return the features that many of some texts have."""
    counts: Counter[int] = Counter()
    number = 0
    for number, text in enumerate(texts, 1):  # noqa: B007
        counts.update(features(text[:PART]))
    least = max(FEW, int(number * SHARE))
    return frozenset(feature for feature, count in counts.items() if count > least)


def sketch(text: bytes, usual: Set[int] = frozenset()) -> Sketch:
    """Return the sketch of a text, given the features that are usual."""
    rare: Collection[int] = ()
    common: Collection[int] = ()
    for part in _parts(text):
        found = features(part)
        expected = found & usual
        found -= expected
        rare = _smallest(found, RARE, rare)
        common = _smallest(expected, USUAL, common)
    return Sketch(array("I", rare), array("I", common))


def _parts(text: bytes) -> Iterator[bytes]:
    if len(text) <= PART:
        return iter((text,))
    return (text[at : at + PART] for at in range(0, len(text), PART))


def _smallest(features: set[int], count: int, others: Collection[int]) -> list[int]:
    """Return the smallest ones of a set and some others, ascending."""
    if len(features) > 4 * count:
        limit = (2 * count << 32) // len(features)
        small = {feature for feature in features if feature < limit}
        features = small if len(small) >= count else features
    return sorted(features.union(others))[:count]


def similarity(a: Sketch, b: Sketch) -> float:
    """Return the estimated share of features two texts have in common, from 0 to 1.

    A text that is all in the other, which has more, is similar to it by half at least. Of texts that have nothing
    of their own, what is usual decides.
    """
    usual = _compare(a.usual, b.usual, USUAL).share
    if not a.rare or not b.rare:
        return usual if a.usual or b.usual else float(a == b)
    weight = WEIGHT_OF_USUAL if a.usual or b.usual else 0.0
    own = _compare(a.rare, b.rare, RARE)
    share = (own.common + weight * usual) / (own.whole + weight)
    return max(share, own.common / own.smaller / 2) if own.smaller >= ENOUGH else share


class _Comparison(NamedTuple):
    """How many features are in both of two sketches, in either, and in the one that has fewer."""

    common: int
    whole: int
    smaller: int

    @property
    def share(self) -> float:
        return self.common / self.whole if self.whole else 1.0


def _compare(a: array[int], b: array[int], size: int) -> _Comparison:
    """Compare sketches of at most ``size`` features, as far as both tell."""
    if not a or not b:
        return _Comparison(0, len(a) + len(b), 0)
    count, other = len(a), len(b)
    # A full one is silent about what is larger than its last.
    if count == size and a[-1] < b[-1]:
        other = bisect_right(b, a[-1])
    elif other == size and b[-1] < a[-1]:
        count = bisect_right(a, b[-1])
    common = len(set(a).intersection(b))
    return _Comparison(common, count + other - common, min(count, other))
