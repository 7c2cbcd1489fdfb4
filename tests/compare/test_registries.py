"""What differs between two versions of a sidecar."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rtstore.compare.difference import MISSING
from rtstore.compare.registries import mapping_difference, order_difference, registry_difference
from rtstore.formats.sidecar import KIND, SCHEMA_VERSION, parse
from rtstore.model.objects import Registry

OSK = {"slug": "osk", "display_name": "Osk", "notes": {"voice": "few words"}}
NELL = {"slug": "nell", "display_name": "Nell"}


def registry(**sections: Any) -> Registry:
    metadata = {"kind": KIND, "schema_version": SCHEMA_VERSION, "exported_at": "monday"}
    return parse(json.dumps({"metadata": metadata, **sections}).encode(), "mara.registry.json").registry


def fields(old: Registry | None, new: Registry | None) -> list[tuple[str, Any, Any]]:
    return [(each.path, each.old, each.new) for each in registry_difference(old, new)]


def mapped(*turns: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"entry_uuid": "1", "turns": list(turns), **more}).encode()


def test_a_new_tag_and_one_that_is_gone() -> None:
    draft, approved = {"slug": "draft"}, {"slug": "approved", "name": "Approved"}
    assert fields(registry(tags=[draft]), registry(tags=[approved])) == [
        ("tags/draft", draft, MISSING),
        ("tags/approved", MISSING, approved),
    ]


def test_what_changed_about_a_character() -> None:
    other = {**OSK, "notes": {"voice": "fewer words"}, "is_active": False}
    assert fields(registry(characters=[NELL, OSK]), registry(characters=[NELL, other])) == [
        ("characters/osk.notes.voice", "few words", "fewer words"),
        ("characters/osk.is_active", MISSING, False),
    ]


def test_members_and_plain_values() -> None:
    old = registry(dataset={"filename": "a.jsonl", "entry_count": 3}, note="x", empty=[])
    new = registry(dataset={"filename": "b.jsonl", "entry_count": 9}, note=["y"])
    assert fields(old, new) == [
        ("dataset/filename", "a.jsonl", "b.jsonl"),
        ("note", "x", ["y"]),
        ("empty", [], MISSING),
    ]


def test_a_section_of_another_layout_is_one_value() -> None:
    assert fields(registry(tags=[{"slug": "a"}]), registry(tags={"a": 1})) == [
        ("tags", [{"slug": "a"}], {"a": 1})
    ]


def test_a_registry_that_came_or_went() -> None:
    some = registry(tags=[{"slug": "a"}])
    assert [(path, old is MISSING) for path, old, _ in fields(None, some)] == [
        ("metadata/kind", True),
        ("metadata/schema_version", True),
        ("tags/a", True),
    ]
    assert [(path, new is MISSING) for path, _, new in fields(some, None)][-1] == ("tags/a", True)
    assert fields(None, None) == []


def test_order_is_told_apart_from_content() -> None:
    old, new = registry(tags=[{"slug": "a"}, {"slug": "b"}]), registry(tags=[{"slug": "b"}, {"slug": "a"}])
    assert fields(old, new) == []
    assert [(each.path, each.old, each.new) for each in order_difference(old, new)] == [
        ("order/tags", ["a", "b"], ["b", "a"])
    ]
    assert order_difference(old, old) == order_difference(None, old) == []


def test_sections_in_another_order() -> None:
    old, new = registry(tags=[], notes="x"), registry(notes="x", tags=[])
    assert fields(old, new) == []
    assert [each.path for each in order_difference(old, new)] == ["order/sections"]


def test_turns_of_a_mapping_go_by_the_index_they_name() -> None:
    nell, osk = {"turn_index": 1, "character_slug": "nell"}, {"turn_index": 4, "character_slug": "osk"}
    other = {"turn_index": 4, "character_slug": "linnet"}
    found = mapping_difference(mapped(nell, osk), mapped(other))
    assert [(each.path, each.old, each.new) for each in found] == [
        ("mapping/turns[1]", nell, MISSING),
        ("mapping/turns[4].character_slug", "osk", "linnet"),
    ]


def test_a_mapping_that_came_or_went() -> None:
    some = mapped({"turn_index": 1})
    ((came,), (went,)) = mapping_difference(b"", some), mapping_difference(some, b"")
    assert (came.path, came.old, came.new) == ("mapping", MISSING, json.loads(some))
    assert (went.path, went.old, went.new) == ("mapping", json.loads(some), MISSING)
    assert mapping_difference(some, some) == mapping_difference(b"", b"") == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'{"turns": [{"turn_index": [1]}]}', b'{"turns": [{"turn_index": [2]}]}'),
        (b'{"turns": [{"turn_index": 1}, {"turn_index": 1}]}', b'{"turns": [{"turn_index": 1}]}'),
        (b'{"turns": {"1": "a"}}', b'{"turns": null}'),
        (b"[1]", b"[2]"),
    ],
)
def test_a_mapping_of_another_form_is_compared_all_the_same(old: bytes, new: bytes) -> None:
    assert [each.path.startswith("mapping") for each in mapping_difference(old, new)] == [True]
