"""Which dotted paths can lead to the id field, or to a volatile field, of a dataset."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

#: So many names a path may have at most: what looks for a field goes down by them, one inside the other.
MAX_STEPS: Final = 32

#: Names that a typed decoder cannot look for.
_UNUSABLE: Final = re.compile(r'["\\\x00-\x1f\ud800-\udfff]')
#: Names that a pattern could find between two strings.
_BETWEEN_STRINGS: Final = re.compile(r"(?:^|\.)[ ,:\[\]{}]")


@lru_cache
def field_problem(path: str) -> str | None:
    """Return why no field can be looked for by a path, in words that go on after it; None if one can."""
    if path.count(".") >= MAX_STEPS:
        return f"has more than {MAX_STEPS} names"
    if _UNUSABLE.search(path):
        return "has a quote, a backslash or a control character in it"
    return None


@lru_cache
def volatile_problem(path: str) -> str | None:
    """Return the same for a volatile field, which is looked for in the text of a record."""
    if problem := field_problem(path):
        return problem
    return "has a name that begins with a space or punctuation" if _BETWEEN_STRINGS.search(path) else None


def shortened(path: str, most: int = 60) -> str:
    """Return a path for a message."""
    return repr(path if len(path) <= most else f"{path[:most]}...")
