"""Conflicts decided part by part, some parts by a value of the user's own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rtstore.compare.difference import MISSING
from rtstore.compare.merge.clashes import Clash
from rtstore.compare.merge.records import merge_records
from rtstore.errors import UsageError
from rtstore.workspace.merging.parts import Own, can_be_written, composed, merged
from rtstore.workspace.merging.results import Conflict


def record(*said: str, **more: Any) -> bytes:
    roles = ("user", "assistant")
    turns = [{"role": roles[at % 2], "content": content} for at, content in enumerate(said)]
    return json.dumps({"messages": turns, **more}).encode()


def conflict(base: bytes | None, ours: bytes | None, theirs: bytes | None) -> Conflict:
    clashes: tuple[Clash, ...] = ()
    if ours is not None and theirs is not None:
        clashes = merge_records(base or b"", ours, theirs).clashes
    return Conflict(
        "x#1", "x", "edited", b"\x01" * 16, position=0, base=base, ours=ours, theirs=theirs, clashes=clashes
    )


BASE = record("Is it far?", "Far.", "And deep?", "Deep.", rating=1)
OURS = record("Is it far?", "Far enough.", "And deep?", "Deep, aye.", rating=2)
THEIRS = record("Is it far?", "Far away.", "And how deep?", "Deep, ma'am.", rating=3)


def test_each_part_goes_its_own_way() -> None:
    both = conflict(BASE, OURS, THEIRS)
    assert [clash.path for clash in both.clashes] == ["messages[1].content", "messages[3].content", "rating"]
    assert composed(both, ["theirs", Own("Deep. I measured."), "base"]) == record(
        "Is it far?", "Far away.", "And how deep?", "Deep. I measured.", rating=1
    )


def test_values_keep_their_surroundings_as_they_were_spelled() -> None:
    base = b'{"n":1.50, "note" : "a", "x":[ ]}'
    both = conflict(base, base.replace(b'"a"', b'"b"'), base.replace(b'"a"', b'"c"'))
    assert composed(both, [Own("\u00e9")]) == '{"n":1.50, "note" : "\u00e9", "x":[ ]}'.encode()


@pytest.mark.parametrize("turned", [False, True])
def test_a_turn_that_one_side_removed_can_be_written(turned: bool) -> None:
    shorter = record("Is it far?", "Far.")
    sides = (shorter, OURS) if turned else (OURS, shorter)
    both = conflict(BASE, *sides)
    own = {"role": "assistant", "content": "Deep enough."}
    parts = [Own(own) if MISSING in (clash.ours, clash.theirs) else "ours" for clash in both.clashes]
    assert Own(own) in parts
    found = json.loads(composed(both, parts))
    assert own in found["messages"]


def test_what_does_not_clash_is_merged() -> None:
    both = conflict(BASE, OURS, THEIRS)
    assert json.loads(merged(both) or b"")["messages"][2]["content"] == "And how deep?"
    assert merged(conflict(BASE, None, THEIRS)) == THEIRS
    assert merged(conflict(BASE, OURS, None)) == OURS


def test_names_that_look_like_paths_cannot_be_written_by_themselves() -> None:
    base, ours, theirs = (json.dumps({"a.b": value, "a": {"b": 0}}).encode() for value in (1, 2, 3))
    both = conflict(base, ours, theirs)
    with pytest.raises(UsageError, match=r"a\.b cannot be written by itself"):
        composed(both, [Own(9)])


def test_records_as_a_whole_and_mappings_are_not_written_part_by_part() -> None:
    kinds = ["turn", "field", "record", "mapping", "registry"]
    assert [can_be_written(Clash(kind, "", 1, 2, 3)) for kind in kinds] == [True, True, False, False, False]
