"""The operation log and intents: chained, verified, and whole after every fault and power cut."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from rtstore.errors import DamagedError, MissingObjectError, StorageError
from rtstore.model.ids import Kind, object_id
from rtstore.model.objects import Operation, State, encode
from rtstore.storage.files import Files
from rtstore.storage.intent import Intent, Replacement, clear_intent, read_intent, write_intent
from rtstore.storage.operations import OperationLog
from rtstore.storage.sealed import seal
from rtstore.storage.signature import Signature
from tests.faults import RecordingFiles, every_fault, every_power_cut, lay_out

INTENT = Intent(
    b"o" * 32,
    (
        Replacement("mara/.mara.jsonl.rtstore-001122334455", "mara/mara.jsonl", Signature(1, 2, 3, 4, 0o644)),
        Replacement(None, "old.jsonl", None),
    ),
)


def log_in(directory: Path, files: Files | None = None) -> OperationLog:
    return OperationLog(files or Files(), str(directory))


def operation(number: int, parent: bytes | None, horizon: bytes | None = None) -> Operation:
    state = State(branches={"main": bytes([number]) * 32})
    return Operation(parent, 1000 + number, 60, f"commit {number}", state, horizon=horizon)


def append(log: OperationLog, number: int, horizon: bytes | None = None) -> bytes:
    id_ = log.write(operation(number, log.head(), horizon))
    log.publish(id_)
    return id_


def path_of(directory: Path, id_: bytes) -> Path:
    return directory / "operations" / id_.hex()


def test_a_new_directory_has_no_head_and_no_operations(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    assert log.head() is None
    assert log.newest() is None
    assert log.all_ids() == []
    assert list(log.walk()) == []
    assert log.candidates_for_head() == []


def test_a_written_operation_is_read_back_by_its_id(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    id_ = log.write(operation(1, None))
    assert id_ == object_id(Kind.OPERATION, encode(operation(1, None)))
    assert log.read(id_) == operation(1, None)
    assert log.head() is None


def test_publishing_moves_the_head(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    for number in range(3):
        id_ = append(log, number)
        assert log.newest() == (id_, log.read(id_))
    assert (tmp_path / "head").read_bytes() == id_.hex().encode() + b"\n"


def test_the_newest_operation_is_decoded_once(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    append(log, 1)
    assert log.newest() is log.newest()
    append(log_in(tmp_path), 2)
    newest = log.newest()
    assert newest is not None
    assert newest[1].command == "commit 2"


def test_walking_gives_the_chain_newest_first(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    ids = [append(log, number) for number in range(4)]
    assert [id_ for id_, _ in log.walk()] == ids[::-1]
    assert [id_ for id_, _ in log.walk(ids[1])] == [ids[1], ids[0]]


def test_walking_stops_at_the_horizon(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    ids = [append(log, number) for number in range(4)]
    ids.append(append(log, 4, horizon=ids[2]))
    log.remove([*ids[:2], b"x" * 32])
    assert [id_ for id_, _ in log.walk()] == [ids[4], ids[3], ids[2]]
    assert [id_ for id_, _ in log.walk(ids[3])] == [ids[3], ids[2]]
    assert log.all_ids() == sorted(ids[2:])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"ab" * 31 + b"\n",
        b"ab" * 32,
        b"AB" * 32 + b"\n",
        b"zz" * 32 + b"\n",
        b"ab" * 33 + b"\n",
        b"\xff" * 65,
    ],
)
def test_a_malformed_head_is_damage_with_a_way_out(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "head").write_bytes(content)
    with pytest.raises(DamagedError, match="does not name an operation") as raised:
        log_in(tmp_path).head()
    assert "fsck --rescue" in (raised.value.hint or "")


def test_a_missing_operation_is_told_from_a_damaged_one(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    id_ = append(log, 1)
    path_of(tmp_path, id_).unlink()
    with pytest.raises(MissingObjectError, match="is missing"):
        log_in(tmp_path).newest()


def test_no_flipped_byte_of_an_operation_goes_unnoticed(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    id_ = log.write(operation(1, None))
    path = path_of(tmp_path, id_)
    good = path.read_bytes()
    for position in range(len(good)):
        path.write_bytes(good[:position] + bytes([good[position] ^ 1]) + good[position + 1 :])
        with pytest.raises(DamagedError, match="does not match its name"):
            log.read(id_)


def test_an_operation_with_ids_of_a_wrong_length_is_refused(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    for bad in (
        Operation(b"short", 0, 0, "x", State()),
        Operation(None, 0, 0, "x", State(tags={"v1": b"short"})),
        Operation(None, 0, 0, "x", State(detached=b"short", branch=None)),
    ):
        with pytest.raises(DamagedError, match="wrong length"):
            log.read(log.write(bad))


def test_a_well_named_file_that_is_no_operation_is_refused(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    id_ = object_id(Kind.OPERATION, b"\xc1")
    (tmp_path / "operations").mkdir()
    path_of(tmp_path, id_).write_bytes(b"\xc1")
    with pytest.raises(DamagedError, match="cannot be read"):
        log.read(id_)


def test_other_files_in_the_directory_are_no_operations(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    id_ = append(log, 1)
    for name in (".x.rtstore-0123456789ab", "notes.txt", "AB" * 32, "ab" * 31):
        (tmp_path / "operations" / name).write_bytes(b"")
    assert log.all_ids() == [id_]


def test_a_rescue_finds_the_ends_of_all_whole_chains_latest_first(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    ids = [append(log, number) for number in range(3)]
    fork = log.write(operation(9, ids[0]))
    assert [id_ for id_, _ in log.candidates_for_head()] == [fork, ids[2]]
    path_of(tmp_path, ids[2]).write_bytes(b"damaged")
    assert [id_ for id_, _ in log.candidates_for_head()] == [fork, ids[1]]


def test_every_fault_leaves_the_old_head_or_the_new_one(tmp_path: Path) -> None:
    plain = log_in(tmp_path)
    old = append(plain, 1)
    for when in ("before", "half", "after"):
        for files in every_fault(when=when):  # type: ignore[arg-type]
            plain.publish(old)
            try:
                new = append(log_in(tmp_path, files), 2)
            except StorageError:
                newest = log_in(tmp_path).newest()
                assert newest is not None
                assert newest[1].command in ("commit 1", "commit 2")
            else:
                assert plain.head() == new


def test_every_power_cut_leaves_a_whole_chain_and_no_published_operation_is_lost(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    first = append(log_in(root), 1)
    files = RecordingFiles(root)
    log = log_in(root, files)
    second = append(log, 2)
    acknowledged = len(files.log)
    third = append(log, 3)
    for point, disk in every_power_cut(files):
        lay_out(disk, tmp_path / "copy")
        found = [id_ for id_, _ in log_in(tmp_path / "copy").walk()]
        assert found in ([first], [second, first], [third, second, first])
        assert len(found) >= 1 + (point >= acknowledged) + (point == len(files.log))


def test_an_intent_is_read_back_until_it_is_cleared(tmp_path: Path) -> None:
    files, directory = Files(), str(tmp_path)
    assert read_intent(files, directory) is None
    write_intent(files, directory, INTENT)
    assert read_intent(files, directory) == INTENT
    clear_intent(files, directory)
    clear_intent(files, directory)
    assert read_intent(files, directory) is None


def test_no_flipped_byte_of_an_intent_goes_unnoticed(tmp_path: Path) -> None:
    write_intent(Files(), str(tmp_path), INTENT)
    path = tmp_path / "intent"
    good = path.read_bytes()
    for position in range(len(good)):
        path.write_bytes(good[:position] + bytes([good[position] ^ 1]) + good[position + 1 :])
        with pytest.raises(DamagedError, match="intent is damaged"):
            read_intent(Files(), str(tmp_path))


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x", "a\\..\\..\\x", "", "a//b", "./a"])
def test_an_intent_for_a_path_outside_the_workspace_is_refused(tmp_path: Path, path: str) -> None:
    for replacement in (Replacement(path, "x", None), Replacement(None, path, None)):
        write_intent(Files(), str(tmp_path), Intent(b"o" * 32, (replacement,)))
        with pytest.raises(DamagedError):
            read_intent(Files(), str(tmp_path))


@pytest.mark.parametrize("path", ["mara.jsonl", "a/.rtstore-0011", ".rtstore-001122334455/mara.jsonl"])
def test_an_intent_never_takes_another_file_for_a_temporary_one(tmp_path: Path, path: str) -> None:
    write_intent(Files(), str(tmp_path), Intent(b"o" * 32, (Replacement(path, "x", None),)))
    with pytest.raises(DamagedError):
        read_intent(Files(), str(tmp_path))


def test_a_sealed_intent_of_another_shape_is_refused(tmp_path: Path) -> None:
    for value in ([], [b"short", []], [b"o" * 32, [["a"]]]):
        data = seal(msgspec.msgpack.encode(value), b"rtstore intent v1")
        (tmp_path / "intent").write_bytes(data)
        with pytest.raises(DamagedError):
            read_intent(Files(), str(tmp_path))
