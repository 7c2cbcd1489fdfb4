"""What uses a tag or character that was renamed uses it under the new name."""

from __future__ import annotations

import pytest
from merge_samples import chat, line, said

from rtstore.compare.merge.renames import rename_character, rename_speaker, rename_tag


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ('{"tags": ["calm", "night"]}', '{"tags": ["calm", "moon"]}'),
        ('{"tags":[ "night" , "moon","calm" ]}', '{"tags":[ "moon","calm" ]}'),
        ('{"tags": ["night", "night"]}', '{"tags": ["moon"]}'),
        (
            '{"n": 1.50, "a": {"tags": ["night"]}, "tags": []}',
            '{"n": 1.50, "a": {"tags": ["moon"]}, "tags": []}',
        ),
        ('{"tags": "night", "note": ["night"], "b": [{"tags": ["night"]}]}', None),
        ('{"tags": ["Night", 1], "x": "night"}', None),
        ('{"messages": [{"role": "user", "content": "night", "tags": ["night"]}]}', None),
    ],
)
def test_a_tag_is_renamed_in_lists_of_tags_and_nowhere_else(record: str, expected: str | None) -> None:
    assert rename_tag(record.encode(), "night", "moon").decode() == (expected or record)


def test_a_new_name_is_escaped_as_the_old_one_was() -> None:
    assert rename_tag(b'{"tags": ["n\\u00e9"]}', "né", "lü") == b'{"tags": ["l\\u00fc"]}'
    assert rename_tag('{"tags": ["né"]}'.encode(), "né", "lü") == '{"tags": ["lü"]}'.encode()


def test_a_speaker_is_renamed_in_the_turns_that_name_it() -> None:
    turns = [{**turn, "name": name} for turn, name in zip(chat(3), ("Kai", "Mara", "Kai"), strict=True)]
    record = line({"messages": turns, "name": "Kai"})
    renamed = [{**turn, "name": name} for turn, name in zip(chat(3), ("Kay", "Mara", "Kay"), strict=True)]
    assert rename_speaker(record, "Kai", "Kay") == line({"messages": renamed, "name": "Kai"})
    assert rename_speaker(record, "Tara", "Kay") is record
    assert rename_speaker(b"[]", "Kai", "Kay") == b"[]"


def test_a_character_is_renamed_in_a_mapping() -> None:
    mapping = '{"entry_uuid":"u","turns":[{"turn_index":1,"character_slug":"kai"},{"character_slug":"mara"}]}'
    assert rename_character(mapping.encode(), "kai", "kay").decode() == mapping.replace('"kai"', '"kay"')
    assert rename_character(b"", "kai", "kay") == b""


def test_renaming_in_5000_turns_looks_at_each_once() -> None:
    record = line({"messages": [{"role": "user", "name": "Kai", "content": said(n)} for n in range(5000)]})
    assert rename_speaker(record, "Kai", "Kay") == record.replace(b'"Kai"', b'"Kay"')
