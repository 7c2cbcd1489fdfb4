"""What a user decided about a conflict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from rtstore.compare.merge.clashes import Choice
from rtstore.errors import UsageError
from rtstore.model.objects import Conflict
from rtstore.workspace.draft import Record
from rtstore.workspace.merging.message import name_of

#: What is told of a conflict that was dealt with in the working file.
BY_HAND: Final = "by hand"
SIDES: Final = ("ours", "theirs", "base")


class Decision(msgspec.Struct, frozen=True):
    """What a user decided: a ``side`` (``ours``, ``theirs``, ``base``, ``both``), a ``record`` of the user's own, or
    ``parts``, a side for each of the clashes in their order.

    Raises:
        UsageError: it is none of that, or more than one.
    """

    side: str | None = None
    record: Record | None = None
    parts: Sequence[str] | None = None

    def __post_init__(self) -> None:
        """Check that it is one decision."""
        given = [one for one in (self.side, self.record, self.parts) if one is not None]
        if len(given) != 1:
            raise UsageError(
                "a conflict is resolved in one way", hint="Choose: ours, theirs, base, both, or a record."
            )
        for side in (*(self.parts or ()), *([self.side] if self.side not in (None, "both") else [])):
            if side not in SIDES:
                raise UsageError(f"{side!r} is no side of a conflict: there are ours, theirs and base")

    @property
    def how(self) -> str:
        """What is told of it."""
        if self.side is not None:
            return self.side
        if self.parts is not None:
            kinds = set(self.parts)
            return kinds.pop() if len(kinds) == 1 else "part by part: " + ", ".join(self.parts)
        return "edited"

    @property
    def choice(self) -> Choice:
        """The sides that decide about clashes."""
        return self.parts if self.parts is not None else self.side

    def check(self, conflict: Conflict, clashes: int) -> None:
        """Refuse it for a conflict that cannot be resolved so.

        Raises:
            UsageError: it cannot.
        """
        name = name_of(conflict)
        if self.parts is not None and (conflict.kind != "edited" or len(self.parts) != clashes):
            count = clashes if conflict.kind == "edited" else 1
            raise UsageError(f"{name}: {len(self.parts)} decisions for {count} clashes")
        if self.side == "both" and (conflict.kind != "edited" or not conflict.entry):
            raise UsageError(
                f"{name}: there are no two entries to keep both of",
                hint="Choose one side: --ours or --theirs.",
            )
        if self.record is not None and not conflict.entry:
            raise UsageError(f"{name} is no entry: it has no record", hint="Choose a side, or edit the file.")
        if self.side == "base" and conflict.base is None and conflict.kind != "registry":
            raise UsageError(f"{name} is not in the base", hint="Choose one side: --ours or --theirs.")
