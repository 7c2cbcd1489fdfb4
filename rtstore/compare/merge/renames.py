"""The uses of tags and characters under their new names, where one side renamed them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rtstore.compare.merge.spelling import Spelling, arranged
from rtstore.model.jsonedit import replace
from rtstore.model.jsontext import Path, Span, elements, loads, locate, members
from rtstore.model.shapes import turns


def rename_tag(record: bytes, old: str, new: str) -> bytes:
    """Return a record, as JSON, whose lists of tags have a tag under its new name.

    Lists of tags are lists of strings that are called ``tags``, anywhere but in turns. The rest of the record
    stays as it is spelled.
    """
    places = _Places(record.decode())
    edits = []
    for path, tags in _tag_lists(loads(record), ()):
        span = places.at(path) if old in tags else None
        if span is not None:
            container = places.text[span.start : span.end]
            items = _renamed(container, tags, old, new, places.spelling)
            style = places.spelling.style
            edits.append((*span, arranged(container, elements(container), items, style, "")))
    return replace(places.text, edits).encode() if edits else record


def rename_speaker(record: bytes, old: str, new: str) -> bytes:
    """Return a record, as JSON, whose turns have a speaker (their ``name``) under its new name."""
    value = loads(record)
    found = turns(value) if isinstance(value, dict) else []
    return _with_strings(record, [(*turn.path, "name") for turn in found if turn.name == old], new)


def rename_character(mapping: bytes, old: str, new: str) -> bytes:
    """Return an entry's mapping whose turns have a character under its new slug."""
    value = loads(mapping) if mapping else None
    items = value.get("turns") if isinstance(value, dict) else None
    paths = [
        ("turns", index, "character_slug")
        for index, item in enumerate(items if isinstance(items, list) else [])
        if isinstance(item, dict) and item.get("character_slug") == old
    ]
    return _with_strings(mapping, paths, new)


class _Places:
    """Where values are in a text; each object and array is looked through once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.spelling = Spelling(text)
        self._found: dict[Path, Span] = {}
        self._opened: set[Path] = set()

    def at(self, path: Path) -> Span | None:
        """Return where the value at ``path`` is."""
        if not path:
            return locate(self.text, ())
        parent = path[:-1]
        if parent not in self._opened:
            self._opened.add(parent)
            self._open(parent, self.at(parent))
        return self._found.get(path)

    def _open(self, path: Path, span: Span | None) -> None:
        if span is not None and self.text[span.start] == "[":
            items = enumerate(elements(self.text, span.start))
            self._found.update(((*path, index), item) for index, item in items)
        elif span is not None and self.text[span.start] == "{":
            named = members(self.text, span.start)
            self._found.update(((*path, one.key), Span(one.start, one.end)) for one in named)


def _with_strings(data: bytes, paths: Sequence[Path], new: str) -> bytes:
    """Return a text with a string in the places of others."""
    if not paths:
        return data
    places = _Places(data.decode())
    spans = [span for path in paths if (span := places.at(path)) is not None]
    edits = [(*span, places.spelling.string(new, places.text[span.start : span.end])) for span in spans]
    return replace(places.text, edits).encode()


def _tag_lists(value: Any, path: Path) -> Iterator[tuple[Path, list[str]]]:
    if isinstance(value, dict):
        for name, below in value.items():
            if name == "tags" and isinstance(below, list) and all(isinstance(tag, str) for tag in below):
                yield (*path, name), below
            else:
                yield from _tag_lists(below, (*path, name))


def _renamed(
    container: str, tags: list[str], old: str, new: str, spelling: Spelling
) -> Iterator[tuple[int | None, str]]:
    """Yield the tags of a list; one that would be there twice under the new name is left out."""
    there = new in tags
    for index, (tag, span) in enumerate(zip(tags, elements(container), strict=True)):
        text = container[span.start : span.end]
        if tag != old:
            yield index, text
        elif not there:
            there = True
            yield index, spelling.string(new, text)
