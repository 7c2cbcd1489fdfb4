"""Collection: what nothing reaches goes, everything else stays, whatever happens on the way."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import msgspec
import pytest

import rtstore
from rtstore.errors import DamagedError, NothingToDoError, RtstoreError, StorageError
from rtstore.model.ids import Kind
from rtstore.model.objects import Operation, State
from rtstore.storage import collect
from rtstore.storage.files import Files
from rtstore.storage.pack import Encoding
from rtstore.workspace.care import gc as gc_module
from rtstore.workspace.care.fsck import fsck
from rtstore.workspace.care.gc import gc, kept_operations
from rtstore.workspace.operate import Command, perform, writing
from rtstore.workspace.workspace import Workspace
from tests.faults import every_fault
from tests.packs import flip
from tests.workspaces import Desk, lines, new_desk, talk

ALL = 36_500
LEVEL = 9


@pytest.fixture
def mara() -> Iterator[Desk]:
    """Provide a workspace with three commits on main, and one on a branch."""
    with new_desk() as found:
        found.track(lines(*(talk(number) for number in range(20))))
        found.commit("first")
        for reply in ("Fog.", "Storm."):
            found.write(lines(*(talk(n, reply) if n == 3 else talk(n) for n in range(20))))
            found.commit(reply)
        found.store.switch("noir", create=True)
        found.write(lines(*(talk(n, "A dame walked in.") if n == 5 else talk(n) for n in range(20))))
        found.commit("noir")
        found.store.switch("main")
        yield found


def workspace_of(desk: Desk, files: Files | None = None) -> Workspace:
    return Workspace.open(desk.root, files)


def everything(desk: Desk) -> dict[str, bytes]:
    """Return every file that a branch or tag of a store can give back, by revision."""
    store = rtstore.open(desk.root)
    names = [*store.branches(), *store.tags()]
    commits = {id.hex() for name in names for id, _ in store.log([name])}
    return {f"{id}:{path}": b"".join(ds.chunks()) for id in commits for path, ds in store[id].items()}


def test_collection_keeps_every_commit_in_one_pack(mara: Desk) -> None:
    before = everything(mara)
    assert len(before) == 4
    result = gc(workspace_of(mara), ALL, LEVEL)
    assert result.packs_before > 1
    assert result.packs_after == len(workspace_of(mara).objects.packs()) == 1
    assert result.bytes_after < result.bytes_before
    assert result.operations_dropped == 0
    assert everything(mara) == before
    assert fsck(workspace_of(mara)).problems == ()


def test_what_nothing_reaches_is_dropped(mara: Desk) -> None:
    (lost,) = [id for id, commit in mara.store.log(["noir"]) if commit.message == "noir\n"]
    mara.store.delete_branch("noir")
    kept = everything(mara)
    result = gc(workspace_of(mara), 0, LEVEL)
    assert result.objects_dropped > 0
    assert result.operations_dropped > 0
    assert not workspace_of(mara).objects.contains(Kind.COMMIT, lost)
    assert everything(mara) == kept
    assert fsck(workspace_of(mara)).problems == ()


def test_within_the_retention_undo_brings_back_a_deleted_branch(mara: Desk) -> None:
    before = everything(mara)
    mara.store.delete_branch("noir")
    gc(workspace_of(mara), 30, LEVEL)
    mara.reopen()
    mara.store.undo()
    assert everything(mara) == before


def test_what_an_operation_saved_of_a_working_file_is_kept_as_long_as_it_is(mara: Desk) -> None:
    draft = lines(*(talk(number, "A draft.") for number in range(20)))
    mara.write(draft)
    mara.store.restore(["mara.jsonl"])
    assert mara.read() != draft
    gc(workspace_of(mara), 30, LEVEL)
    mara.reopen()
    mara.store.undo()
    assert mara.read() == draft


def test_a_saved_file_that_is_no_dataset_is_kept_too(mara: Desk) -> None:
    mara.write(b"this is no dataset\n")
    mara.store.restore(["mara.jsonl"])
    gc(workspace_of(mara), 30, LEVEL)
    mara.reopen()
    mara.store.undo()
    assert mara.read() == b"this is no dataset\n"


def collected(desk: Desk) -> None:
    """Leave the operation of a collection that dropped something, while what is newer is kept."""
    workspace = workspace_of(desk)
    with writing(workspace), workspace.transaction() as transaction:
        perform(workspace, transaction, Command(gc_module.COMMAND, workspace.state(), kind="care"))


def test_undo_and_redo_pass_over_a_collection(mara: Desk) -> None:
    mara.store.create_branch("extra")
    collected(mara)
    assert mara.store.undo().command == "branch extra"
    assert "extra" not in mara.store.branches()
    collected(mara)
    assert mara.store.redo().command == "branch extra"
    assert "extra" in mara.store.branches()


def test_after_everything_old_was_dropped_there_is_nothing_to_undo(mara: Desk) -> None:
    gc(workspace_of(mara), 0, LEVEL)
    mara.reopen()
    with pytest.raises(NothingToDoError):
        for _ in range(3):
            mara.store.undo()
    assert fsck(workspace_of(mara)).problems == ()


def test_nothing_is_left_to_undo_where_the_log_ends_with_a_collection(mara: Desk) -> None:
    mara.store.gc(retention_days=0)
    mara.store.create_tag("v1")
    mara.store.undo()
    mara.store.gc(retention_days=0)
    with pytest.raises(NothingToDoError, match="nothing to undo"):
        mara.store.undo()
    mara.store.redo()
    assert list(mara.store.tags()) == ["v1"]


def test_the_version_that_was_undone_can_be_done_again_after_collection(mara: Desk) -> None:
    before = everything(mara)
    mara.store.delete_branch("noir")
    mara.store.undo()
    mara.store.redo()
    mara.store.undo()
    gc(workspace_of(mara), 0, LEVEL)
    mara.reopen()
    assert everything(mara) == before
    assert fsck(workspace_of(mara)).problems == ()


def test_a_second_collection_changes_nothing(mara: Desk) -> None:
    for days in (ALL, 0):
        gc(workspace_of(mara), days, LEVEL)
        files = {path: os.stat(path).st_mtime_ns for path in Path(mara.root, ".rtstore").glob("[opf]*/*")}
        result = gc(workspace_of(mara), days, LEVEL)
        assert {path: os.stat(path).st_mtime_ns for path in files} == files
        assert (result.bytes_before, result.objects_dropped, result.operations_dropped) == (
            result.bytes_after,
            0,
            0,
        )


def test_without_its_cache_a_collection_does_the_same_again(mara: Desk) -> None:
    before = everything(mara)
    gc(workspace_of(mara), ALL, LEVEL)
    mara.drop_cache()
    gc(workspace_of(mara), ALL, LEVEL)
    assert everything(mara) == before


def test_what_is_new_is_added_to_the_pack_of_the_last_collection(
    mara: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collect, "DICTIONARY_FROM", 1)
    many = [talk(number, f"Reply {number * number}.") for number in range(1500)]
    mara.commit_file(lines(*many))
    gc(workspace_of(mara), ALL, LEVEL)
    (first,) = workspace_of(mara).objects.packs()
    assert first.dictionary()
    mara.commit_file(lines(*many, talk(2000)))
    monkeypatch.setattr(gc_module, "COPIED_SHARE", 0.3)
    gc(workspace_of(mara), ALL, LEVEL)
    (second,) = workspace_of(mara).objects.packs()
    assert second.dictionary() == first.dictionary()
    stored = [
        {
            pack.stored(block)
            for block in map(pack.block, range(pack.block_count))
            if block.kind is Kind.RECORD
        }
        for pack in (first, second)
    ]
    assert stored[0] <= stored[1]
    assert fsck(workspace_of(mara)).problems == ()


def test_older_versions_of_records_and_pages_cost_little(mara: Desk) -> None:
    def words(number: int) -> str:
        return " ".join(f"{number * 7919 * one % 100_003:x}" for one in range(1, 300))

    def version(session: int) -> bytes:
        return lines(*(talk(n, words(n) + (f" {session}" if n == session else "")) for n in range(30)))

    mara.commit_file(version(-1))
    gc(workspace_of(mara), ALL, LEVEL)
    one = workspace_of(mara).objects.packs()[0].size
    for session in range(20):
        mara.commit_file(version(session))
    before = everything(mara)
    gc(workspace_of(mara), ALL, LEVEL)
    (pack,) = workspace_of(mara).objects.packs()
    assert pack.size < 1.5 * one
    assert Encoding.DELTAS not in {pack.block(index).encoding for index in range(pack.block_count)}
    assert everything(mara) == before


def test_leftovers_of_killed_commands_are_removed(mara: Desk) -> None:
    store = Path(mara.root, ".rtstore")
    leftovers = [
        store / "packs" / "incoming-1-00aa",
        store / "operations" / ".ff00.rtstore-0123456789ab",
        store / "operations" / ("ab" * 32),
        Path(mara.root, ".mara.jsonl.rtstore-0123456789ab"),
        store / ".head.rtstore-0123456789ab",
    ]
    fresh = store / ".config.rtstore-0123456789ab"
    for path in (*leftovers, fresh):
        path.write_bytes(b"half")
    os.utime(leftovers[-1], (1, 1))
    gc(workspace_of(mara), ALL, LEVEL)
    assert [path for path in leftovers if path.exists()] == []
    assert fresh.exists()  # somebody may be writing it: that needs no lock


def test_an_empty_store_can_be_collected() -> None:
    with new_desk() as empty:
        result = gc(workspace_of(empty), 0, LEVEL)
        assert (result.packs_before, result.packs_after, result.objects_dropped) == (0, 0, 0)
        assert fsck(workspace_of(empty)).problems == ()


def test_a_store_with_damage_in_what_is_needed_is_left_as_it_is(mara: Desk) -> None:
    packs = Path(mara.root, ".rtstore", "packs")
    largest = max(packs.iterdir(), key=lambda path: path.stat().st_size)
    flip(largest, 40)
    names = sorted(packs.iterdir())
    with pytest.raises(DamagedError):
        gc(workspace_of(mara), 0, LEVEL)
    assert sorted(packs.iterdir()) == names


def test_a_store_without_its_head_pointer_is_left_as_it_is(mara: Desk) -> None:
    os.remove(mara.path(".rtstore/head"))
    packs = sorted(os.listdir(mara.path(".rtstore/packs")))
    for command in (mara.store.gc, lambda: list(mara.store.operations())):
        with pytest.raises(DamagedError, match="lost its head pointer"):
            command()
    assert sorted(os.listdir(mara.path(".rtstore/packs"))) == packs


@pytest.mark.parametrize("days", [0, ALL])
@pytest.mark.parametrize("when", ["before", "half", "after"])
def test_a_failing_disk_loses_nothing(mara: Desk, tmp_path: Path, days: int, when: str) -> None:
    mara.store.delete_branch("noir")
    before = everything(mara)
    kept = shutil.copytree(mara.root, tmp_path / "kept", symlinks=True)
    for files in every_fault(when=when):  # type: ignore[arg-type]
        shutil.rmtree(mara.root)
        shutil.copytree(kept, mara.root)
        try:
            gc(workspace_of(mara, files), days, LEVEL)
        except RtstoreError:
            assert files.fired
        assert everything(mara) == before
        assert fsck(workspace_of(mara)).problems == ()


def chain(*operations: tuple[str, int]) -> list[tuple[bytes, Operation]]:
    """Return a chain, newest first, of operations given oldest first: (kind and target, age in seconds)."""
    made: list[tuple[bytes, Operation]] = []
    for number, (kind, age) in enumerate(operations):
        name, _, target = kind.partition(" ")
        operation = Operation(
            bytes([number - 1]) if number else None,
            -age,
            0,
            "gc" if name == "gc" else "a command",
            State(),
            "command" if name == "gc" else name,
            bytes([int(target)]) if target else None,
        )
        made.append((bytes([number]), operation))
    return made[::-1]


KEPT = {
    "all that are young, and the one before": (chain(*(("command", age) for age in (90, 80, 20, 10))), 3),
    "the newest, however old": (chain(("command", 90), ("command", 80)), 1),
    "the one before a collection": (chain(("command", 90), ("command", 80), ("gc", 70)), 2),
    "all between young ones, whatever the clock said": (
        chain(("command", 90), ("command", 80), ("command", 10), ("command", 99), ("command", 5)),
        4,
    ),
    "what was undone, and what that went back to": (
        chain(("command", 95), ("command", 94), ("command", 93), ("undo 2", 92)),
        3,
    ),
    "what was done again": (chain(("command", 95), ("command", 94), ("undo 1", 93), ("redo 1", 92)), 4),
    "everything": (
        chain(
            ("command", 5),
        ),
        1,
    ),
}


@pytest.mark.parametrize("case", KEPT)
def test_operations_are_kept(case: str) -> None:
    operations, kept = KEPT[case]
    assert kept_operations(operations, since=-30) == operations[:kept]


def test_the_horizon_is_named_before_anything_is_removed(mara: Desk) -> None:
    gc(workspace_of(mara), 0, LEVEL)
    _, newest = workspace_of(mara).newest()
    walked = list(workspace_of(mara).operations.walk())
    assert newest.command == "gc"
    assert newest.horizon == walked[-1][0] == newest.parent
    assert {id for id, _ in walked} == set(workspace_of(mara).operations.all_ids())
    assert msgspec.structs.replace(newest.state) == walked[-1][1].state


def test_a_cache_that_cannot_be_looked_into_is_said_before_anything_is_changed(mara: Desk) -> None:
    real = os.scandir

    def refuse(path: str) -> object:
        if path.endswith("cache"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    packs = os.listdir(mara.path(".rtstore/packs"))
    with patch("os.scandir", refuse), pytest.raises(StorageError, match="cache: permission denied") as caught:
        gc(workspace_of(mara), 0, LEVEL)
    assert "who may read it" in (caught.value.hint or "")
    assert os.listdir(mara.path(".rtstore/packs")) == packs
