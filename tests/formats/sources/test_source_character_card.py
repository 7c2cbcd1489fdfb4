"""Character cards: a character, a prompt, and what the card has the character say, from JSON and from pictures."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import pytest
from source_samples import Read, as_json, card_v1, card_v2, in_base64, png, png_chunk, png_text, read

from rtstore.errors import InputError
from rtstore.formats.sources.macros import filled


def card(tmp_path: Path, value: Any, **options: Any) -> Read:
    return read("character-card", tmp_path / "mara", as_json(value), **options)


SYSTEM = "Mara keeps a lighthouse.\n\nMara's personality: dry\n\nScenario: User is stranded."


def test_a_first_card_is_a_character_a_prompt_and_entries(tmp_path: Path) -> None:
    found = card(tmp_path, card_v1())
    assert [(one.name, one.description) for one in found.characters] == [("Mara", "Mara keeps a lighthouse.")]
    assert [(one.name, one.content) for one in found.prompts] == [("Mara", SYSTEM)]
    assert found.said == [
        [("system", SYSTEM), ("user", "Cold?"), ("assistant", "Always.\nBring a coat.")],
        [("system", SYSTEM), ("user", "Tea?"), ("assistant", "Yes.")],
        [("system", SYSTEM), ("assistant", "Mind the step, User.")],
    ]
    assert [item.place for item in found.items] == ["example 1", "example 2", "greeting"]
    assert found.items[0].speakers == ((2, "Mara"),)
    assert found.rejects == []


@pytest.mark.parametrize("spec", ["chara_card_v2", "chara_card_v3"])
def test_later_cards_have_more(spec: str, tmp_path: Path) -> None:
    found = card(tmp_path, card_v2(spec))
    record = found.records[0]
    assert record["messages"][0]["content"] == f"Write as Mara.\n\n{SYSTEM}"
    assert (record["tags"], record["creator"], record["character_version"]) == (
        ["slow_burn", "sea"],
        "ilse",
        "1.2",
    )
    assert [one.name for one in found.prompts] == ["Mara", "Mara after the chat"]
    assert found.prompts[0].description == "For stormy nights."


def test_alternate_greetings_are_branches(tmp_path: Path) -> None:
    plain, branches = card(tmp_path, card_v2()), card(tmp_path, card_v2(), branches=True)
    assert [talk[-1][1] for talk in branches.said[2:]] == [
        "Mind the step, User.",
        "You again.",
        "The lamp is out.",
    ]
    assert branches.said[:3] == plain.said


def test_the_oldest_names_are_known(tmp_path: Path) -> None:
    old = {
        "char_name": "Jo",
        "char_persona": "A cook.",
        "char_greeting": "Soup?",
        "example_dialogue": "",
        "world_scenario": "",
    }
    assert card(tmp_path, old).said == [[("system", "A cook."), ("assistant", "Soup?")]]


def test_what_has_no_place_is_told(tmp_path: Path) -> None:
    value = card_v2(character_book={"entries": [{"keys": ["lamp"], "content": "Old."}]})
    value["data"]["extensions"] = {"depth_prompt": {"prompt": "Be dry.", "depth": 4}}
    value["data"]["mes_example"] = "It is night.\n{{char}}: Yes."
    found = card(tmp_path, value)
    assert found.places == ["example 1", "lorebook", "character's note"]
    assert [reject.text for reject in found.rejects[::2]] == ["It is night.", "Be dry."]


def test_a_greeting_alone_is_no_conversation(tmp_path: Path) -> None:
    found = card(tmp_path, {"name": "Jo", "first_mes": "Soup?"})
    assert (found.items, found.reasons) == ([], ["a greeting with nothing before it is no conversation"])


def test_examples_may_name_who_speaks_in_other_ways(tmp_path: Path) -> None:
    text = "<start>\n<USER>: a: b\n Mara : c\n{{ char }}:d\nJo: e"
    found = card(tmp_path, card_v1(mes_example=text, description="x", first_mes=""))
    assert found.said[0][1:] == [("user", "a: b"), ("assistant", "c"), ("assistant", "d\nJo: e")]


def test_macros_are_names() -> None:
    text = "{{CHAR}} and {{ user }}, <BOT>, {{original}}{{random:a,b}}"
    assert filled(text, "\\1 Mara", "Ilse") == "\\1 Mara and Ilse, \\1 Mara, {{random:a,b}}"


@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt", b"iTXt"])
@pytest.mark.parametrize("keyword", [b"chara", b"ccv3", b"Chara"])
def test_a_card_is_found_in_any_text_of_a_picture(kind: bytes, keyword: bytes, tmp_path: Path) -> None:
    picture = png(png_text(b"Comment", b"hi"), png_text(keyword, in_base64(card_v2()), kind))
    assert read("character-card", tmp_path / "a.png", picture).said == card(tmp_path, card_v2()).said


def test_the_newer_card_of_a_picture_counts(tmp_path: Path) -> None:
    chunks = [
        png_text(key, in_base64(card_v1(name=name))) for key, name in ((b"ccv3", "New"), (b"chara", "Old"))
    ]
    for order in (chunks, chunks[::-1]):
        assert read("character-card", tmp_path / "a", png(*order)).characters[0].name == "New"


def damaged_pictures() -> dict[str, tuple[bytes, str]]:
    good = png(png_text(b"chara", in_base64(card_v1())))
    bomb = zlib.compress(b"\0" * (64 << 20))
    return {
        "cut in the text": (good[:60], "cut off"),
        "cut in a header": (good[:37], "cut off"),
        "cut before the end": (good[:-12], "cut off"),
        "no chunk": (good[:8], "cut off"),
        "flipped": (good.replace(b"chara\0e", b"chara\0f"), "checksum of a tEXt chunk"),
        "no card": (png(png_text(b"Comment", b"hi")), "no character card in the picture"),
        "no base64": (png(png_text(b"chara", b"{not base64}")), "not in base64"),
        "no json": (png(png_text(b"chara", b"aGVsbG8=")), "the card is not JSON"),
        "no object": (png(png_text(b"chara", in_base64([1]))), "the card is no JSON object"),
        "deep": (png(png_text(b"chara", in_base64(None)[:0] + b"W1tb" * 1000)), "nested too deep"),
        "bomb": (png(png_chunk(b"zTXt", b"chara\0\0" + bomb)), "larger than 16 MiB"),
        "bomb in iTXt": (png(png_chunk(b"iTXt", b"ccv3\0\1\0\0\0" + bomb)), "larger than 16 MiB"),
        "cut compression": (
            png(png_chunk(b"zTXt", b"chara\0\0" + zlib.compress(b"x" * 999)[:-6])),
            "cut off",
        ),
        "no compression": (png(png_chunk(b"zTXt", b"chara\0\0xx")), "cannot be decompressed"),
        "a chunk of 4 GB": (good[:33] + b"\xff\xff\xff\xfftEXt" + good[41:], "cut off"),
    }


@pytest.mark.parametrize("name", damaged_pictures())
def test_a_damaged_picture_is_an_error_that_says_how(name: str, tmp_path: Path) -> None:
    data, message = damaged_pictures()[name]
    with pytest.raises(InputError, match=message):
        read("character-card", tmp_path / "a.png", data)


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b'{"name": " "}', b'{"data": {"name": 3}}', b"hello", b" " * (17 << 20)]
)
def test_what_is_no_card_is_an_error(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the card"):
        read("character-card", tmp_path / "a.json", data)


def test_values_of_other_types_are_no_harm(tmp_path: Path) -> None:
    odd = dict.fromkeys(card_v2()["data"], 5) | {"name": "Jo", "tags": [1, "a"], "alternate_greetings": "x"}
    assert card(tmp_path, {"spec": "chara_card_v2", "data": odd}, branches=True).items == []
