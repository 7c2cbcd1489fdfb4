"""Turns that match, at any version."""

from __future__ import annotations

import os
from glob import glob
from typing import Any
from unittest.mock import patch

import pytest
from stories import Story, Told
from workspaces import NAME, Desk, lines, talk

from rtstore.errors import DamagedError, RevisionError, UsageError
from rtstore.storage.sequential import RecordSource
from rtstore.workspace.lookback import sieve
from rtstore.workspace.lookback.grep import Match

OTHERS = [Told(f"other {number}", ["Be brief.", f"Question {number}?", "Yes."]) for number in range(300)]


def places(desk: Desk, text: str, *revisions: str, **options: Any) -> list[tuple[str, int, int]]:
    """Return the dataset, position and turn of what matches."""
    found = desk.store.grep(text, revisions or ("HEAD",), **options)
    return [(match.path, match.position, match.turn) for match in found]


def one(desk: Desk, text: str, **options: Any) -> Match:
    (match,) = desk.store.grep(text, **options)
    return match


@pytest.fixture
def talks(desk: Desk) -> Desk:
    """Three conversations, of three shapes."""
    desk.commit_file(
        lines(
            talk(1, 'She said: "Bring\nthe LANTERN," and left.', tags=["draft"]),
            {
                "conversations": [{"from": "human", "value": "A lantern, a lantern!"}],
                "_rolethread": {"tags": ["ok"]},
            },
            {"instruction": "Say café / Straße.", "output": "Café, STRASSE, and a lantern keeper."},
        )
    )
    return desk


def test_a_phrase_is_found_as_it_stands(talks: Desk) -> None:
    assert places(talks, "lantern") == [(NAME, 1, 0), (NAME, 2, 1)]
    assert places(talks, "a lantern keeper") == [(NAME, 2, 1)]
    assert places(talks, "keeper lantern") == []


def test_a_match_says_where_it_is(talks: Desk) -> None:
    match = one(talks, "A lantern")
    assert (match.commit, match.role) == (talks.store.head, "user")
    assert match.entry == talks.store["HEAD"][NAME][1].id
    assert (match.text, match.spans) == ("A lantern, a lantern!", ((0, 9),))
    assert one(talks, "a lantern", ignore_case=True, role="user").spans == ((0, 9), (11, 20))


def test_without_regard_to_case(talks: Desk) -> None:
    assert places(talks, "LANTERN", ignore_case=True) == [(NAME, 0, 2), (NAME, 1, 0), (NAME, 2, 1)]
    assert one(talks, "strasse", ignore_case=True, role="user").spans == ((11, 17),)
    assert places(talks, "CAFÉ", ignore_case=True) == [(NAME, 2, 0), (NAME, 2, 1)]


def test_what_json_has_to_escape(talks: Desk) -> None:
    assert places(talks, '"Bring\nthe') == [(NAME, 0, 2)]
    assert places(talks, "\n") == [(NAME, 0, 2)]
    assert places(talks, "/") == [(NAME, 2, 0)]


def test_all_words_in_any_order(talks: Desk) -> None:
    assert places(talks, "keeper lantern", mode="all-words") == [(NAME, 2, 1)]
    assert one(talks, "keeper lantern", mode="all-words").spans == ((21, 28), (29, 35))
    assert places(talks, "keeper goat", mode="all-words") == []


def test_a_regular_expression(talks: Desk) -> None:
    assert places(talks, r"^the \w+", mode="regex") == [(NAME, 0, 2)]
    assert places(talks, r"LAN(T|D)ERN", mode="regex", ignore_case=True) == [
        (NAME, 0, 2), (NAME, 1, 0), (NAME, 2, 1),
    ]  # fmt: skip


@pytest.mark.parametrize("expression", ["(", "[a", "a{99999999999999999999}", "*"])
def test_what_is_no_regular_expression_is_refused(talks: Desk, expression: str) -> None:
    with pytest.raises(UsageError, match="is not a regular expression"):
        talks.store.grep(expression, mode="regex")


@pytest.mark.parametrize(("text", "mode"), [("", "phrase"), (" ", "all-words"), ("", "regex")])
def test_nothing_to_look_for_is_refused(talks: Desk, text: str, mode: Any) -> None:
    with pytest.raises(UsageError):
        talks.store.grep(text, mode=mode)


def test_only_turns_of_a_role(talks: Desk) -> None:
    assert places(talks, "lantern", role="assistant") == [(NAME, 2, 1)]


def test_only_entries_with_a_tag(talks: Desk) -> None:
    assert places(talks, "e", tag="draft") == [(NAME, 0, 0), (NAME, 0, 1), (NAME, 0, 2)]
    assert places(talks, "lantern", tag="ok") == [(NAME, 1, 0)]
    assert places(talks, "lantern", tag="o") == []


def test_tags_and_other_fields_are_not_searched(talks: Desk) -> None:
    assert places(talks, "draft") == []
    assert places(talks, "content") == []


def test_several_versions_one_after_the_other(desk: Desk) -> None:
    first = desk.commit_file(lines(talk(1, "A goat."), talk(2)))
    second = desk.commit_file(lines(talk(3), talk(1, "A goat."), talk(2, "A goat too.")))
    found = desk.store.grep("goat", ("HEAD~1", "main", "HEAD"))
    assert [(match.commit, match.position) for match in found] == [(first, 0), (second, 1), (second, 2)]


def test_several_datasets_and_those_that_are_named(desk: Desk) -> None:
    desk.commit_file(lines(talk(1, "A goat.")), "b.jsonl")
    desk.commit_file(lines(talk(2, "A goat.")), "a.jsonl")
    assert [path for path, _, _ in places(desk, "goat")] == ["a.jsonl", "b.jsonl"]
    assert [path for path, _, _ in places(desk, "goat", datasets=["b.jsonl"])] == ["b.jsonl"]
    assert places(desk, "goat", "HEAD~1", "HEAD", datasets=["a.jsonl"]) == [("a.jsonl", 0, 2)]
    with pytest.raises(RevisionError, match=r"no dataset c.jsonl"):
        desk.store.grep("goat", datasets=["c.jsonl"])


@pytest.mark.parametrize(
    ("options", "read"), [({}, 5), ({"mode": "regex", "text": "[g]o[a]"}, 305)], ids=["sifted", "not sifted"]
)
def test_each_record_is_read_once_across_versions_and_only_if_it_may_match(
    desk: Desk, options: dict[str, Any], read: int
) -> None:
    story = Story(desk)
    commit = story.commit([*OTHERS, Told("mine", ["S", "A goat."])])
    for number in range(4):
        commit = story.commit([*OTHERS, Told("mine", ["S", f"{number} goats."])], commit)
    asked: list[bytes] = []
    records = RecordSource.records
    text = options.pop("text", "goat")

    def counted(source: RecordSource, ids: bytes) -> list[bytes]:
        asked.extend(ids[at : at + 32] for at in range(0, len(ids), 32))
        return records(source, ids)

    with patch.object(RecordSource, "records", counted):
        found = places(desk, text, *(f"HEAD~{number}" for number in range(5)), **options)
    assert [position for _, position, _ in found] == [300] * 5
    assert len(asked) == len(set(asked)) == read


@pytest.mark.parametrize("sieve_constant", ["WORTH_IT", "MOST"])
def test_it_finds_the_same_whether_records_are_sifted_or_not(
    talks: Desk, monkeypatch: pytest.MonkeyPatch, sieve_constant: str
) -> None:
    queries: list[tuple[str, dict[str, Any]]] = [
        ("lantern", {}),
        ("LANTERN", {"ignore_case": True}),
        ("straße", {"ignore_case": True}),
        ("a lantern", {"mode": "all-words"}),
        ("l.ntern", {"mode": "regex"}),
        ("\n", {}),
    ]
    sifted = [places(talks, text, **options) for text, options in queries]
    monkeypatch.setattr(sieve, sieve_constant, 0)
    assert [places(talks, text, **options) for text, options in queries] == sifted
    assert all(sifted)


def test_a_flipped_byte_hides_no_match(talks: Desk) -> None:
    talks.store.gc()
    (pack,) = glob(os.path.join(talks.root, ".rtstore", "packs", "*.pack"))
    with open(pack, "rb") as file:
        sound = file.read()
    expected = places(talks, "lantern")
    for at in range(0, len(sound), 7):
        with open(pack, "wb") as file:
            file.write(sound[:at] + bytes((sound[at] ^ 16,)) + sound[at + 1 :])
        talks.reopen()
        try:
            assert places(talks, "lantern") == expected
        except DamagedError:
            continue


def test_records_of_no_known_shape_have_no_turns(desk: Desk) -> None:
    desk.commit_file(lines({"poem": "The sea."}))
    assert places(desk, "sea") == []


def test_volatile_values_are_not_in_the_way(desk: Desk) -> None:
    stamp = {"_rolethread": {"validated_at": "2026-11-20", "version": "1"}}
    desk.commit_file(lines({**talk(1, "A goat."), **stamp}))
    assert places(desk, "goat") == [(NAME, 0, 2)]
