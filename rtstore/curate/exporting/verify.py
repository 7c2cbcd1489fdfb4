"""Whether an exported file still is what its manifest says."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from rtstore.curate.exporting.manifest import read_manifest
from rtstore.curate.exporting.output import hash_of
from rtstore.curate.exporting.results import Verified
from rtstore.errors import RtstoreError

if TYPE_CHECKING:
    from rtstore.workspace.store import LocalStore


def verify(path: str, store: LocalStore) -> Verified:
    """Compare the file at ``path`` with its manifest, and look for its commit in a store.

    Raises:
        InputError: it has none.
        StorageError: it cannot be read.
    """
    manifest = read_manifest(path)
    digest, size = hash_of(path)
    problem = None
    if size != manifest.bytes:
        problem = f"it has {size:,} bytes, and was written with {manifest.bytes:,}"
    elif digest != manifest.blake3:
        problem = "its content is not what was written"
    elif os.path.basename(path) != manifest.file:
        problem = f"it was written as {manifest.file}"
    known = _is_known(store, manifest.commit)
    return Verified(
        path=path,
        matches=problem is None,
        commit=manifest.commit,
        known=known,
        names=tuple(store.refs_at().get(bytes.fromhex(manifest.commit), ())) if known else (),
        dataset=manifest.dataset,
        side=manifest.side,
        rows=manifest.counts.get("rows", 0),
        options=manifest.options,
        problem=problem,
    )


def _is_known(store: LocalStore, commit: str) -> bool:
    try:
        return store.resolve(commit).hex() == commit
    except RtstoreError:
        return False
