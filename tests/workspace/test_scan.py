"""Scans that skip what is as it was must see what a scan of everything sees."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from records import BOM, jsonl_files, mutated
from workspaces import NAME, Desk, lines, new_desk, talk

from rtstore.workspace.files import ranges, scan

_seeds = st.integers(0, 2**32)


@pytest.fixture(autouse=True)
def small_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a few lines fill a range, and a few ranges a chunk."""
    monkeypatch.setattr(ranges, "RANGE", 200)
    monkeypatch.setattr(scan, "CHUNK", 700)


def a_file(chance: random.Random) -> bytes:
    """Return a file with ids, or without, or of equal records; with odd endings here and there."""
    kind, endings = chance.randrange(3), [b"\n"] * 30 + [b"\r\n", b"\n\n"]
    return b"".join(
        a_record(chance, kind, number) + chance.choice(endings) for number in range(chance.randrange(60))
    )


def a_record(chance: random.Random, kind: int, number: int) -> bytes:
    if kind == 0:
        return b'{"id": "k%d", "t": "%s"}' % (number, b"x" * chance.randrange(60))
    if kind == 1:
        return b'{"t": "word%d and more %d"}' % (number, number * number)
    return b'{"t": "w%d"}' % (number % 7)


def check_a_history(chance: random.Random, length: int) -> None:
    """Commit one mutation after another, with a restore now and then; nothing is ever lost or mistaken."""
    with new_desk() as desk:
        data, versions = a_file(chance), []
        for _ in range(length):
            versions.append((desk.commit_file(data), data))
            assert desk.exported() == data
            assert desk.tracked_dataset() == desk.seen_afresh()
            if chance.random() < 0.4:
                commit, data = chance.choice(versions)
                desk.store.restore([NAME], source=commit.hex())
                assert desk.read() == data
                assert desk.tracked_dataset() == desk.seen_afresh()
            data = mutated(data, chance, [a_record(chance, k, chance.randrange(999)) for k in (0, 1, 2)])
        for commit, data in versions:
            assert desk.exported(commit.hex()) == data


@given(_seeds)
def test_edits_anywhere_are_seen_as_a_scan_of_everything_sees_them(seed: int) -> None:
    check_a_history(random.Random(seed), 6)


@pytest.mark.slow
@settings(max_examples=150)
@given(_seeds)
def test_long_histories_of_edits_are_seen_as_they_are(seed: int) -> None:
    check_a_history(random.Random(seed), 15)


@given(jsonl_files(most=25), _seeds)
def test_edits_of_any_file_are_seen_as_they_are(data: bytes, seed: int) -> None:
    changed = mutated(data, random.Random(seed), [b'{"new": 1}', b'{"id": "x", "new": 2}'])
    with new_desk() as desk:
        first = desk.commit_file(data).hex()
        second = desk.commit_file(changed).hex()
        assert (desk.exported(first), desk.exported(second)) == (data, changed)
        assert desk.tracked_dataset() == desk.seen_afresh()


def numbered(count: int) -> list[bytes]:
    return [b'{"id": "k%d", "text": "%s"}\n' % (number, b"word " * 8) for number in range(count)]


@pytest.mark.parametrize("ending", [b"\r\n", b"\n\n", b"\n \n", b" \n"])
@pytest.mark.parametrize("at", range(12))
def test_the_ending_of_any_line_may_change(desk: Desk, at: int, ending: bytes) -> None:
    before = numbered(12)
    after = [*before[:at], before[at][:-1] + ending, *before[at + 1 :]]
    desk.commit_file(b"".join(before))
    desk.commit_file(b"".join(after))
    assert desk.exported() == b"".join(after)
    assert desk.tracked_dataset() == desk.seen_afresh()


@pytest.mark.parametrize("count", range(1, 12))
@pytest.mark.parametrize("at", [0, 2, 3, 5, 8])
def test_lines_may_go_at_the_boundary_of_a_range(desk: Desk, at: int, count: int) -> None:
    before = numbered(20)
    after = before[:at] + before[at + count :]
    first = desk.commit_file(b"".join(before)).hex()
    desk.commit_file(b"".join(after))
    assert desk.exported() == b"".join(after)
    assert desk.tracked_dataset() == desk.seen_afresh()
    desk.store.restore([NAME], source=first)
    assert desk.read() == b"".join(before)


@pytest.mark.parametrize("head", [BOM, b"\n\n", BOM + b" \n"])
def test_what_is_before_the_first_record_stays_there_when_the_first_record_changes(
    desk: Desk, head: bytes
) -> None:
    records = numbered(20)
    whole = head + b"".join(records)
    first = desk.commit_file(whole).hex()
    for changed in (
        records[1:],
        [b'{"id": "new"}\n', *records],
        [records[7], *records],
        records[3:] + records[:3],
    ):
        desk.commit_file(head + b"".join(changed))
        assert desk.exported() == head + b"".join(changed)
        desk.store.restore([NAME], source=first)
        assert desk.read() == whole


def test_blank_lines_before_a_first_record_longer_than_what_is_read_at_once_may_go(desk: Desk) -> None:
    record = b'{"t": "%s"}\n' % (b"x" * 100_000)
    for head in (b"\n", BOM + b" \n\r\n", b""):
        desk.commit_file(head + record)
        desk.commit_file(record)
        assert desk.exported() == record


def test_a_file_cut_off_in_the_middle_of_a_line_is_refused_and_nothing_changes(desk: Desk) -> None:
    data = b"".join(numbered(20))
    desk.commit_file(data)
    desk.write(data[:-30])
    before = desk.tracked
    assert desk.change().change == "invalid"
    assert desk.tracked == before
    desk.store.restore([NAME])
    assert desk.read() == data


def test_a_file_that_becomes_empty_and_full_again_is_seen_as_it_is(desk: Desk) -> None:
    data = b"".join(numbered(20))
    for now in (data, b"", data, b"\n", data.replace(b"\n", b"\r\n"), data):
        desk.commit_file(now)
        assert desk.exported() == now
        assert desk.tracked_dataset() == desk.seen_afresh()


def test_a_second_look_at_an_edited_file_gives_the_same_answer(desk: Desk) -> None:
    desk.commit_file(lines(*map(talk, range(40))))
    desk.write(lines(*map(talk, range(3, 42))))
    first = desk.change()
    assert (first.counts.added, first.counts.removed) == (2, 3)
    assert desk.change() == first
    desk.drop_cache()
    assert desk.change() == first
