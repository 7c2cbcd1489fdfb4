"""What is in entries that both sides changed: records and annotations, read, brought together, stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from msgspec.structs import replace

from rtstore.compare.counting import is_edited
from rtstore.compare.merge.annotations import merge_annotation
from rtstore.compare.merge.clashes import Choice, Clash
from rtstore.compare.merge.mappings import Records, merge_mapping
from rtstore.compare.merge.records import merge_records
from rtstore.compare.merge.renamed import Rename
from rtstore.compare.merge.renames import rename_character, rename_speaker, rename_tag
from rtstore.compare.merge.versions import Joined, Version
from rtstore.errors import InputError
from rtstore.model.ids import Kind
from rtstore.model.objects import Annotation, decode, encode
from rtstore.model.volatile import Volatile
from rtstore.storage.interface import ObjectReader, ObjectWriter


class Storage(ObjectReader, ObjectWriter, Protocol):
    """Where objects come from and go."""


class Texts(NamedTuple):
    """What a version of an entry says: its record as JSON, and its annotation."""

    record: bytes
    annotation: Annotation


class Union(NamedTuple):
    """Two versions of an entry brought together, as texts. ``clashes`` are open: there it is as ours."""

    texts: Texts
    clashes: tuple[Clash, ...]
    notices: tuple[str, ...]


class RecordContents:
    """The entries of a dataset. ``renames``: what either side gave another name in the registry."""

    def __init__(self, storage: Storage, volatile: Volatile, renames: Sequence[Rename] = ()) -> None:
        self._storage = storage
        self._volatile = volatile
        self._renames = [rename for rename in renames if rename.section in ("tags", "characters")]

    @property
    def has_renames(self) -> bool:
        """Whether either side gave something another name that entries use."""
        return bool(self._renames)

    def join(self, base: Version | None, ours: Version, theirs: Version, choose: str | None) -> Joined:
        """Bring two versions together. ``choose``: the side that decides where they contradict each other."""
        union = self.unite(base, ours, theirs, choose)
        version, places = self.store(with_new_names(union.texts, self._renames))
        return Joined(version, places, bool(union.clashes), union.notices)

    def unite(self, base: Version | None, ours: Version, theirs: Version, choose: Choice = None) -> Union:
        """Bring two versions together without storing the outcome."""
        before = Texts(b"", Annotation()) if base is None else self.read(base)
        return unite(before, self.read(ours), self.read(theirs), choose)

    def is_edit(self, old: Version, new: Version) -> bool:
        """Tell whether they say different things, and are not only written differently."""
        if old.annotation != new.annotation:
            return True
        if old.record == new.record:
            return False
        before, after = (self._storage.read(Kind.RECORD, version.record) for version in (old, new))
        return is_edited(before, after, self._volatile)

    def outweighs_removal(self, old: Version, new: Version) -> bool:
        """Tell whether a change would be missed: not one of the side alone, nor of how a record is written."""
        before, after = (replace(self.annotation(version), partition="") for version in (old, new))
        return before != after or self.is_edit(old, new._replace(annotation=old.annotation))

    def renamed(self, version: Version, side: str) -> Version:
        """Return a version that one side has with the new names that the other side gave to what it uses."""
        renames = [rename for rename in self._renames if rename.side != side]
        if not renames:
            return version
        texts = self.read(version)
        new = with_new_names(texts, renames)
        return version if new == texts else self.store(new)[0]

    def read(self, version: Version) -> Texts:
        """Return what a version says."""
        return Texts(self._record(version), self.annotation(version))

    def annotation(self, version: Version) -> Annotation:
        """Return what a version knows about the entry."""
        if version.annotation is None:
            return Annotation()
        return decode(self._storage.read(Kind.ANNOTATION, version.annotation), Annotation)

    def store(self, texts: Texts) -> tuple[Version, int]:
        """Store what a version is to say; return it, and how many volatile values its record has room for."""
        record, values = self._volatile.cut(texts.record)
        annotation = None
        if texts.annotation != Annotation():
            annotation = self._storage.add(Kind.ANNOTATION, encode(texts.annotation))
        return Version(self._storage.add(Kind.RECORD, record), annotation), len(values)

    def values(self, line: bytes) -> tuple[bytes, ...]:
        """Return the volatile values of a line."""
        return self._volatile.cut(line)[1]

    def _record(self, version: Version) -> bytes:
        return self._volatile.readable(self._storage.read(Kind.RECORD, version.record))


def unite(base: Texts, ours: Texts, theirs: Texts, choose: Choice = None) -> Union:
    """Bring two versions of an entry together.

    ``choose`` decides where they contradict each other: for one side, or one by one, those of the record first.
    """
    record = merge_records(base.record, ours.record, theirs.record, choose)
    count = len(record.clashes) + len(record.decided)
    rest = choose if choose is None or isinstance(choose, str) else choose[count:]
    mapping = merge_mapping(
        base.annotation.mapping,
        ours.annotation.mapping,
        theirs.annotation.mapping,
        rest,
        Records(base.record, ours.record, theirs.record, record.text) if base.record else None,
    )
    count = len(mapping.clashes) + len(mapping.decided)
    rest = rest if rest is None or isinstance(rest, str) else rest[count:]
    noted = merge_annotation(base.annotation, ours.annotation, theirs.annotation, rest)
    texts = Texts(record.text, replace(noted.annotation, mapping=mapping.text))
    clashes = (*record.clashes, *mapping.clashes, *noted.clashes)
    return Union(texts, clashes, (*record.notices, *noted.notices))


def with_new_names(texts: Texts, renames: Sequence[Rename]) -> Texts:
    """Return what an entry says with tags and characters under their new names."""
    record, annotation = texts
    mapping = annotation.mapping
    try:
        for rename in renames:
            if rename.section == "tags":
                record = rename_tag(record, rename.old, rename.new)
            else:
                record = rename_speaker(record, rename.old, rename.new)
                mapping = rename_character(mapping, rename.old, rename.new)
    except InputError:  # nested too deep to be looked through
        return texts
    return Texts(record, replace(annotation, mapping=mapping))
