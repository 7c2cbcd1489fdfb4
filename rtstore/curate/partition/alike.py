"""What entries have in common that keeps them on one side: what they say, and the value of a field."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import msgspec

from rtstore.errors import InputError
from rtstore.formats.heads import NO_CLAIM, HeadDecoder
from rtstore.model.jsontext import loads
from rtstore.model.objects import Settings
from rtstore.model.volatile import Volatile
from rtstore.storage.sequential import RecordSource
from rtstore.workspace.importing.conversation import key_of, tags_of
from rtstore.workspace.views import Dataset
from rtstore.workspace.workspace import Workspace

#: Stands for no value of the field to group by.
NO_GROUP = b""


class Alike(NamedTuple):
    """What an entry shares with those that it has to stay with.

    ``said``: 16 bytes that entries share that say the same. ``group``: the same for the value of a field; empty where
    there is none.
    """

    said: bytes
    group: bytes = NO_GROUP


def alike(workspace: Workspace, dataset: Dataset, group_by: str | None) -> list[Alike]:
    """Return what each entry of a dataset shares with others, in one look at all records.

    Raises:
        DamagedError: a record is missing or damaged.
    """
    group_of = _group_reader(group_by)
    if group_of is None:
        return [Alike(key_of(text)) for text in _texts(workspace, dataset)]
    return [Alike(key_of(text), group_of(text)) for text in _texts(workspace, dataset)]


def tags(workspace: Workspace, dataset: Dataset) -> list[list[str]]:
    """Return the entry tags of each entry of a dataset, in one look at all records."""
    return [tags_of(text) for text in _texts(workspace, dataset)]


def _texts(workspace: Workspace, dataset: Dataset) -> Iterator[bytes]:
    """Yield the records as JSON, with null in place of volatile values."""
    readable = Volatile(dataset.settings.volatile).readable
    with RecordSource(workspace.objects) as records:
        for ref in dataset.tree.leaves():
            yield from map(readable, records.records(dataset.tree.leaf(ref).records))


def _group_reader(field: str | None) -> Callable[[bytes], bytes] | None:
    """Return what tells the group of a record, None where there are no groups."""
    if field is None:
        return None
    decoder = HeadDecoder(Settings(field, ()))

    def group_of(text: bytes) -> bytes:
        try:
            claims = decoder.claims([decoder.decode(text)])
            claim = claims[0] if claims else NO_CLAIM
        except (msgspec.DecodeError, UnicodeDecodeError):
            # A value of a kind that the path does not lead through.
            try:
                claim = decoder.claim_in(loads(text))
            except InputError:  # nested too deep to be looked into from here
                claim = NO_CLAIM
        return NO_GROUP if claim == NO_CLAIM else claim

    return group_of
