"""A file to import, opened: of which kind it is, and the sidecar it has."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

import msgspec

from rtstore.errors import InputError
from rtstore.formats import sidecar as format
from rtstore.formats.sidecar import Sidecar
from rtstore.formats.sidecar_name import sidecar_path
from rtstore.formats.sources.base import SAMPLE_SIZE, Options, Sample, Source
from rtstore.formats.sources.registry import source_named, source_of
from rtstore.model.jsontext import loads
from rtstore.storage.signature import Signature, signature
from rtstore.workspace.files.reading import open_to_read, read_at
from rtstore.workspace.importing.identity import DATASET_UUID, value_at
from rtstore.workspace.importing.plain import ARRAY, LINES, UnsoundFileError, batches

#: Records looked at to learn which dataset they say they belong to.
_LOOKED_AT: Final = 8


class Opened(msgspec.Struct, frozen=True):
    """A file to import. ``name`` is what messages call it. ``is_stream``: it was made of what came in by a stream."""

    path: str
    name: str
    source: Source
    signature: Signature
    options: Options
    is_stream: bool = False

    @property
    def is_dataset_file(self) -> bool:
        """Whether it is a file of records, one a line or in an array, which may have a sidecar."""
        return self.source.name in (LINES, ARRAY) and not self.options.columns

    def sidecar(self) -> tuple[Sidecar | None, str | None]:
        """Return the sidecar beside a dataset file, if there is one that is its own, and a warning if it is not.

        Raises:
            InputError: it is no sidecar that rtstore knows.
        """
        path, shown = sidecar_path(self.path), sidecar_path(self.name)
        found = signature(path) if self.is_dataset_file else None
        if found is None:
            return None, None
        with open_to_read(path) as file:
            sidecar = format.parse(read_at(file, 0, found.size + 1), shown)
        warning = format.check(sidecar, self._dataset_uuids())
        return (sidecar, None) if warning is None else (None, f"{shown}: {warning}; it is not recorded")

    def _dataset_uuids(self) -> set[str]:
        """Return the datasets that the first records say they belong to."""
        found = set()
        try:
            for text in next(batches(self.path, self.source.name)).texts[:_LOOKED_AT]:
                uuid = value_at(loads(text), DATASET_UUID)
                found |= {uuid} if isinstance(uuid, str) else set()
        except (StopIteration, UnsoundFileError, InputError):
            return found  # what is wrong with it will be told when it is read
        return found


def open_file(
    path: str, name: str | None, kind: str | None, columns: Mapping[str, str], branches: bool
) -> Opened:
    """Find out of which kind a file is, unless ``kind`` says so.

    Raises:
        UsageError: there is no such kind.
        InputError: there is no such file, or it is of no known kind.
    """
    shown = name or os.path.basename(path)
    named = None if kind is None else source_named(kind)
    found = signature(path)
    if found is None:
        raise InputError("there is no such file", path=shown)
    with open_to_read(path) as file:
        sample = Sample(shown, found.size, read_at(file, 0, SAMPLE_SIZE))
    source = named or source_of(sample)
    if source is None:
        raise InputError(
            "it is of no kind that conversations can be imported from, as far as that can be seen",
            path=shown,
            hint="Say what it is: --from KIND. `rtstore import --help` names the kinds.",
        )
    return Opened(path, shown, source, found, Options(columns, branches), name is not None)
