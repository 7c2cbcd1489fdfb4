"""Merge of two edits of one text, word by word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rtstore.compare.words import Same, matching, words


class _Edit(NamedTuple):
    """Tokens ``start`` to ``stop`` of the base become ``new``."""

    start: int
    stop: int
    new: tuple[str, ...]


def merge_words(base: str, ours: str, theirs: str) -> str | None:
    """Return the text with both sides' edits, or None where they touch the same words or neighbouring ones.

    Edits that both made are in it once. Between two edits that merge there is at least one word that both left
    alone: who changes the word next to another's change may not have meant what comes out.
    """
    tokens = words(base)
    edits = _together(tokens, _edits(tokens, words(ours)), _edits(tokens, words(theirs)))
    if edits is None:
        return None
    parts: list[str] = []
    done = 0
    for edit in edits:
        parts += tokens[done : edit.start]
        parts += edit.new
        done = edit.stop
    return "".join(parts + tokens[done:])


def _edits(old: Sequence[str], new: Sequence[str]) -> list[_Edit]:
    """Return what changed between the tokens both have; changes without a word between them are one edit."""
    changes: list[tuple[int, int, int, int]] = []
    for start, stop, new_start, new_stop in _gaps(old, new):
        if changes and not _has_word(old, changes[-1][1], start):
            start, _, new_start, _ = changes.pop()
        changes.append((start, stop, new_start, new_stop))
    return [_Edit(start, stop, tuple(new[at:end])) for start, stop, at, end in changes]


def _gaps(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """Yield where two texts differ: from and up to which token of the old one, and of the new one."""
    old_done = new_done = 0
    for same in (*matching(old, new), Same(len(old), len(new), 0)):
        if (same.old, same.new) != (old_done, new_done):
            yield old_done, same.old, new_done, same.new
        old_done, new_done = same.old + same.size, same.new + same.size


def _together(tokens: Sequence[str], ours: list[_Edit], theirs: list[_Edit]) -> list[_Edit] | None:
    """Return the edits of both in order, those both made once; None where they are too near to each other."""
    together: list[_Edit] = []
    i = j = 0
    while i < len(ours) and j < len(theirs):
        mine, other = ours[i], theirs[j]
        if mine == other:
            i, j = i + 1, j + 1
        elif _has_word(tokens, mine.stop, other.start):
            i += 1
        elif _has_word(tokens, other.stop, mine.start):
            mine, j = other, j + 1
        else:
            return None
        together.append(mine)
    return together + ours[i:] + theirs[j:]


def _has_word(tokens: Sequence[str], start: int, stop: int) -> bool:
    """Whether there is a word among some tokens, and not only spaces and signs."""
    return any(character.isalnum() for at in range(start, stop) for character in tokens[at])
