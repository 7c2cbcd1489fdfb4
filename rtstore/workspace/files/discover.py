"""Finding dataset files: what ``add`` takes from a directory, and what ``status`` mentions as untracked."""

from __future__ import annotations

import os
from collections.abc import Iterator

from rtstore.formats.sidecar_name import SUFFIX
from rtstore.storage.files import is_temporary
from rtstore.workspace.paths import STORE_DIRECTORY


def looks_like_dataset(file_name: str) -> bool:
    """Tell whether a file name is one of a dataset: ``.jsonl`` or ``.json``, but no sidecar and not hidden."""
    name = file_name.lower()
    return (
        name.endswith((".jsonl", ".json"))
        and not name.endswith(SUFFIX)
        and not name.startswith(".")
        and not is_temporary(file_name)
    )


def dataset_files(directory: str) -> Iterator[str]:
    """Yield the paths of files below a directory that look like datasets, sorted; hidden directories are left out."""
    for current, directories, files in os.walk(directory):
        directories[:] = sorted(
            name for name in directories if name != STORE_DIRECTORY and not name.startswith(".")
        )
        for name in sorted(files):
            if looks_like_dataset(name):
                yield os.path.join(current, name)
