"""What two versions changed differently, and who decides it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from rtstore.errors import UsageError

SIDES: Final = ("ours", "theirs", "base")

#: How clashes are decided: all for one side, or one by one in their order. None leaves them open.
Choice = str | Sequence[str | None] | None


class Clash(NamedTuple):
    """A value that both sides changed differently. ``MISSING`` stands for not being there.

    ``kind``: ``turn``, ``field``, ``record`` (the record as a whole), ``registry``, ``mapping`` or ``annotation``.
    ``path`` says where it is as people write it, with the indexes of the merged text: ``messages[2].content``,
    ``messages[2]`` where one side removed the turn, ``tags/approved.name``; empty for a whole record.
    """

    kind: str
    path: str
    base: Any
    ours: Any
    theirs: Any


class Judge:
    """Takes clashes down in their order and decides those that ``choose`` decides.

    The order of the clashes of one merge does not depend on how they are decided.

    Raises:
        UsageError: ``choose`` names a side that there is not.
    """

    def __init__(self, choose: Choice = None) -> None:
        chosen = {choose} if isinstance(choose, str) else set(choose or ())
        for side in chosen - {*SIDES, None}:
            raise UsageError(f"a clash can be decided for {', '.join(SIDES)}, and not for {side!r}")
        self._choose = choose
        self._count = 0
        self.open: list[Clash] = []
        self.decided: list[Clash] = []

    def side(self, clash: Clash) -> str:
        """Return the side whose version is to be in the result: ours where nobody decided."""
        chosen = self._chosen(self._count)
        self._count += 1
        (self.open if chosen is None else self.decided).append(clash)
        return chosen or "ours"

    def _chosen(self, number: int) -> str | None:
        if self._choose is None or isinstance(self._choose, str):
            return self._choose
        return self._choose[number] if number < len(self._choose) else None
