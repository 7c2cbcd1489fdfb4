"""Which tags, characters and the like one side gave another name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from rtstore.model.jsontext import loads
from rtstore.model.objects import Registry, Section

#: The sections whose items have names that are used elsewhere.
NAMED: Final = ("categories", "tags", "characters", "system_prompts")
#: What remembers new names of tags.
ALIASES: Final = "aliases"
#: What may differ between an item and the same one under another name.
_NAMES: Final = frozenset(("slug", "name", "display_name", "sort_order"))
#: What says so much about an item that no other has the same.
_TELLING: Final = ("description", "content")


class Rename(NamedTuple):
    """An item of a registry's section that one side (``ours`` or ``theirs``) gave another slug."""

    side: str
    section: str
    old: str
    new: str


def find_renames(side: str, base: Registry, changed: Registry) -> list[Rename]:
    """Return what got another slug from one version of a registry to the next.

    Of a tag an alias tells. Otherwise it is an item that is gone and one that came, alike in all but their
    names, and either at the same place or with the same description; if others could be meant, it is none.
    """
    before, after = _sections(base), _sections(changed)
    aliased = _aliased(before, after)
    found = [Rename(side, "tags", old, new) for old, new in aliased.items() if new is not None]
    for name in NAMED:
        if name in before and name in after:
            known = aliased if name == "tags" else {}
            pairs = _alike(_items(before[name]), _items(after[name]), known)
            found += [Rename(side, name, old, new) for old, new in pairs]
    return found


def _sections(registry: Registry) -> dict[str, Section]:
    return {section.name: section for section in registry.sections if section.layout == "list"}


def _items(section: Section, field: str = "slug") -> dict[str, Any]:
    """Return the items of a section by slug."""
    values = [loads(text) for _, text in section.items]
    return {
        value[field]: value
        for value in values
        if isinstance(value, dict) and isinstance(value.get(field), str)
    }


def _aliased(before: Mapping[str, Section], after: Mapping[str, Section]) -> dict[str, str | None]:
    """Return what became of tags, as aliases that are new tell: the new slug, or None if they were deleted."""
    if ALIASES not in after or "tags" not in before or "tags" not in after:
        return {}
    known = _items(before[ALIASES], "old_slug") if ALIASES in before else {}
    old_tags, new_tags = _items(before["tags"]), _items(after["tags"])
    found: dict[str, str | None] = {}
    for old, alias in _items(after[ALIASES], "old_slug").items():
        if known.get(old) != alias and old in old_tags and not _is_active(new_tags.get(old)):
            new = alias.get("new_slug")
            found[old] = new if isinstance(new, str) and new in new_tags else None
    return found


def _is_active(tag: Any) -> bool:
    return tag is not None and tag.get("is_active") is not False


def _alike(
    before: Mapping[str, Any], after: Mapping[str, Any], known: Mapping[str, str | None]
) -> list[tuple[str, str]]:
    """Return pairs of an item that is gone and the one that came for it."""
    kept = before.keys() & after.keys()
    gone = [slug for slug in before if slug not in kept and slug not in known]
    came = [slug for slug in after if slug not in kept and slug not in known.values()]
    if not gone or not came:
        return []
    old_left, new_left = _left(before, kept), _left(after, kept)
    pairs = [
        (old, new)
        for old in gone
        for new in came
        if _rest(before[old]) == _rest(after[new])
        and (old_left[old] == new_left[new] or any(before[old].get(name) for name in _TELLING))
    ]
    return [pair for pair in pairs if _is_only(pair, pairs)]


def _left(items: Iterable[str], kept: Iterable[str]) -> dict[str, str | None]:
    """Return the nearest item before each one that is among ``kept``."""
    known = set(kept)
    left: dict[str, str | None] = {}
    last = None
    for item in items:
        left[item] = last
        last = item if item in known else last
    return left


def _rest(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in _NAMES}


def _is_only(pair: tuple[str, str], pairs: list[tuple[str, str]]) -> bool:
    return sum(1 for old, new in pairs if old == pair[0] or new == pair[1]) == 1
