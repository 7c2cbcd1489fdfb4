"""ChatML text: turns between their marks, conversations apart by an empty line, a mark, or a system turn."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from source_samples import Read, read

from rtstore.formats.sources.chatml_text import ChatMLText


def turn(role: str, content: str) -> str:
    return f"<|im_start|>{role}\n{content}<|im_end|>\n"


def chatml(tmp_path: Path, *parts: str) -> Read:
    return read("chatml-text", tmp_path / "a.txt", "".join(parts).encode())


HI = turn("user", "hi") + turn("assistant", "hello")
SAID = [("user", "hi"), ("assistant", "hello")]


@pytest.mark.parametrize("between", ["\n", "<|endoftext|>", "<|endoftext|>\n", " \r\n\t\n", "\n\n\n"])
def test_conversations_are_told_apart(between: str, tmp_path: Path) -> None:
    found = chatml(tmp_path, HI, between, HI)
    assert (found.said, found.rejects) == ([SAID, SAID], [])


def test_a_system_turn_begins_a_conversation(tmp_path: Path) -> None:
    system = turn("system", "Be brief.")
    found = chatml(tmp_path, system, HI, system, HI)
    assert found.said == [[("system", "Be brief."), *SAID]] * 2
    assert [item.place for item in found.items] == ["line 1", "line 7"]


def test_the_text_of_a_turn_is_kept_exactly(tmp_path: Path) -> None:
    text = "\n  a\r\n\n\n<|im_ end|> { \u2028 \n"
    assert chatml(tmp_path, turn("user", text)).said == [[("user", text)]]


def test_speakers_with_names_are_told(tmp_path: Path) -> None:
    found = chatml(tmp_path, turn("human", "hi"), turn("Mara", "hello"), turn("assistant name=Jo", "hey"))
    assert found.said == [[("user", "hi"), ("assistant", "hello"), ("assistant", "hey")]]
    assert found.items[0].speakers == ((1, "Mara"), (2, "Jo"))


@pytest.mark.parametrize(
    "role", ["\u202euser", "a" * 5000, "{{char}}", "<|im_sep|>", "user\0", "🜁", "system\u200b"]
)
def test_a_strange_role_is_the_name_of_a_speaker(role: str, tmp_path: Path) -> None:
    found = chatml(tmp_path, turn("user", "hi"), turn(role, "hello"))
    assert found.said == [SAID]
    assert found.items[0].speakers == ((1, role),)


def test_a_turn_without_end_is_told_and_what_came_before_is_kept(tmp_path: Path) -> None:
    found = chatml(tmp_path, HI, "<|im_start|>user\nand", turn("assistant", "lost"), "\n", HI)
    assert found.said == [SAID, SAID]
    assert list(zip(found.places, found.reasons, strict=True)) == [
        ("line 5", "a turn without <|im_end|>"),
        ("line 6", "a turn after one that cannot be used"),
    ]


def test_a_prompt_for_the_next_answer_is_told(tmp_path: Path) -> None:
    found = chatml(tmp_path, HI, "<|im_start|>assistant\n")
    assert (found.said, found.reasons, found.places) == ([SAID], ["a turn without <|im_end|>"], ["line 5"])


def test_what_is_in_no_turn_is_told(tmp_path: Path) -> None:
    found = chatml(tmp_path, "Notes:\n", HI, "more\n<|im_end|>", "<|im_start|>user hi<|im_end|>")
    assert found.said == [SAID]
    assert list(zip(found.places, found.reasons, strict=True)) == [
        ("line 1", "text outside of any turn"),
        ("line 6", "text outside of any turn"),
        ("line 7", "<|im_end|> without a turn before it"),
        ("line 7", "a turn whose first line is not its role alone"),
    ]


def test_a_turn_that_is_no_utf_8_is_told_with_the_byte(tmp_path: Path) -> None:
    data = HI.encode() + b"<|im_start|>user\n\xe9<|im_end|>"
    found = read("chatml-text", tmp_path / "a", data)
    assert (found.said, found.reasons) == ([SAID], ["byte 0xe9 is not UTF-8 text"])


_contents = st.text(st.sampled_from("ab \n<|>"), max_size=12).filter(lambda text: "<|im" not in text)


@given(st.lists(st.lists(_contents, min_size=1, max_size=4), min_size=1, max_size=4))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, talks: list[list[str]]) -> None:
    path = tmp_path_factory.mktemp("chatml") / "a"
    text = "\n".join("".join(turn("user", content) for content in talk) for talk in talks)
    found = read(ChatMLText.name, path, text.encode())
    assert found.said == [[("user", content) for content in talk] for talk in talks]
