"""Entries that an expression selects from versions of datasets, and from working files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from curate_samples import Card, chat, sharegpt
from hypothesis import given, settings
from hypothesis import strategies as st
from records import records
from workspaces import NAME, Desk, lines, new_desk

from rtstore.curate.entries import Entries
from rtstore.curate.where.where import where
from rtstore.errors import ExpressionError, InputError, RevisionError
from rtstore.workspace.lookback.grep import Match

WORDS = ("lantern", "ferry", "harbour", "storm", "goat")


def talk(number: int, reply: str = "Aye.", **more: Any) -> dict[str, Any]:
    """Return a numbered conversation about one of a few words."""
    word = WORDS[number % len(WORDS)]
    return {**more, **chat(f"Question {number} of the {word}?", reply), "tags": [f"t{number % 3}"]}


@pytest.fixture
def desk() -> Iterator[Desk]:
    with new_desk() as made:
        yield made


@pytest.fixture
def told(desk: Desk) -> Desk:
    """A committed dataset of 400 entries."""
    desk.commit_file(lines(*map(talk, range(400))))
    return desk


def positions(desk: Desk, expression: str, dataset: str = NAME) -> list[int]:
    """Return the positions, from 0, of the entries that are selected."""
    return [entry.position for entry in desk.store.select(dataset, expression)]


def test_entries_come_in_order_with_their_text(told: Desk) -> None:
    found = list(told.store.select(f"HEAD:{NAME}", 'user ~ "of the ferry" and tag = t1'))
    assert [entry.position for entry in found] == list(range(1, 400, 15))
    assert [json.loads(entry.text) for entry in found] == [talk(number) for number in range(1, 400, 15)]
    assert found == found and len({entry.id for entry in found}) == len(found)


def test_without_an_expression_all_are_selected(told: Desk) -> None:
    assert [entry.position for entry in told.store.select(NAME)] == list(range(400))


def test_an_expression_can_be_read_once_for_many(told: Desk) -> None:
    asked = told.store.where("tag = t0 and position > 390")
    assert [entry.position for entry in told.store.select(NAME, asked)] == [390, 393, 396, 399]
    assert [entry.position for entry in told.store["HEAD"][NAME] if asked.matches(entry)] == [
        390,
        393,
        396,
        399,
    ]


def test_a_working_file_is_selected_from_as_it_is_now(told: Desk) -> None:
    changed = [talk(number, "A goat!" if number in (7, 300) else "Aye.") for number in range(400)]
    told.write(lines(*changed[5:], talk(1000)))
    assert positions(told, 'assistant ~ "goat" or user ~ "1000"') == [2, 295, 395]
    assert positions(told, 'assistant ~ "goat"', f"HEAD:{NAME}") == []
    assert positions(told, "position > 390 and tag = t1") == [392, 395]


def test_stamps_are_filled_in_before_anything_is_asked(desk: Desk) -> None:
    stamped = [
        {**talk(i), "_rolethread": {"version": f"1.{i}", "validated_at": f"2026-01-0{i}"}} for i in (1, 2)
    ]
    desk.commit_file(lines(*stamped))
    for dataset in (NAME, f"HEAD:{NAME}"):
        assert positions(desk, "._rolethread.validated_at = 2026-01-02", dataset) == [1]
    (found,) = desk.store.select(NAME, '._rolethread.version = "1.1"')
    assert json.loads(found.text) == stamped[0]


def test_what_has_changed_since_a_version(told: Desk) -> None:
    edited = {number: talk(number, "Nay.") for number in (20, 210)}
    told.commit_file(lines(*(edited.get(number, talk(number)) for number in range(400) if number != 50)))
    told.commit_file(lines(*(edited.get(n, talk(n)) for n in range(400) if n != 50), talk(1000), talk(1001)))
    assert positions(told, "changed since HEAD~2") == [20, 209, 399, 400]
    assert positions(told, "edited since HEAD~2") == [20, 209]
    assert positions(told, "added since HEAD~2 and user ~ 1001") == [400]
    assert positions(told, "changed since HEAD~1", f"HEAD:{NAME}") == [399, 400]
    assert positions(told, "not changed since HEAD~2 and position > 398", f"HEAD~1:{NAME}") == [398]
    assert positions(told, "changed since 'HEAD~1'", f"HEAD~1:{NAME}") == []


def test_the_working_file_may_have_changed_too(told: Desk) -> None:
    told.write(lines(*(talk(number, "Nay." if number == 9 else "Aye.") for number in range(400))))
    assert positions(told, "changed since HEAD") == [9]
    assert positions(told, "changed since HEAD", f"HEAD:{NAME}") == []


def test_an_entry_written_differently_or_moved_has_not_changed(told: Desk) -> None:
    others = [talk(number) for number in range(400)]
    spaced = json.dumps(others.pop(3), separators=(" , ", " : ")).encode() + b"\n"
    told.write(lines(*others[:3]) + spaced + lines(*others[4:], others[3]))
    assert positions(told, "changed since HEAD") == []


def test_a_dataset_under_another_name_is_the_same(told: Desk) -> None:
    told.store.move(NAME, "nell.jsonl")
    told.write(
        lines(*(talk(number, "Nay." if number == 9 else "Aye.") for number in range(400))), "nell.jsonl"
    )
    assert positions(told, "changed since HEAD", "nell.jsonl") == [9]
    told.commit()
    assert positions(told, "edited since HEAD~1", "HEAD:nell.jsonl") == [9]


def test_a_dataset_that_was_not_there_is_new(told: Desk) -> None:
    told.commit_file(lines(*(sharegpt(f"Other {n}?", "Yes.") for n in range(3))), "osk.jsonl")
    assert positions(told, "added since HEAD~1", "osk.jsonl") == [0, 1, 2]
    assert positions(told, "edited since HEAD~1", "osk.jsonl") == []


def test_categories_are_those_of_the_registry(desk: Desk) -> None:
    registry = {
        "metadata": {"schema_version": 1, "kind": "rolethread.tag_registry", "exported_at": "2026-01-01"},
        "dataset": {"dataset_uuid": "d" * 32, "filename": NAME},
        "tags": [{"slug": "t1", "category_slug": "status"}, {"slug": "approved", "category_slug": None}],
    }
    desk.write(json.dumps(registry, indent=2).encode(), "mara.registry.json")
    desk.commit_file(lines(talk(0), talk(1), {**talk(2), "tags": ["approved"]}))
    assert positions(desk, "review = t1") == [1]
    assert positions(desk, "category = status") == [1]


@pytest.mark.parametrize(
    ("dataset", "error"),
    [("HEAD:nell.jsonl", RevisionError), ("HEAD~9:mara.jsonl", RevisionError), ("nell.jsonl", RevisionError)],
)
def test_what_is_not_there_cannot_be_selected_from(told: Desk, dataset: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        positions(told, "valid", dataset)


def test_problems_with_what_is_asked_are_errors(told: Desk) -> None:
    with pytest.raises(ExpressionError):
        positions(told, "tag is t1")
    with pytest.raises(RevisionError, match="nowhere"):
        positions(told, "changed since nowhere")
    told.write(b"no JSON\n")
    with pytest.raises(InputError):
        positions(told, "valid")
    told.delete()
    with pytest.raises(RevisionError, match="is missing"):
        positions(told, "valid")


def test_an_expression_without_records_reads_none(told: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    plain = Entries.records

    def counting(self: Entries, leaf: Any, indexes: Any) -> list[bytes]:
        read.extend(indexes)
        return plain(self, leaf, indexes)

    monkeypatch.setattr(Entries, "records", counting)
    assert len(positions(told, "position in (7, 300) and tag = *")) == 2
    assert len(read) == 2


def test_grep_looks_only_into_entries_that_are_meant(told: Desk) -> None:
    def found(**more: Any) -> list[Match]:
        return list(told.store.grep("ferry", ("HEAD",), **more))

    assert [match.position for match in found(where="tag = t1")] == list(range(1, 400, 15))
    assert found(where="position <= 400") == found()
    assert found(where="tag = nothing") == []


def test_grep_in_several_versions_asks_about_each(told: Desk) -> None:
    told.commit_file(lines(*(talk(number + 1) for number in range(400))))
    found = told.store.grep("ferry", ("HEAD", "HEAD~1"), where="position <= 2")
    assert [match.position for match in found] == [0, 1]


#: Expressions for which bytes are looked at before anything is decoded, and others beside them.
FILTERED = [
    'text ~ "Aé\\"\\n"',
    'text ~ "aé"i or tag = "é"',
    "text ~ /ab+c?/",
    "tag = lantern and not tag = storm",
    "tag = lan*n",
    ".title = lantern",
    ".title in (lantern, 4)",
    'text ~ "ss"iw',
    '.title = "a/b"',
    "tag ~ /st.rm/ or .title ~ ferry",
]
_strings = st.sampled_from(["lantern", "storm", 'Aé"\n', "aÉ", "é", "abbc", "a/b", "straSSe ſs", "ferry", ""])
_record = st.fixed_dictionaries(
    {"title": st.one_of(_strings, st.integers(3, 5), st.lists(_strings, max_size=2))},
    optional={"tags": st.lists(_strings, max_size=3), "prompt": _strings, "completion": _strings},
)
_spellings = st.sampled_from(
    [
        lambda value: json.dumps(value),
        lambda value: json.dumps(value, ensure_ascii=False),
        lambda value: (
            json.dumps(value).replace("/", "\\/").replace("n", "\\u006e").replace("\\\\u006e", "\\n")
        ),
        lambda value: json.dumps(value, ensure_ascii=False, indent=1).replace("a", "\\u0061"),
    ]
)


@given(_record, _spellings, st.sampled_from(FILTERED))
def test_no_record_is_passed_over_by_its_bytes(record: Any, spell: Any, expression: str) -> None:
    asked, text = where(expression), spell(record).encode()
    meant = asked.matches(Card(json.loads(text)))
    assert asked.matches(Card(text)) is meant
    assert asked.may_record(text) or not meant


@given(records)
@settings(max_examples=40)
def test_any_record_can_be_asked_about(text: str) -> None:
    card = Card(text.encode())
    for expression in (
        "valid",
        "tag = a and turns > 0",
        "has(.id)",
        "words = 0",
        "shape = unknown",
        ".a < 4",
    ):
        asked, opposite = where(expression), where(f"not ({expression})")
        assert asked.matches(card) is not opposite.matches(card)
