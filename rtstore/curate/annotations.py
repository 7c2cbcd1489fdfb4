"""What curators know about an entry: review state, rating, note. The one place that reads them.

They are in the entry's annotation. Where it says nothing, a record may: by members ``review`` and ``rating`` of its
own, or by a tag of the category Status.
"""

from __future__ import annotations

from typing import Any

from rtstore.model.objects import Annotation


def annotated_review(annotation: Annotation) -> str:
    """Return the review state in an annotation, empty if there is none."""
    return annotation.review


def annotated_rating(annotation: Annotation) -> int:
    """Return the rating in an annotation, 1 to 5; 0 if there is none."""
    return annotation.rating


def note_of(annotation: Annotation) -> str:
    """Return the note on an entry, empty if there is none."""
    return annotation.note


def recorded_rating(record: dict[str, Any]) -> float | None:
    """Return the rating that is a member of a record, None if there is none."""
    rating = record.get("rating")
    return rating if isinstance(rating, int | float) and not isinstance(rating, bool) else None
