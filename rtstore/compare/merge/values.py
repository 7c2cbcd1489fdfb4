"""Merge of values by path: objects member by member, lists of tags as sets, all else whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from rtstore.compare.merge.merging import Merging, Versions, same
from rtstore.compare.merge.weave import woven
from rtstore.model.jsontext import Member, Path, Span, elements, loads, members

#: What lists of tags are called.
TAGS: Final = "tags"

#: A tag, and where it is in its list.
_Tag = tuple[str, Span]
#: Merges one member of an object: its versions, and its path.
Child = Callable[[Merging, Versions, Path], str | None]


def merge_value(merging: Merging, versions: Versions, path: Path) -> str | None:
    """Return the text of a merged value that is not a turn; None where it is to be gone."""
    side = versions.side()
    if side is not None:
        return merging.take(side, versions, path)
    if versions.opener == "{":
        return merge_object(merging, versions, path, merge_value)
    if versions.opener == "[" and not same(versions.base, versions.ours):
        lists = [_tags(text, path[-1] if path else "") for text in versions]
        if None not in lists:
            return _merge_tags(merging, versions, [tags or [] for tags in lists], path)
    return merging.whole("field", versions, path)


def merge_object(
    merging: Merging, versions: Versions, path: Path, child: Child, kind: str = "field"
) -> str | None:
    """Return the text of merged objects, each member merged by ``child``.

    Objects with members of the same name are merged whole; ``kind`` is that of their clash.
    """
    found = [_by_name(text) for text in versions]
    if None in found:
        return merging.whole(kind, versions, path)
    named = [names or {} for names in found]
    _, ours, theirs = named
    places = {name: index for index, name in enumerate(ours)}
    items: list[tuple[int | None, str]] = []
    for name in woven((), list(ours), list(theirs)):
        slices = (_value(text, names, name) for text, names in zip(versions, named, strict=True))
        value = child(merging, Versions(*slices), (*path, name))
        if value is not None:
            items.append((places.get(name), _heading(merging, versions, ours, theirs, name) + value))
    spans = [Span(member.key_start, member.end) for member in ours.values()]
    return merging.arrange(versions.ours or "", spans, items, path)


def _by_name(text: str | None) -> dict[str, Member] | None:
    """Return the members of an object by name; None if two have the same."""
    found = [] if text is None else members(text)
    named = {member.key: member for member in found}
    return named if len(named) == len(found) else None


def _value(text: str | None, names: Mapping[str, Member], name: str) -> str | None:
    member = names.get(name)
    return None if text is None or member is None else text[member.start : member.end]


def _heading(
    merging: Merging, versions: Versions, ours: Mapping[str, Member], theirs: Mapping[str, Member], name: str
) -> str:
    """Return a member's name and the colon: as ours has them, else with a colon as ours has it elsewhere."""
    container = versions.ours or ""
    own = ours.get(name)
    if own is not None:
        return container[own.key_start : own.start]
    first = next(iter(ours.values()), None)
    colon = merging.spelling.style.colon
    if first is not None:
        colon = container[first.key_start + len(first.spelled) : first.start]
    return theirs[name].spelled + colon


def _tags(text: str | None, name: str | int) -> list[_Tag] | None:
    """Return a list of tags; None if it is not one.

    Lists called ``tags`` are, if they hold no lists or objects. Others are if they hold strings, each once: what
    is there twice, or is a number, means something by its place.
    """
    values = [] if text is None else loads(text.encode())
    if name == TAGS:
        fits = not any(isinstance(value, (list, dict)) for value in values)
    else:
        fits = all(isinstance(value, str) for value in values) and len(set(values)) == len(values)
    return list(zip(map(repr, values), elements(text) if text else [], strict=True)) if fits else None


def _merge_tags(merging: Merging, versions: Versions, lists: Sequence[list[_Tag]], path: Path) -> str:
    """Merge lists of tags as sets: what either added, without what either removed; ours' order first."""
    base, ours, theirs = ({tag for tag, _ in tags} for tags in lists)
    items: list[tuple[int | None, str]] = []
    for index, (tag, span) in enumerate(lists[1]):
        if tag in theirs or tag not in base:
            items.append((index, (versions.ours or "")[span.start : span.end]))
    for tag, span in dict(lists[2]).items():
        if tag not in ours and tag not in base:
            items.append((None, (versions.theirs or "")[span.start : span.end]))
    return merging.arrange(versions.ours or "", [span for _, span in lists[1]], items, path)
