"""What was changed in a text, marked: in colour, or in brackets where there are none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from rtstore.cli.diff.changes import visible
from rtstore.cli.diff.wrapping import Piece, wrapped
from rtstore.cli.output import Output, Style

_GAP: Final = " [...] "
_SIGNS: Final = {"added": "+", "removed": "-", "edited": "~", "moved": ">", "reformatted": "~"}
_BRACKETS: Final = {"added": "{+%s+}", "removed": "[-%s-]"}
STYLES: Final[dict[str, tuple[Style, ...]]] = {
    "added": ("green",),
    "removed": ("red",),
    "edited": ("yellow",),
    "moved": ("cyan",),
    "reformatted": ("blue",),
    "gap": ("dim",),
}


class Marker:
    """Marks pieces of text by what they are."""

    def __init__(self, out: Output) -> None:
        self._out = out

    def lines(self, found: Iterable[Piece], width: int) -> list[str]:
        """Return pieces as lines of at most ``width`` columns, what was changed in them marked."""
        return wrapped(list(self._marked(found)), width, self.painted)

    def painted(self, piece: Piece) -> str:
        """Return a piece in its colour."""
        return self._out.styled(piece.text, *STYLES[piece.kind]) if piece.kind else piece.text

    def sign(self, kind: str) -> str:
        """Return the sign for what happened to a turn or a field."""
        return self._out.styled(_SIGNS.get(kind, "~"), *STYLES.get(kind, ()))

    def _marked(self, found: Iterable[Piece]) -> Iterator[Piece]:
        """Yield pieces as they are printed; without colours, brackets say what was changed."""
        for at, piece in enumerate(found):
            if piece.kind == "gap":
                yield Piece(_GAP.lstrip() if at == 0 else _GAP, "gap")
            elif not piece.kind:
                yield piece
            else:
                shown = visible(piece.text)
                yield Piece(shown if self._out.colored else _BRACKETS[piece.kind] % shown, piece.kind)
