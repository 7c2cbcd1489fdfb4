"""What may be noted about an entry: one rule for what is typed and what is read from a store or a patch.

The rules say what is wrong with a value in words that go on after its name: "the rating ...".
"""

from __future__ import annotations

import re
from typing import Final

#: Ratings go from 1 to this; 0 stands for none.
BEST: Final = 5
#: Bytes of a note in UTF-8, at most.
MAX_NOTE: Final = 64 << 10
#: Characters of a review state, or of the name of a side, at most.
MAX_NAME: Final = 64
_SLUG: Final = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)*")
_SIDE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def note_problem(note: str) -> str | None:
    """Return why something can be no note; None if it can."""
    try:
        size = len(note.encode())
    except UnicodeEncodeError:
        return "is not UTF-8 text"
    return f"is longer than {MAX_NOTE:,} bytes" if size > MAX_NOTE else None


def rating_problem(rating: int) -> str | None:
    """Return why something can be no rating; None if it can. 0 takes a rating away."""
    return None if 0 <= rating <= BEST else f"goes from 1 to {BEST} (0: none), and is not {rating}"


def review_problem(review: str) -> str | None:
    """Return why something can be no review state; None if it can. An empty one takes it away."""
    if not review or (len(review) <= MAX_NAME and _SLUG.fullmatch(review)):
        return None
    return f"is a slug such as needs_review or approved, and not {review[:MAX_NAME]!r}"


def side_problem(side: str) -> str | None:
    """Return why no side of a partition can have a name; None if one can."""
    if len(side) <= MAX_NAME and _SIDE.fullmatch(side):
        return None
    return f"has letters, digits, '.', '_' and '-' only, and is not {side[:MAX_NAME]!r}"


def annotation_problem(note: str, rating: int, review: str, partition: str) -> str | None:
    """Return which of these cannot be noted, and why; None if all can."""
    problems = {
        "note": note_problem(note),
        "rating": rating_problem(rating),
        "review": review_problem(review),
        "partition": side_problem(partition) if partition else None,
    }
    return next((f"{name} {problem}" for name, problem in problems.items() if problem is not None), None)
