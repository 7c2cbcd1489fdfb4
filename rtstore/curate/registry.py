"""What curation reads of a registry: the categories of tags, the names of characters nobody uses any more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rtstore.curate.tags import BUILTIN_CATEGORIES
from rtstore.model.jsontext import loads
from rtstore.model.objects import Registry


def categories(registry: Registry | None) -> dict[str, str]:
    """Return the slugs of the categories of tags: those the registry gives, else RoleThread's built-in ones."""
    found = dict(BUILTIN_CATEGORIES)
    for tag in _items(registry, "tags"):
        slug, category = tag.get("slug"), tag.get("category_slug")
        if isinstance(slug, str):
            if isinstance(category, str):
                found[slug] = category
            else:
                found.pop(slug, None)
    return found


def inactive_characters(registry: Registry | None) -> tuple[str, ...]:
    """Return the display names of characters that are not active."""
    names = (
        character.get("display_name")
        for character in _items(registry, "characters")
        if character.get("is_active") is False
    )
    return tuple(dict.fromkeys(name for name in names if isinstance(name, str) and name.strip()))


def _items(registry: Registry | None, section: str) -> Iterator[dict[str, Any]]:
    for each in registry.sections if registry is not None else ():
        if each.name == section and each.layout == "list":
            for _, text in each.items:
                item = loads(text) if text else None
                if isinstance(item, dict):
                    yield item
