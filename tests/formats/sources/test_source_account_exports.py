"""Exports of ChatGPT and Claude accounts: trees of messages, of which what was shown last is an entry."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from source_samples import (
    Read,
    as_json,
    claude_conversation,
    claude_message,
    claude_tea,
    gpt_conversation,
    gpt_node,
    gpt_tea,
    read,
    zipped,
)

from rtstore.errors import InputError
from rtstore.formats.sources.branches import MAX_BRANCHES, contracted, path_to, roots


def gpt(tmp_path: Path, *conversations: Any, **options: Any) -> Read:
    return read("chatgpt", tmp_path / "conversations.json", as_json(conversations), **options)


def claude(tmp_path: Path, *conversations: Any, **options: Any) -> Read:
    return read("claude", tmp_path / "conversations.json", as_json(conversations), **options)


SHOWN = [("user", "Tea or coffee?"), ("assistant", "Tea."), ("user", "Why?"), ("assistant", "It is late.")]


def test_the_branch_that_was_shown_is_an_entry(tmp_path: Path) -> None:
    found = gpt(tmp_path, gpt_tea())
    assert (found.said, found.rejects) == ([SHOWN], [])
    assert {key: value for key, value in found.records[0].items() if key != "messages"} == {
        "title": "Tea",
        "create_time": 1709323200.5,
        "update_time": 1709323300.25,
        "model": "gpt-4o",
        "conversation_id": "0b9f6b0e-0000-4000-8000-000000000001",
    }


def test_other_branches_come_on_request(tmp_path: Path) -> None:
    found = gpt(tmp_path, gpt_tea(), branches=True)
    assert found.said == [SHOWN, [("user", "Tea or coffee?"), ("assistant", "Coffee.")]]
    assert [item.place for item in found.items] == ["item 1", "item 1, branch 2"]


def test_without_a_current_node_the_newest_counts(tmp_path: Path) -> None:
    one = gpt_conversation(
        gpt_node("a", None, "user", "hi"),
        gpt_node("b", "a", "assistant", "old", create_time=1.0),
        gpt_node("c", "a", "assistant", "new", create_time=2.0),
        gpt_node("d", "a", "assistant", "first", create_time=None),
        current="gone",
    )
    assert gpt(tmp_path, one).said == [[("user", "hi"), ("assistant", "new")]]


def test_tools_thoughts_and_pictures_have_their_places(tmp_path: Path) -> None:
    picture = {"content_type": "image_asset_pointer", "asset_pointer": "file-service://f1", "width": 9}
    thoughts = {"content_type": "thoughts", "thoughts": [{"summary": "S", "content": "Draw it."}]}
    one = gpt_conversation(
        gpt_node(
            "a", None, "user", {"content_type": "multimodal_text", "parts": [picture, "What is it?", ""]}
        ),
        gpt_node("b", "a", "assistant", thoughts),
        gpt_node(
            "c",
            "b",
            "assistant",
            {"content_type": "code", "language": "python", "text": "1+1"},
            recipient="python",
        ),
        gpt_node("d", "c", "tool", {"content_type": "execution_output", "text": "2"}, name="python"),
        gpt_node("e", "d", "assistant", '{"q": "two"}', recipient="search"),
        gpt_node("f", "e", "tool", {"content_type": "tether_quote", "url": "u", "text": "Two is two."}),
        gpt_node("g", "f", "assistant", "A two."),
    )
    messages = gpt(tmp_path, one).records[0]["messages"]
    assert messages[0]["content"] == [
        {"type": "image", "image": "file-service://f1"},
        {"type": "text", "text": "What is it?"},
    ]
    assert messages[1]["reasoning_content"] == "Draw it."
    calls = [messages[index]["tool_calls"][0]["function"] for index in (1, 3)]
    assert calls == [
        {"name": "python", "arguments": {"code": "1+1"}},
        {"name": "search", "arguments": {"q": "two"}},
    ]
    assert messages[2] == {"role": "tool", "content": "2", "name": "python"}
    assert [one["role"] for one in messages] == [
        "user",
        "assistant",
        "tool",
        "assistant",
        "tool",
        "assistant",
    ]


def test_what_was_hidden_is_told_if_it_says_something(tmp_path: Path) -> None:
    hidden = {"metadata": {"is_visually_hidden_from_conversation": True}}
    one = gpt_conversation(
        gpt_node("a", None, "system", "", **hidden),
        gpt_node("b", "a", "system", "Answer in German.", **hidden),
        gpt_node("c", "b", "user", {"content_type": "user_editable_context", "user_profile": "A cook."}),
        gpt_node("d", "c", "user", "hi"),
        gpt_node(
            "e", "d", "assistant", {"content_type": "reasoning_recap", "content": "Thought for 5 seconds"}
        ),
        gpt_node("f", "e", "assistant", {"content_type": "hologram", "data": 1}),
        gpt_node("g", "f", "assistant", "hello"),
    )
    found = gpt(tmp_path, one, branches=True)
    assert found.said == [[("user", "hi"), ("assistant", "hello")]]
    assert found.reasons == [
        "a hidden message",
        "a hidden message",
        "how long a model thought, as the program shows it",
        "content of the type hologram",
    ]


def test_damaged_trees_are_read_as_far_as_they_go(tmp_path: Path) -> None:
    circle = gpt_conversation(gpt_node("a", "b", "user", "hi"), gpt_node("b", "a", "assistant", "hello"))
    orphan = gpt_conversation(gpt_node("b", "gone", "assistant", "hello"))
    empty = gpt_conversation(gpt_node("a", None))
    found = gpt(tmp_path, circle, orphan, empty, {"mapping": {}}, {"x": 1}, {"mapping": {"a": None}})
    assert found.said == [[("user", "hi"), ("assistant", "hello")], [("assistant", "hello")]]
    assert found.reasons == [
        "the conversation begins in its middle: the messages before go round in a circle",
        "the conversation begins in its middle: the message before is missing",
        "a conversation in which nothing is said",
        "a conversation without messages",
        "no conversation: it has no mapping of messages",
        "a message that is no object",
        "a conversation without messages",
    ]


def test_branches_are_bounded(tmp_path: Path) -> None:
    leaves = [gpt_node(f"l{number}", "a", "assistant", str(number)) for number in range(MAX_BRANCHES + 5)]
    found = gpt(tmp_path, gpt_conversation(gpt_node("a", None, "user", "hi"), *leaves), branches=True)
    assert (len(found.items), found.reasons) == (MAX_BRANCHES, ["5 branches more than are read"])


def test_a_long_chain_is_no_harm(tmp_path: Path) -> None:
    nodes = [gpt_node(str(n), str(n - 1) if n else None, "user", "x") for n in range(20_000)]
    assert len(gpt(tmp_path, gpt_conversation(*nodes)).said[0]) == 20_000


def test_a_claude_conversation_is_an_entry(tmp_path: Path) -> None:
    found = claude(tmp_path, claude_tea())
    assert (found.said, found.rejects) == ([[("user", "Tea or coffee?"), ("assistant", "Tea.")]], [])
    assert {key: value for key, value in found.records[0].items() if key != "messages"} == {
        "title": "Tea",
        "create_time": "2025-01-01T00:00:00Z",
        "update_time": "2025-01-02T00:00:00Z",
        "conversation_id": "5f0c0000-0000-4000-8000-000000000001",
    }


def claude_tree(**more: Any) -> dict[str, Any]:
    root = "00000000-0000-4000-8000-000000000000"
    return claude_conversation(
        claude_message("1", "human", "hi", parent_message_uuid=root),
        claude_message("2", "assistant", "old", parent_message_uuid="1", created_at="2025-01-03T00:00:00Z"),
        claude_message("3", "assistant", "new", parent_message_uuid="1", created_at="2025-01-04T00:00:00Z"),
        **more,
    )


def test_of_a_claude_tree_the_branch_that_was_shown_counts(tmp_path: Path) -> None:
    new, old = [[("user", "hi"), ("assistant", text)] for text in ("new", "old")]
    assert claude(tmp_path, claude_tree()).said == [new]
    assert claude(tmp_path, claude_tree(current_leaf_message_uuid="2")).said == [old]
    assert claude(tmp_path, claude_tree(), branches=True).said == [new, old]


def test_parts_of_claude_messages_have_their_places(tmp_path: Path) -> None:
    content = [
        {"type": "thinking", "thinking": "Look it up."},
        {"type": "text", "text": "Looking."},
        {"type": "tool_use", "id": "t1", "name": "search", "input": {"q": "tea"}},
        {
            "type": "tool_result",
            "tool_use_id": "t1",
            "name": "search",
            "content": [{"type": "text", "text": "leaf"}, {"type": "image"}],
        },
        {"type": "text", "text": "A leaf."},
        {"type": "token_budget"},
        {"type": "voice_note", "title": "x"},
    ]
    question = claude_message(
        "1",
        "human",
        "",
        content=[],
        attachments=[{"file_name": "a.txt", "extracted_content": "Tea?", "file_size": 4}],
        files=[{"file_name": "b.png"}],
    )
    found = claude(
        tmp_path, claude_conversation(question, claude_message("2", "assistant", "x", content=content))
    )
    asked, calls, answer, last = found.records[0]["messages"]
    assert (asked["content"], asked["attachments"], asked["files"]) == (
        "",
        [{"file_name": "a.txt", "extracted_content": "Tea?"}],
        [{"file_name": "b.png"}],
    )
    assert (calls["content"], calls["reasoning_content"]) == ("Looking.", "Look it up.")
    assert calls["tool_calls"] == [
        {"id": "t1", "type": "function", "function": {"name": "search", "arguments": {"q": "tea"}}}
    ]
    assert answer == {"role": "tool", "content": "leaf", "tool_call_id": "t1", "name": "search"}
    assert last == {"role": "assistant", "content": "A leaf."}
    assert found.reasons == [
        "what a tool answered that is no text",
        "a part of a turn of the type voice_note",
    ]


def test_an_empty_claude_conversation_is_told(tmp_path: Path) -> None:
    found = claude(
        tmp_path,
        claude_conversation(),
        claude_conversation(claude_message("1", "human", "")),
        {"a": 1},
        claude_conversation(5),
    )
    assert (found.items, len(found.rejects)) == ([], 5)


def test_an_archive_is_read_as_what_is_in_it(tmp_path: Path) -> None:
    for conversation, kind in ((gpt_tea(), "chatgpt"), (claude_tea(), "claude")):
        data = zipped(user__json=b"{}", conversations__json=as_json([conversation]))
        plain = read(kind, tmp_path / "a.json", as_json([conversation]))
        assert read("zip", tmp_path / "a.zip", data).said == plain.said
        assert read(kind, tmp_path / "a.zip", data).said == plain.said


def test_conversations_in_several_files_are_all_read(tmp_path: Path) -> None:
    files = {f"conversations-00{number}__json": as_json([gpt_tea(), 5]) for number in range(2)}
    found = read("zip", tmp_path / "a.zip", zipped(**files))
    assert [item.place for item in found.items] == [
        "conversations-000.json, item 1",
        "conversations-001.json, item 1",
    ]
    assert [place.partition(",")[0] for place in found.places] == [
        "conversations-000.json",
        "conversations-001.json",
    ]


def damaged_archives() -> dict[str, tuple[bytes, str]]:
    good = zipped(conversations__json=as_json([gpt_tea()] * 50))
    with zipfile.ZipFile(io.BytesIO(good)) as archive:
        start = archive.infolist()[0].header_offset + 60
    return {
        "cut": (good[:-30], "cannot be read"),
        "flipped": (good[:start] + bytes([good[start] ^ 255]) + good[start + 1 :], "cannot be read"),
        "other files": (zipped(chat__html=b"<p>"), "no conversations.json in the archive"),
        "unknown": (zipped(conversations__json=b"[{}]"), "of no program that is known"),
        "bomb": (zipped(conversations__json=b"[" + b" " * (64 << 20)), "would become 67,108,865"),
        "only the start": (b"PK\x03\x04", "cannot be read"),
    }


@pytest.mark.parametrize("name", damaged_archives())
def test_a_damaged_archive_is_an_error_that_says_how(name: str, tmp_path: Path) -> None:
    data, message = damaged_archives()[name]
    with pytest.raises(InputError, match=message) as caught:
        read("zip", tmp_path / "a.zip", data)
    assert caught.value.hint


def test_paths_in_trees() -> None:
    parents = {"a": None, "b": "a", "c": "b", "x": "y", "y": "x", "z": "gone"}
    assert path_to("c", parents) == (["a", "b", "c"], None)
    assert path_to("z", parents)[1] == "the message before is missing"
    assert path_to("x", parents)[1] == "the messages before go round in a circle"
    assert roots(parents) | {"x": "", "y": ""} == {"a": "a", "b": "a", "c": "a", "x": "", "y": "", "z": "z"}
    assert contracted(parents, {"a", "c", "x", "z"}) == {"a": None, "c": "a", "x": "x", "z": "gone"}


def test_json_of_other_types_is_no_harm(tmp_path: Path) -> None:
    odd = [None, 5, "x", [], {}, [5], {"a": 5}]
    for value in odd:
        node = {"id": "a", "parent": value, "message": value}
        inner = [
            gpt_node("a", None, "user", value),
            gpt_node("a", None, "user", {"content_type": value, "parts": value, "thoughts": value}),
        ]
        trees = [gpt_conversation(one, current="a") for one in (node, *inner)]
        for tree in trees:
            tree["mapping"]["b"] = {
                "message": {"author": value, "metadata": value, "recipient": value, "content": value},
                "parent": "a",
            }
        read("chatgpt", tmp_path / "a", json.dumps(trees).encode(), branches=True)
        messages = [
            claude_message("1", "human", "x") | dict.fromkeys(claude_message("1", "human", "x"), value),
            value,
        ]
        read("claude", tmp_path / "a", as_json([claude_conversation(*messages, name=value)]), branches=True)
