"""Every call to the disk that a command makes fails: it is done wholly or not at all, and says which."""

from __future__ import annotations

import os
from collections.abc import Iterator
from errno import EIO, ENOSPC
from itertools import count
from pathlib import Path
from typing import Literal

import pytest

import rtstore
from rtstore.errors import StorageError, UnfinishedError
from tests.faults import FaultyFiles, every_fault
from tests.safety.scenes import (
    SCENES,
    Prepared,
    Scene,
    Tree,
    check_store,
    commits_of,
    go_on,
    leftovers,
    picture,
    prepare,
    with_files,
    working_files,
)

When = Literal["before", "half", "after"]

#: How a call fails: with which error, whether all later ones do too, and when it has done how much.
WAYS: list[tuple[int, bool, When]] = [
    (ENOSPC, False, "before"),
    (ENOSPC, True, "half"),
    (EIO, False, "after"),
    (EIO, True, "before"),
]


def some_faults() -> Iterator[FaultyFiles]:
    """Yield files that fail at call 1, 2, 3, ... each in the next way, up to one that did not come to fail."""
    for fail_at in count(1):
        code, forever, when = WAYS[fail_at % len(WAYS)]
        files = FaultyFiles(fail_at, code, forever=forever, when=when)
        yield files
        if not files.fired:
            return


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_a_command_of_which_any_call_fails_is_done_or_never_happened(tmp_path: Path, scene: Scene) -> None:
    check_each(prepare(scene, tmp_path), some_faults(), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
@pytest.mark.parametrize(("code", "forever", "when"), WAYS)
def test_so_is_one_of_which_any_call_fails_in_each_way(
    tmp_path: Path, scene: Scene, code: int, forever: bool, when: When
) -> None:
    check_each(prepare(scene, tmp_path), every_fault(code, forever=forever, when=when), tmp_path)


def check_each(prepared: Prepared, faults: Iterator[FaultyFiles], directory: Path) -> None:
    acknowledged = commits_of(rtstore.open(prepared.root))
    for files in faults:
        root = prepared.copy(directory / "harmed")
        error = run(prepared.scene, root, files)
        found = working_files(root)
        check_whole(found, prepared)
        now = picture(check_store(root, acknowledged))
        if error is None or isinstance(error, UnfinishedError):
            assert now == prepared.after
        else:
            assert now == prepared.before
            assert found == prepared.before.working
        if files.when != "after" and not files.forever:
            assert leftovers(root) == []
        check_usable(prepared, root, done=now == prepared.after)


def run(scene: Scene, root: Path, files: FaultyFiles) -> StorageError | None:
    """Run the command; return how it failed. Any other error than that of the disk is one too many."""
    try:
        scene.command(with_files(root, files))
    except StorageError as error:
        assert files.fired
        return error
    return None


def check_whole(found: Tree, prepared: Prepared) -> None:
    """Each working file is the old one or the new one, also while nothing has repaired what was interrupted."""
    before, after = prepared.before.working, prepared.after.working
    assert found.keys() <= {*before, *after}
    for name in {*before, *after}:
        assert found.get(name) in (before.get(name), after.get(name))


def check_usable(prepared: Prepared, root: Path, *, done: bool) -> None:
    """On the healed disk the same command works, or if it is done, the next one."""
    store = rtstore.open(root)
    if done:
        go_on(store)
    else:
        prepared.scene.command(store)
        assert picture(store) == prepared.after


def test_init_fails_at_any_call_and_works_afterwards(tmp_path: Path) -> None:
    for number, files in enumerate(some_faults()):
        root = tmp_path / str(number) / "new"
        try:
            rtstore.init(root, files=files)
        except UnfinishedError:
            pass
        except StorageError:
            assert not root.exists() or os.listdir(root) == []
            rtstore.init(root)
        assert check_store(root).status().clean
        assert os.listdir(root) == [".rtstore"]
