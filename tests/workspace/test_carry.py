"""Switching with uncommitted changes: carried where they do not collide, refused otherwise."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from workspaces import NAME, Desk, lines, new_desk

from rtstore.errors import UncommittedChangesError

Records = list[dict[str, Any]]
_seeds = st.integers(0, 2**32)


def edited(records: Records, chance: random.Random, side: str) -> Records:
    """Return records after a few changes; both sides may make the same one."""
    result = list(records)
    for number in range(chance.randrange(1, 4)):
        kind = chance.choice(["edit", "edit", "delete", "insert", "move"])
        if kind == "insert" or not result:
            result.insert(chance.randrange(len(result) + 1), {"id": f"{side}{number}", "t": "new"})
            continue
        at = chance.randrange(len(result))
        if kind == "edit":
            result[at] = {**result[at], "t": f"edit{chance.randrange(3)}"}
        elif kind == "delete":
            del result[at]
        else:
            result.insert(chance.randrange(len(result)), result.pop(at))
    return result


def merged(base: Records, ours: Records, theirs: Records) -> dict[str, Any] | None:
    """Return the naive merge by id; None if the two collide."""
    sides = [{record["id"]: record for record in records} for records in (base, ours, theirs)]
    result = {}
    for id in {id for side in sides for id in side}:
        before, mine, other = (side.get(id) for side in sides)
        if before != mine != other != before:
            return None
        record = other if mine == before else mine
        if record is not None:
            result[id] = record
    return result


def parsed(data: bytes) -> Records:
    return [json.loads(line) for line in data.decode("utf-8-sig").splitlines() if line.strip()]


def check(seed: int) -> None:
    chance = random.Random(seed)
    base = [{"id": f"k{number}", "t": "x"} for number in range(chance.randrange(9))]
    theirs, ours = edited(base, chance, "theirs"), edited(base, chance, "ours")
    endings = ["\n", "\r\n", "\n\n"]
    usual = chance.choice(endings)
    their_ending = usual if chance.random() < 0.7 else chance.choice(endings)
    extra = b"" if chance.random() < 0.7 else b"\n"
    with new_desk() as desk:
        desk.track(lines(*base, ending=usual), id_field="id")
        desk.commit()
        desk.store.switch("noir", create=True)
        desk.commit_file(lines(*theirs, ending=their_ending))
        desk.store.switch("main")
        before = lines(*ours, ending=usual) + extra
        desk.write(before)
        wanted = merged(base, ours, theirs)
        try:
            result = desk.store.switch("noir")
        except UncommittedChangesError as error:
            assert wanted is None or "format of the file" in error.message
            assert error.entries
            assert desk.read() == before
            assert desk.store.current_branch == "main"
            return
        found = parsed(desk.read())
        assert wanted is not None
        assert {record["id"]: record for record in found} == wanted
        assert len(found) == len(wanted)
        if result.written:
            assert desk.tracked_dataset() == desk.seen_afresh()
        desk.store.undo()
        assert desk.read() == before


@settings(max_examples=100)
@given(_seeds)
def test_changes_are_carried_as_a_naive_merge_would(seed: int) -> None:
    check(seed)


@pytest.mark.slow
@settings(max_examples=700)
@given(_seeds)
def test_changes_of_all_kinds_are_carried_as_a_naive_merge_would(seed: int) -> None:
    check(seed)


def records(*texts: str) -> Records:
    return [{"id": text.split("!")[0], "t": text} for text in texts]


def go(desk: Desk, base: str, theirs: str, ours: str) -> str:
    """Edit a file of letters on two branches, switch from ours to theirs; return the letters then."""
    desk.track(lines(*records(*base.split())), id_field="id")
    desk.commit()
    desk.store.switch("noir", create=True)
    desk.commit_file(lines(*records(*theirs.split())))
    desk.store.switch("main")
    desk.write(lines(*records(*ours.split())))
    desk.store.switch("noir")
    assert desk.tracked_dataset() == desk.seen_afresh()
    return " ".join(record["t"] for record in parsed(desk.read()))


@pytest.mark.parametrize(
    ("base", "theirs", "ours", "result"),
    [
        pytest.param("a b c d", "a! b c d", "a b c d!", "a! b c d!", id="edits of different entries"),
        pytest.param("a b c d", "a b c", "a x b c d", "a x b c", id="an insertion and a removal"),
        pytest.param("a b c d", "a c d", "a b x y c d", "a x y c d", id="insertions after a removed entry"),
        pytest.param("a b c d", "c d", "a b x c d", "x c d", id="an insertion after nothing that is left"),
        pytest.param("a b c d", "d c b a", "a b x c d", "d c b x a", id="an insertion after a moved entry"),
        pytest.param("a b c d", "a! b c d", "b c d a", "b c d a!", id="a move of an edited entry"),
        pytest.param(
            "a b c d", "b c d", "b c d a!".replace("!", ""), "b c d", id="a move of a removed entry"
        ),
        pytest.param("a b c d", "b c d a", "a! b c d", "b c d a!", id="an edit of a moved entry"),
        pytest.param("a b c d", "a! b c d e", "a! b c d", "a! b c d e", id="the same edit on both sides"),
        pytest.param("a b c d", "a b x c d", "a b x c d y", "a b x c d y", id="the same addition"),
        pytest.param("a b c d", "a b c d e", "a b c", "a b c e", id="a removal before an addition"),
        pytest.param("a", "a b", "x a", "x a b", id="additions at both ends"),
    ],
)
def test_where_carried_changes_go(desk: Desk, base: str, theirs: str, ours: str, result: str) -> None:
    assert go(desk, base, theirs, ours) == result


@pytest.mark.parametrize(
    ("theirs", "ours", "which"),
    [
        ("a! b c", "a!! b c", "a"),
        ("b c", "a! b c", "a"),
        ("a b! c", "a c", "b"),
        ("a b c x!", "a b c x!!", "x"),
    ],
)
def test_collisions_are_named_and_nothing_changes(desk: Desk, theirs: str, ours: str, which: str) -> None:
    from rtstore.model.ids import entry_id_of_value

    with pytest.raises(UncommittedChangesError) as caught:
        go(desk, "a b c", theirs, ours)
    assert caught.value.entries == (f"{NAME}#{entry_id_of_value(which).hex()[:8]}",)
    assert desk.read() == lines(*records(*ours.split()))
    assert desk.store.current_branch == "main"


def test_changes_go_along_where_the_file_is_the_same(desk: Desk) -> None:
    desk.commit_file(lines({"a": 1}))
    desk.store.create_branch("noir")
    desk.write(lines({"a": 1}, {"a": 2}))
    assert desk.store.switch("noir").written == ()
    assert desk.read() == lines({"a": 1}, {"a": 2})


def test_a_file_nobody_tracks_is_never_overwritten(desk: Desk) -> None:
    desk.commit_file(lines({"a": 1}))
    desk.store.switch("noir", create=True)
    desk.commit_file(lines({"b": 1}), "other.jsonl")
    desk.store.switch("main")
    assert not desk.exists("other.jsonl")
    desk.write(lines({"mine": 1}), "other.jsonl")
    with pytest.raises(UncommittedChangesError, match="not tracked"):
        desk.store.switch("noir")
    assert desk.read("other.jsonl") == lines({"mine": 1})


def test_a_file_that_is_no_dataset_at_the_moment_stops_a_switch(desk: Desk) -> None:
    desk.commit_file(lines({"a": 1}))
    desk.store.switch("noir", create=True)
    desk.commit_file(lines({"a": 2}))
    desk.write(b"oops\n")
    with pytest.raises(UncommittedChangesError, match="no valid dataset"):
        desk.store.switch("main")
    assert desk.read() == b"oops\n"


def test_every_file_in_the_way_is_named(desk: Desk) -> None:
    for name in ("a.jsonl", "b.jsonl"):
        desk.commit_file(lines({"id": "x", "v": 1}, {"id": "y"}), name)
    desk.store.switch("noir", create=True)
    for name in ("a.jsonl", "b.jsonl"):
        desk.commit_file(lines({"id": "x", "v": 2}, {"id": "y"}), name)
    desk.store.switch("main")
    for name in ("a.jsonl", "b.jsonl"):
        desk.write(lines({"id": "x", "v": 3}, {"id": "y"}), name)
    with pytest.raises(UncommittedChangesError) as caught:
        desk.store.switch("noir")
    assert [entry.split("#")[0] for entry in caught.value.entries] == ["a.jsonl", "b.jsonl"]


def test_arrays_are_carried_too(desk: Desk) -> None:
    def array(*items: dict[str, Any]) -> bytes:
        return json.dumps(items, indent=2).encode() + b"\n"

    base: Records = [{"id": f"k{n}", "t": n} for n in range(4)]
    desk.commit_file(array(*base), "a.json")
    desk.store.switch("noir", create=True)
    desk.commit_file(array(*base[1:]), "a.json")
    desk.store.switch("main")
    desk.write(array(*base, {"id": "new", "t": 9}), "a.json")
    desk.store.switch("noir")
    assert desk.read("a.json") == array(*base[1:], {"id": "new", "t": 9})
    assert desk.tracked_dataset("a.json") == desk.seen_afresh("a.json")
