"""Validation of datasets: working files and versions, what is selected, what is new since a version."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from curate_samples import chat
from workspaces import NAME, Desk, lines, new_desk

from rtstore.errors import InputError, RevisionError, UsageError

FIXTURES = Path(__file__).parents[2] / "fixtures"
FIRST, SECOND = (FIXTURES / name / "lantern" for name in ("1-first-draft", "2-after-review"))


def talk(number: int, reply: str = "Aye.") -> dict[str, Any]:
    return chat(f"Question {number}?", reply, tags=[f"t{number % 3}"])


@pytest.fixture
def desk() -> Iterator[Desk]:
    with new_desk() as made:
        yield made


@pytest.fixture
def flawed(desk: Desk) -> Desk:
    """300 entries; one reply is empty, one a refusal, one conversation long."""
    replies = {40: "", 250: "I cannot assist you."}
    told = [talk(number, replies.get(number, "Aye.")) for number in range(300)]
    told[100] = chat(*["A?", "B."] * 9, tags=[])
    desk.commit_file(lines(*told))
    return desk


def found(desk: Desk, *datasets: str, **options: Any) -> list[tuple[str, int, int | None]]:
    """Return what is found: code, position from 0, turn."""
    return [(f.finding.code, f.position, f.finding.turn) for f in desk.store.validate(datasets, **options)]


EMPTY, REFUSAL, LONG = ("empty-content", 40, 2), ("refusal", 250, 2), ("split-candidate", 100, None)


def test_what_is_found_is_in_order_down_to_a_level(flawed: Desk) -> None:
    assert found(flawed) == [EMPTY, REFUSAL]
    assert found(flawed, NAME, level="error") == [EMPTY]
    assert found(flawed, f"HEAD:{NAME}", level="info") == [EMPTY, LONG, REFUSAL]


def test_a_validation_counts_what_it_looked_at(flawed: Desk) -> None:
    flawed.commit_file(lines(*map(talk, range(500, 504))), "osk.jsonl")
    validation = flawed.store.validate()
    (first, second) = list(validation)
    assert [(each.path, each.entries, each.invalid) for each in validation.datasets] == [
        (NAME, 300, 1),
        ("osk.jsonl", 4, 0),
    ]
    assert validation.invalid == 1
    assert first.entry == flawed.store["HEAD"][NAME][40].id
    assert (second.path, second.commit) == (NAME, None)
    (again,) = flawed.store.validate([f"HEAD:{NAME}"], level="error")
    assert again.commit == flawed.store.resolve("HEAD")


def test_only_entries_that_are_meant_are_looked_at(flawed: Desk) -> None:
    assert found(flawed, where="tag = t1 and position > 100") == [REFUSAL]
    validation = flawed.store.validate(where=flawed.store.where("position <= 41"))
    assert len(list(validation)) == 1
    assert validation.datasets[0].entries == 41


def test_since_a_version_only_what_it_did_not_have(flawed: Desk) -> None:
    told = [json.loads(entry.text) for entry in flawed.store["HEAD"][NAME]]
    told[40]["messages"][1]["content"] = "Another question?"
    told[250]["messages"].append({"role": "user", "content": "Why?"})
    told[7]["messages"][2]["content"] = ""
    flawed.write(lines(*told[:3], *told[4:], talk(1000, "As an AI, no.")))
    assert found(flawed, since="HEAD") == [
        ("empty-content", 6, 2),
        ("incomplete-exchange", 249, None),
        ("refusal", 299, 2),
    ]
    flawed.commit()
    assert found(flawed, f"HEAD:{NAME}", since="HEAD~1") == found(flawed, since="HEAD~1")
    assert found(flawed, since="HEAD") == []
    validation = flawed.store.validate(since="HEAD~1")
    list(validation)
    assert validation.datasets[0].entries == 4


def test_an_entry_that_has_the_same_fault_twice_now_has_one_that_is_new(flawed: Desk) -> None:
    told = [json.loads(entry.text) for entry in flawed.store["HEAD"][NAME]]
    told[40]["messages"] += [{"role": "user", "content": "Well?"}, {"role": "assistant", "content": ""}]
    flawed.write(lines(*told))
    assert found(flawed, since="HEAD") == [("empty-content", 40, 4)]


def test_the_lantern_and_its_sidecar(desk: Desk) -> None:
    for name in ("lantern.jsonl", "lantern.registry.json"):
        desk.write((FIRST / name).read_bytes(), name)
    desk.store.add([desk.path("lantern.jsonl")])
    desk.commit()
    assert found(desk) == [("refusal", 13, 4)]
    registry = json.loads((FIRST / "lantern.registry.json").read_bytes())
    for character in registry["characters"]:
        character["is_active"] = character["slug"] != "aurelie"
    desk.write(json.dumps(registry, indent=2).encode(), "lantern.registry.json")
    codes = [code for code, _, _ in found(desk)]
    aurelie = list(desk.store.select("lantern.jsonl", 'system ~ "Aurélie Castane"w'))
    assert codes.count("inactive-character") == len(aurelie) > 0
    assert sum(1 for _ in desk.store.select("lantern.jsonl", "warning = inactive-character")) == len(aurelie)
    desk.write((SECOND / "lantern.jsonl").read_bytes(), "lantern.jsonl")
    assert found(desk, since="HEAD", level="error") == []


def test_an_array_of_records_on_several_lines(desk: Desk) -> None:
    told = [talk(1), talk(2, ""), {"instruction": "A", "output": "B"}]
    desk.commit_file(json.dumps(told, indent=2).encode(), "told.json")
    assert found(desk, "told.json") == [("empty-content", 1, 2)]


def test_problems_with_what_is_asked_are_errors(flawed: Desk) -> None:
    with pytest.raises(UsageError, match="no level 'fatal'"):
        found(flawed, level="fatal")
    with pytest.raises(RevisionError):
        found(flawed, since="nowhere")
    with pytest.raises(RevisionError):
        found(flawed, "nell.jsonl")
    flawed.write(b"no JSON\n")
    with pytest.raises(InputError):
        found(flawed)
