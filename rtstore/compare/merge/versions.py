"""One entry in several versions, and what brings those together."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from rtstore.compare.entries import Change
from rtstore.history.tree import Entry


class Version(NamedTuple):
    """What an entry is in one version: the ids of its record and of its annotation."""

    record: bytes
    annotation: bytes | None


class Joined(NamedTuple):
    """Two versions of an entry brought together.

    ``places``: the volatile values its record has room for. ``clash``: they contradict each other; then it has
    what ours has in those places.
    """

    version: Version
    places: int
    clash: bool = False
    notices: tuple[str, ...] = ()


class Contents(Protocol):
    """What reads the records of entries that both sides changed."""

    @property
    def has_renames(self) -> bool:
        """Whether either side gave something another name."""
        ...

    def join(self, base: Version | None, ours: Version, theirs: Version, choose: str | None) -> Joined:
        """Bring two versions together. ``choose``: the side that decides where they contradict each other."""
        ...

    def outweighs_removal(self, old: Version, new: Version) -> bool:
        """Tell whether what one side changed would be missed if the entry went, as the other side wants it."""
        ...

    def renamed(self, version: Version, side: str) -> Version:
        """Return a version that one side has with the new names that the other side gave to what it uses."""
        ...


def version_of(entry: Entry) -> Version:
    """Return what an entry of a tree is."""
    return Version(entry.record, entry.annotation)


def old_version(change: Change) -> Version:
    """Return what a changed entry was."""
    return Version(change.old_record, change.old_annotation)


def new_version(change: Change) -> Version:
    """Return what a changed entry is now."""
    return Version(change.new_record, change.new_annotation)
