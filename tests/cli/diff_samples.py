"""Differences made by hand, for those who write them out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from rtstore.cli.output import Output
from rtstore.cli.text import printable
from rtstore.compare.difference import EntryChange, FieldChange
from rtstore.compare.records import record_difference
from rtstore.model.objects import Counts

SYSTEM = ("system", "You are Osk, ferryman of the Patience.")
ASK = ("user", "Is this seat taken?")
ANSWER = ("assistant", "Not since the fog came in. Sit.")
WHEN = ("user", "When do we cross?")
LATER = ("assistant", "When the far light is lit.")


class Dataset(NamedTuple):
    """A difference of a dataset."""

    path: str
    change: str
    counts: Counts
    entries: Iterator[EntryChange]
    registry: tuple[FieldChange, ...] = ()
    file: tuple[FieldChange, ...] = ()
    sidecar_differs: bool = True
    #: The versions themselves: these samples have none.
    old: None = None
    new: None = None
    renamed_from: str | None = None


class Difference(NamedTuple):
    """A difference of two versions."""

    old: bytes
    new: bytes | None
    datasets: Iterable[Dataset]


class PlainSession(NamedTuple):
    """What a writer for the terminal needs of a session."""

    out: Output

    def shown(self, name: str) -> str:
        return name

    def shown_rename(self, old: str | None, new: str) -> str:
        return new if old is None else f"{old} -> {new}"


def record(*turns: tuple[str, str], **more: Any) -> bytes:
    """Return the record of a conversation."""
    messages = [{"role": role, "content": content} for role, content in turns]
    return json.dumps({"messages": messages, **more}, ensure_ascii=False).encode()


def edited(old: bytes, new: bytes, at: tuple[int, int] = (3, 3), **more: Any) -> EntryChange:
    """Return an entry of two versions."""
    found = record_difference(old, new)
    return EntryChange("edited", b"\x3f" * 16, *at, old, new, found.turns, found.fields, **more)


def added(new: bytes, at: int = 4) -> EntryChange:
    """Return an entry that only the new version has."""
    return EntryChange("added", b"\x77" * 16, None, at, None, new, after=b"\x3f" * 16)


def removed(old: bytes, at: int = 5) -> EntryChange:
    """Return an entry that only the old version has."""
    return EntryChange("removed", b"\x08" * 16, at, None, old)


def dataset(*entries: EntryChange, change: str = "edited", **more: Any) -> Dataset:
    """Return a dataset that differs in these entries."""
    kinds = [entry.change for entry in entries]
    names = ("added", "removed", "edited", "moved", "reformatted")
    return Dataset("mara.jsonl", change, Counts(*map(kinds.count, names)), iter(entries), **more)


def session(color: str = "never", width: int | None = None) -> Any:
    """Return a session whose output has no terminal."""
    out = Output(lambda _: None)
    out.color = color  # type: ignore[assignment]
    return PlainSession(out)


def is_fit_to_print(text: str) -> bool:
    """Tell whether nothing in a text can steer a terminal."""
    return printable(text) == text
