"""Import of files that are no datasets: what comes out of them, what could not be used, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

import rtstore
from rtstore.errors import InputError, StorageError, UnfinishedError, UsageError, WorkspaceError
from rtstore.formats.sources.base import Character, Item, Options, Prompt, Reject
from tests.faults import every_fault
from tests.workspace.imports import Told, item, records, sidecar_of, take_told
from tests.workspaces import NAME, Desk, lines, new_desk, talk


def told(*said: str, **rest: Any) -> dict[str, Any]:
    roles = ("user", "assistant") * len(said)
    turns = [{"role": role, "content": content} for role, content in zip(roles, said, strict=False)]
    return {"messages": turns, **rest}


def test_conversations_become_entries_in_their_order(desk: Desk) -> None:
    desk.commit_file(lines(talk(1)))
    result = take_told(desk, Told([item(told("a", "b")), item(told("c"))]))
    assert (result.added, result.kind, result.title, result.made) == (2, "told", "letter", False)
    assert records(desk) == [talk(1), told("a", "b"), told("c")]
    assert desk.store.operation("@")[1].command == "import letter.txt into mara.jsonl"
    assert desk.seen_afresh() == desk.tracked_dataset()


def test_a_shape_is_what_entries_of_any_file_get(desk: Desk) -> None:
    take_told(desk, Told([item(told("a", "b", title="Hm"))]), shape="alpaca")
    assert records(desk) == [{"instruction": "a", "input": "", "output": "b", "title": "Hm"}]


def test_what_is_told_about_the_file_comes_to_its_source(desk: Desk) -> None:
    letter = Told([item(told("a"))])
    take_told(desk, letter, columns={"question": "user"}, branches=True)
    assert letter.options == Options({"question": "user"}, True)


def test_speakers_characters_and_prompts_come_into_the_registry(desk: Desk) -> None:
    found = [
        Character("Mara", "keeps the light"),
        Prompt("Mara's card", "You are Mara.", "from a card"),
        item(told("Hi", "Hello."), "page 1", (1, "Mara"), (0, "Kai")),
    ]
    result = take_told(desk, Told(found))
    assert (result.added, result.characters, result.prompts) == (1, 2, 1)
    made = sidecar_of(desk)
    assert made["characters"] == [
        {"slug": "mara", "display_name": "Mara", "description": "keeps the light", "is_active": True},
        {"slug": "kai", "display_name": "Kai", "description": None, "is_active": True},
    ]
    assert made["system_prompts"] == [
        {
            "slug": "mara_s_card",
            "name": "Mara's card",
            "content": "You are Mara.",
            "description": "from a card",
            "is_active": True,
        }
    ]
    (mapping,) = made["entry_character_mappings"]
    assert [(turn["turn_index"], turn["character_slug"]) for turn in mapping["turns"]] == [
        (0, "kai"),
        (1, "mara"),
    ]
    assert mapping["entry_uuid"] == records(desk)[0]["_rolethread"]["entry_uuid"]
    assert desk.seen_afresh() == desk.tracked_dataset()


def test_what_the_registry_has_is_never_overwritten(desk: Desk) -> None:
    take_told(desk, Told([Character("Mara", "first"), Prompt("Card", "one"), item(told("a"))]))
    more = [
        Character("mara", "second"),
        Prompt("Card", "one"),
        Prompt("Card", "two"),
        Prompt("Card", "three"),
    ]
    result = take_told(desk, Told(more))
    made = sidecar_of(desk)
    assert (result.added, result.characters, result.prompts) == (0, 0, 2)
    assert [one["description"] for one in made["characters"]] == ["first"]
    assert [(one["slug"], one["content"]) for one in made["system_prompts"]] == [
        ("card", "one"),
        ("card_2", "two"),
        ("card_3", "three"),
    ]


def test_a_card_without_conversations_makes_a_dataset_with_its_character(desk: Desk) -> None:
    result = take_told(desk, Told([Character("Mara")]))
    assert (result.added, result.made, desk.read()) == (0, True, b"")
    assert sidecar_of(desk)["characters"][0]["slug"] == "mara"


def test_no_two_datasets_come_to_share_a_sidecar_that_is_made(desk: Desk) -> None:
    desk.track(lines(talk(1)))
    desk.track(b"[]\n", "mara.json")
    files = {**desk.files(), "elsewhere/letter.txt": b"Dear Mara,\n"}
    with pytest.raises(WorkspaceError, match=r"would share the sidecar mara\.registry\.json"):
        take_told(desk, Told([Character("Mara"), item(told("a"))]), "mara.json")
    assert desk.files() == files


REJECTS = [
    Reject("page 2", "it is torn", "Dear"),
    Reject("page 3", "it is wet"),
    Reject("page 4", "it is torn"),
]


def test_what_cannot_be_used_is_counted_and_kept_beside_the_dataset(desk: Desk) -> None:
    result = take_told(desk, Told([*REJECTS, item(told("a"))]), "deep/er/mara.jsonl")
    assert (result.rejected, result.reasons) == (3, (("it is torn", 2), ("it is wet", 1)))
    assert result.rejects == "deep/er/letter.rejects.jsonl"
    assert records(desk, result.rejects)[0] == {"place": "page 2", "reason": "it is torn", "text": "Dear"}


def test_a_file_of_rejects_is_no_dataset_and_never_overwritten(desk: Desk) -> None:
    names = [take_told(desk, Told([one, item(told("a"))])).rejects for one in REJECTS]
    assert names == ["letter.rejects.jsonl", "letter.rejects-2.jsonl", "letter.rejects-3.jsonl"]
    assert [records(desk, name or "")[0]["place"] for name in names] == ["page 2", "page 3", "page 4"]
    assert desk.store.untracked() == ()
    assert [one.path for one in desk.store.add([desk.root]).added] == []


def test_of_many_reasons_the_first_are_counted_apart(desk: Desk) -> None:
    rejects = [Reject(f"page {number}", f"reason {number}") for number in range(30)]
    result = take_told(desk, Told([item(told("a")), *rejects]))
    assert len(result.reasons) == 21
    assert result.reasons[0] == ("other reasons", 10)
    assert len(records(desk, "letter.rejects.jsonl")) == 30


def test_what_a_source_gives_that_is_no_record_is_a_reject(desk: Desk) -> None:
    found = [
        Item(text, f"page {number}")
        for number, text in enumerate((b"[1]", b"{", b"\xff", b'{"a": "\xff"}', b""))
    ]
    result = take_told(desk, Told([item(told("a")), *found]))
    assert (result.added, result.rejected) == (1, 5)
    assert records(desk) == [told("a")]


def test_half_characters_are_kept_where_they_can_be(desk: Desk) -> None:
    result = take_told(
        desk, Told([Item(b'{"a": "\\ud800"}', "page 1"), Reject("page \ud800", "torn", "\udfff")])
    )
    assert desk.read() == b'{"a": "\\ud800"}\n'
    assert records(desk, result.rejects or "") == [
        {"place": "page \\ud800", "reason": "torn", "text": "\\udfff"}
    ]


def test_a_file_of_which_nothing_can_be_used_changes_nothing(desk: Desk) -> None:
    files = {**desk.files(), "elsewhere/letter.txt": b"Dear Mara,\n"}
    with pytest.raises(
        InputError, match=r"letter\.txt: nothing in it can be used: page 2: it is torn \(and 2 more\)"
    ):
        take_told(desk, Told(REJECTS), "deep/er/mara.jsonl")
    assert desk.files() == files
    assert not desk.exists("deep")


@pytest.mark.parametrize("error", [InputError("torn"), KeyboardInterrupt(), MemoryError()])
def test_what_ends_in_the_middle_never_happened(desk: Desk, error: BaseException) -> None:
    desk.commit_file(lines(talk(1)))
    files = {**desk.files(), "elsewhere/letter.txt": b"Dear Mara,\n"}

    def ends() -> None:
        raise error

    with pytest.raises(type(error)):
        take_told(desk, Told([*REJECTS, Character("Mara"), item(told("a"))], ends))
    assert desk.files() == files
    assert desk.store.operation("@")[1].command.startswith("commit")
    assert desk.store.fsck().problems == ()


def test_whichever_call_to_the_disk_fails_rejects_come_with_the_entries_or_not_at_all() -> None:
    for files in every_fault():
        with new_desk() as desk:
            desk.write(b"Dear Mara,\n", "elsewhere/letter.txt")
            before = desk.files()
            desk.store = rtstore.open(desk.root, files=files)
            try:
                take_told(desk, Told([*REJECTS, item(told("a"))]))
                done = True
            except StorageError as error:
                done = isinstance(error, UnfinishedError)
            desk.reopen()
            assert desk.store.status().datasets == () or done
            assert set(desk.files()) - set(before) == ({NAME, "letter.rejects.jsonl"} if done else set())


def test_duplicates_of_what_came_before_unite_their_tags(desk: Desk) -> None:
    desk.commit_file(lines(told("a", tags=["x"])))
    found = [told("a", tags=["y"]), told("b"), told("b", tags=["z"]), told("c"), told("b", tags=["z", "w"])]
    result = take_told(desk, Told([item(one) for one in found]), dedupe=True)
    assert (result.added, result.duplicates, result.tagged) == (2, 3, 2)
    assert records(desk) == [told("a", tags=["x", "y"]), told("b", tags=["z", "w"]), told("c")]
    assert desk.seen_afresh() == desk.tracked_dataset()


def test_a_kind_of_file_that_there_is_not(desk: Desk) -> None:
    desk.write(b"Dear Mara,\n", "letter.txt")
    with pytest.raises(UsageError, match="no kind of file 'letter'"):
        desk.store.import_file(desk.path("letter.txt"), NAME, kind="letter")


def test_a_file_of_no_known_kind(desk: Desk) -> None:
    desk.write(b"\x00\x01\xff", "picture.bin")
    with pytest.raises(InputError, match=r"picture\.bin: it is of no kind"):
        desk.store.import_file(desk.path("picture.bin"), NAME)


def test_a_kind_that_is_said_counts(desk: Desk) -> None:
    desk.write(lines(talk(1)), "talk.bin")
    assert desk.store.import_file(desk.path("talk.bin"), NAME, kind="jsonl").added == 1
    with pytest.raises(InputError):
        desk.store.import_file(desk.path("talk.bin"), NAME, kind="character-card")
