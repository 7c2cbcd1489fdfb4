"""How two versions of a workspace differ: commits, or a commit and the working files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from types import TracebackType

from rtstore.compare.datasets import DatasetDifference
from rtstore.compare.identity.inherited import with_old_ids
from rtstore.compare.version import RecordAt, Version
from rtstore.errors import FileChangedError, InputError, RevisionError
from rtstore.history.revisions import find_position, split_entry
from rtstore.history.tree import Tree
from rtstore.model.ids import Kind, object_id
from rtstore.storage.interface import ObjectReader
from rtstore.workspace.changes import same_content
from rtstore.workspace.compared import compared
from rtstore.workspace.files.texts import LineTexts
from rtstore.workspace.files.working import exists, look
from rtstore.workspace.merging.scratch import Scratch
from rtstore.workspace.renames import find_renames
from rtstore.workspace.results import DatasetChange
from rtstore.workspace.views import unknown_dataset
from rtstore.workspace.workspace import Workspace


class Difference:
    """How two versions differ: ``datasets`` has those that do, by path.

    ``old`` and ``new`` are the ids of commits: ``old`` is None before the first one, ``new`` for the working files.
    ``warnings`` are about the working files. What differs is read as it is asked for, also from the working files:
    close the difference when it is done with, or use it in a ``with`` block.
    """

    def __init__(
        self,
        old: bytes | None,
        new: bytes | None,
        datasets: tuple[DatasetDifference, ...],
        warnings: tuple[str, ...] = (),
        resources: ExitStack | None = None,
    ) -> None:
        self.old = old
        self.new = new
        self.datasets = datasets
        self.warnings = warnings
        self._resources = resources or ExitStack()

    def __enter__(self) -> Difference:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def changes(self) -> tuple[DatasetChange, ...]:
        """Return how the datasets differ, in counts."""
        return tuple(
            DatasetChange(
                each.path,
                each.change,
                each.counts,
                each.size,
                registry_changed=each.sidecar_differs and bool(each.registry),
                framing_changed=any(field.path.startswith("framing.") for field in each.file),
                renamed_from=each.renamed_from,
                partition_changed=any(field.path == "settings.partition" for field in each.file),
            )
            for each in self.datasets
        )

    def close(self) -> None:
        """Close the working files."""
        self._resources.close()


def diff(
    workspace: Workspace,
    old: str | None = None,
    new: str | None = None,
    targets: Sequence[str] = (),
    merge_base: bool = False,
) -> Difference:
    """Return how two versions differ; see ``Store.diff``."""
    before_id, after_id = compared(workspace, old, new, merge_base)
    wanted = _by_dataset(targets)
    with ExitStack() as resources:
        before: _Versions = _Committed(workspace, before_id)
        after = _WorkingFiles(workspace, resources) if new is None else _Committed(workspace, after_id)
        names = {*before.ids, *after.ids}
        for name in wanted.keys() - names:
            raise unknown_dataset(name, dict.fromkeys(sorted(names), b""), None)
        sources = _renames(before, after)
        if sources:
            now = {old: new for new, old in sources.items()}
            names = {now.get(name, name) for name in names}
            wanted = _under_new_names(wanted, now)
        found = []
        for name in sorted(wanted or names):
            source = sources.get(name)
            earlier, later = before.get(source or name), after.get(name)
            if source is not None and earlier is not None and later is not None:
                later = with_old_ids(earlier, later, Scratch(after.reader))
            difference = _difference(name, earlier, later, wanted.get(name), source)
            if difference is not None:
                found.append(difference)
        return Difference(before_id, after_id, tuple(found), tuple(after.warnings), resources.pop_all())


class _Versions:
    """The datasets of a version of the workspace: ``ids`` has those it has, or may have."""

    ids: Mapping[str, bytes]
    warnings: Sequence[str] = ()

    def __init__(self, reader: ObjectReader) -> None:
        self.reader = reader
        self._known: dict[str, Version | None] = {}

    def get(self, name: str) -> Version | None:
        """Return a dataset; None if there is none."""
        if name not in self._known:
            self._known[name] = self._read(name)
        return self._known[name]

    def has(self, name: str) -> bool:
        """Tell whether there is a dataset, without a look at what it is."""
        return name in self.ids

    def _read(self, name: str) -> Version | None:
        raise KeyError(name)


class _Committed(_Versions):
    """The datasets of a commit."""

    def __init__(self, workspace: Workspace, commit: bytes | None) -> None:
        super().__init__(workspace.objects)
        self.ids = workspace.snapshot(commit)
        self._workspace = workspace

    def _read(self, name: str) -> Version | None:
        id = self.ids.get(name)
        return Version(self._workspace.dataset(id), self._workspace.objects) if id is not None else None


class _WorkingFiles(_Versions):
    """The datasets that the tracked working files are now; ``resources`` closes what has to stay open for them."""

    def __init__(self, workspace: Workspace, resources: ExitStack) -> None:
        self._transaction = resources.enter_context(workspace.transaction())
        super().__init__(self._transaction)
        self.ids = workspace.state().tracked
        self.warnings: list[str] = []
        self._workspace = workspace
        self._resources = resources

    def has(self, name: str) -> bool:
        """Tell whether a tracked file is there."""
        return name in self.ids and exists(self._workspace, name)

    def _read(self, name: str) -> Version | None:
        """Return what a file is now; None if it is missing, or not tracked any more.

        Raises:
            InputError: it is no valid dataset.
        """
        known = self.ids.get(name)
        if known is None:
            return None
        working = look(self._workspace, name, known, self._transaction)
        self._resources.callback(working.close)
        if working.problem is not None:
            raise working.problem
        self.warnings += working.warnings
        if working.dataset is None:
            return None
        texts = working.texts
        record_at = _records(name, texts, self._transaction) if texts is not None else None
        return Version(working.dataset, self._transaction, record_at)


def _records(name: str, texts: LineTexts, reader: ObjectReader) -> RecordAt:
    """Return what reads the records of a working file: from the file itself where it is not as it was.

    The file is open from now on: if another one takes its place, this one is still read.
    """
    texts.open()

    def record_at(position: int, id: bytes) -> bytes:
        try:
            text = texts.record(position)
        except InputError:  # not what the scan saw
            text = b""
        if text is None:
            return reader.read(Kind.RECORD, id)
        if object_id(Kind.RECORD, text) != id:
            raise FileChangedError(
                f"{name} was changed while its differences were read",
                hint="Try again when it has been saved.",
            )
        return text

    return record_at


def _by_dataset(targets: Sequence[str]) -> dict[str, list[str] | None]:
    """Return the entries asked for by dataset; None for all of it."""
    wanted: dict[str, list[str] | None] = {}
    for target in targets:
        name, entry = split_entry(target)
        if entry is None:
            wanted[name] = None
        elif (entries := wanted.setdefault(name, [])) is not None:
            entries.append(entry)
    return wanted


def _renames(before: _Versions, after: _Versions) -> dict[str, str]:
    """Return the old names of datasets that were given another, by their new names."""

    def old(name: str) -> Tree:
        version = before.get(name)
        assert version is not None
        return version.tree

    def new(name: str) -> Tree | None:
        try:
            version = after.get(name)
        except InputError:  # it matters only to those who ask for this dataset
            return None
        return None if version is None else version.tree

    came = [name for name in after.ids if not before.has(name) and after.has(name)]
    gone = [name for name in before.ids if not after.has(name)] if came else []
    return find_renames(gone, came, old, new)


def _under_new_names(
    wanted: Mapping[str, list[str] | None], now: Mapping[str, str]
) -> dict[str, list[str] | None]:
    """Return what is asked for by the names that datasets have in the newer version."""
    found: dict[str, list[str] | None] = {}
    for name, entries in wanted.items():
        new = now.get(name, name)
        others = found.get(new, [])
        found[new] = None if entries is None or others is None else [*others, *entries]
    return found


def _difference(
    name: str, old: Version | None, new: Version | None, entries: Sequence[str] | None, source: str | None
) -> DatasetDifference | None:
    """Return how a dataset differs; None if it does not, or not in these entries."""
    only = None
    if entries is not None:
        only = {_entry_id(name, text, [version for version in (new, old) if version]) for text in entries}
    before, after = (version.dataset if version is not None else None for version in (old, new))
    if same_content(before, after) and (source is None or only is not None):
        return None
    difference = DatasetDifference(name, old, new, only, source)
    return difference if only is None or difference.counts else None


def _entry_id(name: str, text: str, versions: Sequence[Version]) -> bytes:
    """Return the id of the entry that a position from 1 or the beginning of an id means: in the first that has it."""
    problem: RevisionError | None = None
    for version in versions:
        try:
            found = find_position(text, len(version.tree), name)
        except RevisionError as error:
            problem = problem or error
            continue
        if isinstance(found, int):
            return version.entry_id(found)
        matches = version.tree.positions_with_prefix(found)
        if len(matches) > 1:
            shown = tuple(id.hex()[:12] for _, id in matches)
            raise RevisionError(
                f"{text} fits several entries of {name}: {', '.join(shown)}", candidates=shown
            )
        if matches:
            return matches[0][1]
    raise problem or RevisionError(
        f"{name} has no entry {text} in either version",
        hint=f"Ids are shown by: rtstore show HEAD:{name}",
    )
