"""The power fails during a command: what was not synced may be lost, what was acknowledged is not."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import NamedTuple

import msgspec
import pytest

import rtstore
from rtstore import Store
from rtstore.errors import DamagedError
from rtstore.storage.files import Files, NewFile
from rtstore.storage.intent import Intent, Replacement, read_intent, write_intent
from rtstore.storage.signature import signature
from rtstore.workspace.files.staging import aside
from tests.faults import Disk, RecordingFiles, every_power_cut, lay_out, power_cut_states
from tests.safety.scenes import (
    SCENES,
    Picture,
    Prepared,
    Scene,
    Tree,
    check_store,
    commits_of,
    go_on,
    picture,
    prepare,
    with_files,
    working_files,
)

#: States of the disk tried for each command in the quick run, drawn with a fixed seed.
SAMPLE = 20

State = tuple[int, Disk]


class Recorded(NamedTuple):
    """A command that was done, with everything it changed on the disk, and the commits there were before."""

    prepared: Prepared
    files: RecordingFiles
    acknowledged: dict[str, Tree]

    @property
    def end(self) -> int:
        """The point at which the command had returned."""
        return len(self.files.log)


def record(scene: Scene, directory: Path) -> Recorded:
    prepared = prepare(scene, directory)
    root = prepared.copy(directory / "recorded")
    files = RecordingFiles(root)
    scene.command(with_files(root, files))
    return Recorded(prepared, files, commits_of(rtstore.open(prepared.root)))


def distinct(states: Iterable[State], end: int) -> list[State]:
    """Return the states that differ in more than the cache, each with one of the caches it may have."""
    random, found = Random(1), dict[object, list[State]]()
    for point, disk in states:
        kept = ((name, data) for name, data in disk.files.items() if not name.startswith(".rtstore/cache/"))
        found.setdefault((point == end, frozenset(kept), disk.directories), []).append((point, disk))
    return [random.choice(alike) for alike in found.values()]


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_a_power_cut_leaves_a_command_done_or_never_begun(tmp_path: Path, scene: Scene) -> None:
    recorded = record(scene, tmp_path)
    states = distinct(every_power_cut(recorded.files), recorded.end)
    check_states(recorded, Random(1).sample(states, min(SAMPLE, len(states))), tmp_path / "cut")


@pytest.mark.slow
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_so_does_a_power_cut_at_any_moment_in_any_order(tmp_path: Path, scene: Scene) -> None:
    recorded = record(scene, tmp_path)
    check_states(recorded, distinct(every_power_cut(recorded.files), recorded.end), tmp_path / "cut")


def check_states(recorded: Recorded, states: Iterable[State], root: Path) -> None:
    before, after = recorded.prepared.before, recorded.prepared.after
    for point, disk in states:
        lay_out(disk, root)
        restore_identity(recorded, root)
        for name, content in working_files(root).items():
            assert content in (before.working.get(name), after.working.get(name))
        now = picture(check_store(root, recorded.acknowledged))
        assert now == after or (now == before and point < recorded.end)


def restore_identity(recorded: Recorded, root: Path) -> None:
    """Let the files that were laid out count as those there were: a disk keeps their times and inodes."""
    store = str(root / ".rtstore")
    try:
        intent = read_intent(Files(), store)
    except DamagedError:
        return  # opening the store will tell
    if intent is not None:
        replacements = tuple(
            _identified(recorded, root, one, intent.operation) for one in intent.replacements
        )
        write_intent(Files(), store, Intent(intent.operation, replacements))


def _identified(recorded: Recorded, root: Path, replacement: Replacement, operation: bytes) -> Replacement:
    old = recorded.files.before.files.get(replacement.final)
    final = root / replacement.final
    # It has its name still, or lies where it gave way to nothing, or to the new one.
    beside = aside(str(final), operation) if replacement.temporary is None else root / replacement.temporary
    for place in (final, Path(beside)):
        if old is not None and place.exists() and place.read_bytes() == old:
            return msgspec.structs.replace(replacement, expected=signature(str(place)))
    return replacement


class Killed(BaseException):
    """The process is dead: nothing after this reaches the disk."""


class MortalFiles(RecordingFiles):
    """Records, and dies at the call number ``die_at`` before it does anything."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.die_at: int | None = None

    def live(self) -> None:
        if self.die_at is not None and len(self.log) >= self.die_at:
            raise Killed

    def create(self, path: str, mode: int = 0o666) -> NewFile:
        self.live()
        return super().create(path, mode)

    def replace(self, source: str, target: str) -> None:
        self.live()
        super().replace(source, target)

    def exchange(self, first: str, second: str) -> bool:
        self.live()
        return super().exchange(first, second)

    def rename_to_free(self, source: str, target: str) -> bool:
        self.live()
        return super().rename_to_free(source, target)

    def remove(self, path: str, *, missing_ok: bool = False) -> None:
        self.live()
        super().remove(path, missing_ok=missing_ok)

    def sync_directory(self, path: str) -> None:
        self.live()
        super().sync_directory(path)


@pytest.mark.parametrize("name", ["add", "switch", "edit"])
def test_a_command_that_was_killed_and_repeated_survives_a_power_cut(tmp_path: Path, name: str) -> None:
    check_repeated(tmp_path, name, 4, step=1 if name == "add" else 5)


@pytest.mark.slow
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_so_does_any_command_in_any_of_many_states(tmp_path: Path, scene: Scene) -> None:
    check_repeated(tmp_path, scene.name, 4)


def check_repeated(directory: Path, name: str, sample: int, step: int = 1) -> None:
    """Kill the command at every ``step``-th call, repeat it, and cut the power when that has returned.

    What the killed one had not made durable must not be taken for it by the one that finds it.
    """
    scene = next(scene for scene in SCENES if scene.name == name)
    whole = record(scene, directory)
    for die_at in range(1, whole.end, step):
        files = MortalFiles(whole.prepared.copy(directory / "recorded"))
        files.die_at = die_at
        with pytest.raises(Killed):
            scene.command(with_files(files.root, files))
        files.die_at = None
        after = repeat(whole.prepared, with_files(files.root, files))
        recorded = Recorded(whole.prepared._replace(before=after, after=after), files, whole.acknowledged)
        cuts = ((recorded.end, disk) for disk in power_cut_states(files, recorded.end))
        states = distinct(cuts, recorded.end)
        check_states(recorded, Random(die_at).sample(states, min(sample, len(states))), directory / "cut")


def repeat(prepared: Prepared, store: Store) -> Picture:
    """Run the command again, or if it is done another one; return what the store looks like then."""
    if picture(store) == prepared.after:
        go_on(store)
    else:
        prepared.scene.command(store)
    return picture(store)


def test_a_power_cut_while_an_interrupted_command_is_finished_leaves_it_done_or_never_begun(
    tmp_path: Path,
) -> None:
    scene = next(scene for scene in SCENES if scene.name == "switch")
    whole = record(scene, tmp_path)
    for die_at in range(whole.end // 2, whole.end):
        files = MortalFiles(whole.prepared.copy(tmp_path / "recorded"))
        files.die_at = die_at
        with pytest.raises(Killed):
            scene.command(with_files(files.root, files))
        killed, files.die_at = len(files.log), None
        with_files(files.root, files)  # finishes it, or takes it back
        cuts = [(n, disk) for n in range(killed, len(files.log)) for disk in power_cut_states(files, n)]
        states = distinct(cuts, -1)
        recorded = Recorded(whole.prepared, files, whole.acknowledged)
        check_states(recorded, Random(die_at).sample(states, min(6, len(states))), tmp_path / "cut")
