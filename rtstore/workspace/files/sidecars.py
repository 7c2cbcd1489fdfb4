"""The sidecar of a working file: into a dataset when it is observed, out of it when it is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from rtstore.errors import InputError
from rtstore.formats import sidecar as format
from rtstore.formats.mappings import in_order
from rtstore.formats.sidecar_name import sidecar_path
from rtstore.history.columns import Columns
from rtstore.history.splice import Splice, splice
from rtstore.history.tree import Entry, Root, Tree
from rtstore.model.ids import ENTRY_ID_SIZE, Kind, entry_id_of_value
from rtstore.model.jsontext import loads
from rtstore.model.objects import Annotation, Dataset, Registry, Stamps, decode, encode
from rtstore.storage.interface import ObjectReader
from rtstore.storage.signature import Signature, signature
from rtstore.workspace.files.reading import open_to_read, read_at
from rtstore.workspace.files.texts import Storage

#: Records looked at to learn which dataset the records say they belong to.
SAMPLE = 8


class Applied(NamedTuple):
    """What a sidecar makes of a dataset: its tree with annotations, the registry's id, the sidecar's stamps."""

    root: Root
    registry: bytes | None
    stamps: tuple[tuple[str, bytes], ...]


class SidecarFile:
    """The sidecar beside one working file, whether it exists or not.

    ``seen`` is its signature when the known dataset was recorded, if that can be trusted: the same one now means
    that it need not be read.
    """

    def __init__(self, dataset_path: str, name: str, seen: Signature | None = None) -> None:
        self.path = sidecar_path(dataset_path)
        self._name = sidecar_path(name)
        self._seen = seen
        self.signature = signature(self.path)

    def apply(
        self,
        tree: Tree,
        known: Dataset | None,
        storage: Storage,
        record_at: Callable[[int], bytes],
        warnings: list[str],
    ) -> Applied:
        """Return the dataset's tree with the annotations the sidecar gives its entries, and the rest of it.

        Raises:
            InputError: it is no sidecar that rtstore knows.
        """
        if known is not None and self._is_as_known(known, tree.root):
            return Applied(tree.root, known.registry, known_stamps(storage, known))
        sidecar = self._read(tree, record_at, warnings)
        if sidecar is None:
            if known is None or known.registry is None:
                return Applied(tree.root, None, ())
            return Applied(_annotate(tree, {}, storage), None, ())
        return _attached(tree, sidecar, storage)

    def _is_as_known(self, known: Dataset, root: Root) -> bool:
        same_entries = Root(known.root, known.height, known.count) == root
        if self.signature is None:
            return known.registry is None and same_entries
        return same_entries and self._seen is not None and self._seen == self.signature

    def _read(
        self, tree: Tree, record_at: Callable[[int], bytes], warnings: list[str]
    ) -> format.Sidecar | None:
        if self.signature is None:
            return None
        with open_to_read(self.path) as file:
            sidecar = format.parse(read_at(file, 0, self.signature.size + 1), self._name)
        uuids = set(filter(None, (_dataset_uuid(record_at(i)) for i in range(min(len(tree), SAMPLE)))))
        warning = format.check(sidecar, uuids)
        if warning is None:
            return sidecar
        warnings.append(f"{self._name}: {warning}; it is not recorded")
        return None


def as_read_back(storage: Storage, dataset: Dataset) -> Dataset:
    """Return a dataset whose parts are divided between entries and registry as a scan of its sidecar would."""
    content = sidecar_bytes(storage, dataset)
    if content is None:
        return dataset
    tree = Tree(storage, Root(dataset.root, dataset.height, dataset.count))
    root, registry, _ = _attached(tree, format.parse(content, ""), storage)
    return msgspec.structs.replace(
        dataset, root=root.id, height=root.height, count=root.count, registry=registry
    )


def sidecar_bytes(reader: ObjectReader, dataset: Dataset) -> bytes | None:
    """Return the sidecar file of a dataset as RoleThread would write it; None when it has none."""
    if dataset.registry is None:
        return None
    registry = decode(reader.read(Kind.REGISTRY, dataset.registry), Registry)
    tree = Tree(reader, Root(dataset.root, dataset.height, dataset.count))
    mappings = []
    for entry in tree.entries():
        if entry.annotation is not None:
            annotation = decode(reader.read(Kind.ANNOTATION, entry.annotation), Annotation)
            if annotation.mapping:
                mappings.append((entry.entry, annotation.mapping))
    return format.build(registry, in_order(mappings, registry.mapping_order), known_stamps(reader, dataset))


def known_stamps(reader: ObjectReader, dataset: Dataset) -> tuple[tuple[str, bytes], ...]:
    """Return the stamps of a dataset's sidecar."""
    if dataset.stamps is None:
        return ()
    return decode(reader.read(Kind.STAMPS, dataset.stamps), Stamps).sidecar


def _attached(tree: Tree, sidecar: format.Sidecar, storage: Storage) -> Applied:
    """Give the mappings of a sidecar to the entries they name."""
    ids = _entry_ids(tree)
    everything = set(ids)

    def entry_of(uuid: str) -> bytes | None:
        entry = entry_id_of_value(uuid)
        return entry if entry in everything else None

    registry, mappings = format.attach(sidecar, entry_of, ids)
    root = _annotate(tree, dict(mappings), storage)
    return Applied(root, storage.add(Kind.REGISTRY, encode(registry)), sidecar.stamps)


def _entry_ids(tree: Tree) -> list[bytes]:
    ids: list[bytes] = []
    for ref in tree.leaves():
        entries = tree.leaf(ref).entries
        ids.extend(entries[at : at + ENTRY_ID_SIZE] for at in range(0, len(entries), ENTRY_ID_SIZE))
    return ids


def _dataset_uuid(record: bytes) -> str | None:
    try:
        value = loads(record)
    except InputError:  # a record with its volatile values cut out
        return None
    inner = value.get("_rolethread") if isinstance(value, dict) else None
    uuid = inner.get("dataset_uuid") if isinstance(inner, dict) else None
    return uuid if isinstance(uuid, str) else None


def _annotate(tree: Tree, mappings: dict[bytes, bytes], storage: Storage) -> Root:
    """Give each entry the mapping of its own, or none; everything else known about it stays."""
    splices = []
    for position, entry in enumerate(tree.entries()):
        mapping = mappings.get(entry.entry, b"")
        if mapping or entry.annotation is not None:
            annotation = _with_mapping(entry, mapping, storage)
            if annotation != entry.annotation:
                column = Columns()
                column.append(entry.entry, entry.record, annotation, entry.separator)
                splices.append(Splice(position, position + 1, column))
    return splice(storage, storage, tree.root, splices)


def _with_mapping(entry: Entry, mapping: bytes, storage: Storage) -> bytes | None:
    old = Annotation()
    if entry.annotation is not None:
        old = decode(storage.read(Kind.ANNOTATION, entry.annotation), Annotation)
    new = msgspec.structs.replace(old, mapping=mapping)
    return None if new == Annotation() else storage.add(Kind.ANNOTATION, encode(new))
