"""The words that changed in a text, and as much of the rest as shows where they stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from rtstore.cli.diff.wrapping import Piece
from rtstore.cli.text import printable

if TYPE_CHECKING:
    from rtstore.compare.words import Run

#: A text left out is at least this long: a shorter one is no longer to read than a sign for it.
_LEAST: Final = 80
#: So many characters in the place of others can be read in the line they are in.
_A_FEW_WORDS: Final = 40


def pieces(old: str, new: str, keep: int) -> list[Piece]:
    """Return how two texts differ, in pieces: plain ones, ``removed``, ``added``, and ``gap`` for what is left out.

    ``keep``: how many characters to show before and after a change, of what did not change. The text of a gap is
    what is left out. All texts are fit to be printed.
    """
    from rtstore.compare.words import word_runs

    return folded(word_runs(old, new), keep)


def folded(runs: Sequence[Run], keep: int) -> list[Piece]:
    """Return runs of words in pieces; what is far from those that are not ``same`` is a ``gap``."""
    found: list[Piece] = []
    for at, run in enumerate(runs):
        if run.kind == "same":
            found += _around(run.text, keep, is_first=at == 0, is_last=at == len(runs) - 1)
        else:
            found.append(Piece(run.text, run.kind))
    return [Piece(printable(piece.text), piece.kind) for piece in found]


def is_rewritten(found: Sequence[Piece]) -> bool:
    """Whether nothing of a text is left: its words are then better read one version after the other.

    Of a longer one a full stop or a quotation mark may be left.
    """
    changed = sum(len(piece.text) for piece in found if piece.kind in ("removed", "added"))
    counts: Callable[[Piece], bool] = _has_words if changed > _A_FEW_WORDS else _has_text
    kinds = {piece.kind for piece in found if counts(piece)}
    return "" not in kinds and "gap" not in kinds and {"removed", "added"} <= kinds


def _has_text(piece: Piece) -> bool:
    return bool(piece.text.strip())


def _has_words(piece: Piece) -> bool:
    return any(map(str.isalnum, piece.text))


def visible(text: str) -> str:
    """Return a changed text in which white space that would not be seen can be."""
    if text.isspace():
        text = text.replace(" ", "·").replace("\t", "→")
    return text.replace("\n", "¶\n")


def _around(text: str, keep: int, is_first: bool, is_last: bool) -> Iterator[Piece]:
    """Yield the ends of a text that are next to a change, and what is between them."""
    start = 0 if is_first else keep
    end = len(text) if is_last else len(text) - keep
    if end - start < _LEAST:
        yield Piece(text)
        return
    start = _word_end(text, start)
    end = _word_start(text, end)
    for part, kind in ((text[:start], ""), (text[start:end], "gap"), (text[end:], "")):
        if part:
            yield Piece(part, kind)


def _word_end(text: str, at: int) -> int:
    """Return where the word ends that ``at`` is in, if it is a short one."""
    return next((i for i in range(at, min(at + 20, len(text))) if text[i].isspace()), at) if at else 0


def _word_start(text: str, at: int) -> int:
    """Return where the word begins that ``at`` is in, if it is a short one."""
    if at == len(text):
        return at
    return next((i for i in range(at, max(at - 20, 0), -1) if text[i - 1].isspace()), at)
