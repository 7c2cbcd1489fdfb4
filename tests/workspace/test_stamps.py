"""Law 3: a stamp is not a change."""

from __future__ import annotations

import json
from typing import Any

import pytest
from workspaces import AUTHOR, NAME, Desk, lines

from rtstore.errors import NothingToDoError
from rtstore.model.objects import Counts


def saved(when: str, *replies: str, ending: str = "\n") -> bytes:
    """Return a file as RoleThread saves it at some time."""
    return lines(*(entry(number, reply, when) for number, reply in enumerate(replies)), ending=ending)


def entry(number: int, reply: str, when: str) -> dict[str, Any]:
    own = {"version": "1.4", "native": True, "validated_at": when, "entry_uuid": f"{number:032x}"}
    return {"messages": [{"role": "user", "content": f"Q{number}"}, {"role": "assistant", "content": reply}],
            "tags": [], "_rolethread": own}  # fmt: skip


REPLIES = [f"reply {number}" for number in range(40)]
MONDAY, TUESDAY = "2026-03-02T08:00:00+00:00", "2026-03-03T09:30:00.123+00:00"


def test_a_save_without_a_change_is_clean(desk: Desk) -> None:
    desk.commit_file(saved(MONDAY, *REPLIES))
    desk.write(saved(TUESDAY, *REPLIES))
    change = desk.change()
    assert (change.clean, change.stamps_only, change.counts) == (True, True, Counts())
    assert desk.store.status().clean


def test_it_is_nothing_to_commit(desk: Desk) -> None:
    desk.commit_file(saved(MONDAY, *REPLIES))
    desk.write(saved(TUESDAY, *REPLIES))
    with pytest.raises(NothingToDoError, match="only time stamps differ"):
        desk.commit()
    assert desk.read() == saved(TUESDAY, *REPLIES)
    assert len(list(desk.store.log())) == 1


def test_one_edited_reply_is_one_edited_entry(desk: Desk) -> None:
    desk.commit_file(saved(MONDAY, *REPLIES))
    desk.write(saved(TUESDAY, "edited", *REPLIES[1:]))
    assert desk.commit().datasets[0].counts == Counts(edited=1)


def test_it_costs_one_new_record_only(desk: Desk) -> None:
    first = desk.commit_file(saved(MONDAY, *REPLIES)).hex()
    second = desk.commit_file(saved(TUESDAY, "edited", *REPLIES[1:])).hex()
    records = [
        {row.record for row in desk.store[version][NAME].tree.entries()} for version in (first, second)
    ]
    assert len(records[1] - records[0]) == 1


def test_a_commit_for_another_reason_records_the_stamps(desk: Desk) -> None:
    first = desk.commit_file(saved(MONDAY, *REPLIES)).hex()
    second = desk.commit_file(saved(TUESDAY, "edited", *REPLIES[1:])).hex()
    assert desk.exported(first) == saved(MONDAY, *REPLIES)
    assert desk.exported(second) == saved(TUESDAY, "edited", *REPLIES[1:])


def test_a_commit_because_of_another_dataset_records_the_stamps(desk: Desk) -> None:
    desk.commit_file(saved(MONDAY, *REPLIES))
    desk.write(saved(TUESDAY, *REPLIES))
    desk.track(lines({"a": 1}), "other.jsonl")
    result = desk.commit()
    assert [change.path for change in result.datasets if not change.clean] == ["other.jsonl"]
    assert desk.exported() == saved(TUESDAY, *REPLIES)


def test_restore_brings_the_stamps_of_the_version_back(desk: Desk) -> None:
    desk.commit_file(saved(MONDAY, *REPLIES))
    desk.write(saved(TUESDAY, *REPLIES))
    assert desk.store.restore([NAME]).files == (NAME,)
    assert desk.read() == saved(MONDAY, *REPLIES)
    desk.store.undo()
    assert desk.read() == saved(TUESDAY, *REPLIES)


def test_switch_goes_to_the_exact_file_though_stamps_differ(desk: Desk) -> None:
    desk.commit_file(saved(MONDAY, *REPLIES))
    desk.store.switch("noir", create=True)
    desk.commit_file(saved(TUESDAY, "edited", *REPLIES[1:]))
    desk.write(saved("2026-04-01", "edited", *REPLIES[1:]))
    desk.store.switch("main")
    assert desk.read() == saved(MONDAY, *REPLIES)
    desk.store.switch("noir")
    assert desk.read() == saved(TUESDAY, "edited", *REPLIES[1:])


def test_switch_goes_between_versions_that_differ_in_stamps_alone(desk: Desk) -> None:
    first = desk.commit_file(saved(MONDAY, *REPLIES)).hex()
    second = desk.commit_file(saved(TUESDAY, *REPLIES)).hex()
    desk.store.switch(first, detach=True)
    assert desk.read() == saved(MONDAY, *REPLIES)
    desk.store.switch(second, detach=True)
    assert desk.read() == saved(TUESDAY, *REPLIES)


def test_stamps_do_not_collide_when_changes_are_carried_to_another_branch(desk: Desk) -> None:
    desk.commit_file(saved(MONDAY, *REPLIES))
    desk.store.switch("noir", create=True)
    desk.commit_file(saved(TUESDAY, "theirs", *REPLIES[1:]))
    desk.store.switch("main")
    desk.write(saved("2026-04-01", *REPLIES[:-1], "ours"))
    assert desk.store.switch("noir").carried == (NAME,)
    records = [json.loads(line) for line in desk.read().splitlines()]
    assert [record["messages"][1]["content"] for record in records] == ["theirs", *REPLIES[1:-1], "ours"]
    assert [record["_rolethread"]["validated_at"] for record in records] == [TUESDAY] * 39 + ["2026-04-01"]


def test_a_record_that_is_stamped_for_the_first_time_has_changed(desk: Desk) -> None:
    desk.commit_file(lines({"messages": ["How is the weather there?"]}))
    desk.commit_file(
        lines({"messages": ["How is the weather there?"], "_rolethread": {"validated_at": MONDAY}})
    )
    assert desk.exported() == lines(
        {"messages": ["How is the weather there?"], "_rolethread": {"validated_at": MONDAY}}
    )
    assert dict(desk.store.commit_at("HEAD")[1].counts)[NAME] == Counts(edited=1)


@pytest.mark.parametrize(
    "own",
    [
        '{"validated_at": null}',
        '{"validated_at": {"nested": [1, "}"]}, "version": [[]]}',
        '{ "validated_at" : "a\\"b\\\\" , "version":1 }',
        '{"validated_at": "x", "validated_at": "y"}',
        '{"_rolethread": {"validated_at": "inner"}, "validated_at": 7}',
        '"no object"',
        "null",
        "[]",
    ],
)
def test_stamps_of_any_shape_come_back_byte_for_byte(desk: Desk, own: str) -> None:
    for data in (f'{{"a": 1, "_rolethread": {own}}}\n', f'{{"_rolethread": {own}, "a": "_rolethread"}}\n'):
        desk.commit_file(data.encode())
        desk.delete()
        desk.store.restore([NAME])
        assert desk.read() == data.encode()


def test_stamps_in_an_array_are_stamps(desk: Desk) -> None:
    first = json.dumps([entry(1, "a", MONDAY), entry(2, "b", MONDAY)], indent=2).encode()
    desk.commit_file(first, "a.json")
    desk.write(first.replace(MONDAY.encode(), b"tomorrow"), "a.json")
    change = desk.change("a.json")
    assert (change.clean, change.stamps_only) == (True, True)


def test_the_user_may_say_what_is_volatile(desk: Desk) -> None:
    desk.write(lines({"a": 1, "saved": "monday"}, {"a": 2, "saved": "monday"}))
    desk.store.add([desk.path()], volatile=["saved"])
    desk.store.commit("first", AUTHOR)
    desk.write(lines({"a": 1, "saved": "tuesday"}, {"a": 2, "saved": "tuesday"}))
    change = desk.change()
    assert (change.clean, change.stamps_only) == (True, True)
    desk.store.restore([NAME])
    assert desk.read() == lines({"a": 1, "saved": "monday"}, {"a": 2, "saved": "monday"})


def test_an_edit_by_the_library_leaves_the_stamps_of_other_entries(desk: Desk) -> None:
    desk.commit_file(saved(MONDAY, *REPLIES))
    with desk.store.edit("main", "edit", AUTHOR) as edit:
        edit[NAME][3].turns[1].content = "by the library"
        del edit[NAME][0]
    assert desk.read() == lines(
        *(entry(n, "by the library" if n == 3 else reply, MONDAY) for n, reply in enumerate(REPLIES) if n)
    )
    assert desk.tracked_dataset() == desk.seen_afresh()
