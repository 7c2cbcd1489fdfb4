"""The macros of role-play programs: what stands for the names of the character and the user."""

from __future__ import annotations

import re
from typing import Final

#: What the user is called where nobody says.
USER: Final = "User"
_MACRO: Final = re.compile(r"\{\{\s*(char|user|original)\s*\}\}|<(BOT|CHAR|USER)>", re.IGNORECASE)


def filled(text: str, character: str, user: str = USER) -> str:
    """Return a text with the names of the character and the user in it.

    The user of a card is nobody yet, and is called ``User``, as SillyTavern does: a model that is trained on
    ``{{user}}`` learns to write it. ``{{original}}``, which stands for the own prompt of whatever program shows the
    card, is taken out. Other macros stay.
    """

    def name(found: re.Match[str]) -> str:
        macro = (found[1] or found[2]).lower()
        return "" if macro == "original" else user if macro == "user" else character

    return _MACRO.sub(name, text)
