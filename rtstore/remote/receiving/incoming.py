"""Parts that were fetched, put into the store. Nothing of a part is stored before it is what its id says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rtstore.errors import DamagedError, TamperError
from rtstore.history.splice import splice
from rtstore.history.tree import Root, Tree
from rtstore.model.ids import OBJECT_ID_SIZE, Kind, object_id, record_ids
from rtstore.model.names import bad_dataset, dataset_problem
from rtstore.model.objects import (
    Annotation,
    Commit,
    Dataset,
    InnerPage,
    Object,
    Registry,
    Snapshot,
    Stamps,
    decode,
)
from rtstore.remote.format.part import Opened, Sent
from rtstore.remote.format.rows import Piece, Splices, decode_piece
from rtstore.storage.locate import Locator
from rtstore.storage.objects import ObjectStore
from rtstore.storage.pack import id_prefixes
from rtstore.storage.transaction import Transaction

_TYPES: Final[dict[Sent, type[Object]]] = {
    Sent.DATASET: Dataset,
    Sent.STAMPS: Stamps,
    Sent.REGISTRY: Registry,
    Sent.ANNOTATION: Annotation,
    Sent.SNAPSHOT: Snapshot,
    Sent.COMMIT: Commit,
}


#: Records of a block so small that each of them is remembered.
SMALL: Final = 64


#: Bytes of ids that are looked for at a time.
_AT_ONCE: Final = 4096 * OBJECT_ID_SIZE


@dataclass
class _Begun:
    """Rows that have begun: ``pieces`` of them were taken."""

    base: Root
    root: Root
    splices: Splices
    pieces: int = 0


class IncompleteError(TamperError):
    """Something is missing that what was taken refers to."""


class Incoming:
    """Takes parts in the order in which they were written. ``finish`` the transaction afterwards, then ``check``.

    There may be several transactions, one after the other, but not while it is ``in_the_middle`` of a dataset.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._locator = Locator(store)
        self._begun: _Begun | None = None
        self._transaction: Transaction | None = None
        self._marks: set[int] = set()
        self._trees: set[Root] = set()
        #: Ids of what must be there in the end: records joined, others by kind.
        self._records: list[bytearray] = []
        self._needed: dict[Kind, set[bytes]] = {}

    @property
    def in_the_middle(self) -> bool:
        """Whether rows have begun and not ended."""
        return self._begun is not None

    def take(self, part: list[Opened], transaction: Transaction) -> None:
        """Take the groups of a part that was authenticated.

        Raises:
            TamperError: they are not what rtstore writes.
        """
        if transaction is not self._transaction:
            self._transaction = transaction
            self._marks.clear()
        for opened in part:
            if opened.group.is_all_records:
                self._take_records(opened, transaction)
            else:
                for kind, id, data in opened.objects():
                    self._take_object(kind, id, data, transaction)

    def need(self, kind: Kind, id: bytes) -> None:
        """Say that an object must be there in the end.

        Raises:
            TamperError: it has no id that an object can have.
        """
        if len(id) != OBJECT_ID_SIZE:
            raise IncompleteError(f"{kind.name.lower()} {id.hex()[:16]} has an id of the wrong length")
        self._needed.setdefault(kind, set()).add(id)

    def check(self) -> None:
        """See that all is there that what was taken refers to, after it was stored.

        Raises:
            TamperError: something is missing.
        """
        if self._begun is not None:
            raise _incomplete("the entries of a dataset end too early")
        locator = Locator(self._store)
        for column in self._records:
            for at in range(0, len(column), _AT_ONCE):
                for id in locator.runs(bytes(column[at : at + _AT_ONCE])):
                    if isinstance(id, bytes):
                        raise _incomplete(f"record {id.hex()[:16]} is missing")
        for kind, ids in self._needed.items():
            for id in ids:
                if not self._store.contains(kind, id):
                    raise _incomplete(f"{kind.name.lower()} {id.hex()[:16]} is missing")
        for root in self._trees:
            self._check_tree(root)

    def _check_tree(self, root: Root) -> None:
        """See that the tree of a dataset has the height and the number of entries that the dataset says."""
        try:
            tree = Tree(self._store, root)
            page = tree.content(tree.top())
        except DamagedError as error:
            raise _incomplete(f"the entries of a dataset cannot be read: {error}") from error
        if root.count != (sum(page.counts) if isinstance(page, InnerPage) else len(page)):
            raise _altered("a dataset")

    def _take_records(self, opened: Opened, transaction: Transaction) -> None:
        group, contents = opened.group, opened.contents()
        ids = record_ids(contents)
        if b"".join(ids) != group.ids:
            raise _altered("a record")
        if self._are_new(group.ids):
            transaction.add_block(ids, group.starts(), group.plain, group.frame)
        else:
            for data in contents:
                transaction.add(Kind.RECORD, data)

    def _are_new(self, ids: bytes) -> bool:
        """Tell whether no record is stored, or was taken in this transaction.

        The same blocks are sent again and again where a dataset changes back and forth, and a pack must not have a
        record more than a few times. One record in 16 of a large block tells: a million ids would take 100 MB.
        """
        prefixes = id_prefixes(ids)
        marks = [each for each in prefixes if len(prefixes) < SMALL or not each & 15]
        new = self._marks.isdisjoint(marks) and self._locator.has_none(ids)
        self._marks.update(marks)
        return new

    def _take_object(self, kind: Sent, id: bytes, data: bytes, transaction: Transaction) -> None:
        if kind.is_for_recovery:
            return
        if kind is Sent.ROWS:
            self._take_rows(decode_piece(id, data), transaction)
            return
        if object_id(Kind(kind), data) != id:
            raise _altered(f"a {kind.name.lower()}")
        if kind not in (Sent.RECORD, Sent.BLOB):
            self._note(decoded(data, _TYPES[kind]))
        transaction.add(Kind(kind), data)

    def _note(self, value: Object) -> None:
        """Note what an object refers to."""
        if isinstance(value, Commit):
            self.need(Kind.SNAPSHOT, value.snapshot)
            for parent in value.parents:
                self.need(Kind.COMMIT, parent)
        elif isinstance(value, Snapshot):
            name = bad_dataset([name for name, _ in value.datasets])
            if name is not None:
                raise TamperError(
                    f"the backup has a file {name!r}, which cannot be a dataset: {dataset_problem(name)}"
                )
            for _, dataset in value.datasets:
                self.need(Kind.DATASET, dataset)
        elif isinstance(value, Dataset):
            root = (Kind.INNER if value.height else Kind.LEAF, value.root)
            parts = (Kind.STAMPS, value.stamps), (Kind.REGISTRY, value.registry), (Kind.BLOB, value.settled)
            for kind, id in (*parts, root):
                if id is not None:
                    self.need(kind, id)
            if value.root is not None:
                self._trees.add(Root(value.root, value.height, value.count))

    def _take_rows(self, piece: Piece, transaction: Transaction) -> None:
        begun = self._begun or _Begun(piece.base, piece.root, Splices())
        if piece.number != begun.pieces or piece.root != begun.root or piece.base != begun.base:
            raise _incomplete("the entries of a dataset are not in order")
        begun.splices.add(piece.steps)
        begun.pieces += 1
        self._begun = None if piece.is_last else begun
        if piece.is_last:
            self._build(begun.base, begun.root, begun.splices, transaction)

    def _build(self, base: Root, root: Root, found: Splices, transaction: Transaction) -> None:
        changes = found.finish(base.count)
        try:
            made = splice(transaction, transaction, base, changes)
        except (DamagedError, ValueError) as error:
            raise _incomplete(f"the entries of a dataset cannot be put together: {error}") from error
        if made != root:
            raise _altered("the entries of a dataset")
        for change in changes:
            self._records.append(change.columns.records)
            for annotation in change.columns.annotations.values():
                self.need(Kind.ANNOTATION, annotation)


def decoded(data: bytes, type_: type[Object]) -> Object:
    """Return an object of a backup, decoded.

    Raises:
        TamperError: it cannot be.
    """
    try:
        value: Object = decode(data, type_)  # type: ignore[type-var]
    except DamagedError as error:
        raise TamperError(f"the backup holds something that rtstore does not write: {error}") from error
    return value


def _altered(what: str) -> TamperError:
    return TamperError(f"{what} of the backup is not what its id says")


def _incomplete(what: str) -> IncompleteError:
    return IncompleteError(f"the backup is incomplete: {what}")
