"""The objects of a store, as they are encoded: canonical msgpack of fixed-order structs.

``docs/format.md`` describes every one of them. Encoding a struct always gives the same bytes, so equal objects have
equal ids. ``decode`` treats the bytes as hostile: types are checked and columns must have matching lengths.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

import msgspec

from rtstore.errors import DamagedError
from rtstore.model.annotations import annotation_problem
from rtstore.model.fields import field_problem, volatile_problem
from rtstore.model.ids import ENTRY_ID_SIZE, OBJECT_ID_SIZE, Kind
from rtstore.model.partitions import Partition, partition_problem

#: The bits of a file's mode that are kept. Who runs a program as whom is no business of a dataset.
PERMISSIONS: Final = 0o777
#: No dataset has more entries. Sizes and positions in files and in memory stay far from their limits.
MAX_ENTRIES: Final = 1 << 48
_SPACE: Final = b" \t\r\n"
_BOM: Final = b"\xef\xbb\xbf"


class LeafPage(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """A run of consecutive entries, by column.

    ``entries``: 16 bytes an entry; ``records``: 32 bytes an entry. ``annotations`` and ``separators`` are sparse:
    pairs of (index in the page, annotation id) and (index in the page, the bytes after the record where they
    are not the dataset's usual separator), ascending by index.
    """

    entries: bytes
    records: bytes
    annotations: tuple[tuple[int, bytes], ...] = ()
    separators: tuple[tuple[int, bytes], ...] = ()

    def __len__(self) -> int:
        return len(self.entries) // ENTRY_ID_SIZE


class InnerPage(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """A run of consecutive pages of the level below, by column.

    ``pages``: 32 bytes a child, its id; ``lasts``: 16 bytes a child, the id of its last entry, which decides
    boundaries; ``counts``: entries below each child. ``level`` is 1 above leaves.
    """

    level: int
    pages: bytes
    lasts: bytes
    counts: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.counts)


class Framing(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """What is around the records of a file: ``head r0 separator r1 separator ... rn tail``.

    ``layout`` is ``jsonl`` or ``array``; ``head`` holds a BOM, blank lines, an array's opening; ``tail`` the final
    newline or an array's closing. ``mode`` is the file's permission bits.
    """

    layout: str = "jsonl"
    head: bytes = b""
    separator: bytes = b"\n"
    tail: bytes = b"\n"
    mode: int = 0o644

    def may_separate(self, separator: bytes) -> bool:
        """Whether two records with these bytes between them are two records."""
        if self.layout == "jsonl":
            return b"\n" in separator and not separator.strip(_SPACE)
        return separator.translate(None, _SPACE) == b","


class Settings(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """How a dataset is read: the dotted path of its id field (None: no such field) and its volatile fields.

    ``partition``: how it is divided into train, val and so on; without one it is not encoded.
    """

    id_field: str | None = None
    volatile: tuple[str, ...] = ("_rolethread.validated_at", "_rolethread.version")
    partition: Partition | None = None


class Dataset(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """One dataset at one moment. ``root`` is None when there are no entries; ``height`` is 0 when it is a leaf."""

    root: bytes | None
    height: int
    count: int
    framing: Framing
    settings: Settings
    stamps: bytes | None = None
    registry: bytes | None = None

    @property
    def settled(self) -> bytes | None:
        """The id of the blob that tells which entries have a side for good; None if there is none."""
        return None if self.settings.partition is None else self.settings.partition.settled


class Stamps(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """The volatile values cut out of the records, run-length coded in the order of the entries.

    ``runs``: (number of entries, the JSON text of each value cut from each of them). ``sidecar``: the same for the
    sidecar, by dotted path.
    """

    runs: tuple[tuple[int, tuple[bytes, ...]], ...] = ()
    sidecar: tuple[tuple[str, bytes], ...] = ()


class Section(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """One top-level key of a sidecar: its items by key, in the file's order, each as compact JSON text.

    ``layout``: ``list`` (items are keyed by their slug), ``object`` (by member name) or ``value`` (one item, key "").
    """

    name: str
    layout: str
    items: tuple[tuple[str, bytes], ...]


class Registry(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """What belongs to a dataset as a whole: the sidecar without stamps and without the mappings of its entries.

    ``mapping_order`` holds 16 bytes an entry where the sidecar lists the mappings otherwise than the dataset
    lists its entries, else nothing.
    """

    sections: tuple[Section, ...]
    mapping_order: bytes = b""


class Annotation(msgspec.Struct, omit_defaults=True, gc=False, frozen=True):
    """What is known about an entry that is not in its record.

    ``mapping``: its sidecar mapping as JSON text. ``lineage``: the ids of the entries that it was made of, by splitting
    or joining them, in their order. ``note``: for people. ``rating``: 1 to 5, 0 for none. ``review``: the slug of its
    review state (``approved``). ``partition``: the side it is on, where that does not follow from its id.
    """

    mapping: bytes = b""
    lineage: tuple[bytes, ...] = ()
    note: str = ""
    rating: int = 0
    review: str = ""
    partition: str = ""

    @property
    def problem(self) -> str | None:
        """What of it cannot be, and why: "rating goes ..."; None where nothing is wrong."""
        return annotation_problem(self.note, self.rating, self.review, self.partition)


class Snapshot(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """All datasets of a workspace at one moment: (path, dataset id), ascending by path."""

    datasets: tuple[tuple[str, bytes], ...]


class Counts(msgspec.Struct, array_like=True, frozen=True):
    """How many entries differ between two versions, by kind of difference."""

    added: int = 0
    removed: int = 0
    edited: int = 0
    moved: int = 0
    reformatted: int = 0

    def __add__(self, other: Counts) -> Counts:
        pairs = zip(msgspec.structs.astuple(self), msgspec.structs.astuple(other), strict=True)
        return Counts(*(a + b for a, b in pairs))

    def __bool__(self) -> bool:
        return any(msgspec.structs.astuple(self))


class Commit(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """A snapshot with parents, author, time, message and what it changed against its first parent, by dataset.

    ``time`` is in seconds since the epoch, ``offset`` in minutes east of UTC; ``author`` is ``Name <email>``.
    """

    snapshot: bytes
    parents: tuple[bytes, ...]
    author: str
    time: int
    offset: int
    message: str
    counts: tuple[tuple[str, Counts], ...] = ()
    session: str | None = None


class Saved(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """What a working file held at one moment.

    Either a dataset, or, for a file that is no valid dataset, the raw bytes of the file and its sidecar in blobs.
    All None: there was no file.
    """

    dataset: bytes | None = None
    file: tuple[bytes, ...] | None = None
    sidecar: tuple[bytes, ...] | None = None


class FileChange(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """A working file that an operation replaced, created or removed: what it held before and after."""

    before: Saved
    after: Saved


class Side(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """What one version has where a merge conflicts: an entry's record and annotation, a registry, or a dataset."""

    record: bytes | None = None
    annotation: bytes | None = None
    registry: bytes | None = None
    dataset: bytes | None = None


class Conflict(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """What two versions changed in ways that contradict each other.

    ``kind``: ``edited`` (by both), ``edited/removed`` or ``removed/edited`` (what ours and what theirs did) is about an
    entry or, where ``entry`` is empty, about the dataset; ``registry`` about the value at ``path``, the clash number
    ``position`` of all in that registry. Else ``position`` is that of the entry in the dataset, or where it would be.
    ``left``: what the merge left there. None: it is not there.
    """

    dataset: str
    kind: str
    entry: bytes = b""
    path: str = ""
    position: int = 0
    base: Side | None = None
    ours: Side | None = None
    theirs: Side | None = None
    left: Side | None = None


class Resolved(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """A conflict that somebody decided. ``how``: ``ours``, ``theirs``, ``base`` or ``both``, else words for people."""

    conflict: Conflict
    how: str


class Merge(msgspec.Struct, gc=False, frozen=True):
    """A merge that waits for its conflicts to be resolved, or for the commit.

    ``kind``: ``merge``, ``squash``, ``cherry-pick`` or ``revert``. ``head``: the commit HEAD was at when it began;
    ``commits``: what is merged or picked now, ``remaining``: what is to be picked after that. ``message`` and
    ``author`` are those of the commit it is to be. ``before``: what the working files that it has changed, or has
    conflicts in, held before it began. ``choose``: the side that decides about conflicts in what remains.
    """

    kind: str
    head: bytes
    commits: tuple[bytes, ...]
    message: str
    author: str
    conflicts: tuple[Conflict, ...] = ()
    resolved: tuple[Resolved, ...] = ()
    remaining: tuple[bytes, ...] = ()
    before: dict[str, Saved] = {}
    choose: str | None = None


class State(msgspec.Struct, gc=False, frozen=True):
    """All that is mutable in a store, at one moment.

    ``branch`` is the branch HEAD is on (it may not exist yet), else ``detached`` is the commit HEAD is at.
    ``tracked`` gives each tracked path the dataset it was last seen to be: new scans take identity from there.
    ``merge``: a merge in progress; mostly there is none, and the field is left out.
    """

    branch: str | None = "main"
    detached: bytes | None = None
    branches: dict[str, bytes] = {}
    tags: dict[str, bytes] = {}
    tracked: dict[str, bytes] = {}
    merge: Merge | msgspec.UnsetType = msgspec.UNSET

    @property
    def merging(self) -> Merge | None:
        """The merge in progress, if there is one."""
        return self.merge if isinstance(self.merge, Merge) else None


class Operation(msgspec.Struct, gc=False, frozen=True):
    """One completed command that changed something, with everything mutable after it.

    ``kind`` is ``command``, ``undo``, ``redo`` or ``care``. Undo and redo name in ``target`` the operation taken
    back or done again; ``care`` (gc) leaves the state as it was, so there is nothing in it to take back. ``horizon``
    is the oldest operation that is still kept, where older ones have been collected.
    """

    parent: bytes | None
    time: int
    offset: int
    command: str
    state: State
    kind: str = "command"
    target: bytes | None = None
    files: dict[str, FileChange] = {}
    horizon: bytes | None = None


Object = LeafPage | InnerPage | Dataset | Stamps | Registry | Annotation | Snapshot | Commit | Operation
T = TypeVar("T", LeafPage, InnerPage, Dataset, Stamps, Registry, Annotation, Snapshot, Commit, Operation)

KINDS: Final[dict[type[Any], Kind]] = {
    LeafPage: Kind.LEAF,
    InnerPage: Kind.INNER,
    Dataset: Kind.DATASET,
    Stamps: Kind.STAMPS,
    Registry: Kind.REGISTRY,
    Annotation: Kind.ANNOTATION,
    Snapshot: Kind.SNAPSHOT,
    Commit: Kind.COMMIT,
    Operation: Kind.OPERATION,
}

_encoder = msgspec.msgpack.Encoder(order="deterministic")
_decoders: dict[type[Any], msgspec.msgpack.Decoder[Any]] = {}


def encode(value: Object) -> bytes:
    """Return the one encoding of an object."""
    if isinstance(value, Dataset) and value.settings.partition is None:
        # As it was before there were partitions: what has none keeps its id.
        short = (value.settings.id_field, value.settings.volatile)
        fields = (getattr(value, name) for name in Dataset.__struct_fields__)
        return _encoder.encode([short if field is value.settings else field for field in fields])
    return _encoder.encode(value)


def decode(data: bytes, type_: type[T]) -> T:
    """Decode and check an object.

    Raises:
        DamagedError: the bytes are not an object of this type.
    """
    decoder = _decoders.get(type_)
    if decoder is None:
        decoder = _decoders[type_] = msgspec.msgpack.Decoder(type_)
    try:
        value: T = decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DamagedError(f"a stored {KINDS[type_].name.lower()} cannot be read: {error}") from error
    if not _well_formed(value):
        raise DamagedError(f"a stored {KINDS[type_].name.lower()} contradicts itself")
    return value


def is_framing(framing: Framing) -> bool:
    """Tell whether what is around the records of a file makes it a file of its layout."""
    if not 0 <= framing.mode <= PERMISSIONS:
        return False
    head = framing.head.removeprefix(_BOM).translate(None, _SPACE)
    tail = framing.tail.translate(None, _SPACE)
    if framing.layout == "jsonl":
        return framing.separator in (b"\n", b"\r\n") and not head and not tail
    separates = framing.may_separate(framing.separator)
    return framing.layout == "array" and separates and (head, tail) in ((b"[", b"]"), (b"[]", b""))


def _well_formed(value: Object) -> bool:
    if isinstance(value, LeafPage):
        n = len(value)
        return (
            n > 0
            and len(value.entries) == n * ENTRY_ID_SIZE
            and len(value.records) == n * OBJECT_ID_SIZE
            and (not value.annotations or all(_is_annotation(one, n) for one in value.annotations))
            and (not value.separators or all(0 <= index < n for index, _ in value.separators))
        )
    if isinstance(value, InnerPage):
        n = len(value)
        return (
            n > 0
            and value.level > 0
            and len(value.pages) == n * OBJECT_ID_SIZE
            and len(value.lasts) == n * ENTRY_ID_SIZE
            and min(value.counts) > 0
            and sum(value.counts) <= MAX_ENTRIES
        )
    if isinstance(value, Dataset):
        return (
            (value.root is None) == (value.count == 0)
            and 0 <= value.count <= MAX_ENTRIES
            and 0 <= value.height < 64
            and is_framing(value.framing)
            and _is_settings(value.settings)
        )
    if isinstance(value, Stamps):
        return all(count > 0 for count, _ in value.runs)
    if isinstance(value, Snapshot):
        return all(len(id) == OBJECT_ID_SIZE for _, id in value.datasets)
    if isinstance(value, Commit):
        return all(len(id) == OBJECT_ID_SIZE for id in (value.snapshot, *value.parents))
    if isinstance(value, Annotation):
        return all(len(entry) == ENTRY_ID_SIZE for entry in value.lineage) and value.problem is None
    return True


def _is_settings(settings: Settings) -> bool:
    field, partition = settings.id_field, settings.partition
    return (
        (field is None or field_problem(field) is None)
        and not any(map(volatile_problem, settings.volatile))
        and (partition is None or partition_problem(partition) is None)
    )


def _is_annotation(one: tuple[int, bytes], n: int) -> bool:
    index, id = one
    return 0 <= index < n and len(id) == OBJECT_ID_SIZE
