"""A sidecar is taken apart and put together again without losing anything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtstore.errors import DamagedError, InputError
from rtstore.formats.mappings import MAPPINGS, PLACES, in_order
from rtstore.formats.sidecar import KIND, Sidecar, attach, build, check, parse
from rtstore.formats.sidecar_name import sidecar_path
from rtstore.model.ids import entry_id_of_value
from rtstore.model.jsonedit import escape_surrogates
from rtstore.model.objects import Registry, Section, decode, encode

FIXTURES = sorted((Path(__file__).parents[2] / "fixtures").glob("*/*/*.registry.json"))
METADATA = {"schema_version": 1, "kind": KIND, "exported_at": "2026-03-02", "app_name": "RoleThread Lite"}
COUNTS = {"entry_count": 2, "tag_usage_counts": {"draft": 2}}
DATASET = {"dataset_uuid": "d-1", "filename": "lantern.jsonl", **COUNTS}
ENTRIES = ["00000000-0000-0000-0000-00000000000" + digit for digit in "1abc"]


def file_of(tree: Any) -> bytes:
    return escape_surrogates(json.dumps(tree, indent=2, ensure_ascii=False) + "\n").encode()


def parsed(**sections: Any) -> Sidecar:
    return parse(file_of({"metadata": METADATA, "dataset": DATASET, **sections}), "lantern.registry.json")


def rebuilt(sidecar: Sidecar) -> Any:
    return json.loads(build(sidecar.registry, sidecar.mappings, sidecar.stamps))


def section(registry: Registry, name: str) -> Section:
    return next(one for one in registry.sections if one.name == name)


def mapping(entry: object, slug: str = "nell") -> dict[str, Any]:
    return {"entry_uuid": entry, "turns": [{"turn_index": 1, "character_slug": slug}]}


def attached(sidecar: Sidecar, uuids: list[str]) -> tuple[Registry, list[tuple[bytes, bytes]]]:
    ids = [entry_id_of_value(uuid) for uuid in uuids]
    return attach(sidecar, lambda uuid: next((i for i in ids if i == entry_id_of_value(uuid)), None), ids)


def test_the_sidecar_is_beside_its_dataset() -> None:
    assert sidecar_path("lantern/lantern.jsonl") == "lantern/lantern.registry.json"
    assert sidecar_path("v1.2/data.train.json") == "v1.2/data.train.registry.json"
    assert sidecar_path("v1.2/data") == "v1.2/data.registry.json"


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.parts[-3])
def test_a_file_in_rolethreads_layout_comes_back_byte_for_byte(path: Path) -> None:
    data = path.read_bytes()
    sidecar = parse(data, str(path))
    assert build(sidecar.registry, sidecar.mappings, sidecar.stamps) == data
    dataset = path.with_name(path.name.replace(".registry.json", ".jsonl"))
    uuids = [json.loads(line)["_rolethread"]["entry_uuid"] for line in dataset.read_bytes().splitlines()]
    registry, pairs = attached(sidecar, uuids)
    assert len(pairs) == len(sidecar.mappings) > 0
    assert build(registry, in_order(pairs, registry.mapping_order), sidecar.stamps) == data


def test_there_are_fixtures() -> None:
    assert FIXTURES


def test_what_each_save_writes_is_cut_out_and_its_place_kept() -> None:
    sidecar = parsed()
    assert dict(sidecar.stamps) == {
        "metadata.exported_at": b'"2026-03-02"',
        "dataset.entry_count": b"2",
        "dataset.tag_usage_counts": b'{"draft":2}',
    }
    assert ("exported_at", b"") in section(sidecar.registry, "metadata").items
    assert list(rebuilt(sidecar)["metadata"]) == list(METADATA)
    assert sidecar.dataset_uuid == "d-1"


def test_saves_of_the_same_content_have_the_same_registry() -> None:
    other = parse(file_of({"metadata": {**METADATA, "exported_at": "2027"}, "dataset": DATASET}), "x")
    assert other.registry == parsed().registry


def test_items_are_kept_by_slug_as_compact_text() -> None:
    found = section(parsed(tags=[{"slug": "é", "name": "x"}, {"name": "y", "slug": "b"}]).registry, "tags")
    items = (("é", '{"slug":"é","name":"x"}'.encode()), ("b", b'{"name":"y","slug":"b"}'))
    assert found == Section("tags", "list", items)


def test_aliases_are_kept_by_their_old_slug() -> None:
    sidecar = parsed(aliases=[{"old_slug": "slowburn", "new_slug": "slow_burn", "slug": "x"}])
    assert section(sidecar.registry, "aliases").items[0][0] == "slowburn"


def test_items_that_share_a_slug_or_have_none_are_all_kept() -> None:
    named = [{"slug": "a"}, {"slug": "a#1"}, {"slug": "a", "n": 2}]
    tags: list[Any] = [*named, {"n": 3}, {"slug": 4}, {"slug": ""}]
    sidecar = parsed(tags=tags)
    keys = [key for key, _ in section(sidecar.registry, "tags").items]
    assert keys == ["a", "a#1", "a#2", "#1", "#2", "#3"]
    assert rebuilt(sidecar)["tags"] == tags


@pytest.mark.parametrize(
    "value", [None, 5, "text", [1], [{"slug": "a"}, 1], {}, [], {"": [], '"x"': 1, "\ud800": 2}]
)
def test_unknown_keys_are_kept_whatever_they_hold(value: Any) -> None:
    for name in ("extra", '"', "\udfff", "tags", MAPPINGS):
        tree = rebuilt(parsed(**{name: value}))
        assert (tree[name], list(tree)[-1]) == (value, name)


def test_mappings_name_their_entries() -> None:
    sidecar = parsed(entry_character_mappings=[mapping("e-2"), mapping("e-1")])
    assert [uuid for uuid, _ in sidecar.mappings] == ["e-2", "e-1"]
    assert json.loads(sidecar.mappings[0][1]) == mapping("e-2")
    assert section(sidecar.registry, MAPPINGS).items == ()


def test_mappings_without_an_entry_of_their_own_stay_in_the_registry() -> None:
    items = [mapping("a"), mapping("a", "osk"), {"turns": []}, mapping(7), mapping("b")]
    sidecar = parsed(entry_character_mappings=items)
    assert [uuid for uuid, _ in sidecar.mappings] == ["a", "b"]
    kept = section(sidecar.registry, MAPPINGS).items
    assert [key for key, _ in kept] == [PLACES, "a", "#1", "#2"]
    assert rebuilt(sidecar)[MAPPINGS] == items


def test_mappings_in_the_order_of_the_entries_need_no_order() -> None:
    sidecar = parsed(entry_character_mappings=[mapping(ENTRIES[0]), mapping(ENTRIES[2])])
    registry, pairs = attached(sidecar, ENTRIES)
    assert registry == sidecar.registry
    assert [entry for entry, _ in pairs] == [entry_id_of_value(ENTRIES[0]), entry_id_of_value(ENTRIES[2])]


def test_mappings_of_unknown_entries_at_the_end_need_no_places() -> None:
    sidecar = parsed(entry_character_mappings=[mapping(ENTRIES[0]), mapping("gone")])
    registry, _ = attached(sidecar, ENTRIES)
    assert [key for key, _ in section(registry, MAPPINGS).items] == ["gone"]


def test_mappings_made_later_come_last() -> None:
    ids = [entry_id_of_value(uuid) for uuid in ENTRIES]
    order = ids[2] + ids[0]
    pairs = [(entry, b"{}") for entry in ids]
    assert [entry for entry, _ in in_order(pairs, order)] == [ids[2], ids[0], ids[1], ids[3]]
    assert in_order(pairs[1:], order)[0][0] == ids[2]


def test_mappings_are_written_even_where_the_registry_had_none() -> None:
    sidecar = parsed()
    tree = json.loads(build(sidecar.registry, [("e", b'{"entry_uuid":"e"}')], sidecar.stamps))
    assert tree[MAPPINGS] == [{"entry_uuid": "e"}]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"metadata":\n {"kind":"\xc3\xa9" "}', "m.registry.json:2:15: not JSON"),
        (b"[]", "m.registry.json:1:1: a sidecar must be a JSON object"),
        (b"{}", "metadata.kind is missing"),
        (b'{"metadata": []}', "metadata.kind is missing"),
        (file_of({"metadata": {**METADATA, "kind": "other"}}), 'metadata.kind is "other"'),
        (file_of({"metadata": {**METADATA, "schema_version": 2}}), "metadata.schema_version is 2"),
        (file_of({"metadata": {**METADATA, "schema_version": True}}), "metadata.schema_version is true"),
        (b'\n{"\xff', "m.registry.json:2:3: byte 0xff is not UTF-8"),
        (b"\xef\xbb\xbf{}", "m.registry.json:1:1: not JSON"),
        (b"[" * 100_000, "nested more than 512 levels"),
        (b"[" + b"1" * 5000 + b"]", "over 4,300 digits"),
        (b"", "m.registry.json:1:1: not JSON"),
    ],
)
def test_files_that_are_no_sidecars_are_refused(data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message.replace("[", r"\[").replace(".", r"\.")) as caught:
        parse(data, "m.registry.json")
    assert caught.value.hint


@pytest.mark.parametrize(
    "broken",
    [
        Section("x", "list", (("a", b"{"),)),
        Section("x", "object", (("a", b""),)),
        Section("x", "object", (('"a', b"1"),)),
        Section("x", "value", ()),
        Section("x", "table", (("", b"1"),)),
        Section("x", "value", (("", b"\xff"),)),
        Section("x", "value", (("", b"[" * 100_000),)),
        Section(MAPPINGS, "list", ((PLACES, b'"x"'), ("a", b"{}"))),
        Section("metadata", "object", (("exported_at", b""),)),
    ],
)
def test_a_damaged_registry_is_noticed(broken: Section) -> None:
    with pytest.raises(DamagedError, match="registry"):
        build(Registry((broken,)), [], ())


def test_a_damaged_order_is_noticed() -> None:
    with pytest.raises(DamagedError, match="order of the mappings"):
        in_order([], b"short")


def test_a_sidecar_of_another_dataset_is_warned_about() -> None:
    assert check(parsed(), set()) is None
    assert check(parsed(), {"d-1", "d-2"}) is None
    assert "belongs to another dataset" in (check(parsed(), {"d-2"}) or "")
    nameless = parse(file_of({"metadata": METADATA}), "x")
    assert "does not say" in (check(nameless, {"d-2"}) or "")


#: What JSON escapes, what it is made of, what takes one to four bytes of UTF-8, and a surrogate.
ALPHABET = 'ab01 \t\n"\\/{}[],:\x00\x7fé中😀\u2028\ud83d'
TEXT = st.text(ALPHABET, max_size=4)
SCALARS = st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats() | TEXT
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
SLUGS = st.sampled_from(["a", "b", "a#1", "#1", "", '"', "\ud800", 1, None])
UUIDS = st.sampled_from([*ENTRIES, ENTRIES[0].upper(), "gone", "", 3, None])


def items_with(field: str, names: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    item = st.fixed_dictionaries({}, optional={field: names, "x": JSON})
    return st.lists(item, max_size=6)


@st.composite
def trees(draw: st.DrawFn) -> dict[str, Any]:
    optional = {
        "dataset": JSON | st.fixed_dictionaries({"dataset_uuid": JSON, "entry_count": JSON}),
        "tags": items_with("slug", SLUGS) | JSON,
        "aliases": items_with("old_slug", SLUGS),
        MAPPINGS: items_with("entry_uuid", UUIDS) | JSON,
        "extra": JSON,
    }
    known = draw(st.fixed_dictionaries({}, optional=optional))
    tree: dict[str, Any] = known | draw(st.dictionaries(TEXT, JSON, max_size=2))
    tree["metadata"] = draw(st.dictionaries(TEXT, JSON, max_size=2)) | METADATA
    return {key: tree[key] for key in draw(st.permutations(list(tree)))}


@given(trees())
def test_any_sidecar_comes_back_as_it_was(tree: dict[str, Any]) -> None:
    escaped = json.dumps(tree).encode()
    sidecar = parse(escaped, "x.registry.json")
    stored = decode(encode(sidecar.registry), Registry)
    built = build(stored, sidecar.mappings, sidecar.stamps)
    assert json.dumps(json.loads(built)) == json.dumps(json.loads(escaped))
    assert built == file_of(json.loads(escaped))


@given(trees(), st.permutations(ENTRIES), st.integers(0, 4))
def test_any_sidecar_comes_back_from_its_entries(tree: dict[str, Any], uuids: list[str], count: int) -> None:
    sidecar = parse(json.dumps(tree).encode(), "x.registry.json")
    uuids = uuids[:count]
    registry, pairs = attached(sidecar, uuids)
    by_entry = dict(pairs)
    ids = [entry_id_of_value(uuid) for uuid in uuids]
    in_dataset = [(entry, by_entry[entry]) for entry in ids if entry in by_entry]
    stored = decode(encode(registry), Registry)
    built = build(stored, in_order(in_dataset, stored.mapping_order), sidecar.stamps)
    assert json.dumps(json.loads(built)) == json.dumps(json.loads(json.dumps(tree)))
