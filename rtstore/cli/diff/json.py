"""A difference as JSON, written as it is found: an added dataset may be of any size."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from rtstore.cli.jsonout import counts, harmless, hex_or_none
from rtstore.compare.difference import MISSING, EntryChange, FieldChange, TurnChange
from rtstore.formats.patch import beside, frame, frame_stamps

if TYPE_CHECKING:
    from rtstore.compare.datasets import DatasetDifference
    from rtstore.workspace.diff import Difference


def write(difference: Difference, line: Callable[[str], None]) -> bool:
    """Write a difference, each entry in a line of its own. Return whether there is any."""
    new = "worktree" if difference.new is None else difference.new.hex()
    line(f'{{"from": {encoded(hex_or_none(difference.old))}, "to": {encoded(new)}, "datasets": [')
    found = False
    for dataset in difference.datasets:
        for piece in _dataset(dataset, "," if found else ""):
            line(piece)
        found = True
    line("]}")
    return found


def encoded(value: Any) -> str:
    """Return a value as JSON in one line, whatever a record's JSON can hold."""
    try:
        return harmless(msgspec.json.encode(value).decode())
    except (msgspec.MsgspecError, ValueError, OverflowError):
        # Lone surrogates, which Python's own encoder takes. Its NaN would be no JSON.
        import json

        return json.dumps(_finite(value), default=str)


def entry(change: EntryChange) -> dict[str, Any]:
    """Return an entry that differs. Positions count from 1, indexes of turns from 0."""
    return {
        "change": change.change,
        "id": change.id.hex(),
        "old_position": _position(change.old_position),
        "new_position": _position(change.new_position),
        "moved": change.moved,
        "after": hex_or_none(change.after),
        "turns": [_turn(turn) for turn in change.turns],
        "fields": _fields(change.fields),
        "old_text": _text(change.old_text),
        "new_text": _text(change.new_text),
        **_beside(change),
    }


def _dataset(dataset: DatasetDifference, comma: str) -> Iterator[str]:
    head = {
        "path": dataset.path,
        "change": dataset.change,
        "renamed_from": dataset.renamed_from,
        "counts": counts(dataset.counts),
        "registry": _fields(dataset.registry),
        "file": _fields(dataset.file),
        **_frames(dataset),
    }
    yield f'{comma}{encoded(head)[:-1]}, "entries": ['
    before = ""
    for change in dataset.entries:
        yield before + encoded(entry(change))
        before = ","
    yield "]}"


def _frames(dataset: DatasetDifference) -> dict[str, Any]:
    """Return what is around the records, for `apply`: where it differs, or one version has no dataset."""
    versions = dataset.old, dataset.new
    frames = [None if one is None else frame(one.dataset, one.registry, one.settled) for one in versions]
    if frames[0] == frames[1]:
        return {}
    for found, version in zip(frames, versions, strict=True):
        if found is not None and version is not None:
            found["stamps"] = frame_stamps(version.sidecar_stamps)
    return {"old_frame": frames[0], "new_frame": frames[1]}


def _beside(change: EntryChange) -> dict[str, Any]:
    """Return what is beside the records, for `apply`: most entries have nothing there."""
    found = {"old_beside": change.old_beside, "new_beside": change.new_beside}
    return {
        key: beside(one.annotation, one.separator, one.stamps)
        for key, one in found.items()
        if one is not None
    }


def _turn(turn: TurnChange) -> dict[str, Any]:
    return msgspec.structs.asdict(turn)


def _fields(changes: Iterable[FieldChange]) -> list[dict[str, Any]]:
    return [{"path": change.path, "old": _value(change.old), "new": _value(change.new)} for change in changes]


def _value(value: Any) -> Any:
    return None if value is MISSING else value


def _finite(value: Any) -> Any:
    """Return a value with null for NaN and infinities."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and value - value != 0 else value


def _position(position: int | None) -> int | None:
    return None if position is None else position + 1


def _text(record: bytes | None) -> str | None:
    return None if record is None else record.decode("utf-8")
