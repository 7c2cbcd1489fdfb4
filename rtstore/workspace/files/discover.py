"""Finding dataset files: what ``add`` takes from a directory, and what ``status`` mentions as untracked."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Final

from rtstore.formats.exports.manifest_name import SUFFIX as MANIFEST
from rtstore.formats.rejects_name import is_rejects_name
from rtstore.formats.sidecar_name import SUFFIX
from rtstore.model.names import STORE_DIRECTORY
from rtstore.storage.files import is_temporary

#: So many bytes of a file tell what it begins with.
_START: Final = 4096


def looks_like_dataset(file_name: str) -> bool:
    """Tell whether a file name is one of a dataset: ``.jsonl`` or ``.json``, but no sidecar, no rejects of an import
    and not hidden.
    """
    name = file_name.lower()
    return (
        name.endswith((".jsonl", ".json"))
        and not name.endswith(SUFFIX)
        and not is_rejects_name(name)
        and not name.startswith(".")
        and not is_temporary(file_name)
    )


def may_be_dataset(path: str) -> bool:
    """Tell whether a file that looks like a dataset begins like one, as far as it can be read: most ``.json`` files
    are something else, and a dataset is an array.
    """
    if os.path.islink(path) or not os.path.isfile(path):  # to open a pipe could take forever
        return False
    if not path.lower().endswith(".json"):
        return True
    try:
        with open(path, "rb", buffering=0) as file:
            start = file.read(_START)
    except OSError:
        return False
    return start.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n").startswith(b"[")


def dataset_files(directory: str, refuse: Callable[[OSError], None] | None = None) -> Iterator[str]:
    """Yield the paths of files below a directory that look like datasets, sorted.

    Hidden directories are left out, and files that were exported: they have a manifest beside them.
    ``refuse`` is told of directories that cannot be looked into.
    """
    for current, directories, files in os.walk(directory, onerror=refuse):
        directories[:] = sorted(
            name for name in directories if name != STORE_DIRECTORY and not name.startswith(".")
        )
        manifests = {name for name in files if name.endswith(MANIFEST)}
        for name in sorted(files):
            if looks_like_dataset(name) and name not in manifests and name + MANIFEST not in manifests:
                yield os.path.join(current, name)
