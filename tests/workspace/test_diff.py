"""Differences of commits and of working files, as a program gets them from a store."""

from __future__ import annotations

import json
import os
from collections import Counter
from io import FileIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import array_files, jsonl_files, mutated
from workspaces import AUTHOR, NAME, Desk, lines, new_desk, talk

from rtstore.compare.difference import MISSING, EntryChange, FieldChange
from rtstore.errors import FileChangedError, InputError, RevisionError
from rtstore.model.objects import Counts
from rtstore.workspace.diff import Difference
from rtstore.workspace.files import texts
from rtstore.workspace.files.reading import open_to_read

LANTERN = Path(__file__).parents[2] / "fixtures"
SIDECAR = "mara.registry.json"


def entries(desk: Desk, *versions: str | None, targets: tuple[str, ...] = ()) -> list[EntryChange]:
    """Return all entries that differ."""
    with desk.store.diff(*versions, targets=targets) as difference:
        return [entry for dataset in difference.datasets for entry in dataset.entries]


def kinds(found: list[EntryChange]) -> list[tuple[str, int | None, int | None]]:
    return [(entry.change, entry.old_position, entry.new_position) for entry in found]


def values(difference: Difference) -> list[Any]:
    """Return everything a difference says."""
    return [
        (each.path, each.change, each.counts, each.registry, each.file, list(each.entries))
        for each in difference.datasets
    ]


@pytest.fixture
def talks(desk: Desk) -> Desk:
    """A workspace with four conversations committed, and their file edited since."""
    desk.track(lines(*map(talk, range(4))))
    desk.commit()
    desk.write(lines(talk(3), talk(0), talk(1, "Stormy."), talk(9)))
    return desk


def test_by_default_head_is_compared_with_the_working_files(talks: Desk) -> None:
    with talks.store.diff() as difference:
        assert (difference.old, difference.new) == (talks.store.head, None)
        (dataset,) = difference.datasets
        assert (dataset.path, dataset.change) == (NAME, "edited")
        assert dataset.counts == Counts(added=1, removed=1, edited=1, moved=1)
        found = list(dataset.entries)
    assert kinds(found) == [("moved", 3, 0), ("edited", 1, 2), ("removed", 2, None), ("added", None, 3)]
    assert [(turn.old, turn.new) for turn in found[1].turns] == [("Very well, thank you.", "Stormy.")]
    assert json.loads(found[3].new_text or b"") == talk(9)


def test_a_commit_has_the_differences_that_the_working_file_had(talks: Desk) -> None:
    with talks.store.diff() as difference:
        before = values(difference)
    commit = talks.commit().id
    with talks.store.diff("HEAD~1", "HEAD") as difference:
        assert (difference.old, difference.new) == (talks.store.resolve("HEAD~1"), commit)
        assert values(difference) == before
    assert entries(talks) == []
    assert kinds(entries(talks, "HEAD~1")) == kinds(entries(talks, "HEAD~1", "HEAD"))


def test_nothing_differs_where_only_stamps_do(desk: Desk) -> None:
    def saved(when: str) -> bytes:
        return lines(*({**talk(n), "_rolethread": {"validated_at": when}} for n in range(3)))

    desk.track(saved("monday"))
    desk.commit()
    desk.write(saved("tuesday"))
    with desk.store.diff() as difference:
        assert difference.datasets == ()
    desk.commit_file(saved("wednesday"))
    with desk.store.diff("HEAD~1", "HEAD") as difference:
        assert difference.datasets == ()


def test_the_other_way_round_what_was_added_is_removed(talks: Desk) -> None:
    talks.commit()
    found = entries(talks, "HEAD", "HEAD~1")
    assert Counter(each.change for each in found) == {"moved": 1, "edited": 1, "removed": 1, "added": 1}
    (edited,) = (each for each in found if each.change == "edited")
    assert [(turn.old, turn.new) for turn in edited.turns] == [("Stormy.", "Very well, thank you.")]
    assert (edited.old_position, edited.new_position) == (2, 1)


def test_before_the_first_commit_everything_is_added(desk: Desk) -> None:
    desk.track(lines(talk(1), talk(2)))
    with desk.store.diff() as difference:
        assert difference.old is None
        assert [(each.path, each.change, each.counts) for each in difference.datasets] == [
            (NAME, "added", Counts(added=2))
        ]


@pytest.mark.parametrize("how", ["deleted", "untracked"])
def test_a_dataset_that_is_gone_is_removed(talks: Desk, how: str) -> None:
    if how == "deleted":
        talks.delete()
    else:
        talks.store.remove([NAME])
    assert kinds(entries(talks)) == [("removed", position, None) for position in range(4)]


def test_several_datasets_come_by_path(talks: Desk) -> None:
    talks.track(lines(talk(20)), "a/osk.jsonl")
    talks.track(lines(talk(21)), "zoe.jsonl")
    with talks.store.diff() as difference:
        assert [each.path for each in difference.datasets] == ["a/osk.jsonl", NAME, "zoe.jsonl"]
    with talks.store.diff(targets=["zoe.jsonl"]) as difference:
        assert [each.path for each in difference.datasets] == ["zoe.jsonl"]


def test_only_what_is_asked_for_differs(talks: Desk) -> None:
    stormy, lost = entries(talks)[1:3]
    assert kinds(entries(talks, targets=(f"{NAME}#3",))) == [("edited", 1, 2)]
    assert kinds(entries(talks, targets=(f"{NAME}#{stormy.id.hex()[:8]}", f"{NAME}#4"))) == [
        ("edited", 1, 2),
        ("added", None, 3),
    ]
    assert kinds(entries(talks, targets=(f"{NAME}#{lost.id.hex()}",))) == [("removed", 2, None)]
    assert entries(talks, targets=(f"{NAME}#2",)) == []
    assert len(entries(talks, targets=(f"{NAME}#2", NAME))) == 4


def test_a_position_that_only_the_old_version_has_is_one_there(talks: Desk) -> None:
    talks.write(lines(talk(0), talk(1)))
    assert kinds(entries(talks, targets=(f"{NAME}#4",))) == [("removed", 3, None)]


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("osk.jsonl", "neither version has a dataset osk.jsonl"),
        (f"{NAME}#99", "there is no entry 99"),
        (f"{NAME}#ffff", "has no entry ffff in either version"),
        (f"{NAME}#a", "neither the position of an entry nor the start of its id"),
    ],
)
def test_what_there_is_not_cannot_be_compared(talks: Desk, target: str, message: str) -> None:
    with pytest.raises(RevisionError, match=message):
        talks.store.diff(targets=[target])


def test_counts_of_entries_are_those_of_the_dataset(talks: Desk) -> None:
    (change,) = talks.store.changes(targets=[f"{NAME}#3"])
    assert (change.path, change.change, change.counts, change.entries) == (
        NAME,
        "edited",
        Counts(edited=1),
        4,
    )


def test_three_dots_compare_with_what_two_branches_have_in_common(talks: Desk) -> None:
    talks.store.restore([NAME])
    talks.store.switch("noir", create=True)
    talks.commit_file(lines(*map(talk, range(4)), talk(50)))
    talks.store.switch("main")
    talks.commit_file(lines(*map(talk, range(3))))
    assert kinds(entries(talks, "main", "noir")) == [("added", None, 3), ("added", None, 4)]
    with talks.store.diff("main", "noir", merge_base=True) as difference:
        assert difference.old == talks.store.resolve("main~1")
        assert kinds(list(difference.datasets[0].entries)) == [("added", None, 4)]
    (change,) = talks.store.changes("main", "noir", merge_base=True)
    assert change.counts == Counts(added=1)
    with talks.store.diff("noir", merge_base=True) as difference:
        assert kinds(list(difference.datasets[0].entries)) == [("removed", 3, None)]


def test_a_file_that_is_no_dataset_is_an_error(talks: Desk) -> None:
    talks.write(b'{"a": \n')
    with pytest.raises(InputError, match="mara"):
        talks.store.diff()


def test_a_file_that_another_one_replaces_meanwhile_is_still_read(talks: Desk) -> None:
    with talks.store.diff() as difference:
        talks.write(lines(talk(70), talk(71)))
        found = list(difference.datasets[0].entries)
    assert [json.loads(each.new_text) for each in found if each.new_text][1:] == [talk(1, "Stormy."), talk(9)]


def test_a_file_that_is_overwritten_meanwhile_is_an_error(talks: Desk) -> None:
    with talks.store.diff() as difference:
        with open(talks.path(), "r+b") as file:
            file.write(b"#" * os.path.getsize(talks.path()))
        with pytest.raises(FileChangedError, match="was changed while its differences were read"):
            list(difference.datasets[0].entries)


def test_a_difference_that_is_closed_keeps_no_file_open(talks: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[FileIO] = []

    def open_and_note(path: str) -> FileIO:
        opened.append(open_to_read(path))
        return opened[-1]

    monkeypatch.setattr(texts, "open_to_read", open_and_note)
    with talks.store.diff() as difference:
        list(difference.datasets[0].entries)
        assert opened
    assert all(file.closed for file in opened)


def test_line_endings_of_a_whole_file_are_told_once(talks: Desk) -> None:
    talks.write(lines(*map(talk, range(4)), ending="\r\n"))
    with talks.store.diff() as difference:
        (dataset,) = difference.datasets
        assert dataset.file == (
            FieldChange("framing.separator", "\n", "\r\n"),
            FieldChange("framing.tail", "\n", "\r\n"),
        )
        assert dataset.counts == talks.change().counts == Counts(reformatted=4)
        assert list(dataset.entries) == []


def test_what_a_sidecar_says_is_told_where_it_belongs(desk: Desk) -> None:
    def save(tags: list[str], speaker: str) -> None:
        uuid = "00000001-0000-4000-8000-000000000000"
        own = {"entry_uuid": uuid, "dataset_uuid": "d"}
        desk.write(lines({**talk(1), "_rolethread": own}))
        turns = [{"turn_index": 2, "character_slug": speaker}]
        tree = {
            "metadata": {"schema_version": 1, "kind": "rolethread.tag_registry"},
            "dataset": {"dataset_uuid": "d"},
            "tags": [{"slug": tag} for tag in tags],
            "entry_character_mappings": [{"entry_uuid": uuid, "turns": turns}],
        }
        desk.write(json.dumps(tree).encode(), SIDECAR)

    save(["draft"], "nell")
    desk.store.add([desk.path()])
    desk.commit()
    save(["draft", "approved"], "osk")
    with desk.store.diff() as difference:
        (dataset,) = difference.datasets
        assert dataset.registry == (FieldChange("tags/approved", MISSING, {"slug": "approved"}),)
        assert dataset.counts == Counts(edited=1)
        (entry,) = dataset.entries
        assert entry.fields == (FieldChange("mapping/turns[2].character_slug", "nell", "osk"),)
    save(["approved", "draft"], "nell")
    desk.commit()
    save(["draft", "approved"], "nell")
    with desk.store.diff() as difference:
        (dataset,) = difference.datasets
        assert (dataset.registry, list(dataset.entries)) == ((), [])
        assert dataset.file == (FieldChange("order/tags", ["approved", "draft"], ["draft", "approved"]),)
    desk.delete(SIDECAR)
    with desk.store.diff() as difference:
        (dataset,) = difference.datasets
        assert FieldChange("tags/draft", {"slug": "draft"}, MISSING) in dataset.registry
        assert [entry.fields[0].path for entry in dataset.entries] == ["mapping"]


@pytest.mark.parametrize(
    ("versions", "counts", "tags"),
    [
        (("1-first-draft", "2-after-review"), Counts(2, 1, 9, 1), {"tags/no_user_control": "new"}),
        (
            ("2-after-review", "3-ready-to-train"),
            Counts(2, 1, 5),
            {"tags/approved": "new", "tags/heavy_weather": "new", "tags/storm_night": "gone"},
        ),
    ],
)
def test_sessions_of_an_editor_show_what_was_done_and_nothing_else(
    desk: Desk, versions: tuple[str, str], counts: Counts, tags: dict[str, str]
) -> None:
    for version in versions:
        for name in ("lantern.jsonl", "lantern.registry.json"):
            desk.write((LANTERN / version / "lantern" / name).read_bytes(), name)
        desk.store.add([desk.path("lantern.jsonl")])
        desk.store.commit(version, AUTHOR)
    with desk.store.diff("HEAD~1", "HEAD") as difference:
        (dataset,) = difference.datasets
        assert dataset.counts == counts
        assert Counter(entry.change for entry in dataset.entries) == Counter(
            {name: getattr(counts, name) for name in counts.__struct_fields__ if getattr(counts, name)}
        )
        assert all(entry.turns or entry.fields for entry in dataset.entries if entry.change == "edited")
        assert dataset.file == ()
        assert tags == {
            field.path: "gone" if field.new is MISSING else "new"
            for field in dataset.registry
            if field.path.startswith("tags/")
        }


@st.composite
def two_files(draw: st.DrawFn) -> tuple[str, bytes, bytes]:
    """Draw the name of a file, what is in it, and what is in it later."""
    if draw(st.integers(0, 3)) == 0:
        return "mara.json", draw(array_files()), draw(array_files())
    data = draw(jsonl_files())
    return NAME, data, mutated(data, draw(st.randoms(use_true_random=False)))


@given(two_files())
def test_differences_of_any_file_agree_with_its_status(files: tuple[str, bytes, bytes]) -> None:
    name, before, after = files
    with new_desk() as desk:
        desk.track(before, name)
        desk.commit()
        desk.write(after, name)
        change = desk.change(name)
        if change.change == "invalid":
            return
        with desk.store.diff() as difference:
            assert [each.path for each in difference.datasets] == ([] if change.clean else [name])
            for each in difference.datasets:
                tally = Counter(entry.change for entry in each.entries)
                assert each.counts == change.counts
                assert each.file or each.registry or tally
                # Where the separator of the file changed, all entries count, and it is told once.
                told_once = any(field.path == "framing.separator" for field in each.file)
                for kind in ("added", "removed", "edited", "moved", *(() if told_once else ("reformatted",))):
                    assert tally[kind] == getattr(each.counts, kind)
