from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtstore.cli.demo.edits import Texts

LINES = b'\xef\xbb\xbf\n{"text": "a"}\r\n\n {"text": "b"}\n{"text": "c"}'
ARRAY = b' [ {"text": "a"},\n{"text": "b"} , {"text": "c"}]\n'


@pytest.mark.parametrize(("content", "suffix"), [(LINES, ".jsonl"), (ARRAY, ".JSON"), (b"", ".jsonl")])
def test_a_file_that_is_not_edited_keeps_its_bytes(content: bytes, suffix: str) -> None:
    assert Texts.parse(content, suffix).content() == content


@given(st.lists(st.sampled_from(["", " ", "\r", '{"a": 1}', ' {"a": 2}\r', '{"a": "\u2028"}'])))
def test_any_lines_keep_their_bytes(lines: list[str]) -> None:
    content = "\n".join(lines).encode()
    texts = Texts.parse(content, ".jsonl")
    assert texts.content() == content
    assert len(texts.records) == sum(1 for line in lines if line.strip())


@pytest.mark.parametrize(("content", "suffix"), [(LINES, ".jsonl"), (ARRAY, ".json")])
def test_edits_touch_nothing_else(content: bytes, suffix: str) -> None:
    texts = Texts.parse(content, suffix)
    texts.swap_with_next(1)
    texts.remove(0)
    rest = Texts.parse(texts.content(), suffix)
    assert [json.loads(record) for record in rest.records] == [{"text": "c"}, {"text": "b"}]


def test_the_last_reply_is_reworded_in_place() -> None:
    record = '{"messages":[{"role":"assistant","content":"Aye."},{"role":"user","content":"So."}], "n": 1.50}'
    texts = Texts.parse(record.encode(), ".jsonl")
    texts.reword(0, "No.")
    assert texts.content().decode() == record.replace("Aye.", "No.")


def test_a_record_without_words_gets_a_note() -> None:
    texts = Texts.parse(b'{"days": 9}\n', ".jsonl")
    assert texts.last_reply(0) is None
    texts.reword(0, "Fog.")
    assert json.loads(texts.content()) == {"days": 9, "note": "Fog."}
