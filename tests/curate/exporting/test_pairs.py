"""Rewritten replies as preference pairs."""

from __future__ import annotations

from typing import Any

import pytest
from export_samples import SYSTEM, chat, committed, rows
from workspaces import AUTHOR, NAME, Desk, lines

from rtstore.curate.exporting.export import UnusableError
from rtstore.curate.exporting.options import ExportOptions
from rtstore.errors import NothingToDoError, RevisionError


def pairs(desk: Desk, **more: Any) -> list[Any]:
    """Return the pairs between the first commit and HEAD."""
    options = ExportOptions(format="preference", clean=True)
    desk.store.export_pairs(
        NAME, desk.path("pairs.jsonl"), more.pop("rejected", "first"), options, force=True, **more
    )
    return rows(desk, "pairs.jsonl")


def pair(number: int, chosen: str, rejected: str) -> dict[str, Any]:
    asked = {"role": "user", "content": f"Is ferry {number} late?"}
    return {
        "prompt": [SYSTEM, asked],
        "chosen": [{"role": "assistant", "content": chosen}],
        "rejected": [{"role": "assistant", "content": rejected}],
    }


def test_every_rewritten_reply_is_a_pair() -> None:
    with committed(chat(1), chat(2), chat(3)) as desk:
        desk.store.create_tag("first")
        desk.commit_file(
            lines(chat(4, "New."), chat(1, "Not tonight, love."), chat(2), chat(3, "No: it is early."))
        )
        assert pairs(desk) == [
            pair(1, "Not tonight, love.", "Not tonight."),
            pair(3, "No: it is early.", "Not tonight."),
        ]


def test_what_is_not_a_rewritten_reply_is_no_pair() -> None:
    with committed(chat(1), chat(2), chat(3)) as desk:
        desk.store.create_tag("first")
        asked_else = chat(1)
        asked_else["messages"][1] = {"role": "user", "content": "Is ferry 1 late, do you know?"}
        desk.commit_file(lines(asked_else, chat(2, tags=["approved"])))
        with pytest.raises(NothingToDoError, match=r"no row of mara\.jsonl is left"):
            pairs(desk)


def test_the_prompt_is_the_conversation_as_it_is_now_up_to_the_reply() -> None:
    first = chat(1)
    first["messages"] += [
        {"role": "user", "content": "And tomorrow?"},
        {"role": "assistant", "content": "Late."},
    ]
    with committed(first) as desk:
        desk.store.create_tag("first")
        now = chat(1)
        now["messages"] += [
            {"role": "user", "content": "And tomorrow?"},
            {"role": "assistant", "content": "On time."},
        ]
        desk.commit_file(lines(now))
        (row,) = pairs(desk)
        assert row["prompt"] == now["messages"][:-1]
        assert (row["chosen"][0]["content"], row["rejected"][0]["content"]) == ("On time.", "Late.")


def test_replies_of_other_shapes() -> None:
    post = {"conversations": [{"from": "human", "value": "Late?"}, {"from": "gpt", "value": "Not tonight."}]}
    alpaca = {"instruction": "Greet the guest warmly", "input": "Kai", "output": "Good evening to you, Kai."}
    with committed(post, alpaca) as desk:
        desk.store.create_tag("first")
        now = {
            "conversations": [
                {"from": "human", "value": "Late?"},
                {"from": "gpt", "value": "Not tonight, no."},
            ]
        }
        desk.commit_file(lines(now, {**alpaca, "output": "Good evening to you, dear Kai."}))
        assert [row["chosen"][0]["content"] for row in pairs(desk)] == [
            "Not tonight, no.",
            "Good evening to you, dear Kai.",
        ]


def test_since_and_author_narrow_it() -> None:
    with committed(chat(1), chat(2)) as desk:
        desk.store.create_tag("first")
        desk.commit_file(lines(chat(1, "By Ann, then."), chat(2)))
        desk.store.create_tag("second")
        desk.write(lines(chat(1, "By Ann, then."), chat(2, "By Ben, later.")))
        desk.store.commit("by Ben", "Ben <ben@example.org>")
        said = {"Ann": "By Ann, then.", "Ben": "By Ben, later."}
        for author, reply in said.items():
            assert [row["chosen"][0]["content"] for row in pairs(desk, author=author)] == [reply]
        assert [row["chosen"][0]["content"] for row in pairs(desk, since="second")] == [said["Ben"]]
        with pytest.raises(NothingToDoError):
            pairs(desk, since="second", author="ann@")


def test_pairs_of_a_version_that_is_not_there() -> None:
    with committed(chat(1)) as desk, pytest.raises(RevisionError):
        pairs(desk, rejected="nowhere")


LONG = "The ferry is late tonight because of the heavy fog"


def said(*turns: tuple[str, str]) -> dict[str, Any]:
    return {"messages": [{"role": role, "content": text} for role, text in turns]}


@pytest.mark.parametrize("role", ["assistant", "model", "bot", "Mara"])
def test_a_reply_is_a_pair_whatever_its_speaker_is_called(role: str) -> None:
    """The first answer has another name: it is counted all the same."""
    with committed(said(("gpt", "Good evening."), ("user", "Late?"), (role, f"{LONG}."))) as desk:
        desk.store.create_tag("first")
        desk.commit_file(lines(said(("gpt", "Good evening."), ("user", "Late?"), (role, f"{LONG}, I fear."))))
        (row,) = pairs(desk)
    assert [turn["content"] for turn in row["prompt"]] == ["Good evening.", "Late?"]
    assert row["chosen"] == [{"role": "assistant", "content": f"{LONG}, I fear."}]
    assert row["rejected"] == [{"role": "assistant", "content": f"{LONG}."}]


def test_a_turn_that_became_an_answer_is_no_rewritten_reply() -> None:
    with committed(said(("user", "Late?"), ("user", f"{LONG}."))) as desk:
        desk.store.create_tag("first")
        desk.commit_file(lines(said(("user", "Late?"), ("assistant", f"{LONG}, I fear."))))
        with pytest.raises(NothingToDoError):
            pairs(desk)


def test_an_entry_that_can_be_no_pair_is_named_and_can_be_left_out() -> None:
    odd = [said(("user", "Late?"), ("assistant", f"{LONG}{end}")) for end in (".", ", I fear.")]
    for one in odd:
        one["messages"].append(5)
    with committed(odd[0], chat(1)) as desk:
        desk.store.create_tag("first")
        desk.commit_file(lines(odd[1], chat(1, "Not tonight, love.")))
        with pytest.raises(UnusableError, match=r"mara\.jsonl#1: turn 3 is neither text nor an object"):
            pairs(desk)
        options = ExportOptions(format="preference", skip=True)
        result = desk.store.export_pairs(NAME, desk.path("pairs.jsonl"), "first", options)
        assert [one.position for one in result.unusable] == [0]
        assert len(rows(desk, "pairs.jsonl")) == 1


def test_a_merge_does_not_make_its_author_the_one_who_rewrote() -> None:
    osk = "Osk <osk@example.org>"
    with committed(chat(1), chat(2)) as desk:
        desk.store.create_tag("first")
        desk.store.create_branch("osk")
        desk.commit_file(lines(chat(1, "Not tonight, love."), chat(2)))
        desk.store.switch("osk")
        desk.write(lines(chat(1), chat(2, "No: it is early.")))
        desk.store.commit("a reply", osk)
        desk.store.switch("main")
        desk.store.merge("osk", author=AUTHOR)
        assert pairs(desk, author="osk") == [pair(2, "No: it is early.", "Not tonight.")]
        assert pairs(desk, author="ann") == [pair(1, "Not tonight, love.", "Not tonight.")]
        assert len(pairs(desk, since="first")) == 2
