"""Results as JSON. The schemas are stable and documented in ``docs/cli.md``; ids are hex, times ISO 8601."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rtstore.cli.times import iso
from rtstore.model.objects import Commit, Counts, Operation
from rtstore.workspace.results import DatasetChange

if TYPE_CHECKING:
    from rtstore.workspace.lookback.following import DatasetCounts

#: Control characters beyond ASCII, zero-width spaces, marks that turn the direction of text, byte order marks.
_UNSEEN: Final = re.compile("[\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def dump(value: Any) -> str:
    """Return a value as indented JSON text, whatever a record's JSON can hold."""
    try:
        return harmless(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
    except (msgspec.MsgspecError, ValueError, OverflowError, TypeError):
        # Integers of more than 64 bits and lone surrogates, which Python's own JSON takes.
        import json

        return json.dumps(value, indent=2, default=str)


def harmless(text: str) -> str:
    """Return JSON text with what steers a terminal, or is not seen on one, as escapes: the same to any reader."""
    if text.isascii() and "\x7f" not in text:
        return text
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def hex_or_none(id_: bytes | None) -> str | None:
    """Return an id as hex."""
    return None if id_ is None else id_.hex()


def counts(number: Counts) -> dict[str, int]:
    """Return the five counts of differing entries by kind."""
    return msgspec.structs.asdict(number)


def change(what: DatasetChange) -> dict[str, Any]:
    """Return how one dataset differs between two versions."""
    return {
        "path": what.path,
        "change": what.change,
        "entries": what.entries,
        "counts": counts(what.counts),
        "stamps_only": what.stamps_only,
        "registry_changed": what.registry_changed,
        "framing_changed": what.framing_changed,
        "warnings": list(what.warnings),
        "problem": what.problem,
        "renamed_from": what.renamed_from,
        "partition_changed": what.partition_changed,
    }


def commit(id_: bytes, what: Commit) -> dict[str, Any]:
    """Return a commit, without what it changed."""
    return {
        "id": id_.hex(),
        "parents": [parent.hex() for parent in what.parents],
        "author": what.author,
        "time": iso(what.time, what.offset),
        "message": what.message.strip(),
    }


def dataset_counts(what: DatasetCounts) -> dict[str, Any]:
    """Return what a commit changed in a dataset."""
    return {"path": what.path, "counts": counts(what.counts), "renamed_from": what.renamed_from}


def operation(id_: bytes, what: Operation) -> dict[str, Any]:
    """Return an operation, without the working files it changed."""
    return {
        "id": id_.hex(),
        "time": iso(what.time, what.offset),
        "kind": what.kind,
        "command": what.command,
        "target": hex_or_none(what.target),
    }
