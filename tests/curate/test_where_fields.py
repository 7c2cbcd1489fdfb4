"""What expressions can ask about an entry, field by field."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from curate_samples import chat, meant, pair, sharegpt

INN = chat("Is there a room?", "There is. Mind the green lantern.", tags=["roleplay", "story_inn", "draft"])


class Known(NamedTuple):
    """An annotation with everything that curators know."""

    note: str = ""
    rating: int = 0
    review: str = ""
    partition: str = ""
    mapping: bytes = b""


@pytest.mark.parametrize(
    "expression",
    [
        'user ~ "a room"',
        'assistant ~ "green lantern"',
        'text ~ "keep an inn"',
        'system ~ "inn"',
        "user ~ room",
        'user = "Is there a room?"',
        'user in ("No.", "Is there a room?")',
        'assistant ~ "GREEN lantern"i',
        'assistant ~ "lantern"w',
        'assistant ~ "GREEN"wi',
        "assistant ~ /gr[ae]{2}n/i and assistant ~ /^There/",
        r"assistant ~ /\broo|lan/ and user ~ /room\?$/",
        r'user ~ /^IS there a/i and assistant !~ "scarf"',
    ],
)
def test_what_turns_say(expression: str) -> None:
    assert meant(expression, INN)


@pytest.mark.parametrize(
    "expression",
    [
        'assistant ~ "a room"',
        'user ~ "A Room"',
        'user ~ "roo"w',
        'user = "Is there a room"',
        'assistant ~ "lanter"w',
        "user ~ /oom\\b.+room/",
        'user !~ "room"',
        'user != "Is there a room?"',
        "tool ~ a",
    ],
)
def test_what_turns_do_not_say(expression: str) -> None:
    assert not meant(expression, INN)


def test_whole_words_are_found_wherever_they_are() -> None:
    assert meant('user ~ "a a"w', chat("ba a a", "-"))
    assert meant('user ~ "straße"iw', chat("Die STRASSE.", "-"))
    assert not meant('user ~ "ana"w', chat("banana ananas", "-"))


@pytest.mark.parametrize(
    ("expression", "true"),
    [
        ("tag = roleplay", True),
        ("tag = role", False),
        ("tag = role*", True),
        ("tag = *inn", True),
        ("tag = *", True),
        ("tag = r*y", True),
        ("tag = r*x", False),
        ("tag in (greeting, story_*)", True),
        ("tag != greeting", True),
        ("tag != roleplay", False),
        ("tag not in (greeting, roleplay)", False),
        ("tag ~ play", True),
        ("tag ~ /^st.ry/", True),
        ("tags = 3 and tags != 2", True),
        ("category = style", False),
        ("category = status and category = interaction", True),
        ("review = draft", True),
        ("review = approved", False),
    ],
)
def test_tags(expression: str, true: bool) -> None:
    assert meant(expression, INN) is true


def test_tags_that_rolethread_keeps_for_itself_count_too() -> None:
    assert meant("tag = noir and tags = 1", {"_rolethread": {"tags": ["noir", 4]}, "tags": "none"})


def test_an_entry_without_tags_has_none_of_them() -> None:
    bare = chat("A", "B")
    assert meant("tag != draft and tags = 0 and not tag", bare)
    assert not meant("tag = *", bare)


def test_what_curators_know_is_in_the_annotation() -> None:
    known = Known(note="ask Ines", rating=4, review="approved", partition="val")
    for expression in (
        "note ~ Ines",
        "note",
        "rating >= 4",
        "review = approved",
        "partition = val",
        "rating",
    ):
        assert meant(expression, INN, annotation=known), expression
        assert not meant(expression, INN), expression


def test_where_the_annotation_says_nothing_the_record_does() -> None:
    rated = {**INN, "rating": 5, "review": "needs_edit"}
    assert meant("rating = 5 and review = needs_edit and review != draft", rated)
    assert meant("rating = 2 and review = approved", rated, annotation=Known(rating=2, review="approved"))
    assert not meant("rating", {**INN, "rating": True})


def test_unrated_is_neither_more_nor_less() -> None:
    assert not meant("rating > 0 or rating <= 5", INN)
    assert meant("rating != 5", INN)


@pytest.mark.parametrize(
    "expression",
    [
        "turns = 3",
        "user.turns = 1 and assistant.turns = 1 and system.turns < 2",
        "words = 14",
        "assistant.words = 6 and user.words = 4",
        "characters = 65 and user.characters = 16",
        "exchanges = 1",
        "tool.turns = 0",
        "turns in (2, 3)",
        "turns >= 3 and turns <= 3 and not turns > 3 and not turns < 3",
        "words > 1.5",
    ],
)
def test_counts(expression: str) -> None:
    assert meant(expression, INN)


def test_an_answer_after_calls_of_tools_is_one_exchange() -> None:
    turns: list[dict[str, Any]] = [
        {"role": "user", "content": "When is the tide?"},
        {"role": "assistant", "content": "", "tool_calls": [{"id": "1"}]},
        {"role": "tool", "content": "14:20"},
        {"role": "assistant", "content": "At twenty past two."},
    ]
    assert meant('exchanges = 1 and tool ~ "14:20"', {"messages": turns})


def test_sources_are_a_member_or_tags() -> None:
    assert meant("source = sgd", {**INN, "source": "sgd"})
    assert meant("source = web and source = book", {**INN, "source": ["web", "book"]})
    assert meant("source = ai_generated", {**INN, "tags": ["ai_generated"]})
    assert not meant("source", INN)


@pytest.mark.parametrize(
    "expression",
    [
        ".metadata.lang = en",
        ".metadata.lang = 'en'",
        '.metadata."two words" = yes',
        ".metadata.score > 0.5 and .metadata.score <= 1",
        ".metadata.year = 2025 and .metadata.year < 2026",
        ".metadata.text_year = 2025",
        ".langs = fr and .langs[0] = en and .langs != de",
        ".metadata.date >= 2026-01-31",
        ".metadata.on = true and .metadata.off = false and .metadata.nothing = null",
        ".metadata.lang ~ /^e/ and .metadata.lang !~ x",
        "has(.metadata) and has(.metadata.nothing) and not has(.metadata.more)",
        ".metadata.lang != de and .nowhere != 1",
        ".metadata.lang in (de, en)",
        "not .empty and not has(.langs[9])",
    ],
)
def test_members(expression: str) -> None:
    metadata = {"lang": "en", "two words": "yes", "score": 0.75, "year": 2025, "text_year": "2025"}
    metadata |= {"date": "2026-02-01", "on": True, "off": False, "nothing": None}
    assert meant(expression, {"metadata": metadata, "langs": ["en", "fr"], "empty": []})


@pytest.mark.parametrize(
    "expression",
    [
        '.a = "4"',
        ".a = true",
        ".b = 1",
        ".c > 3",
        ".a < x",
        ".a.b = 4",
        ".a[0] = 4",
        ".list = [",
        '.a ~ "4"',
        ".c.d = null",
    ],
)
def test_members_of_another_kind_are_not_equal(expression: str) -> None:
    assert not meant(expression, {"a": 4, "b": True, "c": "four", "list": [[4]]})


@pytest.mark.parametrize(
    ("shape", "record"),
    [
        ("messages", INN),
        ("sharegpt", sharegpt("A?", "B.")),
        ("alpaca", {"instruction": "Say B", "output": "B"}),
        ("prompt", {"prompt": "A", "completion": "B"}),
        ("preference", pair("B", "C")),
        ("unknown", {"title": "The Lantern"}),
    ],
)
def test_shapes(shape: str, record: Any) -> None:
    assert meant(f"shape = {shape}", record)
    assert not meant(f"shape != {shape}", record)


def test_sides_of_a_preference_pair() -> None:
    assert meant("chosen ~ left and rejected ~ right and not chosen ~ right", pair("left", "right"))


def test_who_speaks() -> None:
    mapping = b'{"entry_uuid": "x", "turns": [{"turn_index": 1, "character_slug": "nell"}, 4]}'
    assert meant("character = nell", INN, annotation=Known(mapping=mapping))
    assert meant("character = Osk", {"messages": [{"role": "user", "content": "Aye", "name": "Osk"}]})
    assert not meant("character", INN)


def test_where_it_is() -> None:
    here = {"position": 99, "id": "3fa81c22d0aa9b5e" * 2}
    assert meant("position <= 100 and position = 100 and id = 3fa8", INN, **here)
    assert meant("id in (77b0, 3FA81c22-d0aa) and id != 77b0", INN, **here)
    assert not meant("position < 100 or id = 77b0", INN, **here)


def test_whether_it_is_sound() -> None:
    broken = chat("A?", "")
    assert meant("valid and not invalid and not error", INN)
    assert meant("invalid and error = empty-content and error in (empty-content, wrong-role)", broken)
    assert meant("error = empty-*", broken)
    assert not meant("valid", broken)
    assert meant("warning = refusal", chat("A?", "As an AI, I have no rooms."))
    assert meant("info = markdown", chat("A?", "**No**."))


@pytest.mark.parametrize(
    ("expression", "true"),
    [
        ("tag = no or tag = roleplay and turns = 3", True),
        ("tag = roleplay or tag = no and tag = no", True),
        ("(tag = roleplay or tag = no) and tag = no", False),
        ("not tag = no and tag = no", False),
        ("not (tag = no and tag = no)", True),
        ("not not tag = roleplay", True),
        ("NOT TAG = no AND Turns = 3", True),
        ("tag = no or tag = nope or tag = draft", True),
    ],
)
def test_and_or_not(expression: str, true: bool) -> None:
    assert meant(expression, INN) is true


def test_words_of_the_language_may_be_values() -> None:
    assert meant("tag = and and tag in (or, in) and tag = not", {"tags": ["and", "or", "not"]})


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (r'"a \"quote\""', 'a "quote"'),
        (r"'a \'quote\''", "a 'quote'"),
        (r'"back\\slash"', "back\\slash"),
        (r'"two\nlines"', "two\nlines"),
        ('"(a, b) = ~ ! / & |"', "(a, b) = ~ ! / & |"),
        ("'grün 🜁'", "grün 🜁"),
    ],
)
def test_quoting(written: str, text: str) -> None:
    assert meant(f"user = {written}", chat(text, "-"))
    assert meant(f"user ~ {written}", chat(f"... {text} ...", "-"))


def test_a_slash_in_a_regular_expression() -> None:
    assert meant(r"user ~ /a\/b/", chat("a/b", "-"))
    assert not meant(r"user ~ /a\/b/", chat("a\\/b", "-"))


def test_records_that_are_odd_can_be_asked_about() -> None:
    assert meant("tags = 0 and turns = 0 and shape = unknown", b"[1, 2]")
    assert meant("tag = x", b'{"tags": ["x"], "score": NaN}')
    assert meant("has(.a)", b'{"a": "\\ud83d"}')
    assert meant("tag = x", b'{"tags": ["y"], "tags": ["x"]}')
    assert meant("tag = lantern", b'{"tags": ["l\\u0061ntern"]}')
