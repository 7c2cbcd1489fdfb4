"""Where a dataset's sidecar is. On its own, since every command asks and few read one."""

from __future__ import annotations

import os
from typing import Final

SUFFIX: Final = ".registry.json"


def sidecar_path(dataset_path: str) -> str:
    """Return where the sidecar of a dataset is: ``mara/mara.jsonl`` has ``mara/mara.registry.json``."""
    return os.path.splitext(dataset_path)[0] + SUFFIX  # the separators stay as they are


def twin_of(dataset_path: str) -> str | None:
    """Return the line file to which a sidecar beside it belongs rather than to this array; None for a line file."""
    stem, ending = os.path.splitext(dataset_path)
    return f"{stem}.jsonl" if ending == ".json" else None
