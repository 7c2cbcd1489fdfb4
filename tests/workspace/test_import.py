"""Import: entries of a file come into a dataset; what says the same comes in once."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from rtstore.errors import InProgressError, InputError, WorkspaceError
from rtstore.workspace.results import ImportResult
from tests.workspaces import AUTHOR, NAME, Desk, lines

OTHER = "elsewhere/more.jsonl"
UUIDS = [f"00000000-0000-4000-8000-{number:012d}" for number in range(20)]


def said(number: int, *tags: str, system: str = "Be Mara.", uuid: str | None = None) -> dict[str, Any]:
    """Return a conversation; those of the same number say the same."""
    turns = [("system", system), ("user", f"Question {number}?"), ("assistant", f"Answer {number}.")]
    record: dict[str, Any] = {
        "messages": [{"role": role, "content": content} for role, content in turns],
        "tags": list(tags),
    }
    if uuid is not None:
        record["_rolethread"] = {"entry_uuid": uuid, "dataset_uuid": UUIDS[19]}
    return record


def put(desk: Desk, *records: Any, name: str = OTHER) -> str:
    """Write a file that is not tracked; return its path."""
    desk.write(lines(*records), name)
    return desk.path(name)


def take(desk: Desk, *records: Any, dedupe: bool = True) -> ImportResult:
    return desk.store.import_file(put(desk, *records), NAME, dedupe)


def records(desk: Desk, name: str = NAME) -> list[Any]:
    return [json.loads(line) for line in desk.read(name).splitlines()]


def test_new_entries_come_in_at_the_end(desk: Desk) -> None:
    desk.commit_file(lines(said(1), said(2)))
    result = take(desk, said(3), said(4))
    assert (result.added, result.duplicates) == (2, 0)
    assert records(desk) == [said(1), said(2), said(3), said(4)]
    (change,) = desk.store.status().datasets
    assert (change.counts.added, change.counts.edited) == (2, 0)


def test_of_duplicates_the_first_stays_and_gets_the_tags_of_the_others(desk: Desk) -> None:
    desk.commit_file(lines(said(1, "calm"), said(2)))
    result = take(desk, said(1, "noir", "calm", system="Be somebody else."), said(3, "a"), said(3, "b", "a"))
    assert (result.added, result.duplicates, result.tagged) == (1, 2, 2)
    assert records(desk) == [said(1, "calm", "noir"), said(2), said(3, "a", "b")]


@pytest.mark.parametrize(
    "more",
    [{"images": ["dog.png"]}, {"tools": [{"name": "ferry"}]}, {"label": False}, {"videos": ["fog.mp4"]}],
)
def test_what_says_the_same_of_something_else_is_no_duplicate(desk: Desk, more: dict[str, Any]) -> None:
    desk.commit_file(lines(said(1)))
    other = {**said(1), **more}
    result = take(desk, other, {**other, "id": 7}, {**other, "tags": ["calm"]})
    assert (result.added, result.duplicates) == (1, 2)
    assert [set(one) >= set(more) for one in records(desk)] == [False, True]


@pytest.mark.parametrize("more", [{"tool_calls": [{"name": "ferry"}]}, {"weight": 0}, {"thinking": "Hm."}])
def test_a_turn_with_more_than_its_text_is_another_turn(desk: Desk, more: dict[str, Any]) -> None:
    desk.commit_file(lines(said(1)))
    other = said(1)
    other["messages"][-1] |= more
    assert (take(desk, other).added, take(desk, other).duplicates) == (1, 1)


def test_without_dedupe_everything_comes_in(desk: Desk) -> None:
    desk.commit_file(lines(said(1)))
    assert take(desk, said(1), said(1), dedupe=False).added == 2
    assert records(desk) == [said(1)] * 3


def test_what_the_dataset_had_twice_before_stays(desk: Desk) -> None:
    desk.commit_file(lines(said(1), said(1)))
    take(desk, said(1, "late"))
    assert records(desk) == [said(1, "late"), said(1)]


def test_only_what_is_new_gets_a_new_identity(desk: Desk) -> None:
    desk.commit_file(lines(said(1, uuid=UUIDS[1]), said(2, uuid=UUIDS[2])))
    take(desk, said(1, "x", uuid=UUIDS[3]), said(5, uuid=UUIDS[2]))
    found = [record["_rolethread"]["entry_uuid"] for record in records(desk)]
    assert found[:2] == UUIDS[1:3]
    assert found[2] not in UUIDS
    assert desk.store.status().datasets[0].warnings == ()


def test_two_people_who_import_one_file_get_the_same_entries(desk: Desk) -> None:
    desk.commit_file(lines(said(1, uuid=UUIDS[1])))
    new = put(desk, said(2, uuid=UUIDS[2]))
    desk.store.import_file(new, NAME, True)
    first = desk.read()
    desk.store.undo()
    desk.store.import_file(new, NAME, True)
    assert desk.read() == first


def test_an_import_again_brings_nothing(desk: Desk) -> None:
    desk.commit_file(lines(said(1)))
    take(desk, said(2, "a"))
    before, operations = desk.read(), len(list(desk.store.operations()))
    assert take(desk, said(2, "a")).added == 0
    assert (desk.read(), len(list(desk.store.operations()))) == (before, operations)


def test_an_import_comes_on_top_of_uncommitted_changes_and_is_taken_back_alone(desk: Desk) -> None:
    desk.commit_file(lines(said(1), said(2)))
    desk.write(lines(said(1, "edited"), said(2)))
    take(desk, said(3))
    assert records(desk) == [said(1, "edited"), said(2), said(3)]
    desk.store.undo()
    assert records(desk) == [said(1, "edited"), said(2)]


def test_a_dataset_that_is_not_there_is_made(desk: Desk) -> None:
    result = desk.store.import_file(put(desk, said(1), said(2), said(1)), NAME, True)
    assert (result.added, result.duplicates) == (2, 1)
    assert records(desk) == [said(1), said(2)]
    assert [dataset.change for dataset in desk.store.status().datasets] == ["added"]


def test_an_array_that_is_not_there_is_made(desk: Desk) -> None:
    for _ in range(2):
        desk.store.import_file(put(desk, said(1), said(2)), "new.json")
    assert json.loads(desk.read("new.json")) == [said(1), said(2)] * 2
    assert desk.store.status().datasets[0].problem is None


def test_an_array_comes_into_lines_and_lines_into_an_empty_array(desk: Desk) -> None:
    desk.write(json.dumps([said(1), said(2)], indent=1).encode(), "elsewhere/more.json")
    desk.store.import_file(desk.path("elsewhere/more.json"), "new.jsonl")
    assert records(desk, "new.jsonl") == [said(1), said(2)]
    desk.track(b"[\n]\n", "empty.json")
    desk.store.import_file(put(desk, said(3)), "empty.json")
    assert json.loads(desk.read("empty.json")) == [said(3)]


BAD_NAMES = [
    "con.jsonl",
    "a/../b.jsonl",
    "../b.jsonl",
    "/b.jsonl",
    "a\\b.jsonl",
    "b.jsonl ",
    "a\nb.jsonl",
    "",
]


@pytest.mark.parametrize("name", [*BAD_NAMES, "x.registry.json", ".rtstore/x.jsonl"])
def test_a_name_that_no_dataset_can_have_is_refused(desk: Desk, name: str) -> None:
    file = put(desk, said(1))
    files = desk.files()
    with pytest.raises(WorkspaceError):
        desk.store.import_file(file, name)
    assert desk.files() == files
    assert not desk.tracked


@pytest.mark.parametrize("twin_is_tracked", [False, True])
def test_no_two_datasets_come_to_share_a_sidecar(desk: Desk, twin_is_tracked: bool) -> None:
    desk.track(lines(said(1)))
    if twin_is_tracked:
        desk.track(b"[]\n", "mara.json")
    desk.write(sidecar(UUIDS[19], "noir"), "elsewhere/more.registry.json")
    file = put(desk, said(2))
    files = desk.files()
    with pytest.raises(WorkspaceError, match=r"would share the sidecar mara\.registry\.json"):
        desk.store.import_file(file, "mara.json")
    assert desk.files() == files


def test_an_import_waits_for_a_merge_in_progress(desk: Desk) -> None:
    desk.commit_file(lines(said(1, "calm")))
    desk.store.create_branch("noir")
    desk.commit_file(lines({**said(1), "n": 1}))
    desk.store.switch("noir")
    desk.commit_file(lines({**said(1), "n": 2}))
    desk.store.merge("main", author=AUTHOR)
    before = desk.read()
    with pytest.raises(InProgressError, match="import has to wait"):
        take(desk, said(2))
    assert desk.read() == before


def test_the_rest_of_a_record_that_gets_tags_keeps_its_spelling(desk: Desk) -> None:
    spelled = b'{"n": 1.0e2,"messages":[{"role":"user","content":"Hi \\u00e9"}]}\n'
    desk.commit_file(spelled)
    take(desk, {"messages": [{"role": "user", "content": "Hi é"}], "tags": ["a"]})
    assert desk.read().startswith(spelled[:-2])
    assert records(desk)[0]["tags"] == ["a"]


def test_records_without_turns_are_duplicates_when_they_have_the_same_members(desk: Desk) -> None:
    desk.commit_file(lines({"a": 1, "b": 2}))
    assert take(desk, {"b": 2, "a": 1}, {"a": 2, "b": 2}).added == 1


MESSAGES = [{"role": "system", "content": "Be Mara."}, {"role": "user", "content": "Hi é"}]
POSTS = [{"from": "human", "value": "Hi é"}]


@pytest.mark.parametrize(
    ("record", "same"),
    [
        ({"messages": MESSAGES}, True),
        ({"messages": MESSAGES, "n": 10**400, "name": "x"}, True),
        ({"messages": [{**MESSAGES[1], "name": "Osk", "n": 1}]}, True),
        ({"conversations": POSTS, "system": "Be Osk."}, True),
        ({"conversations": POSTS, "messages": None}, True),
        ({"conversations": POSTS, "messages": 3}, True),
        ({"conversations": [{**POSTS[0], "role": "user"}]}, True),
        ({"instruction": "Hi é", "output": ""}, True),
        ({"conversations": [{**POSTS[0], "role": "assistant"}]}, False),
        ({"conversations": [{**POSTS[0], "content": "Ho"}]}, False),
        ({"messages": MESSAGES, "chosen": "a", "rejected": "b"}, False),
        ({"messages": [*MESSAGES, {"role": "assistant", "content": ""}]}, False),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi é"}]}]}, True),
    ],
)
def test_what_says_the_same_in_another_shape_is_a_duplicate(
    desk: Desk, record: dict[str, Any], same: bool
) -> None:
    desk.commit_file(lines({"messages": MESSAGES}))
    assert take(desk, record).added == (not same)


def test_half_a_character_is_the_same_as_itself(desk: Desk) -> None:
    half = b'{"messages":[{"role":"user","content":"\\ud800"}]}\n'
    desk.commit_file(half)
    desk.write(half, OTHER)
    assert desk.store.import_file(desk.path(OTHER), NAME, True).added == 0


def test_a_file_that_is_no_dataset_changes_nothing(desk: Desk) -> None:
    desk.commit_file(lines(said(1)))
    desk.write(b"{]\n", OTHER)
    with pytest.raises(InputError, match=r"more\.jsonl"):
        desk.store.import_file(desk.path(OTHER), NAME)
    assert desk.store.status().clean


def test_a_file_that_is_not_tracked_is_not_written_to(desk: Desk) -> None:
    desk.write(lines(said(1)))
    with pytest.raises(WorkspaceError, match="not tracked"):
        take(desk, said(2))
    assert records(desk) == [said(1)]


def sidecar(uuid: str, *tags: str, mapped: str | None = None) -> bytes:
    return json.dumps(
        {
            "metadata": {"schema_version": 1, "kind": "rolethread.tag_registry", "exported_at": "now"},
            "dataset": {"dataset_uuid": uuid, "filename": "x.jsonl", "entry_count": 1},
            "tags": [{"slug": tag, "name": tag.title()} for tag in tags],
            "entry_character_mappings": [
                {"entry_uuid": mapped, "turns": [{"turn_index": 1, "character_slug": "osk"}]}
            ]
            if mapped
            else [],
        }
    ).encode()


def test_sidecars_are_joined_without_overwriting_and_mappings_go_with_their_entries(desk: Desk) -> None:
    desk.write(sidecar(UUIDS[19], "calm"), "mara.registry.json")
    desk.commit_file(lines(said(1, uuid=UUIDS[1])))
    desk.write(sidecar(UUIDS[19], "calm", "noir", mapped=UUIDS[2]), "elsewhere/more.registry.json")
    take(desk, said(2, uuid=UUIDS[2]))
    written = json.loads(desk.read("mara.registry.json"))
    assert [tag["slug"] for tag in written["tags"]] == ["calm", "noir"]
    (mapping,) = written["entry_character_mappings"]
    assert mapping["entry_uuid"] == records(desk)[1]["_rolethread"]["entry_uuid"]
    assert os.path.exists(desk.path("elsewhere/more.registry.json"))
    change = desk.store.status().datasets[0]
    assert (change.counts.added, change.registry_changed, change.warnings) == (1, True, ())


@pytest.mark.parametrize("own", [UUIDS[1], None])
def test_mappings_go_with_entries_of_which_few_have_a_uuid(desk: Desk, own: str | None) -> None:
    desk.commit_file(lines(said(1, uuid=own)))
    desk.write(sidecar(UUIDS[19], "noir", mapped=UUIDS[2]), "elsewhere/more.registry.json")
    take(desk, said(2, uuid=UUIDS[2]), said(3), said(4))
    (mapping,) = json.loads(desk.read("mara.registry.json"))["entry_character_mappings"]
    assert mapping["entry_uuid"] == records(desk)[1]["_rolethread"]["entry_uuid"]
    assert mapping["turns"] == [{"turn_index": 1, "character_slug": "osk"}]
    assert desk.seen_afresh() == desk.tracked_dataset()


def test_a_dataset_without_a_sidecar_gets_the_one_of_the_file_as_its_own(desk: Desk) -> None:
    desk.commit_file(lines(said(1, uuid=UUIDS[1])))
    desk.write(sidecar(UUIDS[19], "noir"), "elsewhere/more.registry.json")
    take(desk, said(2, uuid=UUIDS[2]))
    written = json.loads(desk.read("mara.registry.json"))
    assert written["dataset"]["filename"] == "mara.jsonl"
    assert desk.store.status().datasets[0].warnings == ()
