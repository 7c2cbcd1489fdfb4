"""What the cache knows of working files: what they were seen to be, and how that differed from HEAD."""

from __future__ import annotations

import msgspec

from rtstore.storage.signature import Signature
from rtstore.workspace.files.ranges import Seen
from rtstore.workspace.results import DatasetChange
from rtstore.workspace.workspace import Workspace


class SeenChange(msgspec.Struct, array_like=True):
    """How a working file differed from a commit's dataset ``head`` when ``base`` was known of it."""

    base: bytes
    head: bytes | None
    signature: Signature
    sidecar: Signature | None
    when: int
    change: DatasetChange


def remember(workspace: Workspace, name: str, seen: Seen) -> None:
    """Note what a working file was seen to be."""
    workspace.cache.put(f"seen {name}", seen)


def recall(workspace: Workspace, name: str) -> Seen | None:
    """Return what a working file was last seen to be."""
    return workspace.cache.get(f"seen {name}", Seen)


def remember_change(workspace: Workspace, name: str, change: SeenChange) -> None:
    """Note how a working file differed."""
    workspace.cache.put(f"change {name}", change)


def recall_change(workspace: Workspace, name: str) -> SeenChange | None:
    """Return how a working file last differed."""
    return workspace.cache.get(f"change {name}", SeenChange)


def still_valid(seen: Seen | SeenChange, signature: Signature | None, sidecar: Signature | None) -> bool:
    """Tell whether nothing can have changed since: same signatures, taken long enough after the last change."""
    return (
        seen.signature == signature
        and seen.sidecar == sidecar
        and seen.signature.settled(seen.when)
        and (sidecar is None or sidecar.settled(seen.when))
    )
