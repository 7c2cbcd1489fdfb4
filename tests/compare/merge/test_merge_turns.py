"""Conversations merge turn by turn, and what is said in a turn word by word."""

from __future__ import annotations

import json
from typing import Any

import pytest
from merge_samples import Record, chat, line, said

from rtstore.compare.difference import MISSING
from rtstore.compare.merge.records import MergedRecord, merge_records

A, B, C, D = chat(4)
X, Y = {"role": "user", "content": "What is that light?"}, {"role": "assistant", "content": "The old pier."}


def conversation(*turns: Any) -> bytes:
    return line({"messages": list(turns)})


def merge(base: list[Record], ours: list[Record], theirs: list[Record], choose: Any = None) -> MergedRecord:
    return merge_records(conversation(*base), conversation(*ours), conversation(*theirs), choose)


def edited(turn: Record, old: str = "Early", new: str = "Late") -> Record:
    assert old in turn["content"]
    return {**turn, "content": turn["content"].replace(old, new)}


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ([A, X, B, C, D], [A, B, C, Y, D], [A, X, B, C, Y, D]),
        ([A, X, B, C, D], [A, Y, B, C, D], [A, X, Y, B, C, D]),
        ([A, B, C, D, X], [A, B, C, D, Y], [A, B, C, D, X, Y]),
        ([X, A, B, C, D], [Y, A, B, C, D], [X, Y, A, B, C, D]),
        ([A, X, B, C, D], [A, X, B, C, D, Y], [A, X, B, C, D, Y]),
        ([A, B, C, D, X], [A, B, C, D, X, Y], [A, B, C, D, X, Y]),
        ([A, X, B, C, D, Y], [X, A, B, C, D, Y], [X, A, X, B, C, D, Y]),
        ([A, B, C, D, X, X], [A, B, C, D, X, Y], [A, B, C, D, X, X, Y]),
        ([A, B, D], [A, B, C, D, X], [A, B, D, X]),
        ([A, B, D], [B, C, D], [B, D]),
        ([A, B, C], [A, B, C, D, X], [A, B, C, X]),
        ([edited(A), B, C, D], [A, B, D], [edited(A), B, D]),
        ([A, C, B, D], [A, edited(B), C, D], [A, C, edited(B), D]),
        ([A, C, D, B], [A, C, D], [A, C, D]),
        ([A, C, D, X], [D, A, B, C], [D, A, C, X]),
        ([edited(A), B, C, D], [B, C, D, A], [B, C, D, edited(A)]),
    ],
)
def test_turns_edited_added_removed_and_moved_on_either_side_are_so_in_the_result(
    ours: list[Record], theirs: list[Record], expected: list[Record]
) -> None:
    assert merge([A, B, C, D], ours, theirs) == MergedRecord(conversation(*expected))


def test_two_replies_to_one_question_clash() -> None:
    mine, other = ({"role": "assistant", "content": said(number)} for number in (5, 6))
    more = {"role": "user", "content": said(7)}
    merged = merge([A], [A, mine], [A, other, more])
    assert [tuple(clash) for clash in merged.clashes] == [("turn", "messages[1]", MISSING, mine, other)]
    assert merged.text == conversation(A, mine, more)
    assert merge([A], [A, mine], [A, other, more], "theirs").text == conversation(A, other, more)
    assert merge([A], [A, mine, more], [A, other, more], "theirs").text == conversation(A, other, more)
    assert merge([A], [A, mine, more], [A, mine]) == MergedRecord(conversation(A, mine, more))


def test_whole_exchanges_of_both_sides_follow_each_other() -> None:
    ours, theirs = chat(6)[4:], [{**turn, "content": turn["content"] + "!"} for turn in chat(6)[4:]]
    merged = merge([A, B], [A, B, *ours], [A, B, *theirs])
    assert merged == MergedRecord(conversation(A, B, *ours, *theirs))


def test_turns_that_both_moved_stay_where_ours_has_them_with_a_notice() -> None:
    merged = merge([A, B, C, D], [D, A, B, C], [A, D, B, C])
    assert merged.text == conversation(D, A, B, C)
    assert merged.notices == ("messages: both sides moved turns; they are where ours has them",)


def test_turns_that_both_moved_alike_need_no_notice() -> None:
    merged = merge([A, B, C, D], [D, A, B, C, X], [D, A, B, edited(C)])
    assert merged == MergedRecord(conversation(D, A, B, edited(C), X))


def test_a_turn_edited_by_ours_and_removed_by_theirs_clashes() -> None:
    versions = [A, B, C, D], [A, B, edited(C), D], [A, B, D, X]
    merged = merge(*versions)
    assert [tuple(clash) for clash in merged.clashes] == [("turn", "messages[2]", C, edited(C), MISSING)]
    assert merged.text == conversation(A, B, edited(C), D, X)
    assert merge(*versions, "theirs").text == conversation(A, B, D, X)
    assert merge(*versions, "base").text == conversation(A, B, C, D, X)


def test_a_turn_removed_by_ours_and_edited_by_theirs_clashes() -> None:
    versions = [A, B, C, D], [A, B, D, X], [A, B, edited(C), D]
    merged = merge(*versions)
    assert [tuple(clash) for clash in merged.clashes] == [("turn", "messages[2]", C, MISSING, edited(C))]
    assert merged.text == conversation(A, B, D, X)
    assert merge(*versions, "theirs").text == conversation(A, B, edited(C), D, X)


def test_what_a_turn_has_besides_its_words_merges_as_fields_of_it() -> None:
    ours = [A, edited(B), {**C, "name": "Kai"}, D]
    theirs = [A, {**B, "role": "narrator"}, {**C, "tool_calls": [{"id": "1"}]}, D]
    merged = merge([A, B, C, D], ours, theirs)
    both = {**C, "name": "Kai", "tool_calls": [{"id": "1"}]}
    assert merged == MergedRecord(conversation(A, {**edited(B), "role": "narrator"}, both, D))


def test_a_field_of_a_turn_that_both_changed_clashes_by_its_path() -> None:
    merged = merge([A, B], [A, {**B, "role": "narrator"}], [X, A, {**B, "role": "system"}])
    assert [tuple(clash) for clash in merged.clashes] == [
        ("field", "messages[2].role", "assistant", "narrator", "system")
    ]
    assert merged.text == conversation(X, A, {**B, "role": "narrator"})


def test_clashes_are_decided_one_by_one_in_their_order() -> None:
    ours = [edited(A), B, edited(C)]
    theirs = [edited(A, new="Soon"), B]
    merged = merge([A, B, C], ours, theirs, ["theirs"])
    assert merged.text == conversation(edited(A, new="Soon"), B, edited(C))
    assert [clash.path for clash in merged.decided] == ["messages[0].content"]
    assert [clash.path for clash in merged.clashes] == ["messages[2]"]
    merged = merge([A, B, C], ours, theirs, [None, "theirs"])
    assert merged.text == conversation(edited(A), B)


def test_typed_parts_of_a_turn_merge_like_turns() -> None:
    text, image = {"type": "text", "text": said(0)}, {"type": "image_url", "image_url": {"url": "a.png"}}
    reasoning = {"type": "reasoning", "value": said(1)}
    late = {**text, "text": said(0).replace("Early", "Late")}
    other = {"type": "image_url", "image_url": {"url": "b.png"}}
    versions = [
        conversation({"role": "user", "content": content})
        for content in ([text, image], [reasoning, text, image], [late, other])
    ]
    merged = merge_records(*versions)
    assert merged.clashes == ()
    assert json.loads(merged.text)["messages"][0]["content"] == [reasoning, late, other]


def test_typed_parts_that_both_added_are_both_kept() -> None:
    text, mine, other = (
        {"type": "text", "text": said(0)},
        *({"type": "image_url", "image_url": {"url": name}} for name in ("a.png", "b.png")),
    )
    versions = [
        conversation({"role": "user", "content": content})
        for content in ([text], [text, mine], [text, other])
    ]
    assert merge_records(*versions) == MergedRecord(
        conversation({"role": "user", "content": [text, mine, other]})
    )


def test_questions_and_answers_of_a_history_merge_each_for_itself() -> None:
    def record(*history: list[str]) -> bytes:
        return line({"instruction": "Go on.", "output": "Well.", "history": list(history)})

    first, second = [said(0), said(1)], [said(2), said(3)]
    ours = record([said(0), said(1).replace("Early", "Late")], second)
    theirs = record(["Say more.", "More."], [said(0).replace("hill", "dunes"), said(1)], second)
    merged = merge_records(record(first, second), ours, theirs)
    both = [said(0).replace("hill", "dunes"), said(1).replace("Early", "Late")]
    assert merged == MergedRecord(record(["Say more.", "More."], both, second))


def test_the_call_of_a_tool_stays_json() -> None:
    def record(arguments: str) -> bytes:
        return line({"conversations": [{"from": "function_call", "value": arguments}]})

    base, ours = '{"day": 1, "place": "old pier"}', '{"day": 1, "place": "old pier", "hour": 5}'
    assert merge_records(
        record(base), record(ours), record('{"day": 2, "place": "old pier"}')
    ) == MergedRecord(record('{"day": 2, "place": "old pier", "hour": 5}'))
    merged = merge_records(record('[1, {"a": 2}]'), record('[{"a": 2}]'), record("[1]"))
    assert [clash.kind for clash in merged.clashes] == ["turn"]


def test_turns_that_both_made_where_there_were_none_clash() -> None:
    merged = merge_records(b'{"id": 1}', conversation(A, B), conversation(A, C))
    assert [clash.kind for clash in merged.clashes] == ["record"]
    assert merged.text == conversation(A, B)
