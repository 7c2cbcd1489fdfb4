"""An entry laid out: every turn of both versions has its place."""

from __future__ import annotations

import json

from diff_samples import ANSWER, ASK, SYSTEM, WHEN, added, edited, record, removed
from hypothesis import given
from hypothesis import strategies as st

from rtstore.cli.diff.rows import Conversation, fields, opening, rows
from rtstore.compare.difference import EntryChange

TURNS = st.lists(
    st.tuples(
        st.sampled_from(["user", "assistant", "system"]),
        st.sampled_from(
            ["", "Aye.", "The lamp is lit and the boat is in.", "The lamp is out and the boat is in.", "No."]
        ),
    ),
    max_size=7,
)


@given(TURNS, TURNS)
def test_every_turn_is_there_once_and_the_new_ones_in_order(
    old: list[tuple[str, str]], new: list[tuple[str, str]]
) -> None:
    entry = edited(record(*old), record(*new))
    found = rows(entry)
    if not entry.turns:
        assert found == []
        return
    places = [row.places for row in found]
    assert [at for _, at in places if at is not None] == list(range(len(new)))
    assert sorted(at for at, _ in places if at is not None) == list(range(len(old)))
    for row in found:
        if row.kind in ("same", "edited", "moved"):
            assert None not in row.places
        if row.kind == "same":
            assert row.old == row.new


def test_a_turn_has_its_texts() -> None:
    again = ("assistant", "Not since the fog came in. Sit down.")
    old, new = record(SYSTEM, ASK, ANSWER), record(SYSTEM, ASK, again, WHEN)
    kinds = [(row.kind, row.old, row.new) for row in rows(edited(old, new))]
    assert kinds[2:] == [("edited", ANSWER[1], again[1]), ("added", None, WHEN[1])]


def test_an_entry_of_one_version_has_only_such_turns() -> None:
    assert [row.places for row in rows(added(record(ASK, ANSWER)))] == [(None, 0), (None, 1)]
    assert [row.places for row in rows(removed(record(ASK, ANSWER)))] == [(0, None), (1, None)]


def test_a_turn_without_text_is_shown_as_it_is() -> None:
    call = {"role": "assistant", "content": None, "tool_calls": [{"name": "tide"}]}
    (row,) = rows(added(json.dumps({"messages": [call]}).encode()))
    assert json.loads(row.text) == call


def test_the_conversation_begins_after_the_system_prompt() -> None:
    assert opening(added(record(SYSTEM, ("user", "Is this\n seat  taken?"), ANSWER))) == "Is this seat taken?"
    assert opening(added(record(SYSTEM))) == SYSTEM[1]
    assert opening(added(b'{"a": 1}')) == '{"a": 1}'
    assert opening(removed(record(ASK))) == ASK[1]


def test_fields_of_a_whole_entry_are_all_that_is_no_turn_and_no_bookkeeping() -> None:
    found = fields(added(record(ASK, tags=["a"], _rolethread={}, note=None)))
    assert [(field.path, field.new) for field in found] == [("tags", ["a"]), ("note", None)]


def test_an_entry_whose_shape_changed() -> None:
    old = b'{"instruction": "Is this seat taken?", "input": "", "output": "Sit."}'
    found = rows(edited(old, record(ASK, ("assistant", "Sit down."))))
    assert all(row.kind in ("same", "edited", "added", "removed", "moved") for row in found)
    assert found[-1].new == "Sit down."


def test_a_record_that_cannot_be_read_is_shown_by_what_differs_all_the_same() -> None:
    deep = b'{"messages": ' + b"[" * 2000 + b"]" * 2000 + b"}"
    assert Conversation(deep).turns == []
    assert rows(EntryChange("added", bytes(16), None, 0, new_text=deep)) == []
    assert opening(EntryChange("added", bytes(16), None, 0, new_text=deep)) == ""


def test_thousands_of_turns_are_laid_out_in_no_time() -> None:
    said = [("user", f"Crossing number {number}?") for number in range(5000)]
    changed = [*said[:2500], ("user", "Crossing number what?"), *said[2501:]]
    found = rows(edited(record(*said), record(*changed)))
    assert [row.places for row in found if row.kind != "same"] == [(2500, 2500)]
    assert len(found) == 5000
