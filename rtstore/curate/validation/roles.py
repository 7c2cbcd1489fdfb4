"""The roles of turns, and how other programs spell them."""

from __future__ import annotations

from typing import Final

from rtstore.curate.counts import TOOL_ROLES

#: RoleThread's spellings of the three roles of training, typos included.
SPELLINGS: Final[dict[str, tuple[str, ...]]] = {
    "user": ("usr", "human", "humans", "person", "player", "input", "prompt", "instruction"),
    "assistant": (
        "asst",
        "bot",
        "chatbot",
        "gpt",
        "model",
        "ai",
        "completion",
        "response",
        "output",
        "assistent",
        "asistant",
        "assisstant",
    ),
    "system": ("sys", "system_prompt", "context", "sytem", "systm", "developer"),
}
_ROLES: Final[dict[str, str]] = {
    **{role: role for role in SPELLINGS},
    **{spelling: role for role, spellings in SPELLINGS.items() for spelling in spellings},
    **dict.fromkeys(TOOL_ROLES, "tool"),
}


def role_of(spelled: str) -> str | None:
    """Return the role that a word means: ``system``, ``user``, ``assistant``, ``tool``; None if it is not known."""
    return _ROLES.get(spelled.strip().lower())
