"""Three-way merge of what belongs to a dataset as a whole: tags, characters, prompts, each by its name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from rtstore.compare.difference import MISSING
from rtstore.compare.merge.clashes import Choice, Clash, Judge
from rtstore.compare.merge.merging import Merging, Versions
from rtstore.compare.merge.renamed import ALIASES, Rename, find_renames
from rtstore.compare.merge.values import merge_object, merge_value
from rtstore.compare.merge.weave import woven
from rtstore.formats.keys import unique_keys
from rtstore.formats.mappings import ENTRY_FIELD, MAPPINGS, PLACES
from rtstore.model.jsonedit import set_value
from rtstore.model.jsontext import Path, loads
from rtstore.model.objects import Registry, Section

#: Where an item stands, and which program wrote the file: nothing to ask a person about. Ours has it.
_OURS: Final = frozenset(("sort_order",))
_WRITER: Final = "metadata"


class MergedRegistry(NamedTuple):
    """A merged registry, None if there is to be none. Where it clashes, it is as ours.

    ``renames`` are those of either side: what the other side uses under an old name is to get the new one.
    """

    registry: Registry | None
    clashes: tuple[Clash, ...] = ()
    renames: tuple[Rename, ...] = ()
    decided: tuple[Clash, ...] = ()


def merge_registries(
    base: Registry | None, ours: Registry | None, theirs: Registry | None, choose: Choice = None
) -> MergedRegistry:
    """Merge two versions of a registry, None where there is none, section by section and item by item.

    ``choose`` decides clashes, as in :func:`rtstore.compare.merge.records.merge_records`.

    Raises:
        UsageError: ``choose`` names a side that there is not.
    """
    renames: list[Rename] = []
    if base is not None:
        for side, changed in (("ours", ours), ("theirs", theirs)):
            renames += find_renames(side, base, changed) if changed is not None and changed != base else []
    judge = Judge(choose)
    merged = _merge(base, ours, theirs, renames, judge)
    return MergedRegistry(merged, tuple(judge.open), tuple(renames), tuple(judge.decided))


def _merge(
    base: Registry | None,
    ours: Registry | None,
    theirs: Registry | None,
    renames: Sequence[Rename],
    judge: Judge,
) -> Registry | None:
    if theirs in (ours, base):
        return ours
    if ours == base:
        return theirs
    if ours is None or theirs is None:
        side = judge.side(Clash("registry", "", *map(_shown, (base, ours, theirs))))
        return {"base": base, "ours": ours, "theirs": theirs}[side]
    versions = [
        {} if one is None else {section.name: section for section in one.sections}
        for one in (
            base,
            _under_new_names("theirs", ours, renames),
            _under_new_names("ours", theirs, renames),
        )
    ]
    found = []
    for name in woven(*map(list, versions)):
        section = _Sections(*(one.get(name) for one in versions)).merged(renames, judge)
        found += [section] if section is not None else []
    before = base.mapping_order if base else b""
    order = theirs.mapping_order if ours.mapping_order == before else ours.mapping_order
    return Registry(tuple(found), order)


class _Sections(NamedTuple):
    """The versions of one section."""

    base: Section | None
    ours: Section | None
    theirs: Section | None

    def merged(self, renames: Sequence[Rename], judge: Judge) -> Section | None:
        """Return the merged section; None if there is to be none."""
        base, ours, theirs = self
        if theirs in (ours, base):
            return ours
        if ours == base:
            return theirs
        layouts = {section.layout for section in self if section is not None}
        if ours is None or theirs is None or len(layouts) > 1:
            name = next(section.name for section in self if section is not None)
            side = judge.side(Clash("registry", name, *map(_section_value, self)))
            return self[self._fields.index(side)]
        if ours.layout == "list":
            return _Lists(self, renames, judge).merged()
        return _merge_members(self, judge)


class _Lists:
    """The merge of a section that is a list: by the names of its items, those that were renamed by their old ones."""

    def __init__(self, sections: _Sections, renames: Sequence[Rename], judge: Judge) -> None:
        self._name = next(section.name for section in sections if section is not None)
        self._judge = judge
        items = [{} if section is None else dict(section.items) for section in sections]
        self._places = _places(items[1]) if self._name == MAPPINGS else {}
        for one in items if self._name == MAPPINGS else ():
            one.pop(PLACES, None)
        own = [rename for rename in renames if rename.section == self._name]
        self._items = [items[0], *(_by_old_names(side, items, own) for side in ("ours", "theirs"))]

    def merged(self) -> Section:
        """Return the merged section."""
        order = woven(*map(list, self._items))
        if self._places:
            # What has no place comes last.
            known = {key: index for index, key in enumerate(self._items[1])}
            order.sort(key=lambda key: known.get(key, len(known)))
        kept = {key: text for key in order if (text := self._merge_item(key)) is not None}
        field = {ALIASES: "old_slug", MAPPINGS: ENTRY_FIELD}.get(self._name, "slug")
        named = unique_keys([_text_at(text, field) for text in kept.values()])
        items = list(zip(named, kept.values(), strict=True))
        places = [self._places[key] for key in kept if key in self._places]
        if places:
            items.insert(0, (PLACES, msgspec.json.encode(places)))
        return Section(self._name, "list", tuple(items))

    def _merge_item(self, key: str) -> bytes | None:
        texts = [None if key not in one else one[key].decode() for one in self._items]
        versions = Versions(*texts)
        merging = Merging(versions, self._judge, f"{self._name}/{key}", "registry")
        if versions.side() is None and versions.opener == "{":
            merged = merge_object(merging, versions, (), _merge_member)
        else:
            merged = merging.whole("registry", versions, ())
        return None if merged is None else merged.encode()


def _merge_member(merging: Merging, versions: Versions, path: Path) -> str | None:
    if path[-1] in _OURS and None not in versions[1:] and versions.side() is None:
        return versions.ours
    return merge_value(merging, versions, path)


def _merge_members(sections: _Sections, judge: Judge) -> Section:
    """Merge a section that is an object, or one value."""
    name, layout = next((section.name, section.layout) for section in sections if section is not None)
    items = [{} if section is None else dict(section.items) for section in sections]
    merged: list[tuple[str, bytes]] = []
    for key in woven((), list(items[1]), list(items[2])):
        texts = [one.get(key) for one in items]
        # The value of a stamp is elsewhere; whether there is one is merged.
        is_stamp = b"" in texts
        versions = Versions(*(None if text is None else (text or b"null").decode() for text in texts))
        value = versions.ours
        if name != _WRITER or value is None or versions.theirs is None or versions.side():
            prefix = f"{name}/{key}" if layout == "object" else name
            value = merge_value(Merging(versions, judge, prefix, "registry"), versions, ())
        if value is not None:
            merged.append((key, b"" if is_stamp else value.encode()))
    return Section(name, layout, tuple(merged))


def _by_old_names(
    side: str, items: Sequence[Mapping[str, bytes]], renames: Sequence[Rename]
) -> dict[str, bytes]:
    """Return one side's items by the names they had in the base, unless another item has the new one."""
    base, ours, theirs = items
    one, other, other_side = (ours, theirs, "theirs") if side == "ours" else (theirs, ours, "ours")
    old = {
        rename.new: rename.old
        for rename in renames
        if rename.side == side
        and rename.new not in base
        and rename.old not in one
        and (rename.new not in other or rename._replace(side=other_side) in renames)
    }
    return {old.get(key, key): text for key, text in one.items()}


def _under_new_names(side: str, registry: Registry, renames: Iterable[Rename]) -> Registry:
    """Return a registry whose tags are in categories under the names that ``side`` gave those."""
    new = {one.old: one.new for one in renames if one.side == side and one.section == "categories"}
    if not new:
        return registry
    sections = [
        msgspec.structs.replace(
            section, items=tuple((key, _in_category(text, new)) for key, text in section.items)
        )
        if section.name == "tags" and section.layout == "list"
        else section
        for section in registry.sections
    ]
    return msgspec.structs.replace(registry, sections=tuple(sections))


def _in_category(tag: bytes, new: Mapping[str, str]) -> bytes:
    category = _text_at(tag, "category_slug")
    if category is None or category not in new:
        return tag
    return set_value(tag.decode(), ("category_slug",), new[category]).encode()


def _text_at(item: bytes, field: str) -> str | None:
    value = loads(item)
    found = value.get(field) if isinstance(value, dict) else None
    return found if isinstance(found, str) else None


def _places(items: Mapping[str, bytes]) -> dict[str, int]:
    """Return the places that a section of mappings notes for those of its items that have one."""
    if PLACES not in items:
        return {}
    found = loads(items[PLACES])
    others = (key for key in items if key != PLACES)
    return dict(zip(others, found if isinstance(found, list) else (), strict=False))


def _shown(registry: Registry | None) -> Any:
    if registry is None:
        return MISSING
    return {section.name: _section_value(section) for section in registry.sections}


def _section_value(section: Section | None) -> Any:
    """Return what a section says, for people to see."""
    if section is None:
        return MISSING
    values = {key: loads(text or b"null") for key, text in section.items if key or section.layout == "value"}
    return {"list": list(values.values()), "object": values}.get(section.layout, values.get(""))
