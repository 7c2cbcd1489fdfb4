"""Import gives records one shape; who speaks under a name becomes a character."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest

from rtstore.errors import InputError, UsageError
from rtstore.workspace.results import ImportResult
from tests.workspace.imports import records, sidecar_of
from tests.workspaces import NAME, Desk, lines

CHAT = [("system", "Be Mara."), ("user", "Is it late?"), ("assistant", "Not yet.")]


def messages(*turns: tuple[str, str], **rest: Any) -> dict[str, Any]:
    return {"messages": [{"role": role, "content": content} for role, content in turns or CHAT], **rest}


def posts(*turns: tuple[str, str], **rest: Any) -> dict[str, Any]:
    return {"conversations": [{"from": speaker, "value": said} for speaker, said in turns], **rest}


AS_POSTS = posts(("system", "Be Mara."), ("human", "Is it late?"), ("gpt", "Not yet."))


def take(
    desk: Desk, data: bytes, shape: str | None, name: str = "elsewhere/more.jsonl", **options: Any
) -> ImportResult:
    desk.write(data, name)
    return desk.store.import_file(desk.path(name), NAME, shape=shape, **options)


@pytest.mark.parametrize("dedupe", [False, True])
@pytest.mark.parametrize("name", ["elsewhere/more.jsonl", "elsewhere/more.json"])
def test_all_entries_get_the_shape(desk: Desk, name: str, dedupe: bool) -> None:
    found = [messages(id=1), {**AS_POSTS, "conversations": AS_POSTS["conversations"][1:], "id": 2}]
    data = lines(*found) if name.endswith("l") else json.dumps(found, indent=1).encode()
    assert take(desk, data, "sharegpt", name, dedupe=dedupe).added == 2 - dedupe
    assert records(desk) == [{**AS_POSTS, "id": 1}, found[1]][: 2 - dedupe]
    assert desk.seen_afresh() == desk.tracked_dataset()


def test_what_has_the_shape_already_stays_byte_for_byte(desk: Desk) -> None:
    text = b'{"n":1.0e2,  "conversations" :[{"from":"human","value":"\\u00e9"}]}\n'
    take(desk, text, "sharegpt")
    assert desk.read() == text


def test_without_a_shape_every_record_keeps_its_own(desk: Desk) -> None:
    text = lines(messages(), AS_POSTS, {"instruction": "Greet", "output": "Hello."}, {"a": 1})
    take(desk, text, None)
    assert desk.read() == text


@pytest.mark.parametrize("shape", ["alpaca", "prompt", "messages"])
def test_other_shapes(desk: Desk, shape: str) -> None:
    assert take(desk, lines(AS_POSTS, AS_POSTS), shape).added == 2
    assert {entry.shape for entry in desk.store["main"][NAME]} == {shape} if desk.commit() else False


def test_what_has_no_place_in_the_shape_is_kept_apart(desk: Desk) -> None:
    pair = {"prompt": "a", "chosen": "b", "rejected": "c"}
    result = take(desk, lines(messages(), pair, {"a": 1}, AS_POSTS, {"a": 2}), "messages")
    assert (result.added, result.rejected) == (2, 3)
    assert records(desk) == [messages(), messages()]
    assert result.reasons[0] == ("no conversation is found in the record", 2)
    assert [one.place for one in result.examples] == ["line 2", "line 3", "line 5"]
    assert result.rejects == "more.rejects.jsonl"
    kept = records(desk, "more.rejects.jsonl")
    assert [json.loads(one["text"]) for one in kept] == [pair, {"a": 1}, {"a": 2}]
    assert kept[1] == {
        "place": "line 3",
        "reason": "no conversation is found in the record",
        "text": '{"a": 1}',
    }


def test_where_nothing_has_a_place_nothing_is_changed(desk: Desk) -> None:
    files = desk.files()
    with pytest.raises(
        InputError, match=r"more\.jsonl: nothing in it can be used: line 1: no conversation .*1 more"
    ):
        take(desk, lines({"a": 1}, {"a": 2}), "messages")
    assert desk.files() == {**files, "elsewhere/more.jsonl": lines({"a": 1}, {"a": 2})}
    assert not desk.tracked


def test_a_shape_that_there_is_not(desk: Desk) -> None:
    with pytest.raises(UsageError, match="no shape 'chatml'"):
        take(desk, lines(messages()), "chatml")


def test_spellings_of_roles_become_those_of_training(desk: Desk) -> None:
    take(desk, lines(messages(("sys", "a"), ("Human", "b"), ("bot", "c"), n=1), messages()), "messages")
    assert records(desk)[0] == messages(("system", "a"), ("user", "b"), ("assistant", "c"), n=1)
    assert not desk.exists("mara.registry.json")


def test_whoever_speaks_under_a_name_becomes_a_character(desk: Desk) -> None:
    spoken = posts(("human", "Hi"), ("Mara Vell", "Hello."), ("human", "Where?"), ("Osk", "Here."))
    result = take(desk, lines(spoken, messages()), "messages")
    assert (result.added, result.characters, result.warnings) == (2, 2, ())
    first, second = records(desk)
    assert [turn["role"] for turn in first["messages"]] == ["user", "assistant", "user", "assistant"]
    assert second == messages()
    made = sidecar_of(desk)
    assert [(one["slug"], one["display_name"]) for one in made["characters"]] == [
        ("mara_vell", "Mara Vell"),
        ("osk", "Osk"),
    ]
    stamp = first["_rolethread"]
    assert stamp["dataset_uuid"] == made["dataset"]["dataset_uuid"] == str(UUID(stamp["dataset_uuid"]))
    assert made["entry_character_mappings"] == [
        {
            "entry_uuid": stamp["entry_uuid"],
            "turns": [
                {
                    "turn_index": index,
                    "character_slug": slug,
                    "training_role": "assistant",
                    "source_role_label": label,
                }
                for index, slug, label in ((1, "mara_vell", "Mara Vell"), (3, "osk", "Osk"))
            ],
        }
    ]


def test_a_sidecar_that_is_made_is_one_that_rolethread_reads(desk: Desk) -> None:
    take(desk, lines(posts(("human", "Hi"), ("Mara", "Hello."))), "messages")
    made = sidecar_of(desk)
    assert made["metadata"].items() >= {"schema_version": 1, "kind": "rolethread.tag_registry"}.items()
    assert made["metadata"]["exported_at"].endswith("+00:00")
    assert made["dataset"].items() >= {"filename": NAME, "entry_count": 1}.items()
    assert {"categories", "tags", "aliases", "system_prompts"} <= made.keys()
    assert desk.seen_afresh() == desk.tracked_dataset()
    assert desk.store.status().datasets[0].warnings == ()
    desk.store.undo()
    assert not desk.exists("mara.registry.json")


@pytest.mark.parametrize("shape", [None, "sharegpt"])
def test_no_sidecar_is_made_where_no_roles_were_asked_for(desk: Desk, shape: str | None) -> None:
    take(desk, lines(posts(("human", "Hi"), ("Mara", "Hello."))), shape)
    assert not desk.exists("mara.registry.json")
    assert "_rolethread" not in records(desk)[0]


def test_characters_that_are_there_are_those_who_speak(desk: Desk) -> None:
    take(desk, lines(posts(("human", "Hi"), ("Mara", "Hello."))), "messages")
    before = sidecar_of(desk)
    before["characters"][0] |= {"slug": "keeper", "description": "keeps the light"}
    before["entry_character_mappings"][0]["turns"][0]["character_slug"] = "keeper"
    desk.write(json.dumps(before, indent=2).encode(), "mara.registry.json")
    desk.commit()
    result = take(desk, lines(posts(("human", "Ho"), ("MARA", "Hm?"), ("Kai", "Ah."))), "messages")
    after = sidecar_of(desk)
    assert result.characters == 1
    assert [one["slug"] for one in after["characters"]] == ["keeper", "kai"]
    assert after["characters"][0] == before["characters"][0]
    turns = after["entry_character_mappings"][1]["turns"]
    assert [(turn["turn_index"], turn["character_slug"]) for turn in turns] == [(1, "keeper"), (2, "kai")]
    uuids = {record["_rolethread"]["dataset_uuid"] for record in records(desk)}
    assert uuids == {after["dataset"]["dataset_uuid"]}
    assert desk.store.status().datasets[0].warnings == ()


def test_names_without_a_letter_are_told_apart(desk: Desk) -> None:
    spoken = posts(("human", "?"), ("語", "!"), ("é", "!"), (" ", "!"), ("\ud800", "!"))
    take(desk, json.dumps(spoken).encode(), "messages")
    slugs = [one["slug"] for one in sidecar_of(desk)["characters"]]
    assert len(set(slugs)) == 3
    assert all(slug.startswith("character_") for slug in slugs)
    assert desk.seen_afresh() == desk.tracked_dataset()


def test_two_people_who_import_one_file_agree_on_characters_too(desk: Desk) -> None:
    spoken = lines(posts(("human", "Hi"), ("Mara", "Hello.")))
    take(desk, spoken, "messages")
    first = desk.read(), sidecar_of(desk)["dataset"]
    desk.store.undo()
    take(desk, spoken, "messages")
    assert (desk.read(), sidecar_of(desk)["dataset"]) == first


def test_the_stamp_of_rolethread_is_renewed_in_a_new_shape_too(desk: Desk) -> None:
    uuid = "00000000-0000-4000-8000-000000000001"
    desk.commit_file(lines(messages(_rolethread={"entry_uuid": uuid, "dataset_uuid": "ours"})))
    take(desk, lines({**AS_POSTS, "_rolethread": {"entry_uuid": uuid, "dataset_uuid": "theirs"}}), "messages")
    new = records(desk)[1]["_rolethread"]
    assert new["dataset_uuid"] == "ours"
    assert new["entry_uuid"] != uuid
