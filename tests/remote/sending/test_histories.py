"""Whatever a history is like, who clones or fetches gets all of it, and a push sends only what belongs to it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from unittest.mock import patch

import pytest
from backups import Office, check_sound, head_of, history, opened_parts
from records import mutated
from remote.recovery.rescue import restored
from workspaces import AUTHOR, Desk, lines, talk

from rtstore.errors import NothingToDoError, RtstoreError
from rtstore.history.reachable import Reach
from rtstore.model.ids import Kind
from rtstore.remote.format import part, rows
from rtstore.remote.format.part import Sent
from rtstore.remote.sending import records
from tests.safety.scenes import committed, sidecar

NAMES = ("mara.jsonl", "crew/tom.jsonl", "anna.jsonl", "sets/array.json")
Object = tuple[Sent, bytes]


class Author:
    """Does one thing after another to a workspace, as chance has it."""

    def __init__(self, desk: Desk, chance: Random) -> None:
        self.desk, self.chance = desk, chance
        self.commit_something()

    def work(self, steps: int) -> None:
        tasks = [self.commit_something] * 5 + [
            self.rename, self.copy, self.branch, self.merge, self.undo, self.gc, self.tag, self.older, self.remove,
            self.split, self.edit_by_api,
        ]  # fmt: skip
        for _ in range(steps):
            try:
                self.chance.choice(tasks if self.desk.store.branches() else [self.commit_something])()
            except RtstoreError:
                self.tidy()

    def tidy(self) -> None:
        """Commit what an interrupted task left, so that the next one has a clean start."""
        store = self.desk.store
        if store._workspace.state().merging is not None:
            store.abort_merge()
        with contextlib.suppress(NothingToDoError):
            store.commit("tidied", AUTHOR)

    def content(self, name: str) -> bytes:
        chance = self.chance
        made = [json.dumps(talk(chance.randrange(400))).encode() for _ in range(chance.randrange(40))]
        if name.endswith(".json"):
            return b"[" + b",\n".join(made) + b"]" if made else b"[]"
        if self.desk.exists(name) and chance.random() < 0.8:
            return mutated(self.desk.read(name), chance, made[:3] or [b"{}"])
        return b"".join(line + b"\n" for line in made)

    def one_of(self, names: Iterable[str]) -> str:
        """Return one of the names; where there is none, there is nothing to do."""
        found = sorted(names)
        if not found:
            raise NothingToDoError("there is none")
        return self.chance.choice(found)

    def commit_something(self) -> None:
        for name in self.chance.sample(NAMES, self.chance.randrange(1, 3)):
            self.desk.write(self.content(name), name)
            if not name.endswith(".json") and self.chance.random() < 0.3:
                self.desk.write(sidecar(name, f"Keeper {self.chance.random()}"), f"{name[:-6]}.registry.json")
        self.desk.store.add([self.desk.root])
        self.desk.commit(f"session {self.chance.random()}")

    def rename(self) -> None:
        """Rename a dataset and edit it in the same commit."""
        source, target = self.one_of(self.desk.tracked), f"moved/{self.chance.random()}.jsonl"
        if source.endswith(".jsonl"):
            self.desk.store.move(source, target)
            self.desk.write(mutated(self.desk.read(target), self.chance, [b'{"new": 1}']), target)
            self.desk.commit("renamed")

    def copy(self) -> None:
        """Make one dataset out of two."""
        both = [
            self.desk.read(name) for name in (self.one_of(self.desk.tracked), self.one_of(self.desk.tracked))
        ]
        name = f"both-{self.chance.random()}.jsonl"
        self.desk.write(b"".join(data for data in both if data[:1] == b"{"), name)
        self.desk.store.add([self.desk.path(name)])
        self.desk.commit("both")

    def split(self) -> None:
        name = self.one_of(self.desk.tracked)
        data = self.desk.read(name).splitlines(keepends=True)
        if name.endswith(".jsonl"):
            self.desk.write(b"".join(data[::2]), name)
            self.desk.write(b"".join(data[1::2]), f"{name}-odd.jsonl")
            self.desk.store.add([self.desk.root])
            self.desk.commit("split")

    def older(self) -> None:
        """Go back to what a dataset was in some version."""
        version = self.one_of([id.hex() for id, _ in self.desk.store.log()])
        for name in self.desk.store[version]:
            self.desk.store.restore([name], source=version)
        self.desk.commit("as it was")

    def edit_by_api(self) -> None:
        branch = self.one_of(self.desk.store.branches())
        name = self.one_of(self.desk.store[branch])
        with self.desk.store.edit(branch, "through the API", AUTHOR) as edit:
            edit[name].append(talk(self.chance.randrange(10_000)))

    def branch(self) -> None:
        name = self.chance.choice(["main", "lora", "noir"])
        self.desk.store.switch(name, create=name not in self.desk.store.branches())

    def merge(self) -> None:
        other = self.one_of(self.desk.store.branches())
        self.desk.store.merge(other, author=AUTHOR, choose="theirs")

    def undo(self) -> None:
        self.desk.store.undo()

    def remove(self) -> None:
        name = self.one_of(self.desk.tracked)
        self.desk.store.remove([self.desk.path(name)])
        self.desk.commit("removed")

    def gc(self) -> None:
        self.desk.store.gc(retention_days=self.chance.choice([0, 30]))

    def tag(self) -> None:
        self.desk.store.create_tag(f"v{self.chance.randrange(100_000)}")


def sent_in(desk: Desk, office: Office) -> dict[str, list[Object]]:
    """Return what the parts of the backup hold, by name: kind and id of each object."""
    return {
        name: [(kind, id) for opened in groups for kind, id, _ in opened.objects()]
        for name, groups in opened_parts(desk, office.bare).items()
    }


def reached(desk: Desk) -> set[tuple[Kind, bytes]]:
    """Return what the pushed branches and version tags reach."""
    remote = desk.store.remotes()["backup"]
    reach = Reach(desk.store._workspace.objects)
    for commit in (*remote.branches.values(), *remote.tags.values()):
        reach.add_commit(commit)
    return {(kind, id) for kind, ids in reach.ids.items() for id in ids}


def check_same(desk: Desk, other: Desk) -> None:
    """What ``other`` fetched is what ``desk`` pushed, to the last byte."""
    one, two = desk.store.remotes()["backup"], other.store.remotes()["backup"]
    assert (one.branches, one.tags, one.number, one.hash) == (two.branches, two.tags, two.number, two.hash)
    for commit in {*one.branches.values(), *one.tags.values()}:
        ids = [id for id, _ in desk.store.log([commit.hex()])]
        assert [id for id, _ in other.store.log([commit.hex()])] == ids
        for id in ids:
            assert committed(other.store, id.hex()) == committed(desk.store, id.hex())
    check_sound(other)


def push(desk: Desk, chance: Random) -> None:
    with contextlib.suppress(NothingToDoError):
        desk.store.push(all=chance.random() < 0.8, tags=chance.random() < 0.5, force=True)


def tell(office: Office, seed: int, rounds: int, steps: int, with_tools: bool = False) -> None:
    chance = Random(seed)
    ann = office.owner()
    author = Author(ann, chance)
    push(ann, chance)
    bob, before = office.clone("bob"), set(sent_in(ann, office))
    for _ in range(rounds):
        author.work(steps)
        push(ann, chance)
        new = {name: objects for name, objects in sent_in(ann, office).items() if name not in before}
        check_sent(ann, new, before)
        bob.store.fetch()
        if chance.random() < 0.3:
            bob.store.gc(retention_days=0)
        check_same(ann, bob)
        before |= set(new)
    carol = office.clone("carol")
    check_same(ann, carol)
    current = carol.store.current_branch
    assert current == head_of(ann, office.bare).default
    assert carol.files() == committed(ann.store, ann.store.remotes()["backup"].branches[current].hex())
    assert carol.store.verify_remote().stray == 0
    if with_tools:
        check_restored(ann, office)


def check_restored(desk: Desk, office: Office) -> None:
    """Who has nothing but a key gets the files of every branch."""
    expected: dict[str, bytes] = {}
    for branch, commit in desk.store.remotes()["backup"].branches.items():
        files = committed(desk.store, commit.hex())
        expected |= {f"{branch}/{name}": content for name, content in files.items()}
    assert (
        restored(Path(office.url), Path(office.config, "identity"), office.directory / "restored") == expected
    )


def check_sent(desk: Desk, new: dict[str, list[Object]], before: set[str]) -> None:
    """A push sends nothing that its branches do not reach, and nothing twice."""
    objects = [each for sent in new.values() for each in sent]
    allowed = reached(desk)
    for kind, id in objects:
        if kind.is_for_recovery:
            continue
        if kind is Sent.ROWS:
            assert (Kind.LEAF, id) in allowed or (Kind.INNER, id) in allowed
        else:
            assert (Kind(kind), id) in allowed
    once = [each for each in objects if each[0] is not Sent.ROWS]
    assert [each for each in once if once.count(each) > 1] == []


@pytest.fixture
def narrow() -> Iterator[None]:
    """Everything comes in many pieces."""
    with (
        patch.object(part, "FULL", 3000),
        patch.object(part, "GROUP", 1500),
        patch.object(rows, "MOST_ADDED", 7),
        patch.object(records, "WAITING", 5),
        patch("rtstore.storage.transaction.BLOCK", 2000),
    ):
        yield


@pytest.mark.parametrize("seed", range(3))
def test_a_history_arrives(office: Office, seed: int) -> None:
    tell(office, seed, rounds=4, steps=6)


@pytest.mark.parametrize("seed", range(3))
def test_a_history_arrives_in_many_pieces(office: Office, seed: int, narrow: None) -> None:
    tell(office, 100 + seed, rounds=4, steps=6)


@pytest.mark.tools
@pytest.mark.parametrize("seed", range(200, 206))
def test_a_history_is_restored_without_rtstore(office: Office, seed: int) -> None:
    tell(office, seed, rounds=4, steps=6, with_tools=True)


@pytest.mark.tools
@pytest.mark.parametrize("seed", range(300, 303))
def test_a_history_in_many_pieces_is_restored_without_rtstore(
    office: Office, seed: int, narrow: None
) -> None:
    tell(office, seed, rounds=4, steps=6, with_tools=True)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1005))
def test_many_histories_arrive(office: Office, seed: int) -> None:
    tell(office, seed, rounds=8, steps=8)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2000, 2005))
def test_many_histories_arrive_in_many_pieces(office: Office, seed: int, narrow: None) -> None:
    tell(office, seed, rounds=8, steps=8)


# --- what is told here so that a failure has a name
# --------------------------------------------------------------------------------------------------------


@pytest.fixture
def ann(office: Office) -> Desk:
    ann = office.owner()
    ann.commit_file(lines(*map(talk, range(30))))
    ann.store.push()
    return ann


def check(office: Office, ann: Desk) -> Desk:
    ann.store.push(all=True, tags=True, force=True)
    clone = office.clone("checked")
    check_same(ann, clone)
    return clone


def test_content_that_comes_back_from_an_older_version(office: Office, ann: Desk) -> None:
    first = ann.read()
    for data in (lines(talk(99)), first, b"", lines(*map(talk, range(7))), first):
        ann.commit_file(data)
        ann.store.push()
    assert check(office, ann).files() == ann.files()


def test_records_of_another_dataset(office: Office, ann: Desk) -> None:
    ann.write(ann.read(), "copy.jsonl")
    ann.write(lines(*map(talk, range(10, 50))), "overlapping.jsonl")
    ann.store.add([ann.root])
    ann.commit()
    assert check(office, ann).files() == ann.files()


def test_a_record_that_the_base_drops_and_another_dataset_takes_up(office: Office, ann: Desk) -> None:
    taken = ann.read().splitlines(keepends=True)
    ann.write(b"".join(taken[:10]))
    ann.write(b"".join(taken[10:]), "rest.jsonl")
    ann.store.add([ann.root])
    ann.commit()
    assert check(office, ann).files() == ann.files()


def test_a_dataset_renamed_and_edited_at_once(office: Office, ann: Desk) -> None:
    ann.store.move("mara.jsonl", "crew/mara.jsonl")
    ann.write(lines(talk(77), *map(talk, range(5, 30))), "crew/mara.jsonl")
    ann.commit()
    assert check(office, ann).files() == ann.files()


def test_after_an_undo_of_what_was_pushed(office: Office, ann: Desk) -> None:
    pushed = ann.commit_file(lines(talk(5)))
    ann.store.push()
    ann.store.undo()
    other = ann.commit_file(lines(talk(6)))
    with pytest.raises(RtstoreError, match="has commits that are not in yours"):
        ann.store.push()
    ann.store.push(force=True)
    clone = check(office, ann)
    assert clone.store.head == other
    assert pushed not in history(clone)


def test_a_dataset_without_entries(office: Office, ann: Desk) -> None:
    ann.write(b"", "empty.jsonl")
    ann.write(b"[ ]", "empty.json")
    ann.store.add([ann.root])
    ann.commit()
    assert check(office, ann).files() == ann.files()


def test_a_store_that_was_collected_with_a_dictionary(office: Office, ann: Desk) -> None:
    for number in range(12):
        ann.commit_file(lines(*map(talk, range(number, 400 + number))))
    ann.store.gc(retention_days=0)
    check(office, ann)
    ann.commit_file(lines(*map(talk, range(20, 430))))
    ann.store.push()
    ann.store.gc(retention_days=0)
    check_same(ann, office.clone("again"))


def test_a_version_tag_of_a_commit_that_no_branch_has(office: Office, ann: Desk) -> None:
    commit = ann.commit_file(lines(talk(5)))
    ann.store.create_tag("lonely")
    ann.store.undo()
    ann.store.undo()
    ann.store.create_tag("lonely", commit.hex())
    ann.commit_file(lines(talk(6)))
    clone = check(office, ann)
    assert clone.store.remotes()["backup"].tags == {"lonely": commit}


def test_names_that_differ_in_case_only(office: Office, ann: Desk) -> None:
    ann.store.create_branch("Main")
    ann.store.create_tag("MAIN")
    with ann.store.edit("Main", "capital", AUTHOR) as edit:
        edit["mara.jsonl"].append(talk(1000))
    assert set(check(office, ann).store.remotes()["backup"].branches) == {"main", "Main"}


def test_a_branch_that_is_behind_is_refused_and_one_that_is_equal_is_nothing(
    office: Office, ann: Desk
) -> None:
    first = ann.store.head
    ann.commit_file(lines(talk(5)))
    ann.store.push()
    tip = office.bare.tip
    assert ann.store.push().branches == ()
    assert office.bare.tip == tip
    assert first is not None
    ann.store.create_branch("old", first.hex())
    ann.store.switch("old")
    ann.store.delete_branch("main")
    ann.store.rename_branch("old", "main")
    with pytest.raises(RtstoreError, match="has commits that are not in yours"):
        ann.store.push()


def test_head_on_no_branch_pushes_what_is_named(office: Office, ann: Desk) -> None:
    ann.store.switch("HEAD", detach=True)
    ann.commit_file(lines(talk(5)))
    with pytest.raises(RtstoreError, match="HEAD is on no branch"):
        ann.store.push()
    ann.store.push("backup", ["main"])
    check_same(ann, office.clone())


def test_a_push_of_one_edit_is_small(office: Office, ann: Desk) -> None:
    ann.commit_file(lines(*map(talk, range(3000))))
    ann.store.push()
    before = set(office.bare.parts())
    with ann.store.edit("main", "one", AUTHOR) as edit:
        edit["mara.jsonl"][1500].turns[2].content = "Another reply."
    ann.store.push()
    new = [data for name, data in office.bare.parts().items() if name not in before]
    assert len(new) == 1 and len(new[0]) < 2000
    sent = sent_in(ann, office)
    [name] = set(sent) - before
    assert sorted(kind.name for kind, _ in sent[name]) == [
        "COMMIT", "DATASET", "FILE", "FILES", "RECORD", "ROWS", "SNAPSHOT",
    ]  # fmt: skip


def test_no_operation_ever_leaves(office: Office, ann: Desk) -> None:
    known = {id for id, _ in ann.store.operations()}
    assert not known & {id for objects in sent_in(ann, office).values() for _, id in objects}
