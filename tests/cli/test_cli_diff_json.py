from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from diff_samples import (
    ANSWER,
    ASK,
    LATER,
    SYSTEM,
    Dataset,
    Difference,
    added,
    dataset,
    edited,
    record,
    removed,
)

from rtstore.cli.diff.json import write
from rtstore.compare.difference import EntryChange, FieldChange

OLD, NEW = b"\x01" * 32, b"\x02" * 32


def written(*datasets: Dataset, new: bytes | None = NEW) -> Any:
    """Return what is written, decoded; other programs than Python must be able to read it."""
    lines: list[str] = []
    found = write(Difference(OLD, new, datasets), lines.append)  # type: ignore[arg-type]
    assert found == bool(datasets)
    return json.loads("\n".join(lines).encode(), parse_constant=pytest.fail)


def entries(*changes: EntryChange) -> list[dict[str, Any]]:
    (found,) = written(dataset(*changes))["datasets"]
    return list(found["entries"])


def test_no_difference() -> None:
    assert written() == {"from": OLD.hex(), "to": NEW.hex(), "datasets": []}


def test_the_working_files_are_the_worktree() -> None:
    assert written(new=None)["to"] == "worktree"


def test_an_edited_entry() -> None:
    old, new = record(SYSTEM, ASK, ANSWER, tags=[]), record(SYSTEM, ASK, LATER, tags=["done"])
    assert entries(edited(old, new)) == [
        {
            "change": "edited",
            "id": "3f" * 16,
            "old_position": 4,
            "new_position": 4,
            "moved": False,
            "after": None,
            "turns": [
                {
                    "change": "edited",
                    "old_index": 2,
                    "new_index": 2,
                    "role": "assistant",
                    "old": ANSWER[1],
                    "new": LATER[1],
                }
            ],
            "fields": [{"path": "tags", "old": [], "new": ["done"]}],
            "old_text": old.decode(),
            "new_text": new.decode(),
        }
    ]


def test_what_a_version_does_not_have_is_null() -> None:
    new, old = entries(added(record(ASK)), removed(record(ANSWER)))
    assert (new["old_position"], new["new_position"], new["old_text"]) == (None, 5, None)
    assert (old["old_position"], old["new_position"], old["new_text"]) == (6, None, None)
    assert (new["after"], old["after"]) == ("3f" * 16, None)


def test_a_dataset_with_its_counts_registry_and_file() -> None:
    whole = dataset(
        added(record(ASK)),
        registry=(FieldChange("tags/approved", new={}),),
        file=(FieldChange("framing.tail", "", "\n"),),
    )
    (found,) = written(whole)["datasets"]
    del found["entries"]
    assert found == {
        "path": "mara.jsonl",
        "change": "edited",
        "renamed_from": None,
        "counts": {"added": 1, "removed": 0, "edited": 0, "moved": 0, "reformatted": 0},
        "registry": [{"path": "tags/approved", "old": None, "new": {}}],
        "file": [{"path": "framing.tail", "old": "", "new": "\n"}],
    }


def test_several_datasets() -> None:
    found = written(dataset(), dataset(added(record(ASK)), added(record(ASK))))["datasets"]
    assert [len(each["entries"]) for each in found] == [0, 2]


@pytest.mark.parametrize(
    "value",
    [
        "10000000000000000000000000",
        '"\\ud800"',
        "-0.0",
        '"\\u0000\\u2028"',
        "1e400",
        "[NaN]",
        '["\\ud800", NaN]',
    ],
)
def test_whatever_a_record_holds_can_be_read_again(value: str) -> None:
    new = b'{"a": ' + value.encode() + b', "b": 10000000000000000000000000}'
    (found,) = entries(edited(b'{"a": 1, "b": 1}', new))
    assert found["new_text"] == new.decode()


def test_entries_are_written_as_they_are_found() -> None:
    lines: list[str] = []

    def one_after_the_other() -> Iterator[EntryChange]:
        for number in range(3):
            assert len(lines) == 2 + number
            yield added(record(ASK))

    write(Difference(OLD, None, [dataset()._replace(entries=one_after_the_other())]), lines.append)  # type: ignore[arg-type]
