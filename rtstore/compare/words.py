"""Words of a text, and what two versions of a text have in common, in a form that people can read."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import Final, NamedTuple

from rtstore.compare.sequences import Same, common_blocks, joined

__all__ = ["Run", "Same", "matching", "word_runs", "words"]

#: Written without spaces: every character counts as a word.
_CHARACTERS: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
#: Marks that belong to the letter before them, which Python does not count among the characters of words.
_MARKS: Final = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0900-\u0963"
    "\u0981-\u0df3\u0e31-\u0e4e\u0eb1-\u0ecd\u0f71-\u0f84\u1000-\u109f\u1780-\u17d3\u200c\u200d"
)
_LETTERS: Final = rf"(?:[^\W{_CHARACTERS}][{_MARKS}]*)+"
_WORD: Final = rf"{_LETTERS}(?:(?:['’]|(?<=\d)[.,](?=\d)){_LETTERS})*"
#: A sign with what changes its looks; several emoji joined to one.
_SIGN: Final = r"[^\w\s][\ufe00-\ufe0f\u20e3\U0001f3fb-\U0001f3ff]*(?:\u200d.[\ufe0f\U0001f3fb-\U0001f3ff]*)*"
_TOKEN: Final = re.compile(rf"{_WORD}|\n|[^\S\n]+|{_SIGN}|.", re.DOTALL)


class Run(NamedTuple):
    """A part of two versions of a text. ``kind``: ``same``, ``removed`` (of the old one) or ``added``."""

    kind: str
    text: str


def words(text: str) -> list[str]:
    """Return words, signs, line breaks and the spaces between them; joined they are the text again."""
    return _TOKEN.findall(text)


def matching(old: Sequence[str], new: Sequence[str]) -> list[Same]:
    """Return what two lists of words have in common in the same order, as blocks, ascending.

    What is between the words follows them: spaces never decide what belongs to what.
    """
    solid_old = [i for i, word in enumerate(old) if not word.isspace()]
    solid_new = [j for j, word in enumerate(new) if not word.isspace()]
    blocks: list[Same] = []
    i = j = 0
    for block in common_blocks([old[i] for i in solid_old], [new[j] for j in solid_new]):
        at, end = block.old, solid_old[block.old + block.size - 1] + 1
        while i < end:
            at = bisect_left(solid_old, i, at)
            next_i, next_j = solid_old[at], solid_new[at - block.old + block.new]
            blocks += _ends(old, new, (i, next_i, j, next_j))
            i, j = next_i, next_j
            while i < end and old[i] == new[j]:
                i, j = i + 1, j + 1
            blocks.append(Same(next_i, next_j, i - next_i))
    blocks += _ends(old, new, (i, len(old), j, len(new)))
    return joined(blocks)


def word_runs(old: str, new: str) -> list[Run]:
    """Return two versions of a text as runs that read well, each change as what was removed, then what was added.

    A few words in common between changes that are much longer count as changed, too.
    """
    runs: list[Run] = []
    for change in _readable(_alternating(words(old), words(new))):
        kinds = zip(("same", "removed", "added"), change, strict=True)
        runs += [Run(kind, text) for kind, text in kinds if text]
    return runs


class _Change(NamedTuple):
    """What is the same, then what was removed and added behind it."""

    same: str
    removed: str
    added: str


def _alternating(old: list[str], new: list[str]) -> list[_Change]:
    changes = []
    same = ""
    i = j = 0
    for block in [*matching(old, new), Same(len(old), len(new), 0)]:
        if block.old > i or block.new > j:
            changes.append(_Change(same, "".join(old[i : block.old]), "".join(new[j : block.new])))
            same = ""
        i, j = block.old + block.size, block.new + block.size
        same += "".join(old[block.old : i])
    return [*changes, _Change(same, "", "")]


def _readable(changes: list[_Change]) -> list[_Change]:
    """Join changes with so little between them that a reader takes them for one."""
    found: list[_Change] = []
    for change in changes:
        found.append(change)
        while len(found) > 1 and _is_island(found[-1].same, found[-2], found[-1]):
            island, before = found.pop(), found.pop()
            found.append(
                _Change(
                    before.same,
                    before.removed + island.same + island.removed,
                    before.added + island.same + island.added,
                )
            )
    return found


def _is_island(same: str, before: _Change, behind: _Change) -> bool:
    """Tell whether what two changes have between them is no more than half as long as each of them."""
    return 2 * len(same.strip()) <= min(_size(before), _size(behind))


def _size(change: _Change) -> int:
    return max(len(change.removed), len(change.added))


def _ends(old: Sequence[str], new: Sequence[str], between: tuple[int, int, int, int]) -> list[Same]:
    """Return what two stretches begin and end with: between words in common, the spaces next to them."""
    a, b, c, d = between
    begin = end = 0
    most = min(b - a, d - c)
    while begin < most and old[a + begin] == new[c + begin]:
        begin += 1
    while end < most - begin and old[b - 1 - end] == new[d - 1 - end]:
        end += 1
    return [same for same in (Same(a, c, begin), Same(b - end, d - end, end)) if same.size]
