"""Disks that fail and power that is cut: stand-ins for ``Files`` to prove that nothing is lost then.

``FaultyFiles`` lets one changing call fail; ``every_fault`` tries each call in turn. ``RecordingFiles`` keeps
a log of all changes, and ``power_cut_states`` gives the states a disk may be found in when the power fails at
a point of that log: content that was not synced may be missing, cut short or zeros; names that were created,
replaced or removed since their directory was last synced may or may not have changed, in order or not.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from errno import ENOSPC
from io import FileIO
from itertools import chain, combinations, count
from pathlib import Path
from typing import Literal, NamedTuple, TypeVar

from rtstore.storage.files import Files, NewFile, refused

T = TypeVar("T")

# --- failing calls
# ---------------------------------------------------------------------------------------------------


class FaultyFiles(Files):
    """Lets the changing call number ``fail_at`` (from 1; 0: none) fail with the error ``code``.

    ``forever``: so do all later ones. ``when``: ``before`` the call does anything; ``half``, a write when it
    has written the first half; ``after`` it has done everything. ``calls`` counts, ``fired`` says whether any
    failed.
    """

    def __init__(
        self,
        fail_at: int = 0,
        code: int = ENOSPC,
        *,
        forever: bool = False,
        when: Literal["before", "half", "after"] = "before",
    ) -> None:
        self.fail_at, self.code, self.forever, self.when = fail_at, code, forever, when
        self.calls = 0
        self.fired = False

    def attempt(
        self, action: str, path: str, call: Callable[[], T], half: Callable[[], object] | None = None
    ) -> T:
        self.calls += 1
        if not self.fail_at or not (
            self.calls == self.fail_at or (self.forever and self.calls > self.fail_at)
        ):
            return call()
        self.fired = True
        if self.when == "half" and half is not None:
            half()
        elif self.when == "after":
            _close_if_new(call())
        raise refused(OSError(self.code, os.strerror(self.code)), action, path)

    def create(self, path: str, mode: int = 0o666) -> NewFile:
        file = self.attempt("create", path, lambda: super(FaultyFiles, self).create(path, mode))
        return _FaultyNewFile(file, self)

    def replace(self, source: str, target: str) -> None:
        self.attempt("replace", target, lambda: super(FaultyFiles, self).replace(source, target))

    def exchange(self, first: str, second: str) -> bool:
        return self.attempt("replace", second, lambda: super(FaultyFiles, self).exchange(first, second))

    def rename_to_free(self, source: str, target: str) -> bool:
        return self.attempt("create", target, lambda: super(FaultyFiles, self).rename_to_free(source, target))

    def remove(self, path: str, *, missing_ok: bool = False) -> None:
        self.attempt("remove", path, lambda: super(FaultyFiles, self).remove(path, missing_ok=missing_ok))

    def _make_one_directory(self, path: str) -> None:
        self.attempt("create", path, lambda: super(FaultyFiles, self)._make_one_directory(path))

    def sync_directory(self, path: str) -> None:
        self.attempt("sync", path, lambda: super(FaultyFiles, self).sync_directory(path))

    def set_mode(self, path: str, mode: int) -> None:
        self.attempt("set the mode of", path, lambda: super(FaultyFiles, self).set_mode(path, mode))

    def set_modified(self, path: str, time_ns: int) -> None:
        self.attempt("set the time of", path, lambda: super(FaultyFiles, self).set_modified(path, time_ns))


class _Wrapped(NewFile):
    """A new file whose calls are seen by someone on their way to the real one."""

    def __init__(self, file: NewFile) -> None:
        super().__init__(file.path, -1)
        self._real = file

    def close(self) -> None:
        self._real.close()


class _FaultyNewFile(_Wrapped):
    def __init__(self, file: NewFile, files: FaultyFiles) -> None:
        super().__init__(file)
        self._files = files

    def write(self, data: bytes | bytearray | memoryview) -> None:
        half = memoryview(data).cast("B")[: memoryview(data).nbytes // 2]
        self._files.attempt(
            "write", self.path, lambda: self._real.write(data), lambda: self._real.write(half)
        )

    def copy(self, source: FileIO, offset: int, size: int) -> int:
        return self._files.attempt(
            "write",
            self.path,
            lambda: self._real.copy(source, offset, size),
            lambda: self._real.copy(source, offset, size // 2),
        )

    def sync(self) -> None:
        self._files.attempt("write", self.path, self._real.sync)


def _close_if_new(result: object) -> None:
    if isinstance(result, NewFile):
        result.close()


def every_fault(
    code: int = ENOSPC, *, forever: bool = False, when: Literal["before", "half", "after"] = "before"
) -> Iterator[FaultyFiles]:
    """Yield ``FaultyFiles`` that fail at call 1, 2, 3, ... up to one that did not come to fail."""
    for fail_at in count(1):
        files = FaultyFiles(fail_at, code, forever=forever, when=when)
        yield files
        if not files.fired:
            return


# --- recording
# ------------------------------------------------------------------------------------------------------


class Step(NamedTuple):
    """One change: ``call`` is create, write, sync, replace, exchange, remove, mkdir, syncdir or mode.

    Paths are relative to the recording's root, with ``/``; ``target`` is that of a replace or an exchange.
    ``file`` numbers the created files, so that a write is attributed to its file whatever the name is now.
    """

    call: str
    path: str
    data: bytes = b""
    target: str = ""
    file: int = -1
    mode: int = 0


class Disk(NamedTuple):
    """What is below a directory: the content of files by relative path, and the directories."""

    files: dict[str, bytes]
    directories: frozenset[str]

    def key(self) -> tuple[frozenset[tuple[str, bytes]], frozenset[str]]:
        return frozenset(self.files.items()), self.directories


def disk_of(root: Path) -> Disk:
    """Return what is below ``root`` now."""
    paths = [(path.relative_to(root).as_posix(), path) for path in root.rglob("*")]
    files = {name: path.read_bytes() for name, path in paths if path.is_file()}
    return Disk(files, frozenset(name for name, path in paths if path.is_dir()))


def lay_out(disk: Disk, root: Path) -> None:
    """Make ``root`` hold exactly what ``disk`` says."""
    if root.exists():
        shutil.rmtree(root)
    root.mkdir(parents=True)
    for directory in sorted(disk.directories):
        (root / directory).mkdir(parents=True, exist_ok=True)
    for name, content in disk.files.items():
        (root / name).write_bytes(content)


class RecordingFiles(Files):
    """Does everything, and keeps a ``log`` of it. ``before`` is what was below ``root`` at the start."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.before = disk_of(root)
        self.log: list[Step] = []
        self._created = 0

    def name(self, path: str) -> str:
        return Path(path).absolute().relative_to(self.root.absolute()).as_posix()

    def create(self, path: str, mode: int = 0o666) -> NewFile:
        file = super().create(path, mode)
        number, self._created = self._created, self._created + 1
        self.log.append(Step("create", self.name(path), file=number, mode=mode))
        return _RecordedNewFile(file, self, number)

    def replace(self, source: str, target: str) -> None:
        super().replace(source, target)
        self.log.append(Step("replace", self.name(source), target=self.name(target)))

    def exchange(self, first: str, second: str) -> bool:
        done = super().exchange(first, second)
        if done:
            self.log.append(Step("exchange", self.name(first), target=self.name(second)))
        return done

    def rename_to_free(self, source: str, target: str) -> bool:
        done = super().rename_to_free(source, target)
        if done:
            self.log.append(Step("replace", self.name(source), target=self.name(target)))
        return done

    def remove(self, path: str, *, missing_ok: bool = False) -> None:
        existed = os.path.lexists(path)
        super().remove(path, missing_ok=missing_ok)
        if existed:
            self.log.append(Step("remove", self.name(path)))

    def _make_one_directory(self, path: str) -> None:
        super()._make_one_directory(path)
        self.log.append(Step("mkdir", self.name(path)))

    def sync_directory(self, path: str) -> None:
        super().sync_directory(path)
        self.log.append(Step("syncdir", self.name(path)))

    def set_mode(self, path: str, mode: int) -> None:
        super().set_mode(path, mode)
        self.log.append(Step("mode", self.name(path), mode=mode))


class _RecordedNewFile(_Wrapped):
    def __init__(self, file: NewFile, files: RecordingFiles, number: int) -> None:
        super().__init__(file)
        self._files, self._number = files, number

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._real.write(data)
        step = Step("write", self._files.name(self.path), bytes(data), file=self._number)
        self._files.log.append(step)

    def copy(self, source: FileIO, offset: int, size: int) -> int:
        source.seek(offset)
        data = source.read(size)
        self.write(data)
        return len(data)

    def sync(self) -> None:
        self._real.sync()
        self._files.log.append(Step("sync", self._files.name(self.path), file=self._number))


# --- power cuts
# -----------------------------------------------------------------------------------------------------

#: Below this many names in doubt all subsets are tried, above it the telling ones.
EXHAUSTIVE = 6


class _Content:
    """The content of one file: what is durable, and what was written since."""

    def __init__(self, data: bytes = b"") -> None:
        self.data, self.durable = data, len(data)

    def variants(self) -> list[bytes]:
        """Return what may be found: all of it; none, half or zeros of what was not synced."""
        kept, rest = self.data[: self.durable], self.data[self.durable :]
        return list(dict.fromkeys([self.data, kept, kept + rest[: len(rest) // 2], kept + bytes(len(rest))]))


class _Change(NamedTuple):
    """A change of names: ``gone`` is no more, ``new`` is there (None as content: a directory).

    ``also``: what another name stands for since the same instant.
    """

    gone: str | None
    new: str | None
    content: _Content | None
    also: tuple[str, _Content | None] | None = None


def power_cut_states(recording: RecordingFiles, point: int) -> Iterator[Disk]:
    """Yield what the disk may hold after a power cut when ``point`` steps of the log had returned.

    The states are different from each other; the first is that of a killed process: all as it was done.
    """
    contents, changes, durable = _played(recording, point)
    seen = set()
    for kept in _subsets(changes, durable):
        for disk in _disks(recording.before, contents, kept):
            if disk.key() not in seen:
                seen.add(disk.key())
                yield disk


def every_power_cut(recording: RecordingFiles) -> Iterator[tuple[int, Disk]]:
    """Yield the states after a power cut at each point of the log, with the point."""
    for point in range(len(recording.log) + 1):
        for disk in power_cut_states(recording, point):
            yield point, disk


def _played(recording: RecordingFiles, point: int) -> tuple[dict[str, _Content], list[_Change], set[int]]:
    """Return the old files' contents, the changes of names, and the indexes of those that are durable."""
    old = {name: _Content(data) for name, data in recording.before.files.items()}
    names: dict[str, _Content | None] = {**old, **dict.fromkeys(recording.before.directories)}
    created: dict[int, _Content] = {}
    changes: list[_Change] = []
    durable: set[int] = set()
    for step in recording.log[:point]:
        match step.call:
            case "create":
                names[step.path] = created[step.file] = _Content()
                changes.append(_Change(None, step.path, created[step.file]))
            case "write":
                created[step.file].data += step.data
            case "sync":
                created[step.file].durable = len(created[step.file].data)
            case "replace":
                content = names[step.target] = names.pop(step.path)
                changes.append(_Change(step.path, step.target, content))
            case "exchange":
                content, other = names[step.path], names[step.target]
                names[step.path], names[step.target] = other, content
                changes.append(_Change(None, step.target, content, (step.path, other)))
            case "remove":
                del names[step.path]
                changes.append(_Change(step.path, None, None))
            case "mkdir":
                names[step.path] = None
                changes.append(_Change(None, step.path, None))
            case "syncdir":
                durable |= {number for number, change in enumerate(changes) if _touches(change, step.path)}
    return old, changes, durable


def _touches(change: _Change, directory: str) -> bool:
    # A rename between two directories is durable when the new name is.
    return (os.path.dirname(change.new or change.gone or "") or ".") == directory


def _subsets(changes: list[_Change], durable: set[int]) -> Iterator[list[_Change]]:
    """Yield which changes of names may be found to have happened: all, first; then in order; then in any."""
    everything = range(len(changes))
    doubtful = [number for number in everything if number not in durable]
    last = max(durable, default=-1)
    in_order: Iterable[set[int]] = (set(range(end)) for end in range(len(changes), last, -1))
    if len(doubtful) <= EXHAUSTIVE:
        sizes = range(len(doubtful) + 1)
        some: Iterable[set[int]] = chain.from_iterable(
            map(set, combinations(doubtful, size)) for size in sizes
        )
    else:
        one = [{number} for number in doubtful]
        some = chain([set()], one, (set(doubtful) - number for number in one))
    for kept in chain(in_order, (durable | subset for subset in some)):
        yield [changes[number] for number in everything if number in kept]


def _disks(before: Disk, old: dict[str, _Content], changes: list[_Change]) -> Iterator[Disk]:
    files = dict(old)
    directories = set(before.directories)
    for change in changes:
        if change.gone is not None:
            files.pop(change.gone, None)
        if change.new is not None and change.content is not None:
            files[change.new] = change.content
            if change.also is not None and change.also[1] is not None:
                files[change.also[0]] = change.also[1]
        elif change.new is not None:
            directories.add(change.new)
    # What is in a directory whose own name did not make it cannot be found.
    directories = {name for name in directories if _reached(name, directories)}
    found = {name: content for name, content in files.items() if _reached(name, directories)}
    for variant in range(4):
        chosen = {name: content.variants() for name, content in found.items()}
        yield Disk(
            {name: choices[min(variant, len(choices) - 1)] for name, choices in chosen.items()},
            frozenset(directories),
        )


def _reached(name: str, directories: set[str]) -> bool:
    parents = [parent.as_posix() for parent in Path(name).parents]
    return all(parent in directories for parent in parents if parent != ".")
