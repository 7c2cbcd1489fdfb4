"""What holds for the merge of any records."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from merge_samples import line
from records import records, wide_records

from rtstore.compare.merge.records import MergedRecord, merge_records
from rtstore.model.jsontext import equal, loads

ANY = st.one_of(records, wide_records).map(str.encode)
WORDS = (
    "amber",
    "birch",
    "cedar",
    "dune",
    "ember",
    "fjord",
    "grove",
    "heath",
    "inlet",
    "juniper",
    "kelp",
    "lagoon",
    "meadow",
    "north",
    "ocean",
    "pine",
)
LAYOUTS = st.sampled_from([{}, {"separators": (",", ":")}, {"indent": 2}])


@st.composite
def sides(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Draw a conversation and two versions of it. Each word that a side wrote begins with the side's letter."""
    chance = random.Random(draw(st.integers(0, 10**9)))
    turns = [turn(chance, number, f"base{number}") for number in range(draw(st.integers(1, 6)))]
    base = {"messages": turns, "tags": chance.sample("abcdef", 3), "metadata": {"rating": 1, "by": "mara"}}
    return base, edited(base, chance, "O"), edited(base, chance, "T")


def turn(chance: random.Random, number: int, name: str) -> dict[str, Any]:
    words = [name, *chance.choices(WORDS, k=11)]
    return {"role": ("user", "assistant")[number % 2], "content": " ".join(words)}


def edited(base: dict[str, Any], chance: random.Random, side: str) -> dict[str, Any]:
    version: dict[str, Any] = json.loads(json.dumps(base))
    turns = version["messages"]
    touched: set[str] = set()
    for step in range(chance.randrange(1, 5)):
        at = chance.randrange(len(turns) + 1)
        kind = chance.choice(["insert", "delete", "word", "move", "name", "tags", "field", "gone"])
        if kind == "insert":
            turns.insert(at, turn(chance, at, f"{side}{step}"))
        elif kind == "tags":
            version["tags"] = chance.sample(sorted({*version["tags"], "x", "y"}), 3)
        elif kind == "field":
            version["metadata"][chance.choice(["rating", "note"])] = chance.randrange(3)
        elif kind == "gone":
            version["metadata"].pop("by", None)
        elif at < len(turns) and (name := turns[at]["content"].split()[0]) not in touched:
            # One both edited and moved may come out as another one.
            touched.add(name)
            edit_turn(turns, at, kind, chance, f"{side}{step}")
    return version


def edit_turn(turns: list[dict[str, Any]], at: int, kind: str, chance: random.Random, mark: str) -> None:
    if kind == "delete":
        del turns[at]
    elif kind == "move":
        turns.insert(chance.randrange(len(turns)), turns.pop(at))
    elif kind == "name":
        turns[at]["name"] = "Kai"
    else:
        words = turns[at]["content"].split()
        words[chance.randrange(1, len(words))] = mark
        turns[at]["content"] = " ".join(words)


def said(record: Any) -> Counter[str]:
    return Counter(json.dumps(one, sort_keys=True) for one in record["messages"])


@given(ANY, ANY)
def test_what_one_side_alone_changed_is_that_side_byte_for_byte(base: bytes, other: bytes) -> None:
    assert merge_records(base, other, base) == MergedRecord(other)
    assert merge_records(base, base, other) == MergedRecord(other)
    assert merge_records(base, other, other) == MergedRecord(other)


@given(ANY, ANY, ANY, st.sampled_from([None, "ours", "theirs", "base"]))
@example(b'{"a": 1}', b'{"a": [NaN], "b": "\\ud800"}', b'{"a": [1], "c": 1e999, "c": 2}', "theirs")
def test_any_records_merge_to_a_record(base: bytes, ours: bytes, theirs: bytes, choose: str | None) -> None:
    merged = merge_records(base, ours, theirs, choose)
    assert isinstance(loads(merged.text), dict)
    assert not (choose and merged.clashes)
    if b"\n" not in ours + theirs:
        assert b"\n" not in merged.text


@given(sides(), LAYOUTS, LAYOUTS)
def test_what_is_only_spelled_otherwise_takes_the_content_of_the_other_side(
    versions: tuple[Any, Any, Any], before: dict[str, Any], after: dict[str, Any]
) -> None:
    base, ours, _ = versions
    for merged in (
        merge_records(line(base), line(base, **after), line(ours, **before)),
        merge_records(line(base), line(ours, **before), line(base, **after)),
    ):
        assert merged.clashes == ()
        assert equal(merged.text, line(ours))


@given(sides())
@settings(max_examples=200)
def test_merging_the_other_way_round_gives_the_same_in_another_order(versions: tuple[Any, Any, Any]) -> None:
    base, ours, theirs = map(line, versions)
    one, other = merge_records(base, ours, theirs), merge_records(base, theirs, ours)
    assert len(one.clashes) == len(other.clashes)
    if not one.clashes:
        left, right = json.loads(one.text), json.loads(other.text)
        assert said(left) == said(right)
        assert sorted(left["tags"]) == sorted(right["tags"])
        assert left["metadata"] == right["metadata"]


@given(sides())
@settings(max_examples=200)
def test_no_change_that_only_one_side_made_is_lost(versions: tuple[Any, Any, Any]) -> None:
    base, ours, theirs = versions
    merged = merge_records(*map(line, versions))
    result = json.loads(merged.text)
    clashing = {clash.path for clash in merged.clashes}
    for one, other in ((ours, theirs), (theirs, ours)):
        assert set(one["tags"]) - set(base["tags"]) <= set(result["tags"])
        assert not set(result["tags"]) & set(base["tags"]) - set(one["tags"])
        for name in ("rating", "note", "by"):
            values = [version["metadata"].get(name) for version in (base, one, other)]
            if values[0] == values[2]:
                assert result["metadata"].get(name) == values[1]
        if not any(path.startswith("messages") for path in clashing):
            assert written(one) - written(base) <= written(result)
            assert not written(result) & (written(base) - written(one))


def written(record: Any) -> set[str]:
    """Return the words by which one knows who wrote what, and the names of turns."""
    return {word for one in record["messages"] for word in one["content"].split() if word not in WORDS}


@given(sides(), st.lists(st.sampled_from([None, "ours", "theirs", "base"]), max_size=4))
def test_the_order_of_clashes_does_not_depend_on_how_they_are_decided(
    versions: tuple[Any, Any, Any], choices: list[str | None]
) -> None:
    base, ours, theirs = map(line, versions)
    undecided = merge_records(base, ours, theirs).clashes
    merged = merge_records(base, ours, theirs, choices)
    values = [clash[2:] for clash in undecided]
    chosen = (choices + [None] * len(values))[: len(values)]
    assert [clash[2:] for clash in merged.clashes] == [
        v for v, c in zip(values, chosen, strict=True) if c is None
    ]
    assert [clash[2:] for clash in merged.decided] == [v for v, c in zip(values, chosen, strict=True) if c]
