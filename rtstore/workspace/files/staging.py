"""New working files: written beside the old ones, then put in their places.

A file is replaced only if it is still the one that was looked at; where the system can exchange two names in one
step, that is checked once more afterwards, so that what another program saves in that very instant is not lost. And
once more before the old file goes for good: a program that had it open may have written into it all the while.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from io import FileIO
from typing import NamedTuple

import msgspec

from rtstore.errors import FileChangedError, StorageError, WorkspaceError
from rtstore.formats.sidecar_name import sidecar_path
from rtstore.model.objects import Dataset, Saved
from rtstore.storage.files import NewFile, temporary_beside
from rtstore.storage.intent import Intent, Replacement, clear_intent
from rtstore.storage.sequential import RecordSource
from rtstore.storage.signature import Signature, before_now, settled_from, signature
from rtstore.workspace.files.materialize import Chunk, FileSource, RangeRecorder, blob_chunks
from rtstore.workspace.files.ranges import Ranges, Seen
from rtstore.workspace.files.seen import remember
from rtstore.workspace.paths import check_place, leads_out
from rtstore.workspace.workspace import Workspace


class Twin(msgspec.Struct, frozen=True):
    """A file elsewhere with just the bytes that a working file is to have, as it was observed."""

    path: str
    signature: Signature
    ranges: Ranges


class Rewrite(msgspec.Struct, frozen=True):
    """A working file to replace: what it holds, and is to hold; and which files are expected to be there.

    ``ranges``: those of the file, if they are known for what it holds; ``when``: when it was looked at, in ns.
    ``twin``: where the new file lies already.
    """

    name: str
    before: Saved
    after: Saved
    expected: Signature | None
    expected_sidecar: Signature | None
    ranges: Ranges | None = None
    when: int = 0
    twin: Twin | None = None


class Copy(NamedTuple):
    """A part of another file: ``size`` bytes from ``offset`` on."""

    source: FileIO
    offset: int
    size: int


class Staging:
    """New working files under temporary names."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.replacements: list[Replacement] = []
        self._made: dict[str, Signature] = {}
        self._written: list[tuple[Rewrite, Ranges]] = []
        self._staying: list[Rewrite] = []

    def stage(self, rewrite: Rewrite) -> None:
        """Write the new content of a working file and its sidecar beside them, unless that is what they have."""
        workspace, name, after = self._workspace, rewrite.name, rewrite.after
        if self._stays(rewrite):
            self._staying.append(rewrite)
            return
        if after.dataset is not None:
            dataset = workspace.dataset(after.dataset)
            self._written.append((rewrite, self._stage_dataset(rewrite, dataset)))
            from rtstore.workspace.files.sidecars import sidecar_bytes  # late: few commands write files

            content = sidecar_bytes(workspace.objects, dataset)
        else:
            file = None if after.file is None else blob_chunks(workspace.objects, after.file)
            self._stage_file(name, file, rewrite.expected)
            content = None
        self._stage_sidecar(rewrite, content)

    def _stays(self, rewrite: Rewrite) -> bool:
        """Tell whether the files hold already what they are to hold."""
        before, after = rewrite.before.dataset, rewrite.after.dataset
        if before is None or after is None or rewrite.before.sidecar != rewrite.after.sidecar:
            return False
        from rtstore.workspace.files.unchanged import makes_the_same_files

        workspace = self._workspace
        return makes_the_same_files(workspace.objects, workspace.dataset(before), workspace.dataset(after))

    def _stage_sidecar(self, rewrite: Rewrite, content: bytes | None) -> None:
        """Write the sidecar: that of the dataset, else the strange one that was saved, if any."""
        pieces = None if content is None else iter((content,))
        strange = rewrite.after.sidecar
        if pieces is None and strange is not None:
            if strange == rewrite.before.sidecar or self._staged(sidecar_path(rewrite.name)):
                return  # it lies there already, or gives way to that of another dataset
            pieces = blob_chunks(self._workspace.objects, strange)
        self._stage_file(sidecar_path(rewrite.name), pieces, rewrite.expected_sidecar)

    def _stage_dataset(self, rewrite: Rewrite, dataset: Dataset) -> Ranges:
        """Write the file of a dataset: copied from the present one where they are the same, if that is known."""
        from rtstore.workspace.files.reuse import can_reuse

        if rewrite.twin is not None:
            return self._stage_twin(rewrite, rewrite.twin, dataset.framing.mode)
        workspace = self._workspace
        with RecordSource(workspace.objects) as records:
            new = FileSource(workspace.objects, records, dataset)
            if rewrite.ranges is not None and len(rewrite.ranges) and rewrite.before.dataset is not None:
                old = FileSource(workspace.objects, records, workspace.dataset(rewrite.before.dataset))
                if can_reuse(old, new):
                    ranges = self._stage_reusing(rewrite, rewrite.ranges, old, new)
                    if ranges is not None:
                        return ranges
            return self._stage_whole(rewrite, new)

    def _stage_twin(self, rewrite: Rewrite, twin: Twin, mode: int) -> Ranges:
        from rtstore.workspace.files.reading import open_to_read

        with open_to_read(twin.path) as file:
            pieces = iter((Copy(file, 0, twin.signature.size),))
            self._stage_file(rewrite.name, pieces, rewrite.expected, mode)
        if signature(twin.path) != twin.signature:
            raise FileChangedError(
                f"another program changed {os.path.basename(twin.path)} meanwhile",
                hint="Nothing was changed. Run the command again.",
            )
        return twin.ranges

    def _stage_whole(self, rewrite: Rewrite, new: FileSource) -> Ranges:
        recorder = RangeRecorder()

        def pieces() -> Iterator[bytes]:
            for chunk in new.whole():
                recorder.add(chunk)
                yield chunk.data

        framing = new.dataset.framing
        self._stage_file(rewrite.name, pieces(), rewrite.expected, framing.mode)
        return recorder.finish(framing.layout)

    def _stage_reusing(
        self, rewrite: Rewrite, ranges: Ranges, old: FileSource, new: FileSource
    ) -> Ranges | None:
        """Write the file by copying what the present one has; None if that was not what it was."""
        from rtstore.workspace.files.reading import open_to_read
        from rtstore.workspace.files.reuse import RangeCheck, parts_reusing

        recorder = RangeRecorder()
        path = self._workspace.path(rewrite.name)
        with open_to_read(path) as file, RangeCheck(path, ranges) as check:

            def pieces() -> Iterator[bytes | Copy]:
                for part in parts_reusing(old, new, ranges):
                    if isinstance(part, Chunk):
                        recorder.add(part)
                        yield part.data
                    else:
                        recorder.extend(ranges.between(part.first, part.last))
                        check.add(part)
                        yield Copy(file, part.offset, part.size)

            framing = new.dataset.framing
            self._stage_file(rewrite.name, pieces(), rewrite.expected, framing.mode)
            return recorder.finish(framing.layout) if check.finish() else None

    def _stage_file(
        self,
        name: str,
        pieces: Iterator[bytes | Copy] | None,
        expected: Signature | None,
        mode: int | None = None,
    ) -> None:
        """Write a file's new content; None: it is to go. ``mode`` defaults to that of the file in whose place it is."""
        # A sidecar may go with one dataset that leaves and come with another of that name but for its ending.
        staged = self._staged(name)
        if pieces is None:
            if expected is not None and not staged:
                check_place(self._workspace.root, name)
                self.replacements.append(Replacement(None, name, expected))
            return
        check_place(self._workspace.root, name)
        began = time.time_ns()
        files, final = self._workspace.files, self._workspace.path(name)
        files.make_directory(os.path.dirname(final))
        temporary = temporary_beside(final)
        relative = os.path.relpath(temporary, self._workspace.root).replace(os.sep, "/")
        drop_temporaries(self._workspace, staged)
        self.replacements = [one for one in self.replacements if one not in staged]
        self.replacements.append(Replacement(relative, name, expected))
        if mode is None and expected is not None:
            mode = expected.mode
        with files.create(temporary, 0o666 if mode is None else mode) as file:
            if mode is not None:
                files.set_mode(temporary, mode)
            for piece in pieces:
                if isinstance(piece, Copy):
                    _copy(file, piece, name)
                else:
                    file.write(piece)
            files.set_modified(temporary, before_now(began))
            file.sync()
        made = signature(temporary)
        assert made is not None
        self._made[name] = made

    def _staged(self, name: str) -> list[Replacement]:
        return [replacement for replacement in self.replacements if replacement.final == name]

    def finish(self) -> None:
        """Return when the new files are durable; raise if one they replace is not the one that was looked at."""
        for directory in sorted(self._directories()):
            self._workspace.files.sync_directory(directory)
        for replacement in self.replacements:
            if not is_as_expected(self._workspace, replacement):
                raise FileChangedError(
                    f"another program changed {replacement.final} meanwhile",
                    hint="Nothing was changed. Run the command again.",
                )

    def _directories(self) -> set[str]:
        """Return where new files lie, and all above: an interrupted command may have made them, not durably."""
        directories = set()
        for replacement in self.replacements:
            if replacement.temporary is not None:
                parts = replacement.temporary.split("/")[:-1]
                directories |= {self._workspace.path("/".join(parts[:n])) for n in range(len(parts) + 1)}
        return directories

    def remember(self, changed: Sequence[str]) -> None:
        """Note in the cache what the files written are, so that the next status need not read them."""
        now = time.time_ns()
        for rewrite in self._staying:
            self._remember_staying(rewrite)
        for rewrite, ranges in self._written:
            name, beside = rewrite.name, sidecar_path(rewrite.name)
            if name in changed or not self._is_left(name, None):
                continue
            found = signature(self._workspace.path(name))
            if found is None or not self._is_left(beside, rewrite.expected_sidecar):
                continue
            sidecar = signature(self._workspace.path(beside))
            when = settled_from((found,) if sidecar is None else (found, sidecar), now)
            assert rewrite.after.dataset is not None
            remember(self._workspace, name, Seen(rewrite.after.dataset, found, when, ranges, sidecar))

    def _remember_staying(self, rewrite: Rewrite) -> None:
        """Note what a file is now that is as it was looked at; if it is not, its next look will tell."""
        known = rewrite.after.dataset
        if known is not None and rewrite.expected is not None and rewrite.ranges is not None and rewrite.when:
            seen = Seen(known, rewrite.expected, rewrite.when, rewrite.ranges, rewrite.expected_sidecar)
            remember(self._workspace, rewrite.name, seen)

    def _is_left(self, name: str, untouched: Signature | None) -> bool:
        """Tell whether a file is as this left it: as it was made, gone, or ``untouched``."""
        path = self._workspace.path(name)
        if name in self._made:
            return _is_same_file(path, self._made[name])
        if self._staged(name):
            return not os.path.lexists(path)
        return not os.path.lexists(path) if untouched is None else _is_same_file(path, untouched)


def _copy(file: NewFile, piece: Copy, name: str) -> None:
    if file.copy(*piece) < piece.size:
        raise FileChangedError(
            f"another program changed {name} meanwhile",
            hint="Nothing was changed. Run the command again.",
        )


def is_as_expected(workspace: Workspace, replacement: Replacement) -> bool:
    """Tell whether the file to be replaced is still the one that was looked at."""
    try:
        return signature(workspace.path(replacement.final)) == replacement.expected
    except WorkspaceError:  # a link or a directory: whatever it is, nobody looked at it
        return False


def put_in_place(workspace: Workspace, intent: Intent) -> list[str]:
    """Give the files of an intent their names; return those another program has changed, which are left alone."""
    root = workspace.root
    changed = []
    directories = set()
    for replacement in intent.replacements:
        if leads_out(root, replacement.final) or leads_out(root, replacement.temporary or ""):
            changed.append(replacement.final)
            continue
        final = workspace.path(replacement.final)
        directories.add(os.path.dirname(final))
        if replacement.temporary is None:
            done = _take_away(workspace, replacement, aside(final, intent.operation))
        elif not os.path.exists(workspace.path(replacement.temporary)):
            continue  # done before the interruption, but perhaps not durably
        else:
            temporary = workspace.path(replacement.temporary)
            done = is_as_expected(workspace, replacement) and _put(
                workspace, temporary, final, replacement.expected
            )
        if not done:
            changed.append(replacement.final)
    _sync(workspace, directories)
    for replacement in intent.replacements:
        if _give_back_if_saved(workspace, replacement):
            _sync(workspace, {os.path.dirname(workspace.path(replacement.final))})
            changed += [replacement.final] if replacement.final not in changed else []
        drop_temporaries(workspace, [replacement])
    clear_intent(workspace.files, workspace.directory)
    return changed


def _sync(workspace: Workspace, directories: Iterable[str]) -> None:
    for directory in sorted(filter(os.path.isdir, directories)):
        workspace.files.sync_directory(directory)


def _put(workspace: Workspace, temporary: str, final: str, expected: Signature | None) -> bool:
    """Give a new file its name; false if another program saved the old one in that instant, which then stays."""
    files, ours = workspace.files, signature(temporary)
    if expected is None:
        return files.rename_to_free(temporary, final)
    if not files.exchange(temporary, final):
        files.replace(temporary, final)
        return True
    if _is_same_file(temporary, expected):
        return True
    _give_back(workspace, temporary, final, ours)
    return False


def _give_back(workspace: Workspace, old: str, final: str, ours: Signature | None) -> None:
    """Give an old file its name again, which our new one has."""
    workspace.files.exchange(old, final)
    if ours is not None and not _is_same_file(old, ours):
        workspace.files.exchange(old, final)  # another program saved once more: the newest is to stay


def _give_back_if_saved(workspace: Workspace, replacement: Replacement) -> bool:
    """Give a file its name again that was replaced, if another program has written into it since; tell whether it had.

    It lies under the name that the new one had. Unless the new one has gone too: the newest is to stay.
    """
    expected, final = replacement.expected, workspace.path(replacement.final)
    if expected is None or replacement.temporary is None or leads_out(workspace.root, replacement.temporary):
        return False
    old = workspace.path(replacement.temporary)
    try:
        found, ours = signature(old), signature(final)
    except (
        WorkspaceError,
        StorageError,
    ):  # somebody put something else there, or took away the right to look
        return False
    if found is None or found.inode != expected.inode or _is_same_file(old, expected):
        return False
    if ours is not None and ours.mtime_ns > found.mtime_ns:
        return False
    _give_back(workspace, old, final, ours)
    return True


def _take_away(workspace: Workspace, replacement: Replacement, beside: str) -> bool:
    """Remove a file; false if another program saved it meanwhile, even in that instant: then it stays.

    It gets the name ``beside`` first, under which it can be looked at when nobody else can save it any more.
    """
    files, final, expected = workspace.files, workspace.path(replacement.final), replacement.expected
    if not os.path.lexists(beside):
        if not is_as_expected(workspace, replacement):
            return not os.path.exists(final)
        files.replace(final, beside)
    mine = expected is not None and _is_same_file(beside, expected)
    if mine or not files.rename_to_free(beside, final):  # it saved once more: the newest is to stay
        files.remove(beside, missing_ok=True)
    return mine


def aside(final: str, operation: bytes) -> str:
    """Return the temporary name of a file that an operation removes; whoever carries it on finds it again."""
    return temporary_beside(final, operation[:6])


def _is_same_file(path: str, expected: Signature) -> bool:
    """Tell whether a file that was renamed, which changes its ctime, is the one expected."""
    try:
        found = signature(path)
    except WorkspaceError:  # a link or a directory
        return False
    return found is not None and msgspec.structs.replace(found, ctime_ns=expected.ctime_ns) == expected


def drop_temporaries(workspace: Workspace, replacements: Sequence[Replacement]) -> None:
    """Remove new files that were not put in their places."""
    for replacement in replacements:
        if replacement.temporary is not None and not leads_out(workspace.root, replacement.temporary):
            workspace.files.remove(workspace.path(replacement.temporary), missing_ok=True)
