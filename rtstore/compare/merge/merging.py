"""What the merge of any value works with: its three versions, how they are spelled, and who decides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from rtstore.compare.difference import MISSING
from rtstore.compare.merge.clashes import Clash, Judge
from rtstore.compare.merge.spelling import COMPACT, Spelling, arranged
from rtstore.model.jsonedit import dotted
from rtstore.model.jsontext import Path, Span, equal, loads

#: What values that hold others begin with.
CONTAINERS: Final = ("{", "[")


class Versions(NamedTuple):
    """The texts of one value in the base, in ours and in theirs; None where it is not there."""

    base: str | None
    ours: str | None
    theirs: str | None

    @property
    def opener(self) -> str:
        """The first character of all that are there; empty unless both sides have the value and all agree."""
        if self.ours is None or self.theirs is None:
            return ""
        openers = {text[0] for text in self if text is not None}
        return openers.pop() if len(openers) == 1 else ""

    def side(self) -> str | None:
        """Return the side whose version it is to be, if only one changed it, or both in the same way.

        None, too, where ours is a container that is only spelled otherwise than the base: theirs' changes are
        to be put into it.
        """
        if same(self.ours, self.theirs) or same(self.base, self.theirs):
            return "ours"
        if self.ours == self.base or (self.opener not in CONTAINERS and same(self.base, self.ours)):
            return "theirs"
        return None


class Merging:
    """The merge of one text. Its values are slices of it: what nobody changed is not decoded and written again.

    ``prefix`` and ``kind`` are for a part of a sidecar, whose texts are compact: what the paths of its clashes
    begin with, and the kind of all of them.
    """

    def __init__(self, versions: Versions, judge: Judge, prefix: str = "", kind: str = "") -> None:
        self.judge = judge
        self.notices: list[str] = []
        self._spellings = [Spelling(text or "", COMPACT if kind else None) for text in versions]
        self._prefix = prefix
        self._kind = kind

    @property
    def spelling(self) -> Spelling:
        """How the result is to be spelled."""
        return self._spellings[1]

    def take(self, side: str, versions: Versions, path: Path) -> str | None:
        """Return one side's version of a value, spelled to go with ours."""
        index = Versions._fields.index(side)
        text = versions[index]
        if text is None or side == "ours":
            return text
        return self.spelling.adapted(text, self._spellings[index], len(path))

    def whole(self, kind: str, versions: Versions, path: Path) -> str | None:
        """Return the version of a value that is not looked into: of the side that changed it, else it clashes."""
        side = versions.side() or ("theirs" if same(versions.base, versions.ours) else None)
        return self.take(side or self._judged(kind, versions, path), versions, path)

    def arrange(
        self, container: str, spans: Sequence[Span], items: Iterable[tuple[int | None, str]], path: Path
    ) -> str:
        """Return ours' container at ``path`` with other items (see :func:`arranged`)."""
        style = self.spelling.style
        return arranged(container, spans, items, style, self.spelling.margin + style.indent * len(path))

    def _judged(self, kind: str, versions: Versions, path: Path) -> str:
        where = dotted(path)
        joint = "." if self._prefix and where and not where.startswith("[") else ""
        values = (MISSING if text is None else loads(text.encode()) for text in versions)
        return self.judge.side(Clash(self._kind or kind, self._prefix + joint + where, *values))


def same(a: str | None, b: str | None) -> bool:
    """Whether two texts are the same value, or both are not there."""
    if a == b or a is None or b is None:
        return a == b
    return equal(a.encode(), b.encode())
