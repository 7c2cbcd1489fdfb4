"""The disk is full, for real: files may not grow beyond a size, or the disk has 2 MB and a few of them are left."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

import rtstore
from rtstore import Store
from rtstore.errors import StorageError, UnfinishedError
from tests.safety.scenes import (
    AUTHOR,
    MARA,
    SCENES,
    Scene,
    check_store,
    commits_of,
    jsonl,
    picture,
    prepare,
    put,
    working_files,
)

#: Bytes of the small disk.
SIZE = 2 << 20
#: The commands tried on the small disk; each needs some 40 kB or more of it.
COMMANDS = {
    "commit": lambda store: store.commit("second", AUTHOR),
    "restore": lambda store: store.restore([MARA]),
    "gc": lambda store: store.gc(),
}


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """Writing beyond the first ``size`` bytes of any file fails. (Python ignores the signal for that.)"""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_a_command_that_may_not_write_enough_changes_nothing(tmp_path: Path, scene: Scene) -> None:
    prepared = prepare(scene, tmp_path)
    acknowledged = commits_of(rtstore.open(prepared.root))
    for size in (0, 64, 500, 700, 1000, 1400, 2000, 2800, 4000):
        root = prepared.copy(tmp_path / "full")
        store = rtstore.open(root)
        done = True
        with no_file_larger_than(size):
            try:
                scene.command(store)
            except StorageError as error:
                done = isinstance(error, UnfinishedError)
        assert picture(check_store(root, acknowledged)) == (prepared.after if done else prepared.before)


def replies(seed: int) -> list[str]:
    """Return replies that do not compress."""
    random = Random(seed)
    return [random.randbytes(300).hex() for _ in range(80)]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A directory on a disk of its own where that can be had, else just a directory."""
    path = tmp_path / "disk"
    path.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "rtstore-test", str(path)]
    mounted = os.geteuid() == 0 and subprocess.run(command, capture_output=True).returncode == 0
    try:
        yield path
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(path)], check=True)


@contextmanager
def space_left(disk: Path, size: int) -> Iterator[None]:
    """Fill the disk but for ``size`` bytes, or where it is none of its own, forbid larger files."""
    if not os.path.ismount(disk):
        with no_file_larger_than(size // 2):
            yield
        return
    free = os.statvfs(disk)
    filler = disk / "filler"
    filler.write_bytes(bytes(free.f_bavail * free.f_frsize - size))
    try:
        yield
    finally:
        filler.unlink()


def workspace_on(disk: Path) -> Path:
    """Make a workspace with one commit and uncommitted changes."""
    root = disk / "workspace"
    put(root, {MARA: jsonl(MARA, replies(1))})
    store = rtstore.init(root)
    store.add([str(root)])
    store.commit("first", AUTHOR)
    put(root, {MARA: jsonl(MARA, replies(2))})
    return root


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_on_a_full_disk_changes_nothing_and_works_when_there_is_space(
    small_disk: Path, name: str
) -> None:
    root = workspace_on(small_disk)
    acknowledged = commits_of(rtstore.open(root))
    before = picture(rtstore.open(root))
    refused = 0
    for pages in range(60):
        with space_left(small_disk, pages * 4096):
            done = attempt(rtstore.open(root), name)
            assert working_files(root).keys() - {MARA} == set()
        store = check_store(root, acknowledged)
        if done:
            break
        refused += 1
        assert picture(store) == before
    assert done
    assert refused > 3
    check_store(root, acknowledged).create_tag("v1")


def attempt(store: Store, name: str) -> bool:
    try:
        COMMANDS[name](store)
    except UnfinishedError:
        return True
    except StorageError as error:
        assert "space" in error.message or "too large" in error.message
        return False
    return True


def test_the_command_line_says_that_the_disk_is_full(small_disk: Path) -> None:
    root = workspace_on(small_disk)
    environment = {**os.environ, "PYTHONPATH": str(Path(rtstore.__file__).parents[1])}
    with space_left(small_disk, 8192):
        command = [sys.executable, "-m", "rtstore", "restore", MARA]
        run = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    assert run.returncode == StorageError.exit_code
    assert "error: cannot write" in run.stderr
    assert "nothing was changed" in run.stderr
