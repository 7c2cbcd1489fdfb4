"""Exporting a version: which rows, in which order, and what is never written over."""

from __future__ import annotations

import json

import pytest
from export_samples import ANSWER, ASKED, SYSTEM, chat, committed, export, exported, leftovers, rows
from workspaces import NAME, lines

from rtstore.curate.exporting.export import UnusableError
from rtstore.errors import NothingToDoError, RevisionError, UsageError
from rtstore.model.conversation import ConversionError

PAIR = {"prompt": "Is it late?", "chosen": "Not tonight.", "rejected": "No."}


def test_messages_are_exported_as_they_are() -> None:
    odd = b'{"messages":[{"role":"user","content":"Hi\\u00e9"},{"role":"assistant","content":"1"}],"n":1.0e2}\r\n'
    with committed(chat(1)) as desk:
        desk.commit_file(odd + lines(chat(2)).rstrip(b"\n"))
        export(desk)
        assert desk.read("out.jsonl") == odd.replace(b"\r", b"") + lines(chat(2))


def test_an_array_becomes_lines() -> None:
    with committed(chat(1)) as desk:
        desk.commit_file(json.dumps([chat(1), chat(2)], indent=1).encode(), "two.json")
        desk.store.export("two.json", desk.path("out.jsonl"))
        assert rows(desk) == [chat(1), chat(2)]


def test_any_version_can_be_exported() -> None:
    with committed(chat(1)) as desk:
        desk.commit_file(lines(chat(2)))
        export(desk, revision="HEAD~1")
        assert rows(desk) == [chat(1)]


def test_clean_leaves_only_the_conversation() -> None:
    tools = [{"name": "ferry"}]
    assert exported(chat(1, id=3, tools=tools), clean=True) == [
        {"messages": chat(1)["messages"], "tools": tools}
    ]


@pytest.mark.parametrize(
    ("format", "row"),
    [
        ("messages", {"messages": [SYSTEM, ASKED, ANSWER]}),
        (
            "sharegpt",
            {
                "conversations": [
                    {"from": "system", "value": "You are Mara."},
                    {"from": "human", "value": "Is the ferry late?"},
                    {"from": "gpt", "value": "Not tonight."},
                ]
            },
        ),
        (
            "alpaca",
            {
                "instruction": "Is the ferry late?",
                "input": "",
                "output": "Not tonight.",
                "system": "You are Mara.",
            },
        ),
        ("prompt-completion", {"prompt": [SYSTEM, ASKED], "completion": [ANSWER]}),
    ],
)
@pytest.mark.parametrize("spaced", [True, False], ids=["spaced", "tight"])
def test_a_conversation_in_each_format(format: str, row: object, spaced: bool) -> None:
    record = {"messages": [SYSTEM, ASKED, ANSWER], "id": 1}
    with committed(record) as desk:
        if not spaced:
            desk.commit_file(json.dumps(record, separators=(",", ":")).encode())
        export(desk, format=format, clean=True)
        assert rows(desk) == [row]


def test_chatml_text_has_an_empty_line_between_conversations() -> None:
    with committed(chat(1), chat(2)) as desk:
        export(desk, "out.txt", format="chatml-text", system="drop")
        assert desk.read("out.txt").decode() == (
            "<|im_start|>user\nIs ferry 1 late?<|im_end|>\n<|im_start|>assistant\nNot tonight.<|im_end|>\n"
            "\n"
            "<|im_start|>user\nIs ferry 2 late?<|im_end|>\n<|im_start|>assistant\nNot tonight.<|im_end|>\n"
        )


def test_reasoning_comes_before_the_answer_in_chatml_text() -> None:
    with committed({"messages": [ASKED, {**ANSWER, "reasoning_content": "It is calm."}]}) as desk:
        export(desk, "out.txt", format="chatml-text")
        assert (
            "assistant\n<think>\nIt is calm.\n</think>\n\nNot tonight.<|im_end|>"
            in desk.read("out.txt").decode()
        )


@pytest.mark.parametrize("mark", ["<|im_start|>", "<|im_end|>", "<|endoftext|>"])
def test_a_text_with_a_mark_in_it_has_no_place_in_chatml_text(mark: str) -> None:
    with (
        committed(chat(1, f"Late {mark} tonight.")) as desk,
        pytest.raises(UnusableError, match="would end it"),
    ):
        export(desk, "out.txt", format="chatml-text")


def test_pairs_are_exported_as_trl_reads_them() -> None:
    (row,) = exported(PAIR, format="preference")
    assert row == {
        "prompt": [{"role": "user", "content": "Is it late?"}],
        "chosen": [{"role": "assistant", "content": "Not tonight."}],
        "rejected": [{"role": "assistant", "content": "No."}],
    }


def test_a_dataset_for_rolethread_names_its_entries() -> None:
    with committed(chat(1)) as desk:
        export(desk, format="rolethread")
        (row,) = rows(desk)
        assert row["messages"] == chat(1)["messages"]
        assert row["_rolethread"]["entry_uuid"].replace("-", "") == desk.ids()[0]


def test_stamps_and_uuids_of_rolethread_stay() -> None:
    own = {"version": "1", "validated_at": "2026-01-01", "entry_uuid": "a" * 8, "dataset_uuid": "d" * 8}
    (row,) = exported(chat(1, _rolethread=own), format="rolethread")
    assert row["_rolethread"] == {"native": True, **own}


def test_system_prompts_can_be_dropped_or_set() -> None:
    without = [message for message in chat(1)["messages"] if message["role"] != "system"]
    assert exported(chat(1), clean=True, system="drop") == [{"messages": without}]
    told = {"role": "system", "content": "Be brief."}
    assert exported(chat(1), clean=True, system="set", system_prompt="Be brief.") == [
        {"messages": [told, *without]}
    ]


def test_weights_are_kept_masked_or_dropped() -> None:
    silent = {**ANSWER, "weight": 0}
    record = {"messages": [ASKED, silent, ASKED, ANSWER]}
    assert exported(record) == [record]
    (masked,) = exported(record, weights="mask")
    assert [message["train"] for message in masked["messages"]] == [False, False, False, True]
    assert not any("weight" in message for message in masked["messages"])
    assert exported(record, weights="drop") == [{"messages": [ASKED, ANSWER, ASKED, ANSWER]}]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"messages": [ASKED]}, "has no answer"),
        (chat(1, "  \n"), "no answer of the conversation has text"),
        (chat(1, "\u3000"), "no answer of the conversation has text"),
        ({"messages": [ASKED, {**ANSWER, "weight": 0}]}, "weight 0"),
        ({"text": "Once upon a time"}, "no shape that is known"),
        (PAIR, "two answers"),
    ],
    ids=["no answer", "blank", "wide blank", "weightless", "no shape", "pair"],
)
def test_what_would_train_as_nothing_is_an_error_that_names_the_entry(
    record: dict[str, object], reason: str
) -> None:
    with committed(chat(1), record) as desk:
        with pytest.raises(UnusableError, match=rf"mara.jsonl#2: .*{reason}"):
            export(desk)
        assert leftovers(desk) == []
        result = export(desk, skip=True)
        assert (rows(desk), [one.position for one in result.unusable]) == ([chat(1)], [1])


def test_an_error_names_a_few_entries_and_counts_the_others() -> None:
    records = [{"text": str(number)} for number in range(8)]
    with committed(*records) as desk, pytest.raises(UnusableError) as caught:
        export(desk)
    assert caught.value.message.startswith("8 entries have no place in this export:\n  mara.jsonl#1: ")
    assert caught.value.message.endswith("\n  and 3 more")


def test_a_shuffled_export_has_all_rows_in_an_order_that_follows_from_the_seed() -> None:
    records = [chat(number) for number in range(50)]
    with committed(*records) as desk:
        export(desk, shuffle=True, seed="a")
        export(desk, "again.jsonl", shuffle=True, seed="a")
        export(desk, "other.jsonl", shuffle=True, seed="b")
        assert desk.read("out.jsonl") == desk.read("again.jsonl") != desk.read("other.jsonl")
        assert rows(desk) != records
        assert sorted(map(str, rows(desk))) == sorted(map(str, records))


def test_two_machines_export_the_same_bytes() -> None:
    records = [chat(number) for number in range(50)]
    with committed(*records) as one, committed(*records[:20]) as other:
        other.commit_file(lines(*records))
        for desk in (one, other):
            export(desk, format="sharegpt", shuffle=True)
        assert one.read("out.jsonl") == other.read("out.jsonl")


def test_a_second_export_of_pages_known_to_be_fit_is_the_same() -> None:
    records = [chat(number) for number in range(400)]
    with committed(*records) as desk:
        for name in ("out.jsonl", "again.jsonl"):
            export(desk, name)
            assert rows(desk, name) == records
        desk.commit_file(lines(*records[:7], chat(7, " "), *records[8:]))
        with pytest.raises(UnusableError, match=r"mara\.jsonl#8: "):
            export(desk)


def test_a_dataset_is_never_written_over() -> None:
    with committed(chat(1)) as desk:
        before = desk.read()
        for force in (False, True):
            with pytest.raises(UsageError, match="is a dataset"):
                export(desk, NAME, force=force)
        assert desk.read() == before


def test_only_an_export_is_written_over() -> None:
    with committed(chat(1)) as desk:
        desk.write(b"my notes\n", "out.jsonl")
        with pytest.raises(UsageError, match="exists, and is no export"):
            export(desk)
        assert desk.read("out.jsonl") == b"my notes\n"
        export(desk, force=True)
        export(desk, clean=True)
        assert rows(desk) == [{"messages": chat(1)["messages"]}]


def test_a_failed_export_leaves_the_one_before_it() -> None:
    with committed(chat(1)) as desk:
        export(desk)
        desk.commit_file(lines(chat(1), {"text": "none"}))
        with pytest.raises(UnusableError):
            export(desk)
        assert rows(desk) == [chat(1)]
        assert desk.store.verify_export(desk.path("out.jsonl")).matches


def test_an_export_is_no_dataset_to_be_added() -> None:
    with committed(chat(1)) as desk:
        export(desk)
        assert desk.store.untracked() == ()
        desk.store.add([desk.root])
        assert list(desk.tracked) == [NAME]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"format": "yaml"}, "there is no format 'yaml'"),
        ({"format": "sharegpt", "template": "x.jinja"}, "no texts"),
        ({"system": "set"}, "belong together"),
        ({"system_prompt": "Be brief."}, "belong together"),
        ({"max_tokens": 10}, "--tokenizer"),
    ],
)
def test_options_that_contradict_each_other(options: dict[str, object], problem: str) -> None:
    with committed(chat(1)) as desk, pytest.raises(UsageError, match=problem):
        export(desk, **options)


def test_a_dataset_that_is_not_there() -> None:
    with committed(chat(1)) as desk, pytest.raises(RevisionError):
        desk.store.export("kai.jsonl", desk.path("out.jsonl"))


def test_conversion_errors_name_the_turn() -> None:
    assert ConversionError("is odd", 2).message == "turn 3 is odd"


def test_a_divided_dataset_is_split_into_a_file_for_each_side() -> None:
    records = [chat(number) for number in range(60)]
    with committed(*records) as desk:
        with pytest.raises(UsageError, match="is not divided"):
            export(desk, split=True)
        desk.store.partition(NAME, {"train": 0.7, "val": 0.3})
        desk.commit()
        result = export(desk, split=True)
        assert [(file.path, file.side) for file in result.files] == [
            (desk.path("out.train.jsonl"), "train"),
            (desk.path("out.val.jsonl"), "val"),
        ]
        train, val = rows(desk, "out.train.jsonl"), rows(desk, "out.val.jsonl")
        sides = desk.store.partition_of(desk.store["HEAD"][NAME])
        assert sides is not None
        assert train == [record for record, side in zip(records, sides, strict=True) if side == "train"]
        assert val == [record for record, side in zip(records, sides, strict=True) if side == "val"]
        assert desk.store.verify_export(desk.path("out.val.jsonl")).side == "val"


def test_where_chooses_entries() -> None:
    with committed(chat(1), chat(2, "Perhaps."), chat(3, tags=["draft"])) as desk:
        result = export(desk, where="assistant ~ Perhaps or tag = draft")
        assert rows(desk) == [chat(2, "Perhaps."), chat(3, tags=["draft"])]
        assert result.deselected == 1


def test_an_export_without_a_row_is_none() -> None:
    with committed(chat(1)) as desk:
        with pytest.raises(NothingToDoError, match="no row of mara"):
            export(desk, where="tag = draft")
        assert leftovers(desk) == []


def test_where_knows_what_changed_and_who_is_on_which_side() -> None:
    records = [chat(number) for number in range(40)]
    with committed(*records) as desk:
        desk.store.partition(NAME, {"train": 0.5, "val": 0.5})
        desk.commit_file(lines(*records[:-1], chat(99)))
        export(desk, where="changed since HEAD~1")
        assert rows(desk) == [chat(99)]
        export(desk, where="partition = val")
        val = rows(desk)
        export(desk, split=True)
        assert val == rows(desk, "out.val.jsonl")


def test_what_is_known_of_pages_does_not_hide_what_has_no_row_when_clean() -> None:
    pictured = [{"type": "image", "url": "fog.png"}, {"type": "text", "text": "Fog."}]
    record = {"conversations": [{"from": "human", "value": "Late?"}, {"from": "gpt", "value": pictured}]}
    with committed(record) as desk:
        for _ in range(2):
            assert export(desk, format="sharegpt").files[0].rows == 1
            with pytest.raises(UnusableError, match=r"mara\.jsonl#1: turn 2 holds a part of type 'image'"):
                export(desk, format="sharegpt", clean=True)
