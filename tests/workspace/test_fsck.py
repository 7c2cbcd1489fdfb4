"""Checking and rescuing a store: no damage goes unnoticed, and what it touches is named."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

import rtstore
from rtstore.errors import DamagedError, FormatVersionError, RtstoreError, StorageError, WorkspaceError
from rtstore.history.columns import Columns
from rtstore.history.shape import Shape
from rtstore.history.treebuild import build
from rtstore.model.ids import Kind
from rtstore.model.objects import (
    Commit,
    Dataset,
    Framing,
    InnerPage,
    LeafPage,
    Operation,
    Settings,
    Snapshot,
    Stamps,
    State,
    encode,
)
from rtstore.storage.files import Files
from rtstore.storage.pack import Pack
from rtstore.workspace.care.fsck import fsck, rescue
from rtstore.workspace.operate import Command, perform, writing
from rtstore.workspace.results import FsckResult
from rtstore.workspace.workspace import Workspace, format_file
from tests.packs import flip
from tests.tree_samples import entry_id
from tests.workspaces import NAME, Desk, lines, new_desk, talk


def small_store(found: Desk) -> None:
    """Fill a workspace with two commits of three entries, and a branch that was switched to."""
    found.track(lines(*(talk(number) for number in range(3))))
    found.commit("first")
    found.write(lines(talk(0), talk(1, "Fog."), talk(2)))
    found.commit("second")
    found.store.switch("noir", create=True, start="HEAD~1")


@pytest.fixture
def mara() -> Iterator[Desk]:
    """Provide a small store."""
    with new_desk() as found:
        small_store(found)
        yield found


def checked(desk: Desk) -> FsckResult:
    return fsck(Workspace(desk.root))


def store_of(desk: Desk) -> Path:
    return Path(desk.root, ".rtstore")


def packs_of(desk: Desk) -> list[Path]:
    return sorted(store_of(desk).glob("packs/*.pack"))


def operation_file(desk: Desk, back: int) -> Path:
    """Return the file of the operation ``back`` before the newest."""
    ids = [id.hex() for id, _ in Workspace(desk.root).operations.walk()]
    return store_of(desk) / "operations" / ids[back]


def contents(root: str) -> dict[str, bytes]:
    """Return every version of every dataset of a store."""
    store = rtstore.open(root)
    commits = {id.hex() for name in store.branches() for id, _ in store.log([name])}
    return {f"{id}:{path}": b"".join(ds.chunks()) for id in commits for path, ds in store[id].items()}


def pack_with(desk: Desk, kind: Kind, id: bytes) -> tuple[Path, int]:
    """Return the pack that holds an object, and the place in the file of the middle of its block."""
    for path in packs_of(desk):
        pack = Pack(str(path))
        for number in pack.find(id):
            block = pack.block(pack.block_of(number))
            if block.kind is kind:
                return path, block.offset + block.size // 2
    raise AssertionError("no pack holds it")


def break_object(desk: Desk, kind: Kind, id: bytes) -> Path:
    """Damage the block that holds an object."""
    path, place = pack_with(desk, kind, id)
    flip(path, place)
    return path


def affected(result: FsckResult) -> set[str]:
    return {name for problem in result.problems for name in problem.affects}


def test_a_sound_store_has_no_problems_and_everything_was_looked_at(mara: Desk) -> None:
    result = checked(mara)
    assert (result.problems, result.rescued, result.notes) == ((), (), ())
    counts = {name: number for name, number in result.checked.items() if number}
    assert counts.pop("cache entries") > 0
    assert counts == {
        "packs": 3,
        "operations": 5,
        "commits": 2,
        "snapshots": 2,
        "dataset versions": 2,
        "pages": 2,
        "records": 4,
    }


def test_a_damaged_record_names_the_entries_that_use_it(mara: Desk) -> None:
    first, second = (id.hex()[:12] for id, _ in reversed(list(mara.store.log(["main"]))))
    edited = mara.dataset("main")
    record = next(iter(mara.store._workspace.tree(edited).entries(1, 2))).record
    path = break_object(mara, Kind.RECORD, record)
    result = checked(mara)
    assert f"pack {path.name}, block 0" in result.problems[0].what
    assert "kind record" in result.problems[0].what
    assert result.problems[0].affects == (f"{second} {NAME}#2",)
    assert any(
        problem.what == f"pack {path.name}: its content is not what was written"
        for problem in result.problems
    )
    assert first not in str(result.problems)


def test_a_damaged_page_names_the_versions_and_the_entries_in_it(mara: Desk) -> None:
    first = mara.store.resolve("main~1")
    root = mara.dataset("main~1").root
    assert root is not None
    break_object(mara, Kind.LEAF, root)
    assert f"{first.hex()[:12]} {NAME}#1-3" in affected(checked(mara))


def test_a_damaged_commit_names_the_branches_that_need_it(mara: Desk) -> None:
    mara.store.create_tag("v1", "main")
    mara.store.create_branch("other", "main")
    break_object(mara, Kind.COMMIT, mara.store.resolve("main"))
    names = affected(checked(mara))
    assert {"branch main", "branch other", "version tag v1"} <= names
    assert "branch noir" not in names
    mara.reopen()
    break_object(mara, Kind.COMMIT, mara.store.resolve("noir"))
    assert "branch noir" in affected(checked(mara))


@pytest.mark.parametrize("kind", [Kind.SNAPSHOT, Kind.DATASET])
def test_a_damaged_version_names_the_commit(mara: Desk, kind: Kind) -> None:
    workspace = Workspace(mara.root)
    commit = mara.store.resolve("main")
    snapshot = workspace.read_commit(commit).snapshot
    break_object(mara, kind, snapshot if kind is Kind.SNAPSHOT else workspace.snapshot(commit)[NAME])
    label = f"{commit.hex()[:12]} " + ("all datasets" if kind is Kind.SNAPSHOT else NAME)
    assert label in affected(checked(mara))


def test_a_damaged_saved_file_names_the_operation(mara: Desk) -> None:
    mara.write(b"no dataset\n")
    mara.store.restore([NAME])
    operation, found = Workspace(mara.root).newest()
    saved = found.files[NAME].before.file
    assert saved is not None
    break_object(mara, Kind.BLOB, saved[0])
    assert f"operation {operation.hex()[:12]} {NAME} (as it was before)" in affected(checked(mara))


def test_damaged_stamps_and_sidecars_are_told_apart(mara: Desk) -> None:
    stamped = talk(0, _rolethread={"version": "1", "validated_at": "2026-11-20", "native": True})
    mara.commit_file(lines(stamped, talk(1)))
    commit = mara.store.resolve("HEAD").hex()[:12]
    stamps = mara.dataset().stamps
    assert stamps is not None
    break_object(mara, Kind.STAMPS, stamps)
    assert f"{commit} {NAME} (the time stamps)" in affected(checked(mara))


def test_a_lost_pack_is_told_by_what_is_missing(mara: Desk) -> None:
    pack_with(mara, Kind.COMMIT, mara.store.resolve("main"))[0].unlink()
    result = checked(mara)
    assert any("the commit" in problem.what and "is missing" in problem.what for problem in result.problems)
    assert "branch main" in affected(result)


def test_many_missing_records_are_one_problem_that_names_some() -> None:
    with new_desk() as found:
        found.track(lines(*(talk(number) for number in range(40))))
        commit = found.commit("first").id.hex()[:12]
        records = [entry.record for entry in found.store._workspace.tree(found.dataset()).entries()]
        break_object(found, Kind.RECORD, records[0])
        (problem,) = [one for one in checked(found).problems if "kind record" in one.what]
        assert problem.affects[0].startswith(f"{commit} {NAME}#")
        assert len(problem.affects) <= 11


def test_damage_in_what_nothing_needs_is_told_as_such(mara: Desk) -> None:
    workspace = Workspace(mara.root)
    with writing(workspace), workspace.transaction() as transaction:
        id = transaction.add(Kind.BLOB, b"nobody needs this" * 20)
        transaction.finish()
    break_object(mara, Kind.BLOB, id)
    result = checked(mara)
    assert affected(result) == set()
    assert any("nothing that is still needed is lost" in problem.what for problem in result.problems)


def test_a_directory_of_packs_that_is_gone_is_told(mara: Desk) -> None:
    shutil.rmtree(store_of(mara) / "packs")
    assert any("packs is missing" in problem.what for problem in checked(mara).problems)
    assert any("made the directory" in what for what in rescue(mara.root).rescued)


# --- objects that are what was written, but make no sense


def put(desk: Desk, make: Callable[[rtstore.Store, object], Dataset]) -> FsckResult:
    """Track a dataset made by hand, and check the store."""
    workspace = Workspace(desk.root)
    with writing(workspace), workspace.transaction() as transaction:
        dataset = transaction.add(Kind.DATASET, encode(make(desk.store, transaction)))
        snapshot = transaction.add(Kind.SNAPSHOT, encode(Snapshot(((NAME, dataset),))))
        commit = transaction.add(Kind.COMMIT, encode(Commit(snapshot, (), "A <a>", 0, 0, "by hand\n")))
        state = workspace.state()
        branches = {**state.branches, "by-hand": commit}
        perform(workspace, transaction, Command("by hand", msgspec.structs.replace(state, branches=branches)))
    return checked(desk)


def leaf(transaction, numbers) -> tuple[bytes, LeafPage]:  # type: ignore[no-untyped-def]
    record = transaction.add(Kind.RECORD, b'{"a": 1}')
    page = LeafPage(b"".join(map(entry_id, numbers)), record * len(numbers))
    return transaction.add(Kind.LEAF, encode(page)), page


def dataset_of(root: bytes, height: int, count: int, stamps: bytes | None = None) -> Dataset:
    return Dataset(root, height, count, Framing(), Settings(), stamps)


def inner_of(transaction, *leaves, counts=None, lasts=None) -> bytes:  # type: ignore[no-untyped-def]
    ids = b"".join(id for id, _ in leaves)
    page = InnerPage(
        1,
        ids,
        lasts or b"".join(page.entries[-16:] for _, page in leaves),
        counts or tuple(len(page) for _, page in leaves),
    )
    return transaction.add(Kind.INNER, encode(page))


def _wrong_total(_store, transaction) -> Dataset:  # type: ignore[no-untyped-def]
    return dataset_of(leaf(transaction, [1, 2])[0], 0, 3)


def _twice_in_a_page(_store, transaction) -> Dataset:  # type: ignore[no-untyped-def]
    return dataset_of(leaf(transaction, [1, 2, 1])[0], 0, 3)


def _twice_in_two_pages(_store, transaction) -> Dataset:  # type: ignore[no-untyped-def]
    pages = leaf(transaction, [1, 2]), leaf(transaction, [3, 1])
    return dataset_of(inner_of(transaction, *pages), 1, 4)


def _one_page_twice(_store, transaction) -> Dataset:  # type: ignore[no-untyped-def]
    page = leaf(transaction, [1, 2])
    return dataset_of(inner_of(transaction, page, page), 1, 4)


def _wrong_count(_store, transaction) -> Dataset:  # type: ignore[no-untyped-def]
    pages = leaf(transaction, [1, 2]), leaf(transaction, [3, 4])
    return dataset_of(inner_of(transaction, *pages, counts=(1, 3)), 1, 4)


def _wrong_last(_store, transaction) -> Dataset:  # type: ignore[no-untyped-def]
    pages = leaf(transaction, [1, 2]), leaf(transaction, [3, 4])
    return dataset_of(inner_of(transaction, *pages, lasts=entry_id(2) + entry_id(9)), 1, 4)


def _wrong_level(_store, transaction) -> Dataset:  # type: ignore[no-untyped-def]
    return dataset_of(inner_of(transaction, leaf(transaction, [1])), 2, 1)


def _wrong_stamps(_store, transaction) -> Dataset:  # type: ignore[no-untyped-def]
    stamps = transaction.add(Kind.STAMPS, encode(Stamps(((5, (b"1",)),))))
    return dataset_of(leaf(transaction, [1, 2])[0], 0, 2, stamps)


def _senseless_stamps(_store, transaction) -> Dataset:  # type: ignore[no-untyped-def]
    return dataset_of(leaf(transaction, [1, 2])[0], 0, 2, transaction.add(Kind.STAMPS, b"\xc1"))


def _missing_page(_store, transaction) -> Dataset:  # type: ignore[no-untyped-def]
    return dataset_of(b"x" * 32, 0, 2)


CONTRADICTIONS = {
    "says 3 entries, its tree has 2": _wrong_total,
    "has an entry twice": _twice_in_a_page,
    "twice": _twice_in_two_pages,
    f"has the entry {entry_id(1).hex()} twice": _one_page_twice,
    "is wrong about the page below it": _wrong_count,
    "its entries or its last one": _wrong_last,
    "is on level 1, its parent says 2": _wrong_level,
    "has 2 entries, but stamps of 5": _wrong_stamps,
    "has a part that makes no sense": _senseless_stamps,
    f"the leaf {(b'x' * 32).hex()} is missing": _missing_page,
}


@pytest.mark.parametrize("what", CONTRADICTIONS)
def test_what_contradicts_itself_is_found_and_named(mara: Desk, what: str) -> None:
    result = put(mara, CONTRADICTIONS[what])
    commit = Workspace(mara.root).state().branches["by-hand"].hex()[:12]
    (problem,) = [problem for problem in result.problems if what in problem.what]
    assert problem.affects
    assert all(name.startswith(f"{commit} {NAME}") for name in problem.affects)


def test_an_entry_that_is_twice_in_one_of_many_versions_is_found(mara: Desk) -> None:
    shape = Shape(bits=2, limit=4)

    def columns(numbers: list[int]) -> Columns:
        made = Columns()
        for number in numbers:
            made.append(entry_id(number), b"r" * 32)
        return made

    workspace = Workspace(mara.root)
    commit, bad = None, None
    with writing(workspace), workspace.transaction() as transaction:
        for numbers in ([*range(60)], [*range(5, 90)], [*range(5, 90), 7], [*range(40)], []):
            root = build(transaction, columns(numbers), shape)
            dataset = Dataset(root.id, root.height, root.count, Framing(), Settings())
            id = transaction.add(Kind.DATASET, encode(dataset))
            bad = id if len(set(numbers)) < len(numbers) else bad
            snapshot = transaction.add(Kind.SNAPSHOT, encode(Snapshot((("deep.jsonl", id),))))
            parents = () if commit is None else (commit,)
            commit = transaction.add(Kind.COMMIT, encode(Commit(snapshot, parents, "A <a>", 0, 0, "x\n")))
        assert commit is not None
        perform(workspace, transaction, Command("x", State("main", None, {"main": commit})))
    assert bad is not None
    found = [problem.what for problem in checked(mara).problems if "twice" in problem.what]
    assert found == [f"the dataset {bad.hex()} has the entry {entry_id(7).hex()} twice"]


# --- operations, head pointer and the other small files


def test_a_damaged_operation_in_the_middle_is_told_and_the_rest_is_checked(mara: Desk) -> None:
    ids = [id for id, _ in Workspace(mara.root).operations.walk()]
    flip(store_of(mara) / "operations" / ids[2].hex(), 10)
    result = checked(mara)
    assert [problem.what for problem in result.problems] == [
        f"operation {ids[2].hex()} is damaged: its content does not match its name"
    ]
    assert result.checked["records"] == 4


def test_a_stray_operation_is_no_problem(mara: Desk) -> None:
    log = Workspace(mara.root).operations
    stray = log.write(Operation(None, 0, 0, "killed", State()))
    result = checked(mara)
    assert result.problems == ()
    assert stray.hex()[:12] in result.notes[0]


RESCUES: dict[str, tuple[Callable[[Desk], object], str]] = {
    "no format file": (lambda desk: (store_of(desk) / "format").unlink(), "names the store's format"),
    "damaged format file": (
        lambda desk: (store_of(desk) / "format").write_bytes(b"{"),
        "names the store's format",
    ),
    "format file with something added": (
        lambda desk: (store_of(desk) / "format").write_bytes(format_file(1) + b"\n"),
        "names the store's format",
    ),
    "no head": (lambda desk: (store_of(desk) / "head").unlink(), "the head pointer was missing"),
    "damaged head": (lambda desk: flip(store_of(desk) / "head", 5), "went back to operation"),
    "head to nowhere": (
        lambda desk: (store_of(desk) / "head").write_bytes(b"ab" * 32 + b"\n"),
        "went back to operation",
    ),
    "damaged intent": (lambda desk: (store_of(desk) / "intent").write_bytes(b"half"), "interrupted command"),
    "damaged newest operation": (
        lambda desk: flip(store_of(desk) / "operations" / Workspace(desk.root).newest()[0].hex(), 3),
        "went back to operation",
    ),
    "an older operation is lost": (
        lambda desk: (
            store_of(desk) / "operations" / list(Workspace(desk.root).operations.walk())[2][0].hex()
        ).unlink(),
        "ended the operation log",
    ),
    "no operations at all": (
        lambda desk: shutil.rmtree(store_of(desk) / "operations"),
        "made branches of the commits",
    ),
}


@pytest.mark.parametrize("case", RESCUES)
def test_a_rescue_makes_the_store_sound_and_loses_no_commit(mara: Desk, case: str) -> None:
    damage, said = RESCUES[case]
    before = contents(mara.root)
    damage(mara)
    assert checked(mara).problems != ()
    result = rescue(os.path.join(mara.root, "deeper", ".."))
    assert any(said in what for what in result.rescued), result.rescued
    assert result.problems == ()
    assert contents(mara.root) == before
    again = rescue(mara.root)
    assert (again.rescued, again.problems) == ((), ())
    assert again.notes[0] == "there was nothing to rescue"
    mara.reopen()
    mara.commit_file(lines(talk(9)))
    assert checked(mara).problems == ()


def test_a_rescue_prefers_an_operation_whose_commits_are_there(mara: Desk) -> None:
    second = mara.store.resolve("main")
    mara.store.switch("main")
    third = mara.commit_file(lines(talk(5)))
    pack_with(mara, Kind.COMMIT, third)[0].unlink()
    (store_of(mara) / "head").unlink()
    rescue(mara.root)
    assert rtstore.open(mara.root).branches()["main"] == second


def test_branches_are_made_of_all_commits_that_no_other_follows(mara: Desk) -> None:
    mara.commit_file(lines(talk(7)))
    main, noir = mara.store.resolve("main"), mara.store.resolve("noir")
    shutil.rmtree(store_of(mara) / "operations")
    rescue(mara.root)
    branches = rtstore.open(mara.root).branches()
    assert set(branches) == {"main", "rescued-1"}
    assert set(branches.values()) == {main, noir}


def test_a_store_without_anything_left_becomes_an_empty_one(mara: Desk) -> None:
    for name in ("operations", "packs"):
        shutil.rmtree(store_of(mara) / name)
    assert rescue(mara.root).problems == ()
    assert rtstore.open(mara.root).branches() == {}


def test_a_rescue_removes_no_object_and_no_operation_that_can_be_read(mara: Desk) -> None:
    (store_of(mara) / "head").unlink()
    kept = {path.name for path in store_of(mara).glob("[op]*/*")}
    rescue(mara.root)
    assert kept <= {path.name for path in store_of(mara).glob("[op]*/*")}


def test_a_store_of_a_newer_rtstore_is_left_alone(mara: Desk) -> None:
    content = format_file(2)
    (store_of(mara) / "format").write_bytes(content)
    for call in (lambda: rescue(mara.root), lambda: checked(mara)):
        with pytest.raises(FormatVersionError):
            call()
    assert (store_of(mara) / "format").read_bytes() == content


def test_there_has_to_be_a_store_to_rescue(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError):
        rescue(str(tmp_path))


def test_a_rescue_can_be_asked_of_an_open_store(mara: Desk) -> None:
    assert fsck(mara.store._workspace, rescue=True).notes == ("there was nothing to rescue",)


# --- every byte


def flipped_bytes(root: Path, step: int, masks: tuple[int, ...]) -> Iterator[str]:
    """Flip bytes of the store's files, one at a time, every ``step``th; yield where while it is flipped."""
    for path in sorted(root.rglob("*")):
        if not path.is_file() or path.name == "lock" or path.parent.name == "cache":
            continue
        data = path.read_bytes()
        path.chmod(0o644)
        with path.open("r+b", buffering=0) as file:
            for place in range(step // 2, len(data), step):
                for mask in masks:
                    os.pwrite(file.fileno(), bytes([data[place] ^ mask]), place)
                    yield f"{path.relative_to(root)} byte {place} ^ {mask:#x}"
                    os.pwrite(file.fileno(), data[place : place + 1], place)


def check_flips(desk: Desk, step: int, masks: tuple[int, ...]) -> int:
    small_store(desk)
    truth = contents(desk.root)
    count = 0
    for where in flipped_bytes(store_of(desk), step, masks):
        count += 1
        try:
            problems = checked(desk).problems
        except RtstoreError:
            problems = ("raised",)  # type: ignore[assignment]
        assert problems, f"{where}: not noticed"
        try:
            found = contents(desk.root)
        except RtstoreError:
            continue
        assert found.items() <= truth.items(), f"{where}: wrong bytes"
    assert checked(desk).problems == ()
    assert contents(desk.root) == truth
    return count


def test_no_flipped_byte_goes_unnoticed() -> None:
    with new_desk() as found:
        assert check_flips(found, 7, (0x01,)) > 400


@pytest.mark.slow
def test_no_flipped_byte_at_all_goes_unnoticed() -> None:
    with new_desk() as found:
        check_flips(found, 1, (0x01, 0x80, 0xFF))


def test_a_flipped_byte_in_the_cache_gives_no_wrong_answer(mara: Desk) -> None:
    mara.store.status()
    expected = rtstore.open(mara.root).status()
    assert expected.clean
    for path in sorted((store_of(mara) / "cache").iterdir()):
        data = path.read_bytes()
        for place in range(0, len(data), 5):
            path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
            assert rtstore.open(mara.root).status() == expected
        path.write_bytes(data)


def test_damage_found_by_reading_says_what_to_run(mara: Desk) -> None:
    break_object(mara, Kind.COMMIT, mara.store.resolve("main"))
    with pytest.raises(DamagedError) as raised:
        rtstore.open(mara.root).resolve("main~1")
    assert "rtstore fsck" in (raised.value.hint or "")


def test_fsck_only_reads(mara: Desk) -> None:
    class ReadOnly(Files):
        def create(self, path: str, mode: int = 0o666):  # type: ignore[no-untyped-def]
            raise AssertionError(f"created {path}")

        def remove(self, path: str, *, missing_ok: bool = False) -> None:
            raise AssertionError(f"removed {path}")

    assert fsck(Workspace(mara.root, ReadOnly())).problems == ()


def test_a_cache_that_cannot_be_looked_into_is_no_damage() -> None:
    class Refusing(Files):
        def names(self, path: str) -> list[str]:
            if path.endswith("cache"):
                raise StorageError(f"cannot list {path}: permission denied")
            return super().names(path)

    with new_desk() as desk:
        desk.commit_file(lines(talk(1)))
        result = rtstore.open(desk.root, files=Refusing()).fsck()
        assert result.problems == ()
        assert any("cache: permission denied; it can be deleted" in note for note in result.notes)
