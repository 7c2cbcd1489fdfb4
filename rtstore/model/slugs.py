"""Slugs: the short names under which a registry keeps tags, characters and prompts."""

from __future__ import annotations

import re
from typing import Final

_OTHERS: Final = re.compile("[^a-z0-9]+")


def slug_of(name: str) -> str:
    """Return the slug of a name by RoleThread's rule; empty where it has no letter or digit of ASCII.

    Lower case, ``&`` as a space, every run of other characters than a-z and 0-9 one ``_``, none at the ends.
    """
    return _OTHERS.sub("_", name.lower()).strip("_")
