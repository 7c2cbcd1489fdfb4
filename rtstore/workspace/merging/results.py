"""What merges answer: plain values, which the command line shows and programs read."""

from __future__ import annotations

from msgspec import Struct

from rtstore.compare.merge.clashes import Clash
from rtstore.workspace.results import DatasetChange


class Conflict(Struct, frozen=True):
    """What two versions changed in ways that contradict each other, and nobody has decided yet.

    ``name``: what ``resolve_conflict`` knows it by. ``kind``: ``edited`` (by both), ``edited/removed`` or
    ``removed/edited`` (what ours and what theirs did) is about an entry or, where ``entry`` is None, about the dataset;
    ``registry`` about the value at ``path``. ``position``: where the entry is in the working file, from 0, or would be.
    ``base``, ``ours``, ``theirs``: the record, or the value, as JSON; None where it is not there. ``clashes``: the
    single values that contradict each other. ``missing``: the file it is about, where that is not there at the
    moment; that decides nothing.
    """

    name: str
    dataset: str
    kind: str
    entry: bytes | None = None
    path: str = ""
    position: int | None = None
    base: bytes | None = None
    ours: bytes | None = None
    theirs: bytes | None = None
    clashes: tuple[Clash, ...] = ()
    missing: str | None = None


class MergeResult(Struct, frozen=True):
    """What a merge, cherry-pick or revert did.

    ``outcome``: ``up to date``, ``fast-forward``, ``merged`` (and committed), ``squashed`` (the working files have it,
    to be committed), ``conflicts`` (to be resolved first), ``aborted``. ``commits``: those it made, oldest first.
    ``datasets``: how they differ from before. ``files``: working files written or removed. ``notices``: what was
    decided without asking and may be worth a look.
    """

    outcome: str
    head: bytes | None = None
    commits: tuple[bytes, ...] = ()
    datasets: tuple[DatasetChange, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    files: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    bytes_added: int = 0


class ResolveResult(Struct, frozen=True):
    """``resolved``: names of the conflicts that were; ``left``: what is still to be resolved."""

    resolved: tuple[str, ...]
    left: tuple[Conflict, ...]
