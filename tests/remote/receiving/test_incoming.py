"""What is put into the store of what was fetched: all of it or nothing that counts, whoever wrote it."""

from __future__ import annotations

import contextlib
import random
import struct
from collections.abc import Sequence

import pytest
from backups import check_sound
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from workspaces import Desk, lines, new_desk, talk

import rtstore
from rtstore.errors import RtstoreError, TamperError
from rtstore.history.tree import Root
from rtstore.model.ids import Kind, object_id
from rtstore.model.objects import Annotation, Commit, Dataset, Framing, Settings, Snapshot, encode
from rtstore.remote.format.part import PartBuilder, Sent, open_part
from rtstore.remote.receiving.incoming import Incoming

_HEADER = struct.Struct(">32sBQBQI?")
ENTRY, RECORD = b"entry of sixteen", b'{"messages": []}'
RECORD_ID = object_id(Kind.RECORD, RECORD)
Sending = Sequence[tuple[Sent, bytes, bytes]]


def take(desk: Desk, *objects: tuple[Sent, bytes, bytes]) -> None:
    """Let a workspace take objects as a member of a backup sent them."""
    builder = PartBuilder()
    for each in objects:
        builder.add(*each)
    workspace = desk.store._workspace
    incoming = Incoming(workspace.objects)
    with workspace.lock, workspace.transaction() as transaction:
        for part in builder.take(rest=True):
            incoming.take(open_part(part), transaction)
        transaction.finish()
        incoming.check()


def sent(kind: Sent, value: bytes) -> tuple[Sent, bytes, bytes]:
    return kind, object_id(Kind(kind), value), value


def rows(base: Root, root: Root, *steps: bytes) -> tuple[Sent, bytes, bytes]:
    head = _HEADER.pack(base.id or bytes(32), base.height, base.count, root.height, root.count, 0, True)
    return Sent.ROWS, root.id or bytes(32), head + b"".join(steps)


def step(code: int, count: int) -> bytes:
    return struct.pack(">BI", code, count)


def add_one() -> bytes:
    return step(2, 1) + ENTRY + RECORD_ID + bytes(8)


def one_entry(desk: Desk) -> Root:
    """Return the tree of the entry that ``add_one`` adds."""
    from memory_store import MemoryStore

    from rtstore.history.columns import Columns
    from rtstore.history.treebuild import build

    columns = Columns()
    columns.append(ENTRY, RECORD_ID)
    return build(MemoryStore(), columns)


def dataset_of(root: Root, **fields: object) -> tuple[Sent, bytes, bytes]:
    made = Dataset(root.id, root.height, root.count, Framing(), Settings())
    return sent(Sent.DATASET, encode(replace(made, **fields)))


def history(root: Root, name: str = "mara.jsonl", **fields: object) -> Sending:
    """Return dataset, snapshot and commit over a tree."""
    dataset = dataset_of(root, **fields)
    snapshot = sent(Sent.SNAPSHOT, encode(Snapshot(((name, dataset[1]),))))
    commit = Commit(snapshot[1], (), "Eve <eve@example.org>", 0, 0, "harm\n")
    return [dataset, snapshot, sent(Sent.COMMIT, encode(commit))]


def refused(desk: Desk, *objects: tuple[Sent, bytes, bytes]) -> TamperError:
    """Take objects, which must be refused with the store as it was; return why."""
    state = desk.store._workspace.newest()
    with pytest.raises(TamperError) as caught:
        take(desk, *objects)
    assert desk.store._workspace.newest() == state
    check_sound(desk)
    return caught.value


def test_what_is_whole_is_stored(desk: Desk) -> None:
    root = one_entry(desk)
    take(desk, rows(Root(), root, add_one()), sent(Sent.RECORD, RECORD), *history(root))
    assert desk.store._workspace.objects.read(Kind.RECORD, RECORD_ID) == RECORD


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../evil.jsonl", "plain path inside the workspace"),
        ("/etc/cron.d/evil", "plain path inside the workspace"),
        (".git/hooks/pre-commit", "where git keeps its own files"),
        (".RTSTORE/format", "where rtstore keeps its own files"),
        ("con.jsonl", "device name"),
        ("a\nb.jsonl", "cannot be seen"),
        ("", "empty"),
    ],
)
def test_a_file_name_that_no_dataset_can_have_is_refused(desk: Desk, name: str, reason: str) -> None:
    root = one_entry(desk)
    sending = history(root, name)
    error = refused(desk, rows(Root(), root, add_one()), sent(Sent.RECORD, RECORD), *sending)
    assert reason in error.message


@pytest.mark.parametrize("left_out", range(5))
def test_whatever_is_left_out_is_missed(desk: Desk, left_out: int) -> None:
    root = one_entry(desk)
    whole = [sent(Sent.RECORD, RECORD), rows(Root(), root, add_one()), *history(root)]
    del whole[left_out]
    if left_out == 4:  # nothing in the objects themselves refers to a commit that no other follows
        return take(desk, *whole)
    assert "incomplete" in refused(desk, *whole).message
    return None


def test_parts_of_a_dataset_and_annotations_that_are_left_out_are_missed(desk: Desk) -> None:
    root = one_entry(desk)
    good = [sent(Sent.RECORD, RECORD), rows(Root(), root, add_one())]
    for fields in ({"stamps": bytes(32)}, {"registry": bytes(32)}, {"registry": b"short"}):
        assert "registry" in refused(desk, *good, *history(root, **fields)).message or "stamps" in fields
    noted = step(2, 1) + ENTRY + RECORD_ID + struct.pack(">II", 1, 0) + bytes(32) + bytes(4)
    refused(desk, good[0], rows(Root(), root, noted))


def test_an_object_under_the_id_of_another_is_refused(desk: Desk) -> None:
    other = object_id(Kind.RECORD, b"another")
    for kind, id, data in (
        (Sent.RECORD, other, RECORD),
        (Sent.COMMIT, RECORD_ID, RECORD),
        (Sent.ANNOTATION, bytes(32), encode(Annotation())),
    ):
        assert "not what its id says" in refused(desk, (kind, id, data)).message


@pytest.mark.parametrize(
    "kind", [Sent.DATASET, Sent.STAMPS, Sent.REGISTRY, Sent.ANNOTATION, Sent.SNAPSHOT, Sent.COMMIT]
)
@pytest.mark.parametrize("data", [b"", b"\xc0", b"\x90", b"\xdd\xff\xff\xff\xff", b"\x91" * 5000, b"text"])
def test_an_object_that_cannot_be_read_is_refused(desk: Desk, kind: Sent, data: bytes) -> None:
    try:
        take(desk, sent(kind, data))
    except TamperError as error:
        assert "does not write" in error.message or "incomplete" in error.message
    else:  # what all fields have defaults for
        assert data == b"\x90" and kind in (Sent.STAMPS, Sent.REGISTRY, Sent.ANNOTATION)


@pytest.mark.parametrize(
    "lie", [{"count": 2}, {"count": 1 << 40}, {"height": 1}, {"height": 9, "count": 1 << 40}]
)
def test_a_dataset_that_is_wrong_about_its_entries_is_refused(desk: Desk, lie: dict[str, int]) -> None:
    root = one_entry(desk)
    refused(desk, sent(Sent.RECORD, RECORD), rows(Root(), root, add_one()), *history(root, **lie))


def test_rows_that_give_another_tree_are_refused(desk: Desk) -> None:
    root = one_entry(desk)
    record = sent(Sent.RECORD, RECORD)
    for wrong in (Root(bytes(32), 0, 1), replace(root, count=2), replace(root, height=1), Root()):
        refused(desk, record, rows(Root(), wrong, add_one()))
    refused(desk, record, rows(Root(), root))
    refused(desk, record, rows(Root(), root, add_one(), add_one()))


def test_rows_whose_base_is_not_there_are_refused(desk: Desk) -> None:
    refused(desk, rows(Root(bytes(31) + b"x", 0, 1), one_entry(desk), step(1, 1), add_one()))


counts = st.integers(590, 610) | st.integers(0, 700) | st.integers(0, (1 << 64) - 1)


@settings(max_examples=60)
@given(
    st.sampled_from([0, 1, 1, 2, 3, 255]),
    counts,
    st.lists(st.tuples(st.integers(0, 1), counts.map(lambda count: count & 0xFFFFFFFF)), max_size=5),
    st.booleans(),
)
def test_whatever_rows_say_of_their_base_they_are_refused_or_done(
    height: int, count: int, steps: list[tuple[int, int]], fitting: bool
) -> None:
    with new_desk() as desk:
        desk.track(lines(*map(talk, range(600))))
        true = desk.tracked_dataset()
        if fitting:
            steps = [*steps, (0, max(0, count - sum(number for _, number in steps)) & 0xFFFFFFFF)]
        base = Root(true.root, height, count)
        with contextlib.suppress(TamperError):
            take(desk, rows(base, one_entry(desk), *(step(*each) for each in steps), add_one()))
        assert desk.store.fsck().problems == ()


def test_rows_that_end_too_early_are_refused(desk: Desk) -> None:
    root = one_entry(desk)
    unfinished = _HEADER.pack(bytes(32), 0, 0, root.height, root.count, 0, False) + add_one()
    late = _HEADER.pack(bytes(32), 0, 0, root.height, root.count, 1, True)
    assert root.id is not None
    record = sent(Sent.RECORD, RECORD)
    refused(desk, record, (Sent.ROWS, root.id, unfinished))
    refused(desk, record, (Sent.ROWS, root.id, late))
    refused(desk, record, (Sent.ROWS, root.id, unfinished), (Sent.ROWS, bytes(32), late))
    take(desk, record, (Sent.ROWS, root.id, unfinished), (Sent.ROWS, root.id, late))


def test_the_same_block_may_come_any_number_of_times(desk: Desk) -> None:
    """Where a dataset changes back and forth, its records are sent again each time."""
    for number, size in ((100, 60), (1, 20), (3, 70_000)):
        chance = random.Random(number)
        contents = [chance.randbytes(size).hex().encode() for _ in range(number)]
        block = [sent(Sent.RECORD, b'{"text": "%s"}' % content) for content in contents]
        workspace = desk.store._workspace
        incoming = Incoming(workspace.objects)
        with workspace.lock, workspace.transaction() as transaction:
            for _ in range(40):
                builder = PartBuilder()
                for each in block:
                    builder.add(*each)
                for part in builder.take(rest=True):
                    incoming.take(open_part(part), transaction)
            transaction.finish()
            incoming.check()
        check_sound(desk)


def test_nothing_but_errors_of_rtstore_comes_out_of_bytes_made_up() -> None:
    chance = random.Random(4)
    with new_desk() as desk:
        for _ in range(300):
            kind = chance.choice(list(Sent))
            data = chance.randbytes(chance.randrange(80))
            id = bytes(32) if kind >= Sent.ROWS else object_id(Kind(kind), data)
            try:
                take(desk, (kind, id, data))
            except RtstoreError as error:
                assert isinstance(error, TamperError)
        assert rtstore.open(desk.root).fsck().problems == ()
