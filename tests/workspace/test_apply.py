"""Apply: a difference as JSON is a patch; it fits the old version exactly, and others where nothing contradicts it."""

from __future__ import annotations

import copy
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


def stamped(number: int, when: str, reply: str = "Aye.") -> dict[str, Any]:
    own = {"version": "1.0.0", "validated_at": when, "entry_uuid": f"00000000-0000-4000-8000-{number:012d}"}
    return {**talk(number, reply), "_rolethread": own}


def sidecar(when: str, *tags: str, mapped: int | None = None) -> bytes:
    tree: dict[str, Any] = {
        "metadata": {"kind": "rolethread.tag_registry", "schema_version": 1, "exported_at": when},
        "tags": [{"slug": tag} for tag in tags],
        "entry_character_mappings": [],
    }
    if mapped is not None:
        uuid = stamped(mapped, "")["_rolethread"]["entry_uuid"]
        turns = [{"turn_index": 2, "character_slug": "osk"}]
        tree["entry_character_mappings"].append({"entry_uuid": uuid, "turns": turns})
    return (json.dumps(tree, indent=2) + "\n").encode()


def test_entries_and_sidecars_come_and_go_with_their_stamps(desk: Desk) -> None:
    old = lines(stamped(1, "mon"), stamped(2, "mon"), stamped(3, "mon"))
    new = lines(stamped(1, "mon"), stamped(3, "mon"), stamped(4, "tue"))
    desk.commit_file(old)
    desk.write(sidecar("tue", "noir", mapped=4), "mara.registry.json")
    desk.commit_file(new)
    made = patch(desk, "HEAD~1", "HEAD")
    desk.store.switch("HEAD~1", detach=True)
    desk.store.apply(made)
    assert (desk.read(), desk.read("mara.registry.json")) == (new, sidecar("tue", "noir", mapped=4))
    desk.store.apply(made, reverse=True)
    assert desk.files() == {NAME: old}


def test_what_both_versions_have_keeps_the_stamps_of_the_file(desk: Desk) -> None:
    desk.write(sidecar("mon", "noir"), "mara.registry.json")
    desk.commit_file(lines(stamped(1, "mon"), stamped(2, "mon")))
    desk.write(sidecar("tue", "noir", "sea"), "mara.registry.json")
    desk.commit_file(lines(stamped(1, "tue", "No."), stamped(2, "tue")))
    made = patch(desk, "HEAD~1", "HEAD")
    desk.store.switch("HEAD~1", detach=True)
    desk.store.apply(made)
    assert desk.read() == lines(stamped(1, "mon", "No."), stamped(2, "mon"))
    assert desk.read("mara.registry.json") == sidecar("mon", "noir", "sea")


def test_a_whole_dataset_comes_with_its_stamps(desk: Desk) -> None:
    desk.commit_file(lines(talk(1)))
    desk.write(sidecar("tue", "noir", mapped=2), "osk.registry.json")
    desk.track(lines(stamped(1, "mon"), stamped(2, "tue")), "osk.jsonl")
    desk.commit()
    made = patch(desk, "HEAD~1", "HEAD")
    files = desk.files()
    desk.store.switch("HEAD~1", detach=True)
    desk.store.apply(made)
    assert desk.files() == files


def test_a_patch_without_stamps_still_applies(desk: Desk) -> None:
    made = json.loads(between(desk, lines(stamped(1, "mon")), lines(stamped(1, "mon"), stamped(2, "tue"))))
    (dataset,) = made["datasets"]
    del dataset["entries"][0]["new_beside"]
    desk.store.apply(json.dumps(made).encode())
    own = stamped(2, "tue")
    own["_rolethread"] |= {"version": None, "validated_at": None}
    assert desk.read() == lines(stamped(1, "mon"), own)


def test_text_with_half_a_character(desk: Desk) -> None:
    old, new = (
        b'{"id":"a1","messages":[{"role":"user","content":"\\ud800 %s"}]}\n' % n for n in (b"1", b"2")
    )
    made = between(desk, old, new)
    desk.store.apply(made)
    assert desk.read() == new
    broken = made.replace(b'"new_text":"', b'"new_text":"\\ud800', 1).replace(
        b'"new_text": "', b'"new_text": "\\ud800', 1
    )
    assert broken != made
    with pytest.raises(InputError, match="not a patch"):
        desk.store.apply(broken)


@pytest.mark.parametrize("name", [NAME, "mara.json"])
def test_a_patch_that_empties_a_file_leaves_what_came_since(desk: Desk, name: str) -> None:
    def data(*numbers: int) -> bytes:
        records = [talk(n) for n in numbers]
        return lines(*records) if name == NAME else json.dumps(records).encode()

    for version in (data(1, 2), data()):
        desk.commit_file(version, name)
    made = patch(desk, "HEAD~1", "HEAD")
    desk.write(data(1, 2, 3), name)
    desk.store.apply(made)
    assert [entry["messages"] for entry in records_of(desk, name)] == [talk(3)["messages"]]
    assert desk.change(name).problem is None
    desk.store.apply(made, reverse=True)
    assert len(records_of(desk, name)) == 3


@pytest.mark.parametrize("name", [NAME, "mara.json"])
def test_a_patch_adds_to_a_file_that_is_empty_by_now(desk: Desk, name: str) -> None:
    def data(*numbers: int) -> bytes:
        records = [talk(n) for n in numbers]
        return lines(*records) if name == NAME else json.dumps(records).encode()

    for version in (data(1), data(1, 2)):
        desk.commit_file(version, name)
    made = patch(desk, "HEAD~1", "HEAD")
    desk.write(data(), name)
    desk.store.apply(made)
    assert records_of(desk, name) == [talk(2)]


def records_of(desk: Desk, name: str) -> list[Any]:
    data = desk.read(name)
    return list(map(json.loads, data.splitlines())) if name == NAME else json.loads(data)


class TestRenames:
    NILS = "crew/nils.jsonl"

    def renamed(self, desk: Desk, old: bytes, new: bytes) -> bytes:
        """Commit a file and give it another name and content, go back, and return the patch from one to the other."""
        desk.commit_file(old)
        desk.store.move(NAME, self.NILS)
        desk.write(new, self.NILS)
        desk.commit()
        made = patch(desk, "HEAD~1", "HEAD")
        desk.store.switch("HEAD~1", detach=True)
        return made

    @given(FILES, FILES)
    def test_a_patch_makes_of_the_old_version_just_the_new_one_and_back(self, old: bytes, new: bytes) -> None:
        with new_desk() as desk:
            desk.track(old, id_field=None)
            made = self.renamed(desk, old, new)
            desk.store.apply(made)
            assert desk.files() == {self.NILS: new}
            assert content(desk.seen_afresh(self.NILS)) == content(desk.dataset("main", self.NILS))
            desk.store.apply(made, reverse=True)
            assert desk.files() == {NAME: old}

    def test_the_sidecar_goes_along(self, desk: Desk) -> None:
        metadata = {"schema_version": 1, "kind": "rolethread.tag_registry"}
        sidecar = (json.dumps({"metadata": metadata, "tags": [{"slug": "fog"}]}, indent=2) + "\n").encode()
        desk.write(sidecar, "mara.registry.json")
        made = self.renamed(desk, lines(talk(1), talk(2)), lines(talk(1), talk(2, "Rain.")))
        before = desk.files()
        (change,) = desk.store.apply(made).datasets
        assert (change.path, change.renamed_from, change.counts.edited) == (self.NILS, NAME, 1)
        assert desk.files() == {
            self.NILS: lines(talk(1), talk(2, "Rain.")),
            "crew/nils.registry.json": sidecar,
        }
        assert set(desk.tracked) == {self.NILS}
        desk.store.undo()
        assert desk.files() == before

    def test_a_file_that_has_gone_on_is_renamed_too(self, desk: Desk) -> None:
        made = self.renamed(desk, lines(talk(1), talk(2)), lines(talk(1), talk(2, "Rain.")))
        desk.write(lines(talk(1, "Snow."), talk(2)))
        desk.store.apply(made)
        assert desk.files() == {self.NILS: lines(talk(1, "Snow."), talk(2, "Rain."))}
        assert desk.store.apply(made).datasets == ()

    def test_nothing_happens_if_the_name_is_taken(self, desk: Desk) -> None:
        made = self.renamed(desk, lines(talk(1)), lines(talk(1)))
        desk.write(b"notes", self.NILS)
        before = desk.files()
        with pytest.raises(WorkspaceError, match=f"{self.NILS} exists already"):
            desk.store.apply(made)
        assert desk.files() == before

    def test_a_file_that_is_under_neither_name(self, desk: Desk) -> None:
        made = self.renamed(desk, lines(talk(1)), lines(talk(1)))
        desk.store.remove([NAME])
        with pytest.raises(WorkspaceError, match="not tracked"):
            desk.store.apply(made)

    def test_one_dataset_is_not_renamed_twice(self, desk: Desk) -> None:
        made = json.loads(self.renamed(desk, lines(talk(1)), lines(talk(1))))
        made["datasets"].append({**made["datasets"][0], "path": "other.jsonl"})
        with pytest.raises(InputError, match="twice"):
            desk.store.apply(json.dumps(made).encode())


HOSTILE = [
    b"",
    b"[]",
    b'{"datasets": 3}',
    b'{"datasets": [{"path": "../x.jsonl", "change": "added", "entries": []}]}',
    b'{"datasets": [{"path": "x.jsonl", "renamed_from": "../x.jsonl", "change": "edited", "entries": []}]}',
    b'{"datasets": [{"path": "mara.jsonl", "change": "edited", "entries": [{"change": "edited", "id": "zz",'
    b' "old_position": 1, "new_position": 1}]}]}',
]


@pytest.mark.parametrize(
    "data", HOSTILE, ids=["nothing", "a list", "no datasets", "outside", "from outside", "no id"]
)
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


def both_kinds(desk: Desk) -> dict[str, Any]:
    """Return a patch of a JSONL file and an array that changes all there is to change in them."""
    name = "osk.json"
    desk.write(sidecar("mon", "noir"), "mara.registry.json")
    desk.track(json.dumps([talk(1), talk(2)]).encode(), name)
    desk.commit_file(lines(stamped(1, "mon"), stamped(2, "mon"), stamped(3, "mon")))
    desk.write(json.dumps([talk(1, "No."), talk(3)], separators=(" , ", ": ")).encode() + b"\n", name)
    desk.write(sidecar("tue", "sea", mapped=1), "mara.registry.json")
    desk.commit_file(lines(stamped(2, "tue", "No."), stamped(1, "tue"), stamped(4, "tue"), ending="\r\n"))
    made: dict[str, Any] = json.loads(patch(desk, "HEAD~1", "HEAD"))
    desk.store.switch("HEAD~1", detach=True)
    return made


FRAMES = [
    {"head": "["},
    {"head": "]["},
    {"head": "x"},
    {"head": "\ufeff\ufeff"},
    {"separator": ""},
    {"separator": ",,\n"},
    {"separator": "\n\n"},
    {"separator": "\ufeff\n"},
    {"tail": "}"},
    {"tail": "\r"},
    {"tail": "]]"},
    {"layout": "evil"},
    {"layout": "array"},
    {"layout": "jsonl"},
    {"volatile": ["a", ""]},
    {"volatile": ["messages"]},
    {"id_field": '"'},
    {"registry": [[], "zz"]},
    {"registry": [[], "00"]},
    {"registry": [[["tags", "weird", []]], ""]},
    {"registry": [[["tags", "list", [["a", "not json"]]]], ""]},
    {"registry": [[["tags", "object", []], ["tags", "object", []]], ""]},
    {"stamps": [["metadata.exported_at", "1, 2"]]},
]
ENTRIES = [
    {"id": "ff"},
    {"old_position": None, "new_position": None},
    {"old_text": None, "new_text": None},
    {"new_text": "[1]"},
    {"new_text": ' {"a": 1}\r'},
    {"after": "x", "moved": True},
    {"new_beside": {"separator": ","}},
    {"new_beside": {"separator": "] ["}},
    {"new_beside": {"separator": "\n x \n"}},
    {"new_beside": {"mapping": "{bad"}},
    {"new_beside": {"mapping": "3"}},
    {"new_beside": {"stamps": ["1", "2", "3"]}},
    {"new_beside": {"stamps": ["1}, {", "2"]}},
]


@pytest.mark.parametrize("change", [*FRAMES, *ENTRIES], ids=repr)
@pytest.mark.parametrize("index", [0, 1], ids=["lines", "array"])
def test_a_patch_edited_by_hand_makes_a_dataset_or_an_error_that_blames_it(
    desk: Desk, change: dict[str, Any], index: int
) -> None:
    made = both_kinds(desk)
    dataset = made["datasets"][index]
    for changed in (dataset["old_frame"], dataset["new_frame"]) if change in FRAMES else dataset["entries"]:
        changed |= change
    before = desk.files()
    try:
        desk.store.apply(json.dumps(made).encode(), "noir.json")
    except (InputError, ConflictsError):
        assert desk.files() == before
    assert all(one.problem is None for one in desk.store.status().datasets)
    for name in desk.tracked:
        assert desk.seen_afresh(name) == desk.tracked_dataset(name)


@pytest.mark.parametrize("change", [*FRAMES, *ENTRIES], ids=repr)
def test_such_a_patch_is_refused(desk: Desk, change: dict[str, Any]) -> None:
    refused = 0
    made = both_kinds(desk)
    for index in (0, 1):
        hostile = copy.deepcopy(made)
        dataset = hostile["datasets"][index]
        for changed in (dataset["new_frame"],) if change in FRAMES else dataset["entries"]:
            changed |= change
        try:
            desk.store.apply(json.dumps(hostile).encode(), "noir.json")
            desk.store.undo()
        except InputError as error:
            assert "noir.json" in error.message or "the patch" in error.message
            refused += 1
    assert refused


def test_what_is_in_a_patch_twice(desk: Desk) -> None:
    made = both_kinds(desk)
    twice = copy.deepcopy(made)
    twice["datasets"][0]["entries"] *= 2
    with pytest.raises(InputError, match="twice"):
        desk.store.apply(json.dumps(twice).encode())
    with pytest.raises(InputError, match="twice"):
        desk.store.apply(json.dumps({**made, "datasets": made["datasets"] * 2}).encode())


def test_a_patch_cannot_add_a_dataset_where_none_may_be(desk: Desk) -> None:
    desk.commit_file(lines(talk(1)))
    desk.track(lines(talk(2)), "osk.jsonl")
    desk.commit()
    made = json.loads(patch(desk, "HEAD~1", "HEAD"))
    made["datasets"][0]["path"] = "osk.registry.json"
    made["datasets"][0]["new_frame"] |= {"layout": "array", "head": "[", "separator": ",", "tail": "]"}
    with pytest.raises(WorkspaceError, match="sidecar"):
        desk.store.apply(json.dumps(made).encode())
