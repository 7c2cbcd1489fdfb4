"""Every call to the disk that a command makes fails once: it happened wholly or not at all, and says which."""

from __future__ import annotations

from errno import EIO, ENOSPC
from pathlib import Path
from typing import Literal

import pytest

import rtstore
from rtstore.errors import NothingToDoError, StorageError, UnfinishedError
from tests.faults import FaultyFiles, every_fault
from tests.safety.scenes import (
    SCENES,
    Picture,
    Prepared,
    Scene,
    check_store,
    commits_of,
    leftovers,
    picture,
    prepare,
    with_files,
    working_files,
)

When = Literal["before", "half", "after"]

#: What fails how. Writing fails for want of space and syncing because of the disk, but either may at any call.
TELLING: list[tuple[int, bool, When]] = [
    (ENOSPC, False, "before"),
    (ENOSPC, True, "half"),
    (EIO, False, "after"),
]
ALL: list[tuple[int, bool, When]] = [
    (code, forever, when)
    for code in (ENOSPC, EIO)
    for forever in (False, True)
    for when in ("before", "half", "after")
]
KINDS = [
    pytest.param(*kind, marks=[] if kind in TELLING else pytest.mark.slow, id=f"{kind[0]}-{kind[1]}-{kind[2]}")
    for kind in ALL
]


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
@pytest.mark.parametrize(("code", "forever", "when"), KINDS)
def test_a_command_whose_nth_call_fails_is_done_or_never_happened(
    tmp_path: Path, scene: Scene, code: int, forever: bool, when: When
) -> None:
    prepared = prepare(scene, tmp_path)
    acknowledged = commits_of(rtstore.open(prepared.root))
    for files in every_fault(code, forever=forever, when=when):
        root = prepared.copy(tmp_path / "harmed")
        error = run(scene, root, files)
        found = working_files(root)
        now = picture(check_store(root, acknowledged))
        if error is None or isinstance(error, UnfinishedError):
            assert now == prepared.after
        else:
            assert now == prepared.before
            assert found == prepared.before.working
        check_whole(found, prepared)
        if when != "after" and not forever:
            assert leftovers(root) == []
        run_again(prepared, root, now)


def run(scene: Scene, root: Path, files: FaultyFiles) -> StorageError | None:
    """Run the command; return how it failed. Any other error than that of the disk is one too many."""
    try:
        scene.command(with_files(root, files))
    except StorageError as error:
        assert files.fired
        return error
    return None


def check_whole(found: dict[str, bytes], prepared: Prepared) -> None:
    """Each working file is the old one or the new one, also before anything has repaired what was interrupted."""
    before, after = prepared.before.working, prepared.after.working
    for name in {*before, *after}:
        assert found.get(name) in (before.get(name), after.get(name))


def run_again(prepared: Prepared, root: Path, now: Picture) -> None:
    """The same command works on the healed disk, unless it is done already."""
    store = rtstore.open(root)
    if now == prepared.before:
        prepared.scene.command(store)
        assert picture(store) == prepared.after
    try:
        store.undo()
    except NothingToDoError:
        return
    store.redo()
    assert picture(store) == prepared.after
