"""Apply: a difference as JSON is a patch; it fits the old version exactly, and others where nothing contradicts it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtstore.cli.diff.json import write
from rtstore.errors import ConflictsError, InputError, RtstoreError, WorkspaceError
from rtstore.model.objects import Dataset
from tests.workspaces import NAME, Desk, lines, new_desk, talk


def patch(desk: Desk, old: str, new: str | None = None) -> bytes:
    """Return what ``diff --json`` writes."""
    written: list[str] = []
    with desk.store.diff(old, new) as difference:
        write(difference, written.append)
    return "\n".join(written).encode()


def between(desk: Desk, old: bytes, new: bytes) -> bytes:
    """Commit two versions of a file, go back to the first, and return the patch from one to the other."""
    desk.commit_file(old)
    desk.commit_file(new)
    made = patch(desk, "HEAD~1", "HEAD")
    desk.store.switch("HEAD~1", detach=True)
    return made


def content(dataset: Dataset) -> tuple[Any, ...]:
    return dataset.root, dataset.framing, dataset.settings, dataset.registry


#: Versions of a file: which conversations it has, what is replied in each, what is between the lines.
RECORDS = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from(["Aye.", "No.", "Aye, aye."])),
    max_size=8,
    unique_by=lambda r: r[0],
)
FILES = st.builds(
    lambda records, ending, last: (
        lines(*(talk(n, reply, id=f"c{n}") for n, reply in records), ending=ending) + last
    ),
    RECORDS,
    st.sampled_from(["\n", "\r\n", "\n\n"]),
    st.sampled_from([b"", b"\n", b"\r\n"]),
)


@given(FILES, FILES)
def test_a_patch_makes_of_the_old_version_just_the_new_one_and_back(old: bytes, new: bytes) -> None:
    with new_desk() as desk:
        desk.track(old, id_field=None)
        made = between(desk, old, new)
        desk.store.apply(made)
        assert content(desk.seen_afresh()) == content(desk.dataset("main"))
        assert desk.read() == new
        desk.store.apply(made, reverse=True)
        assert desk.read() == old


def test_a_patch_fits_a_file_that_has_gone_on(desk: Desk) -> None:
    made = between(desk, lines(talk(1), talk(2), talk(3)), lines(talk(1), talk(2, "Rain."), talk(4)))
    desk.write(lines(talk(0), talk(1, "Snow."), talk(2), talk(3)))
    desk.store.apply(made)
    assert desk.read() == lines(talk(0), talk(1, "Snow."), talk(2, "Rain."), talk(4))


def test_a_patch_fits_records_of_which_the_file_has_edited_others_and_the_same(desk: Desk) -> None:
    old = [{"id": f"k{n}", "text": f"number {n}", "n": 1} for n in range(3)]
    made = between(desk, lines(*old), lines({**old[0], "text": "NUMBER 0"}, *old[1:]))
    desk.write(lines({**old[0], "n": 2}, old[1], {**old[2], "text": "mine"}))
    desk.store.apply(made)
    assert desk.read() == lines({**old[0], "text": "NUMBER 0", "n": 2}, old[1], {**old[2], "text": "mine"})
    desk.reopen()
    assert desk.store.fsck().problems == ()


def test_turns_are_brought_together(desk: Desk) -> None:
    made = between(desk, lines(talk(1)), lines(talk(1, "Rain.")))
    ours = talk(1)
    ours["messages"][0]["content"] = "You are Osk."
    desk.write(lines(ours))
    desk.store.apply(made)
    ours["messages"][2]["content"] = "Rain."
    assert desk.read() == lines(ours)


def test_what_contradicts_the_file_changes_nothing(desk: Desk) -> None:
    made = between(desk, lines(talk(1), talk(2)), lines(talk(1, "Rain."), talk(2, "Fog.")))
    desk.write(lines(talk(1, "Snow."), talk(2)))
    with pytest.raises(ConflictsError) as caught:
        desk.store.apply(made)
    assert len(caught.value.entries) == 1
    assert desk.read() == lines(talk(1, "Snow."), talk(2))


def test_a_patch_again_changes_nothing(desk: Desk) -> None:
    made = between(desk, lines(talk(1), talk(2)), lines(talk(2), talk(1, "Rain."), talk(3)))
    desk.store.apply(made)
    before = desk.read()
    assert desk.store.apply(made).datasets == ()
    assert desk.read() == before


def test_one_undo_takes_a_patch_back(desk: Desk) -> None:
    made = between(desk, lines(talk(1)), lines(talk(2)))
    desk.store.apply(made)
    desk.store.undo()
    assert desk.read() == lines(talk(1))


def test_datasets_come_and_go(desk: Desk) -> None:
    desk.commit_file(lines(talk(1)))
    desk.track(lines(talk(2)), "osk.jsonl")
    desk.store.remove([NAME])
    desk.commit()
    made = patch(desk, "HEAD~1", "HEAD")
    desk.delete()
    desk.store.switch("HEAD~1", detach=True)
    desk.store.apply(made)
    assert not desk.exists()
    assert desk.read("osk.jsonl") == lines(talk(2))
    desk.store.apply(made, reverse=True)
    assert desk.read() == lines(talk(1))
    assert not desk.exists("osk.jsonl")


def test_a_dataset_that_went_on_is_not_removed(desk: Desk) -> None:
    desk.commit_file(lines(talk(1)))
    desk.store.remove([NAME])
    desk.commit()
    made = patch(desk, "HEAD~1", "HEAD")
    desk.store.add([desk.path()])
    desk.write(lines(talk(1), talk(2)))
    with pytest.raises(ConflictsError):
        desk.store.apply(made)
    assert desk.read() == lines(talk(1), talk(2))


def test_a_file_that_is_in_the_way_stays(desk: Desk) -> None:
    desk.commit_file(lines(talk(1)))
    desk.track(lines(talk(2)), "osk.jsonl")
    desk.commit()
    made = patch(desk, "HEAD~1", "HEAD")
    with pytest.raises(WorkspaceError, match="exists"):
        desk.store.apply(made)


HOSTILE = [
    b"",
    b"[]",
    b'{"datasets": 3}',
    b'{"datasets": [{"path": "../x.jsonl", "change": "added", "entries": []}]}',
    b'{"datasets": [{"path": "mara.jsonl", "change": "edited", "entries": [{"change": "edited", "id": "zz",'
    b' "old_position": 1, "new_position": 1}]}]}',
]


@pytest.mark.parametrize("data", HOSTILE, ids=["nothing", "a list", "no datasets", "outside", "no id"])
def test_what_is_no_patch_is_refused(desk: Desk, data: bytes) -> None:
    desk.commit_file(lines(talk(1)))
    with pytest.raises(RtstoreError):
        desk.store.apply(data)
    assert desk.store.status().clean


@pytest.mark.parametrize(
    "change",
    [
        {"new_text": "{]"},
        {"new_text": '{"a": 1}\n{"b": 2}'},
        {"new_text": None},
        {"new_beside": {"separator": "\n{}\n"}},
        {"new_beside": {"lineage": ["ab"]}},
    ],
    ids=["no JSON", "two lines", "nothing", "a record in between", "no id"],
)
def test_a_patch_cannot_put_something_else_than_records_into_a_file(
    desk: Desk, change: dict[str, Any]
) -> None:
    made = json.loads(between(desk, lines(talk(1)), lines(talk(1, "Rain."))))
    made["datasets"][0]["entries"][0] |= change
    before = desk.read()
    with pytest.raises(InputError):
        desk.store.apply(json.dumps(made).encode())
    assert desk.read() == before
