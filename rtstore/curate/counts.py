"""What can be counted of a conversation: turns, exchanges, words, characters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from rtstore.curate.plain import Spoken

#: Turns that are neither a question nor an answer: what a tool was asked, and what it said.
TOOL_ROLES: Final = frozenset(("tool", "tool_call", "function"))


def words(turns: Sequence[Spoken]) -> int:
    """Return the number of words in turns: of runs of characters between white space."""
    return sum(len(turn.content.split()) for turn in turns)


def characters(turns: Sequence[Spoken]) -> int:
    """Return the number of characters in turns."""
    return sum(len(turn.content) for turn in turns)


def exchanges(turns: Sequence[Spoken]) -> int:
    """Return the number of times an assistant answers a user, whatever tools say in between."""
    count, asked = 0, False
    for turn in turns:
        if turn.role == "assistant" and asked:
            count, asked = count + 1, False
        elif turn.role not in TOOL_ROLES:
            asked = turn.role == "user"
    return count


#: What can be counted of the turns of one role.
COUNTS: Final[dict[str, Callable[[Sequence[Spoken]], int]]] = {
    "turns": len,
    "words": words,
    "characters": characters,
}
