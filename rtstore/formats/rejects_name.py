"""The names of files that hold what an import could not use: ``NAME.rejects.jsonl``. They are no datasets."""

from __future__ import annotations

import re
from typing import Final

_REJECTS: Final = re.compile(r"\.rejects(-[0-9]+)?\.jsonl$", re.IGNORECASE)
#: Bytes of a name that are kept: with the rest it is below the 255 that file systems allow.
_KEPT: Final = 200


def rejects_name(stem: str, number: int) -> str:
    """Return the name of the file for what came from a file with this stem; ``number`` from 1 tells several apart."""
    kept = stem.encode("utf-8", "replace")[:_KEPT].decode("utf-8", "ignore")
    return f"{kept}.rejects.jsonl" if number == 1 else f"{kept}.rejects-{number}.jsonl"


def is_rejects_name(file_name: str) -> bool:
    """Tell whether a file has such a name."""
    return _REJECTS.search(file_name) is not None
