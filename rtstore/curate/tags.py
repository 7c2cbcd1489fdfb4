"""The tags of a record, and RoleThread's built-in categories of tags."""

from __future__ import annotations

from typing import Any, Final

#: The built-in tags by the slug of their category.
BUILTIN: Final[dict[str, tuple[str, ...]]] = {
    "behavior": (
        "pacing",
        "boundaries",
        "no_user_control",
        "followup_question",
        "emotional_awareness",
        "instruction_following",
        "consistency",
        "initiative",
    ),
    "interaction": (
        "greeting",
        "roleplay",
        "question_answer",
        "task_completion",
        "explanation",
        "feedback",
        "correction",
    ),
    "style": ("dialogue", "narration", "descriptive", "concise", "detailed", "grounded"),
    "source": ("manual", "ai_generated", "imported", "converted"),
    "status": ("draft", "needs_review", "needs_edit", "approved", "invalid", "duplicate"),
}
BUILTIN_CATEGORIES: Final[dict[str, str]] = {
    tag: category for category, tags in BUILTIN.items() for tag in tags
}
#: The members of a record that tags are read from.
MEMBERS: Final = frozenset(("tags", "_rolethread"))


def tags_of(record: dict[str, Any]) -> list[str]:
    """Return the tags of an entry: in ``tags``, and in what RoleThread keeps for itself; each once."""
    own = record.get("_rolethread")
    places = (record, own) if isinstance(own, dict) else (record,)
    found = (tag for place in places if isinstance(tags := place.get("tags"), list) for tag in tags)
    return list(dict.fromkeys(tag for tag in found if isinstance(tag, str)))
