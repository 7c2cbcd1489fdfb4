"""Editing through the library: what is changed, what stays as it was, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from workspaces import AUTHOR, NAME, Desk, lines, talk

from rtstore.errors import (
    InputError,
    NothingToDoError,
    RevisionError,
    RtstoreError,
    UncommittedChangesError,
    UsageError,
)
from rtstore.model.ids import Kind as ObjectKind
from rtstore.model.ids import entry_id_of_record, object_id
from rtstore.model.objects import Counts

ODD = b'\xef\xbb\xbf{"n":1.10, "text" : "\\u00e9\\ud800", "x": 1E5}\r\n\r\n{"n": 2}\n{"n": NaN}'


def edit(desk: Desk, branch: str = "main") -> Any:
    """Open an edit of a branch."""
    return desk.store.edit(branch, "an edit", AUTHOR)


def test_the_rest_of_a_record_and_of_the_file_keeps_its_spelling(desk: Desk) -> None:
    desk.commit_file(ODD)
    with edit(desk) as draft:
        draft[NAME][0].set("x", 7)
    assert desk.read() == ODD.replace(b"1E5", b"7")
    assert desk.tracked_dataset() == desk.seen_afresh()


def test_all_kinds_of_edits_at_once(desk: Desk) -> None:
    desk.commit_file(lines(*map(talk, range(6))))
    with edit(desk) as draft:
        data = draft[NAME]
        data[0].turns[2].content = "Changed."
        data[1] = {"replaced": True}
        data[-1].insert("tags", ["new"])
        data[2].delete("messages")
        del data[3]
        data.insert(0, '{"first":  1}')
        data.append(b' {"last": 2}\n')
        data.extend([{"more": "é"}])
        assert len(data) == 8
    first = json.dumps(talk(0, "Changed."), ensure_ascii=False)
    last = json.dumps(talk(5, tags=None), ensure_ascii=False).replace('{"tags": null, ', "{")[:-1]
    assert desk.read().decode().splitlines() == [
        '{"first":  1}', first, '{"replaced": true}', "{}",
        json.dumps(talk(4)), last + ', "tags": ["new"]}', '{"last": 2}', '{"more": "é"}',
    ]  # fmt: skip
    assert draft.result.datasets[0].counts == Counts(added=3, removed=1, edited=4)
    assert desk.tracked_dataset() == desk.seen_afresh()


def test_nothing_changed_is_no_commit(desk: Desk) -> None:
    first = desk.commit_file(lines(talk(1)))
    with edit(desk) as draft:
        entry = draft[NAME][0]
        entry.set("x", 1)
        entry.delete("x")
    assert draft.result is None
    assert desk.store.head == first


def test_an_error_in_the_block_changes_nothing(desk: Desk) -> None:
    first = desk.commit_file(lines(talk(1)))
    with pytest.raises(ZeroDivisionError), edit(desk) as draft:
        del draft[NAME][0]
        raise ZeroDivisionError
    assert desk.store.head == first
    assert desk.read() == lines(talk(1))


def test_a_branch_that_is_not_checked_out_is_edited_without_a_file(desk: Desk) -> None:
    desk.commit_file(lines(talk(1)))
    desk.store.create_branch("noir")
    desk.write(b"oops, dirty\n")
    with edit(desk, branch="noir") as draft:
        draft[NAME].append({"a": 1})
    assert desk.read() == b"oops, dirty\n"
    assert desk.exported("noir") == lines(talk(1), {"a": 1})
    assert desk.store.current_branch == "main"


def test_a_dirty_file_of_the_branch_is_in_the_way(desk: Desk) -> None:
    desk.commit_file(lines(talk(1)))
    desk.write(lines(talk(1), talk(2)))
    with pytest.raises(UncommittedChangesError, match="uncommitted changes"), edit(desk) as draft:
        draft[NAME].append({"a": 1})
    assert desk.read() == lines(talk(1), talk(2))


def test_a_file_that_is_missing_stays_so(desk: Desk) -> None:
    desk.commit_file(lines(talk(1)))
    desk.delete()
    with edit(desk) as draft:
        draft[NAME].append({"a": 1})
    assert not desk.exists()
    assert desk.exported() == lines(talk(1), {"a": 1})


def test_another_commit_meanwhile_is_in_the_way(desk: Desk) -> None:
    desk.commit_file(lines(talk(1)))
    with pytest.raises(UncommittedChangesError, match="meanwhile"), edit(desk) as draft:
        draft[NAME].append({"a": 1})
        desk.commit_file(lines(talk(1), talk(2)))
    assert desk.exported() == lines(talk(1), talk(2))


@pytest.mark.parametrize(
    "bad",
    ["no JSON", "[1]", b'{"a": "\xff"}', '{"a": 1} {"b": 2}', "", b"\xef\xbb\xbf{}", {1, 2}, {"a": {1}}],
    ids=["no JSON", "a list", "bad UTF-8", "two", "nothing", "a BOM", "a set", "a set inside"],
)
def test_what_is_no_record_is_refused(desk: Desk, bad: Any) -> None:
    desk.commit_file(lines(talk(1)))
    for change in ("append", "replace"):
        with pytest.raises((RtstoreError, TypeError)), edit(desk) as draft:
            if change == "append":
                draft[NAME].append(bad)
            else:
                draft[NAME][0].replace(bad)
    assert desk.read() == lines(talk(1))


@pytest.mark.parametrize("value", [5, [1], "text", None])
def test_a_record_cannot_become_something_else_than_an_object(desk: Desk, value: Any) -> None:
    desk.commit_file(lines(talk(1)))
    with pytest.raises(InputError, match="must be a JSON object"), edit(desk) as draft:
        draft[NAME][0].set((), value)


def test_lone_surrogates_are_written_as_escapes(desk: Desk) -> None:
    desk.commit_file(lines({"a": 1}))
    with edit(desk) as draft:
        draft[NAME].append('{"a": "\ud800"}')
        draft[NAME].append({"a": "\udfff"})
        draft[NAME][0].set("b", "\ud83d")
    assert desk.read() == b'{"a": 1, "b": "\\ud83d"}\n{"a": "\\ud800"}\n{"a": "\\udfff"}\n'


def test_a_record_on_several_lines_becomes_one_line(desk: Desk) -> None:
    desk.commit_file(lines({"a": 1}))
    with edit(desk) as draft:
        draft[NAME].append('{\n  "a": [\n    1\n  ]\n}\n')
    assert desk.read() == b'{"a": 1}\n{"a": [1]}\n'


@pytest.mark.parametrize(
    ("start", "empty", "end"),
    [
        (b'{"a":1}', b"", b'{"b":1}\n'),
        (b'{"a":1}\n\n{"a":2}\n', b"", b'{"b":1}\n'),
        (b'\xef\xbb\xbf{"a":1}\r\n', b"\xef\xbb\xbf", b'\xef\xbb\xbf{"b":1}\n'),
        (b" ", b" ", b' \n{"b":1}\n'),
    ],
)
def test_all_entries_may_go_and_others_come(desk: Desk, start: bytes, empty: bytes, end: bytes) -> None:
    desk.commit_file(start)
    with edit(desk) as draft:
        while len(draft[NAME]):
            del draft[NAME][0]
    assert desk.read() == empty
    assert desk.tracked_dataset() == desk.seen_afresh()
    with edit(desk) as draft:
        draft[NAME].append('{"b":1}')
    assert desk.read() == end
    assert desk.tracked_dataset() == desk.seen_afresh()


@pytest.mark.parametrize(
    "start", [b"[]", b" [ ]\n", b"\xef\xbb\xbf[\n]\n", b'[{"a": 1}]', b'[\n  {"a": 1},\n  {"b": 2}\n]\n']
)
def test_arrays_grow_and_shrink_and_stay_arrays(desk: Desk, start: bytes) -> None:
    desk.commit_file(start, "a.json")
    before = json.loads(start.decode("utf-8-sig"))
    with edit(desk) as draft:
        draft["a.json"].extend([{"x": 1}, {"y": 2}])
        draft["a.json"].insert(0, {"first": 0})
    assert json.loads(desk.read("a.json").decode("utf-8-sig")) == [{"first": 0}, *before, {"x": 1}, {"y": 2}]
    assert desk.tracked_dataset("a.json") == desk.seen_afresh("a.json")
    with edit(desk) as draft:
        while len(draft["a.json"]):
            del draft["a.json"][-1]
    assert json.loads(desk.read("a.json").decode("utf-8-sig")) == []
    assert desk.tracked_dataset("a.json") == desk.seen_afresh("a.json")


def test_new_entries_get_the_ids_a_file_would_give_them(desk: Desk) -> None:
    desk.commit_file(lines({"a": 1}, {"a": 1}))
    with edit(desk) as draft:
        draft[NAME].append({"a": 1})
        draft[NAME].append({"a": 2})
    record = [object_id(ObjectKind.RECORD, text) for text in (b'{"a": 1}', b'{"a": 2}')]
    expected = [entry_id_of_record(record[0], n) for n in range(3)] + [entry_id_of_record(record[1], 0)]
    assert desk.ids() == [id.hex() for id in expected]


def test_a_new_entry_that_claims_an_id_in_use_gets_another(desk: Desk) -> None:
    desk.track(lines({"id": "a"}, {"id": "b"}), id_field="id")
    desk.commit()
    with edit(desk) as draft:
        draft[NAME].append({"id": "a", "copy": True})
        draft[NAME].append({"id": "c"})
    assert len(set(desk.ids())) == 4
    assert desk.tracked_dataset() == desk.seen_afresh()


def test_entries_are_found_by_position_and_id(desk: Desk) -> None:
    desk.commit_file(lines(*map(talk, range(4))))
    ids = desk.ids()
    with edit(desk) as draft:
        data = draft[NAME]
        assert data[-1].id == data[3].id == data[ids[3]].id
        del data[0]
        assert data[0].id == bytes.fromhex(ids[1])
        for missing, error in (
            (9, IndexError),
            (-9, IndexError),
            (ids[0], IndexError),
            ("ffff" * 4, RevisionError),
        ):
            with pytest.raises(error):
                data[missing]
        with pytest.raises(UsageError, match="no place"):
            data[0].set(("messages", 9), "x")
        with pytest.raises(UsageError):
            data[0].delete("nope")


def test_what_does_not_exist_cannot_be_edited(desk: Desk) -> None:
    with pytest.raises(RevisionError, match="no commit yet"):
        edit(desk)
    desk.commit_file(lines(talk(1)))
    with pytest.raises(RevisionError, match="nope"):
        edit(desk, branch="nope")
    with pytest.raises(RevisionError) as caught, edit(desk) as draft:
        draft["mira.jsonl"]
    assert caught.value.candidates == (NAME,)


@pytest.mark.parametrize("message", ["", " \n", "\ud800"])
def test_what_can_be_no_message_is_refused_at_once(desk: Desk, message: str) -> None:
    desk.commit_file(lines(talk(1)))
    with pytest.raises(UsageError, match="message"):
        desk.store.edit("main", message, AUTHOR)
    desk.write(lines(talk(2)))
    with pytest.raises(UsageError, match="message"):
        desk.commit(message)


def test_an_edit_can_be_taken_back(desk: Desk) -> None:
    desk.commit_file(ODD)
    with edit(desk) as draft:
        del draft[NAME][0]
    desk.store.undo()
    assert desk.read() == ODD
    with pytest.raises(NothingToDoError):
        desk.commit()
