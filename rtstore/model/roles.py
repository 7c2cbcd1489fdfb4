"""Whose turn it is: the roles that training knows, and how else files spell them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

#: The roles that a trainer's chat template knows.
TRAINING_ROLES: Final = ("system", "user", "assistant", "tool")

#: Other spellings, as RoleThread Lite maps them, with the typing errors that occur in real files.
_SPELLINGS: Final = {
    "system": "system sys system_prompt systemprompt context developer sytem systen sysem sistem systm",
    "user": "user usr human humans person player input prompt instruction prompter users uesr usre usser humam hunan",
    "assistant": "assistant asst bot chatbot gpt model ai completion response output chatgpt bing bard "
    "assistants assitant asistant assisstant assistent assistnat assisant assistand asssistant assiatant",
    "tool": "tool function observation function_response tool_response ipython environment",
}
_ROLES: Final = {spelling: role for role, text in _SPELLINGS.items() for spelling in text.split()}


def training_role(spelling: str) -> str | None:
    """Return the role that a spelling stands for, None for the name of somebody who speaks."""
    # Most are spelled as they should be, and this is asked of every turn.
    return _ROLES.get(spelling) or _ROLES.get("_".join(spelling.lower().replace("-", " ").split()))


def cast(speakers: Iterable[str]) -> dict[str, str]:
    """Give each speaker of a conversation one training role.

    Known spellings have theirs. If the user is among them, anybody with a name is the assistant, if the assistant
    is, the user. Else who follows the user is the assistant, and any other the user.
    """
    order = list(speakers)
    roles = {speaker: role for speaker in order if (role := training_role(speaker)) is not None}
    sides = {"user", "assistant"} & set(roles.values())
    other = {"user": "assistant", "assistant": "user"}.get(next(iter(sides))) if len(sides) == 1 else None
    before = ""
    for speaker in order:
        role = roles.get(speaker) or other or ("assistant" if before == "user" else "user")
        roles[speaker] = before = role
    return roles
