"""The files in a backup that can be read without keys: how to get the data back without rtstore."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

import msgspec

FORMAT_VERSION: Final = 1
#: Git is to leave the files as they are, and not to look for what encrypted ones have in common: that takes long.
_ATTRIBUTES: Final = b"* -text\n*.age -delta -diff\n"


def plain_files() -> dict[str, bytes]:
    """Return the files by name. They are the same in every backup."""
    here = files(__name__)
    found = {name: here.joinpath(name).read_bytes() for name in ("README.md", "restore.py")}
    return found | {
        ".gitattributes": _ATTRIBUTES,
        "format.json": msgspec.json.encode({"format": "rtstore backup", "version": FORMAT_VERSION}) + b"\n",
    }
