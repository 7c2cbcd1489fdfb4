"""What commands answer: plain values, which the command line shows and programs read."""

from __future__ import annotations

from msgspec import Struct

from rtstore.model.objects import Commit, Counts


class DatasetChange(Struct, frozen=True):
    """How one dataset differs between two versions.

    ``change``: ``added``, ``removed``, ``edited``, ``unchanged`` (then at most stamps differ), or ``invalid`` (the
    working file is no valid dataset at the moment; ``problem`` says where and why). ``entries``: how many the newer
    version has (the older, where it was removed). ``stamps_only``: nothing differs but volatile values.
    ``framing_changed``: what is around the records differs: line endings, a BOM, the final newline, the file's mode.
    ``partition_changed``: how the dataset is divided differs, or which entries have a side for good.
    ``renamed_from``: the path it had in the older version, where that was another; then it is ``edited``, and all else
    says what differs beside its name.
    """

    path: str
    change: str
    counts: Counts
    entries: int
    stamps_only: bool = False
    registry_changed: bool = False
    framing_changed: bool = False
    warnings: tuple[str, ...] = ()
    problem: str | None = None
    renamed_from: str | None = None
    partition_changed: bool = False

    @property
    def clean(self) -> bool:
        """Whether there is nothing to commit."""
        return self.change == "unchanged"


class Merging(Struct, frozen=True):
    """A merge in progress. ``kind``: ``merge``, ``squash``, ``cherry-pick`` or ``revert``; ``commits``: what is merged
    or picked; ``conflicts``: how many are not resolved yet; ``remaining``: commits to be picked after that."""

    kind: str
    commits: tuple[bytes, ...]
    conflicts: int
    remaining: tuple[bytes, ...] = ()


class Status(Struct, frozen=True):
    """Where a workspace stands. ``branch`` is None with a detached HEAD, ``head`` before the first commit.

    ``merging``: the merge in progress, if there is one.
    """

    branch: str | None
    head: bytes | None
    datasets: tuple[DatasetChange, ...]
    merging: Merging | None = None

    @property
    def clean(self) -> bool:
        """Whether there is nothing to commit: stamps do not count."""
        return all(dataset.clean for dataset in self.datasets)


class Added(Struct, frozen=True):
    """A dataset that is tracked from now on."""

    path: str
    entries: int
    id_field: str | None
    sidecar: bool
    warnings: tuple[str, ...] = ()


class AddResult(Struct, frozen=True):
    """``skipped``: files found in a directory that are no datasets, with the reason; ``known``: tracked before."""

    added: tuple[Added, ...]
    known: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]
    bytes_added: int


class CommitResult(Struct, frozen=True):
    """A commit that was made. ``bytes_added``: by how much the store grew."""

    id: bytes
    commit: Commit
    datasets: tuple[DatasetChange, ...]
    bytes_added: int


class SwitchResult(Struct, frozen=True):
    """``written``, ``removed``: files replaced and removed; ``carried``: those that keep uncommitted changes."""

    branch: str | None
    commit: bytes | None
    written: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    carried: tuple[str, ...] = ()


class RestoreResult(Struct, frozen=True):
    """``files``: working files written or removed; ``entries``: how many single entries were restored in them;
    ``removed``: how many of these the version does not have, so that they were removed."""

    files: tuple[str, ...]
    entries: int = 0
    removed: int = 0


class UndoResult(Struct, frozen=True):
    """An operation that was taken back or done again: its id, its command, the working files that changed, and which of
    these there are no more."""

    operation: bytes
    command: str
    files: tuple[str, ...]
    branch: str | None
    head: bytes | None
    removed: tuple[str, ...] = ()


class GcResult(Struct, frozen=True):
    """Bytes and packs before and after; objects and operations that nothing reaches any more."""

    bytes_before: int
    bytes_after: int
    packs_before: int
    packs_after: int
    objects_dropped: int
    operations_dropped: int


class Problem(Struct, frozen=True):
    """Something damaged. ``what`` is a sentence; ``affects`` names what it touches: entries, versions, datasets."""

    what: str
    affects: tuple[str, ...] = ()


class FsckResult(Struct, frozen=True):
    """``problems`` is empty when all is well; ``checked``: how many by kind; ``rescued``: what was repaired."""

    problems: tuple[Problem, ...]
    checked: dict[str, int]
    rescued: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Rejected(Struct, frozen=True):
    """Something in an imported file that could not be used: where it was, why, and what it is."""

    place: str
    reason: str
    text: str


class ImportResult(Struct, frozen=True):
    """What an import did to a dataset.

    ``added``: entries that were new; ``duplicates``: those that it had already; ``tagged``: how many entries got
    more tags from their duplicates. ``made``: the dataset is new.

    ``kind``: the kind of the file, as ``--from`` names it, and ``title``: in words. ``characters`` and ``prompts``: how
    many were added to the registry. ``rejected``: how much could not be used; ``reasons``: how much of it for which
    reason; ``examples``: the first few; ``rejects``: the name in the workspace of the file that holds all of it.
    """

    path: str
    added: int
    duplicates: int
    tagged: int
    warnings: tuple[str, ...] = ()
    made: bool = False
    kind: str = ""
    title: str = ""
    characters: int = 0
    prompts: int = 0
    rejected: int = 0
    reasons: tuple[tuple[str, int], ...] = ()
    examples: tuple[Rejected, ...] = ()
    rejects: str | None = None


class ApplyResult(Struct, frozen=True):
    """What a patch did to the working files: how each of them differs from before."""

    datasets: tuple[DatasetChange, ...]


class AnnotateResult(Struct, frozen=True):
    """How many entries of a dataset have another annotation now."""

    path: str
    changed: int
