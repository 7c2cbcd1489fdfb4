"""Characters and system prompts that come in with conversations, for the registry of the dataset.

What the registry has is never overwritten: a character of a known name, or of a name with a known slug, is that one;
a prompt is added unless the same text is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from blake3 import blake3
from msgspec import json

from rtstore.formats.keys import storable
from rtstore.formats.sources.base import Character, Prompt
from rtstore.model.jsontext import loads
from rtstore.model.objects import Registry, Section
from rtstore.model.slugs import slug_of

_CHARACTERS: Final = "characters"
_PROMPTS: Final = "system_prompts"

_Item = dict[str, Any]


class Roster:
    """What comes in, beside what the registries given have already."""

    def __init__(self, known: Sequence[Registry]) -> None:
        self.characters: dict[str, _Item] = {}
        self.prompts: dict[str, _Item] = {}
        self._slugs: dict[str, str] = {}
        for item in _items(known, _CHARACTERS):
            self._slugs[item["slug"]] = item["slug"]
            if isinstance(item.get("display_name"), str):
                self._slugs.setdefault(_folded(item["display_name"]), item["slug"])
        there = list(_items(known, _PROMPTS))
        self._prompt_slugs = {item["slug"] for item in there}
        self._contents = {item["content"] for item in there if isinstance(item.get("content"), str)}

    def __bool__(self) -> bool:
        """Whether there is anything to add to the registry."""
        return bool(self.characters or self.prompts)

    def slug(self, name: str) -> str:
        """Return the slug of somebody who speaks; one who is not known becomes a character."""
        known = self._slugs.get(_folded(name))
        if known is not None:
            return known
        slug = slug_of(name) or f"character_{blake3(name.encode('utf-8', 'replace')).hexdigest()[:8]}"
        if slug not in self._slugs:
            self._slugs[slug] = slug
            self.characters[slug] = {
                "slug": slug,
                "display_name": name,
                "description": None,
                "is_active": True,
            }
        self._slugs[_folded(name)] = slug
        return slug

    def add_character(self, character: Character) -> None:
        """Add a character unless it is known; one that came in without a description gets it."""
        made = self.characters.get(self.slug(character.name))
        if made is not None and character.description and made["description"] is None:
            made["description"] = character.description

    def add_prompt(self, prompt: Prompt) -> None:
        """Add a prompt unless one of the same text is there."""
        if prompt.content in self._contents:
            return
        base = (
            slug_of(prompt.name)
            or f"prompt_{blake3(prompt.content.encode('utf-8', 'replace')).hexdigest()[:8]}"
        )
        slug, number = base, 1
        while slug in self._prompt_slugs:
            number += 1
            slug = f"{base}_{number}"
        self._prompt_slugs.add(slug)
        self._contents.add(prompt.content)
        self.prompts[slug] = {
            "slug": slug,
            "name": prompt.name,
            "content": prompt.content,
            "description": prompt.description or None,
            "is_active": True,
        }

    def registry(self) -> Registry:
        """Return a registry with nothing but what is to be added."""
        found = ((_CHARACTERS, self.characters), (_PROMPTS, self.prompts))
        return Registry(tuple(_section(name, items) for name, items in found if items))


def _items(known: Sequence[Registry], name: str) -> Iterator[_Item]:
    """Yield the items of a section that have a slug."""
    for registry in known:
        for section in registry.sections:
            for _, text in section.items if section.name == name and section.layout == "list" else ():
                item = loads(text)
                if isinstance(item, dict) and isinstance(item.get("slug"), str):
                    yield item


def _section(name: str, items: dict[str, _Item]) -> Section:
    return Section(name, "list", tuple((storable(slug), _encoded(item)) for slug, item in items.items()))


def _encoded(item: _Item) -> bytes:
    texts = {key: _whole(value) if isinstance(value, str) else value for key, value in item.items()}
    return json.encode(texts)


def _whole(text: str) -> str:
    """Return a text without half characters, which no registry can hold."""
    return text.encode("utf-8", "replace").decode()


def _folded(name: str) -> str:
    """Return a name as it is compared: without regard to case and white space."""
    return " ".join(name.casefold().split())
