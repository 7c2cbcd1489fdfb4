"""What ``grep`` looks for in the text of a turn: a phrase, all of several words, a regular expression."""

from __future__ import annotations

import re
import warnings
from typing import Final, Literal, Protocol

from rtstore.errors import UsageError
from rtstore.workspace.lookback.prefilter import Prefilter, any_record, holds, holds_folded
from rtstore.workspace.lookback.required import required_text

#: Where something was found in a text: (start, end) in characters, ascending, none overlapping.
Spans = tuple[tuple[int, int], ...]
Mode = Literal["phrase", "all-words", "regex"]


class Pattern(Protocol):
    """Something to look for in texts."""

    #: Tells of a record's bytes whether a turn in it may match: never wrongly that none does.
    may_match: Prefilter

    def find(self, text: str) -> Spans | None:
        """Return where a text matches; None if it does not."""


class Phrase:
    """A text as it stands. ``ignore_case``: compared after Unicode case folding, so that ``ss`` finds ``ß``."""

    def __init__(self, text: str, ignore_case: bool = False) -> None:
        self._text = text.casefold() if ignore_case else text
        self._ignore_case = ignore_case
        self.may_match = holds_folded(text) if ignore_case else holds(text)

    def find(self, text: str) -> Spans | None:
        """Return where a text matches; None if it does not."""
        folded = text.casefold() if self._ignore_case else text
        size = len(self._text)
        spans = []
        at = folded.find(self._text)
        while at >= 0:
            spans.append((at, at + size))
            at = folded.find(self._text, at + size)
        if not spans:
            return None
        # A character never folds to none, so with equal lengths each folded to one.
        return tuple(spans) if len(folded) == len(text) else _unfolded(text, spans)

    def count(self, text: str) -> int:
        """Return how often it occurs in a text."""
        return (text.casefold() if self._ignore_case else text).count(self._text)


class AllWords:
    """Several words, each of which has to occur, in any order; a word may be a part of a longer one."""

    def __init__(self, text: str, ignore_case: bool = False) -> None:
        words = [Phrase(word, ignore_case) for word in dict.fromkeys(text.split())]
        self._words = words
        filters = [word.may_match for word in words]
        self.may_match: Prefilter = lambda record: all(may_match(record) for may_match in filters)

    def find(self, text: str) -> Spans | None:
        """Return where a text matches; None if it does not."""
        spans: list[tuple[int, int]] = []
        for word in self._words:
            found = word.find(text)
            if found is None:
                return None
            spans += found
        return _united(spans)


class Regex:
    """A regular expression of Python's; ``^`` and ``$`` match at every line.

    Raises:
        UsageError: it is not one.
    """

    def __init__(self, text: str, ignore_case: bool = False) -> None:
        flags = re.MULTILINE | (re.IGNORECASE if ignore_case else 0)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what will mean something else in a later Python
                self._expression = re.compile(text, flags)
        except (re.error, OverflowError, RecursionError) as error:
            raise UsageError(
                f"{text!r} is not a regular expression: {error}",
                hint="Without --regex it is looked for as it stands.",
            ) from error
        required = required_text(text)
        if ignore_case:
            # What `re` takes for equal without regard to case is not case folding, but for ASCII.
            required = max(re.findall(r"[\x00-\x7f]+", required), key=len, default="")
        if not required:
            self.may_match: Prefilter = any_record
        else:
            self.may_match = holds_folded(required) if ignore_case else holds(required)

    def find(self, text: str) -> Spans | None:
        """Return where a text matches; None if it does not."""
        matches = [match.span() for match in self._expression.finditer(text)]
        return tuple(span for span in matches if span[0] < span[1]) if matches else None


_MODES: Final[dict[str, type[Phrase | AllWords | Regex]]] = {
    "phrase": Phrase,
    "all-words": AllWords,
    "regex": Regex,
}


def pattern(text: str, mode: Mode = "phrase", ignore_case: bool = False) -> Pattern:
    """Return what to look for.

    Raises:
        UsageError: there is nothing to look for, or the text is no regular expression.
    """
    if not (text.split() if mode == "all-words" else text):
        raise UsageError("there is nothing to look for", hint="Give a text that turns may hold.")
    return _MODES[mode](text, ignore_case)


def _unfolded(text: str, spans: list[tuple[int, int]]) -> Spans:
    """Return the characters of a text that fold to what is in spans of the folded text."""
    owners = [index for index, character in enumerate(text) for _ in character.casefold()]
    return _united([(owners[start], owners[end - 1] + 1) for start, end in spans])


def _united(spans: list[tuple[int, int]]) -> Spans:
    """Return spans in order, those that touch or overlap as one."""
    united: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if united and start <= united[-1][1]:
            united[-1] = united[-1][0], max(end, united[-1][1])
        else:
            united.append((start, end))
    return tuple(united)
