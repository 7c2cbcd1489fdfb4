"""Mappings of turns to characters merge turn by turn, and follow the turns of the record."""

from __future__ import annotations

import json
from typing import Any

import pytest
from merge_samples import Record, chat, line, said

from rtstore.compare.difference import MISSING
from rtstore.compare.merge.mappings import Records, follow_turns, merge_mapping

A, B, C, D = chat(4)
NEW = {"role": "user", "content": "What is that light?"}


def mapping(*speakers: str | None, **fields: Any) -> bytes:
    """Return a mapping that says who speaks which turn, None where it does not say."""
    turns = [speaks(index, speaker) for index, speaker in enumerate(speakers) if speaker]
    return json.dumps({"entry_uuid": "u", **fields, "turns": turns}, separators=(",", ":")).encode()


def speaks(index: int, speaker: str) -> Record:
    return {
        "turn_index": index,
        "character_slug": speaker,
        "training_role": "user",
        "source_role_label": None,
    }


BASE = mapping("kai", "mara", None, "mara")


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (
            mapping("tom", "mara", None, "mara"),
            mapping("kai", "mara", None, "ida"),
            mapping("tom", "mara", None, "ida"),
        ),
        (BASE, mapping("kai"), mapping("kai")),
        (
            mapping("kai", "mara", "kai", "mara"),
            mapping("kai", None, None, "mara"),
            mapping("kai", None, "kai", "mara"),
        ),
        (mapping("kai", "mara", "tom", "mara"), mapping("kai", "mara", "tom"), mapping("kai", "mara", "tom")),
        (mapping("kai", "mara", None, "ida"), mapping("kai", "mara", None, "mara", note=1), None),
    ],
)
def test_who_speaks_a_turn_is_merged_by_turn(ours: bytes, theirs: bytes, expected: bytes | None) -> None:
    merged = merge_mapping(BASE, ours, theirs)
    assert merged.clashes == ()
    wanted = json.loads(expected or mapping("kai", "mara", None, "ida", note=1))
    assert json.loads(merged.text) == wanted


def test_different_speakers_of_one_turn_clash() -> None:
    ours, theirs = mapping("tom", "mara", None, "mara"), mapping("ida", "mara", None, "mara")
    merged = merge_mapping(BASE, ours, theirs)
    assert [tuple(clash) for clash in merged.clashes] == [
        ("mapping", "turns[0].character_slug", "kai", "tom", "ida")
    ]
    assert merged.text == ours
    assert merge_mapping(BASE, ours, theirs, "theirs").text == theirs


def test_a_mapping_removed_on_one_side_and_edited_on_the_other_clashes() -> None:
    other = mapping("tom")
    merged = merge_mapping(BASE, b"", other)
    assert [tuple(clash) for clash in merged.clashes] == [
        ("mapping", "", json.loads(BASE), MISSING, json.loads(other))
    ]
    assert merged.text == b""
    assert merge_mapping(BASE, b"", other, "theirs").text == other
    assert merge_mapping(BASE, b"", BASE).text == b""
    assert merge_mapping(b"", b"", other).text == other


def test_mappings_that_both_made_are_united() -> None:
    merged = merge_mapping(b"", mapping("kai"), mapping(None, "mara"))
    assert merged == (mapping("kai", "mara"), (), ())


def test_mappings_follow_their_turns_to_where_they_are_in_the_merged_record() -> None:
    base, ours, theirs, merged = (
        line({"messages": turns}) for turns in ([A, B, C, D], [A, B, C, D], [NEW, A, B, D], [NEW, A, B, D])
    )
    records = Records(base, ours, theirs, merged)
    our_mapping = mapping("kai", "mara", "kai", "ida")
    their_mapping = mapping("tom", "kai", "mara", "mara")
    result = merge_mapping(mapping("kai", "mara", "kai", "mara"), our_mapping, their_mapping, None, records)
    assert result == (mapping("tom", "kai", "mara", "ida"), (), ())


def test_a_mapping_that_one_side_alone_has_follows_the_turns_too() -> None:
    base, merged = line({"messages": [A, B]}), line({"messages": [NEW, A, B]})
    records = Records(base, base, merged, merged)
    assert merge_mapping(b"", mapping("kai", "mara"), b"", None, records).text == mapping(None, "kai", "mara")


@pytest.mark.parametrize(
    "odd", [b'{"turns":5}', b'{"turns":[5]}', b'{"turns":[{"turn_index":true}]}', b"[1]"]
)
def test_mappings_of_another_make_merge_whole(odd: bytes) -> None:
    old, new = line({"messages": [A, B]}), line({"messages": [NEW, A, B]})
    assert follow_turns(odd, old, new) == odd
    merged = merge_mapping(odd, mapping("kai"), mapping("tom"))
    assert (merged.text, [clash.kind for clash in merged.clashes]) == (mapping("kai"), ["mapping"])


def test_turns_that_are_gone_are_left_out_and_others_keep_their_order() -> None:
    old, new = line({"messages": [A, B, C, D]}), line({"messages": [D, A, C]})
    assert follow_turns(mapping("kai", "mara", "ida", "tom"), old, new) == mapping("tom", "kai", "ida")
    assert follow_turns(mapping("kai"), b"not a record", new) == mapping("kai")
    assert follow_turns(
        mapping("kai"), old, line({"messages": [A, {**B, "content": said(9)}, C, D]})
    ) == mapping("kai")
