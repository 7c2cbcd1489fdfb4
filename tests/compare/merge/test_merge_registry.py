"""Registries merge by section and by the names of their items; what was renamed is followed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rtstore.compare.difference import MISSING
from rtstore.compare.merge.registry import MergedRegistry, merge_registries
from rtstore.compare.merge.renamed import Rename
from rtstore.formats import sidecar as format
from rtstore.model.objects import Registry, Section

Tree = dict[str, Any]


def tag(slug: str, **fields: Any) -> Tree:
    return {
        "slug": slug,
        "name": slug.title(),
        "category_slug": None,
        "sort_order": 0,
        "is_active": True,
        **fields,
    }


def character(slug: str, description: str | None = None) -> Tree:
    return {"slug": slug, "display_name": slug.title(), "description": description, "is_active": True}


BASE: Tree = {
    "metadata": {
        "schema_version": 1,
        "kind": format.KIND,
        "exported_at": "2026-01-01",
        "app_version": "1.0.0",
    },
    "dataset": {
        "dataset_uuid": "d1",
        "filename": "mara.jsonl",
        "entry_count": 2,
        "tag_usage_counts": {"calm": 1},
    },
    "categories": [{"slug": "mood", "name": "Mood"}, {"slug": "arc", "name": "Arc"}],
    "tags": [tag("calm", category_slug="mood"), tag("sea"), tag("night", category_slug="arc")],
    "aliases": [],
    "characters": [character("mara", "Innkeeper of the Lantern."), character("kai")],
    "entry_character_mappings": [],
    "system_prompts": [{"slug": "usual", "name": "Usual", "content": "You are Mara.", "description": None}],
}
EXTRA = {"languages": ["en"], "theme": {"dark": True}}


def registry(**sections: Any) -> Registry:
    tree = {name: value for name, value in {**BASE, **sections}.items() if value is not None}
    return format.parse(json.dumps(tree).encode(), "mara.registry.json").registry


def content(merged: MergedRegistry) -> Tree:
    """Return what the sidecar of a merged registry holds."""
    assert merged.registry is not None
    stamps = tuple((path, b"0") for path in format.STAMPS)
    tree: Tree = json.loads(format.build(merged.registry, [], stamps))
    assert format.parse(format.build(merged.registry, [], stamps), "m").registry == merged.registry
    return tree


def merge(ours: Tree, theirs: Tree, choose: Any = None, base: Tree | None = None) -> MergedRegistry:
    return merge_registries(registry(**(base or {})), registry(**ours), registry(**theirs), choose)


TAGS = BASE["tags"]
DAWN, DUSK = tag("dawn"), tag("dusk")


@pytest.mark.parametrize(
    ("section", "ours", "theirs", "expected"),
    [
        ("tags", [*TAGS, DAWN], TAGS, [*TAGS, DAWN]),
        ("tags", TAGS, [*TAGS, DAWN], [*TAGS, DAWN]),
        ("tags", [*TAGS, DAWN], [*TAGS, DUSK], [*TAGS, DAWN, DUSK]),
        ("tags", [*TAGS, DAWN], [*TAGS, DAWN, DUSK], [*TAGS, DAWN, DUSK]),
        ("tags", [TAGS[0], DAWN, *TAGS[1:]], [DUSK, *TAGS], [DUSK, TAGS[0], DAWN, *TAGS[1:]]),
        ("tags", TAGS[1:], [*TAGS, DAWN], [*TAGS[1:], DAWN]),
        ("tags", TAGS[::-1], [*TAGS, DAWN], [TAGS[2], DAWN, TAGS[1], TAGS[0]]),
        (
            "tags",
            [{**TAGS[0], "name": "Still"}, *TAGS[1:]],
            [{**TAGS[0], "is_active": False, "colour": "blue"}, *TAGS[1:]],
            [{**TAGS[0], "name": "Still", "is_active": False, "colour": "blue"}, *TAGS[1:]],
        ),
        (
            "tags",
            [*TAGS, {**DAWN, "sort_order": 1}],
            [*TAGS, {**DAWN, "sort_order": 2}],
            [*TAGS, {**DAWN, "sort_order": 1}],
        ),
        ("languages", ["en", "de"], ["en", "fr"], ["en", "de", "fr"]),
        ("theme", {"dark": True, "size": 1}, {"dark": False}, {"dark": False, "size": 1}),
    ],
)
def test_items_of_both_sides_are_in_the_result(section: str, ours: Any, theirs: Any, expected: Any) -> None:
    merged = merge({**EXTRA, section: ours}, {**EXTRA, section: theirs}, base=EXTRA)
    assert (merged.clashes, merged.renames) == ((), ())
    assert content(merged)[section] == expected


def test_what_one_side_alone_changed_is_that_side_as_it_is() -> None:
    base, other = registry(), registry(tags=[TAGS[2], DAWN], note={"a": 1.50}, aliases=None)
    for ours, theirs in ((base, other), (other, base), (other, other)):
        assert merge_registries(base, ours, theirs).registry == other
    assert merge_registries(None, None, other).registry == other
    assert merge_registries(base, None, base).registry is None


def test_registries_that_both_made_are_united() -> None:
    merged = merge_registries(None, registry(tags=[DAWN]), registry(tags=[DUSK], note=1))
    assert merged.clashes == ()
    assert content(merged) == {**content(MergedRegistry(registry())), "tags": [DUSK, DAWN], "note": 1} | {
        "tags": [DAWN, DUSK]
    }


def test_an_item_that_both_changed_differently_clashes_by_its_field() -> None:
    ours, theirs = ([{**TAGS[0], "name": name}, *TAGS[1:]] for name in ("Still", "Quiet"))
    merged = merge({"tags": ours}, {"tags": theirs})
    assert [tuple(clash) for clash in merged.clashes] == [
        ("registry", "tags/calm.name", "Calm", "Still", "Quiet")
    ]
    assert content(merged)["tags"] == ours
    assert content(merge({"tags": ours}, {"tags": theirs}, "theirs"))["tags"] == theirs


def test_an_item_removed_on_one_side_and_edited_on_the_other_clashes() -> None:
    edited = {**TAGS[0], "name": "Still"}
    for ours, theirs in ((TAGS[1:], [edited, *TAGS[1:]]), ([edited, *TAGS[1:]], TAGS[1:])):
        merged = merge({"tags": ours}, {"tags": theirs})
        (clash,) = merged.clashes
        values = [edited if edited in side else MISSING for side in (ours, theirs)]
        assert tuple(clash) == ("registry", "tags/calm", TAGS[0], *values)
        assert content(merged)["tags"] == ours
        assert content(merge({"tags": ours}, {"tags": theirs}, "theirs"))["tags"] == theirs


def test_a_sidecar_removed_on_one_side_and_edited_on_the_other_clashes() -> None:
    other = registry(tags=[DAWN])
    merged = merge_registries(registry(), None, other)
    assert [clash.path for clash in merged.clashes] == [""]
    assert merged.registry is None
    assert merge_registries(registry(), None, other, "theirs").registry == other


def test_a_section_that_became_something_else_clashes_as_a_whole() -> None:
    merged = merge({"theme": {"dark": False}}, {"theme": "dark"}, base=EXTRA)
    assert [tuple(clash) for clash in merged.clashes] == [
        ("registry", "theme", {"dark": True}, {"dark": False}, "dark")
    ]


def test_which_program_wrote_the_file_is_as_in_ours() -> None:
    ours, theirs = ({"metadata": {**BASE["metadata"], "app_version": version}} for version in ("1.1", "1.2"))
    merged = merge({**ours, "tags": [DAWN]}, theirs)
    assert merged.clashes == ()
    assert content(merged)["metadata"]["app_version"] == "1.1"


MOON = {**TAGS[2], "slug": "moon", "name": "Moon"}
RENAMED = Rename("ours", "tags", "night", "moon")


def test_a_renamed_tag_is_followed_by_its_alias() -> None:
    alias = {"old_slug": "night", "new_slug": "moon", "action": "rename", "metadata": {}}
    ours = {"tags": [*TAGS[:2], {**MOON, "colour": "white"}], "aliases": [alias]}
    theirs = {"tags": [*TAGS[:2], {**TAGS[2], "is_active": False}, DAWN]}
    merged = merge(ours, theirs)
    assert (merged.clashes, merged.renames) == ((), (RENAMED,))
    assert content(merged)["tags"] == [*TAGS[:2], {**MOON, "colour": "white", "is_active": False}, DAWN]
    assert content(merged)["aliases"] == [alias]
    merged = merge(theirs, ours)
    assert (merged.clashes, merged.renames) == ((), (RENAMED._replace(side="theirs"),))
    assert content(merged)["tags"][2] == {**MOON, "is_active": False, "colour": "white"}


def test_a_tag_merged_into_another_is_used_as_that_one() -> None:
    alias = {"old_slug": "night", "new_slug": "sea", "action": "merge", "metadata": {}}
    merged = merge({"tags": TAGS[:2], "aliases": [alias]}, {"tags": [*TAGS, DAWN]})
    assert merged.renames == (Rename("ours", "tags", "night", "sea"),)
    assert content(merged)["tags"] == [*TAGS[:2], DAWN]


def test_a_deleted_tag_that_an_alias_remembers_was_not_renamed() -> None:
    alias = {"old_slug": "night", "new_slug": None, "action": "delete", "metadata": {}}
    assert merge({"tags": [*TAGS[:2], MOON], "aliases": [alias]}, {}).renames == ()


@pytest.mark.parametrize(
    ("section", "changed", "renames"),
    [
        ("tags", [*TAGS[:2], MOON], [("night", "moon")]),
        ("tags", [*TAGS[:2], {**MOON, "colour": "white"}], []),
        ("tags", [MOON, *TAGS[:2]], []),
        ("tags", [TAGS[0], DAWN, DUSK, TAGS[2]], []),
        (
            "characters",
            [character("kai"), character("tara", "Innkeeper of the Lantern.")],
            [("mara", "tara")],
        ),
        ("characters", [character("mara", "Innkeeper of the Lantern."), character("kay")], [("kai", "kay")]),
        ("categories", [{"slug": "moods", "name": "Moods"}, BASE["categories"][1]], [("mood", "moods")]),
    ],
)
def test_an_item_alike_but_for_its_name_at_its_place_was_renamed(
    section: str, changed: list[Tree], renames: list[tuple[str, str]]
) -> None:
    assert merge({}, {section: changed}).renames == tuple(
        Rename("theirs", section, *pair) for pair in renames
    )


def test_the_same_rename_on_both_sides_is_one_item() -> None:
    merged = merge({"tags": [*TAGS[:2], MOON]}, {"tags": [*TAGS[:2], MOON, DAWN]})
    assert merged.clashes == ()
    assert content(merged)["tags"] == [*TAGS[:2], MOON, DAWN]


def test_different_new_names_for_one_tag_clash() -> None:
    star = {**TAGS[2], "slug": "star", "name": "Star"}
    merged = merge({"tags": [*TAGS[:2], MOON]}, {"tags": [*TAGS[:2], star]})
    assert [clash.path for clash in merged.clashes] == ["tags/night.slug", "tags/night.name"]
    assert content(merged)["tags"] == [*TAGS[:2], MOON]
    assert content(merge({"tags": [*TAGS[:2], MOON]}, {"tags": [*TAGS[:2], star]}, "theirs"))["tags"] == [
        *TAGS[:2],
        star,
    ]


def test_a_new_name_that_the_other_side_gave_to_something_else_stays_its_own() -> None:
    other = {**DUSK, "slug": "moon", "name": "New moon", "category_slug": "mood"}
    merged = merge({"tags": [*TAGS[:2], MOON]}, {"tags": [*TAGS, other]})
    assert [clash.path for clash in merged.clashes] == ["tags/moon.name", "tags/moon.category_slug"]
    assert content(merged)["tags"] == [*TAGS[:2], MOON]


def test_tags_added_to_a_category_that_got_another_name_are_in_it() -> None:
    moods = {"slug": "moods", "name": "Moods"}
    ours = {
        "categories": [moods, BASE["categories"][1]],
        "tags": [{**TAGS[0], "category_slug": "moods"}, *TAGS[1:]],
    }
    theirs = {"tags": [*TAGS, {**DAWN, "category_slug": "mood"}]}
    for merged in (merge(ours, theirs), merge(theirs, ours)):
        assert merged.clashes == ()
        assert [one["category_slug"] for one in content(merged)["tags"]] == ["moods", None, "arc", "moods"]


def others(*uuids: str, places: str | None = None) -> Registry:
    items = [(uuid, json.dumps({"entry_uuid": uuid, "turns": []}).encode()) for uuid in uuids]
    if places is not None:
        items.insert(0, ("", places.encode()))
    return Registry((Section("entry_character_mappings", "list", tuple(items)),), b"m" * 16)


def test_mappings_of_no_entry_keep_their_places_and_new_ones_come_last() -> None:
    base = others("a", "b", "c", places="[0,2,4]")
    merged = merge_registries(base, others("a", "c", "x", places="[0,3,5]"), others("y", "a", "b", "c"))
    assert merged.registry == others("a", "c", "x", "y", places="[0,3,5]")
    merged = merge_registries(base, others("a", "b", "c"), others("a", "c", "x", places="[0,2,3]"))
    assert merged.registry == others("a", "c", "x")


def test_the_order_of_mappings_is_that_of_the_side_that_changed_it() -> None:
    base, ours, theirs = (
        Registry((Section("note", "value", (("", text),)),), order)
        for text, order in ((b"1", b"a" * 16), (b"2", b"a" * 16), (b"1", b"b" * 16))
    )
    assert merge_registries(base, ours, theirs).registry == Registry(ours.sections, b"b" * 16)
    assert merge_registries(base, theirs, ours).registry == Registry(ours.sections, b"b" * 16)
