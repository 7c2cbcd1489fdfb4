"""Merging datasets with a sidecar: mappings go with their entries, names follow who renamed them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest
from workspaces import AUTHOR, NAME, Desk, lines, new_desk, talk

SIDECAR = "mara.registry.json"


def uuid(number: int) -> str:
    return str(uuid5(NAMESPACE_URL, str(number)))


def record(number: int, reply: str = "Mind the step.", **more: Any) -> dict[str, Any]:
    stamp = {"native": True, "validated_at": "2026-01-01T00:00:00", "entry_uuid": uuid(number)}
    return {**talk(number, reply), **more, "_rolethread": stamp}


def sidecar(
    mapped: Sequence[tuple[int, str]] = (), characters: Sequence[str] = ("keeper", "gull"), **more: Any
) -> bytes:
    """Return a sidecar that maps the reply of entries to characters, in this order."""
    tree = {
        "metadata": {"schema_version": 1, "kind": "rolethread.tag_registry", "exported_at": "2026-01-01"},
        "tags": more.get("tags", []),
        "characters": [
            {"slug": slug, "display_name": slug.title(), "description": f"No. {place}."}
            for place, slug in enumerate(characters)
        ],
        "entry_character_mappings": [
            {"entry_uuid": uuid(number), "turns": [{"turn_index": 2, "character_slug": slug}]}
            for number, slug in mapped
        ],
    }
    return (json.dumps(tree, indent=2, ensure_ascii=False) + "\n").encode()


@pytest.fixture
def desk() -> Iterator[Desk]:
    with new_desk() as desk:
        desk.write(sidecar([(0, "keeper"), (1, "keeper")]), SIDECAR)
        desk.track(lines(*map(record, range(4))))
        desk.commit()
        desk.store.create_branch("noir")
        yield desk


def merged(desk: Desk, ours: tuple[bytes, bytes], theirs: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    """Commit a file and its sidecar on both branches, merge, and return what comes of them."""
    for branch, (data, beside) in (("main", ours), ("noir", theirs)):
        if branch != desk.store.current_branch:
            desk.store.switch(branch)
        desk.write(data)
        desk.write(beside, SIDECAR)
        desk.commit(branch)
    desk.store.switch("main")
    assert desk.store.merge("noir", author=AUTHOR).outcome == "merged"
    assert desk.seen_afresh() == desk.dataset()
    assert desk.store.status().clean
    return desk.read(), desk.read(SIDECAR)


RECORDS = [record(number) for number in range(4)]


def test_a_mapping_and_the_words_of_one_entry(desk: Desk) -> None:
    edited = lines(record(0, "Mine."), *RECORDS[1:])
    result = merged(
        desk,
        (edited, sidecar([(0, "keeper"), (1, "keeper")])),
        (lines(*RECORDS), sidecar([(0, "gull"), (1, "keeper")])),
    )
    assert result == (edited, sidecar([(0, "gull"), (1, "keeper")]))


def test_mappings_of_different_entries(desk: Desk) -> None:
    result = merged(
        desk,
        (lines(*RECORDS), sidecar([(0, "gull"), (1, "keeper")])),
        (lines(*RECORDS), sidecar([(0, "keeper"), (1, "keeper"), (3, "gull")])),
    )
    assert result[1] == sidecar([(0, "gull"), (1, "keeper"), (3, "gull")])


def test_a_mapping_goes_with_its_entry_and_comes_with_one(desk: Desk) -> None:
    result = merged(
        desk,
        (lines(record(0, "Mine."), *RECORDS[1:]), sidecar([(0, "keeper"), (1, "keeper")])),
        (lines(RECORDS[0], *RECORDS[2:], record(7)), sidecar([(0, "keeper"), (7, "gull")])),
    )
    assert result == (
        lines(record(0, "Mine."), *RECORDS[2:], record(7)),
        sidecar([(0, "keeper"), (7, "gull")]),
    )


def test_a_character_renamed_on_one_side_and_used_on_the_other(desk: Desk) -> None:
    result = merged(
        desk,
        (
            lines(*RECORDS),
            sidecar([(0, "warden"), (1, "warden")], characters=("warden", "gull")),
        ),
        (
            lines(*RECORDS, record(7)),
            sidecar([(0, "keeper"), (1, "keeper"), (3, "keeper"), (7, "keeper")]),
        ),
    )
    assert result[1] == sidecar(
        [(0, "warden"), (1, "warden"), (3, "warden"), (7, "warden")], characters=("warden", "gull")
    )


def test_and_the_other_way_round(desk: Desk) -> None:
    result = merged(
        desk,
        (
            lines(*RECORDS, record(7)),
            sidecar([(0, "keeper"), (1, "keeper"), (3, "keeper"), (7, "keeper")]),
        ),
        (
            lines(*RECORDS),
            sidecar([(0, "warden"), (1, "warden")], characters=("warden", "gull")),
        ),
    )
    assert result[1] == sidecar(
        [(0, "warden"), (1, "warden"), (3, "warden"), (7, "warden")], characters=("warden", "gull")
    )


def test_mappings_in_an_order_of_their_own(desk: Desk) -> None:
    result = merged(
        desk,
        (lines(*RECORDS), sidecar([(1, "keeper"), (0, "keeper")])),
        (lines(*RECORDS, record(7)), sidecar([(0, "keeper"), (1, "gull"), (7, "gull")])),
    )
    assert result[1] == sidecar([(1, "gull"), (0, "keeper"), (7, "gull")])


def test_mappings_of_entries_that_the_other_side_has(desk: Desk) -> None:
    result = merged(
        desk,
        (lines(*RECORDS), sidecar([(0, "keeper"), (7, "gull"), (1, "keeper")])),
        (lines(*RECORDS, record(7)), sidecar([(0, "keeper"), (1, "keeper")])),
    )
    assert sorted(json.loads(result[1])["entry_character_mappings"], key=lambda m: m["entry_uuid"]) == sorted(
        json.loads(sidecar([(0, "keeper"), (1, "keeper"), (7, "gull")]))["entry_character_mappings"],
        key=lambda m: m["entry_uuid"],
    )


def test_a_sidecar_that_only_one_side_has(desk: Desk) -> None:
    desk.store.switch("noir")
    desk.delete(SIDECAR)
    desk.write(lines(*RECORDS, record(7)))
    desk.commit()
    desk.store.switch("main")
    desk.commit_file(lines(record(0, "Mine."), *RECORDS[1:]))
    assert desk.store.merge("noir", author=AUTHOR).outcome == "merged"
    assert desk.read(NAME) == lines(record(0, "Mine."), *RECORDS[1:], record(7))
    assert not desk.exists(SIDECAR)
    assert desk.store.status().clean


def test_a_sidecar_is_renamed_with_its_dataset_and_comes_back_with_it(desk: Desk) -> None:
    edited = lines(*RECORDS[:3], record(3, "Noir."))
    desk.store.switch("noir")
    desk.write(edited)
    desk.write(sidecar([(0, "gull"), (1, "keeper")]), SIDECAR)
    desk.commit()
    desk.store.switch("main")
    desk.store.move(NAME, "crew/nils.jsonl")
    desk.write(lines(record(0, "Mine."), *RECORDS[1:]), "crew/nils.jsonl")
    desk.write(sidecar([(0, "keeper"), (1, "gull")]), "crew/nils.registry.json")
    desk.commit()
    before = desk.files()
    desk.store.merge("noir", author=AUTHOR)
    assert desk.files() == {
        "crew/nils.jsonl": lines(record(0, "Mine."), *RECORDS[1:3], record(3, "Noir.")),
        "crew/nils.registry.json": sidecar([(0, "gull"), (1, "gull")]),
    }
    assert desk.seen_afresh("crew/nils.jsonl") == desk.dataset("HEAD", "crew/nils.jsonl")
    desk.store.undo()
    assert desk.files() == before
    desk.store.switch("noir")
    desk.store.merge("main", author=AUTHOR)
    assert set(desk.files()) == set(before)
    assert desk.store.status().clean


def test_giving_up_a_merge_brings_back_a_sidecar_under_its_name(desk: Desk) -> None:
    desk.store.switch("noir")
    desk.store.move(NAME, "crew/nils.jsonl")
    desk.write(lines(record(0, "Noir."), *RECORDS[1:]), "crew/nils.jsonl")
    desk.commit()
    desk.store.switch("main")
    desk.write(lines(record(0, "Mine."), *RECORDS[1:]))
    desk.commit()
    before = desk.files()
    assert desk.store.merge("noir", author=AUTHOR).outcome == "conflicts"
    assert set(desk.files()) == {"crew/nils.jsonl", "crew/nils.registry.json"}
    desk.store.abort_merge()
    assert desk.files() == before
    assert desk.store.status().clean
