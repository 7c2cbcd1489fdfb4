"""A workspace against a plain list of versions, whatever is done to it in whatever order."""

from __future__ import annotations

import os
import random
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from backups import Bare, as_desk
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from records import mutated
from workspaces import AUTHOR, new_desk

import rtstore
from rtstore.errors import (
    ConflictsError,
    InProgressError,
    InputError,
    NothingToDoError,
    RemoteError,
    RevisionError,
    RtstoreError,
    UncommittedChangesError,
    UsageError,
    WorkspaceError,
)
from rtstore.remote.access import Access
from rtstore.workspace.views import Dataset

LINES = "mara.jsonl"
ARRAY = "sets/nils.json"
#: Another name for the file of lines.
MOVED = "crew/mara.jsonl"
NAMES = (LINES, MOVED, ARRAY)
_STAMP = re.compile(rb'"(validated_at|version)": "[^"]*"')
_seeds = st.integers(0, 2**32)
_names = st.sampled_from(NAMES)

Files = dict[str, bytes]
#: Files with their modes.
Held = dict[str, tuple[bytes, int]]


def record(chance: random.Random) -> bytes:
    """Return a record: one in two as RoleThread writes it, with an id and stamps."""
    number = chance.randrange(60)
    text = b'"messages": [{"role": "user", "content": "question %d %d"}]' % (number, chance.randrange(3))
    if chance.random() < 0.5:
        return b'{"n": %d, %s}' % (number, text)
    stamps = b'"version": "0.%d", "validated_at": "2026-01-0%d"' % (
        chance.randrange(3),
        chance.randrange(1, 9),
    )
    uuid = b"%08d-0000-4000-8000-000000000000" % number
    return b'{%s, "_rolethread": {%s, "native": true, "entry_uuid": "%s"}}' % (text, stamps, uuid)


def array_of(records: list[bytes], chance: random.Random) -> bytes:
    """Return an array file in one of its layouts."""
    start, between, end = chance.choice(
        [(b"[", b",", b"]"), (b"[\n", b",\n", b"\n]\n"), (b"[ ", b" , ", b" ]")]
    )
    return start + between.join(records) + end if records else b"[]"


def without_stamps(data: bytes) -> bytes:
    return _STAMP.sub(b"", data)


def stamped_anew(data: bytes, chance: random.Random) -> bytes:
    """Return a file as a save that changes nothing leaves it."""
    return _STAMP.sub(lambda found: b'"%s": "%d"' % (found[1], chance.randrange(100)), data)


class WorkspaceMachine(RuleBasedStateMachine):
    """``versions`` has every commit with its files; ``done`` the operations that ``undo`` can take back."""

    def __init__(self) -> None:
        super().__init__()
        self._provided = new_desk()
        self.desk = self._provided.__enter__()
        self.versions: dict[str, Files] = {}
        self.branches: dict[str, str] = {}
        self.head = ""
        #: (files before, files after) of each operation since the first commit.
        self.done: list[tuple[Held, Held]] = []
        self.undone: list[tuple[Held, Held]] = []
        self.invalid: set[str] = set()
        #: What the backup's branches are at, and what the workspace has seen of that; commits of others by id.
        self.elsewhere = tempfile.mkdtemp(prefix="rtstore-test-")
        self.bare = Bare(Path(self.elsewhere, "backup.git"))
        self.access = Access(os.path.join(self.elsewhere, "config"))
        self.remote: dict[str, str] = {}
        self.known: dict[str, str] = {}
        self.foreign: dict[str, Files] = {}
        #: The files, HEAD and the files that changed, when the merge in progress began.
        self.before_merge: tuple[Held, str, tuple[str, ...]] = ({}, "", ())

    def teardown(self) -> None:
        self._provided.__exit__(None, None, None)
        shutil.rmtree(self.elsewhere)

    @initialize(seed=_seeds)
    def first_commit(self, seed: int) -> None:
        chance = random.Random(seed)
        self.desk.write(b"".join(record(chance) + b"\n" for _ in range(chance.randrange(12))), LINES)
        self.desk.write(array_of([record(chance) for _ in range(chance.randrange(6))], chance), ARRAY)
        self.desk.store.add([self.desk.root])
        self.note(self.desk.store.commit("first", AUTHOR).id)
        self.done.clear()
        self.desk.store.add_remote("backup", str(self.bare.path), access=self.access)
        self.push(True, False)

    # What is done to it

    @rule(seed=_seeds)
    def edit_lines(self, seed: int) -> None:
        chance = random.Random(seed)
        name = MOVED if MOVED in self.files else LINES
        if name in self.files and name not in self.invalid:
            new = [record(chance) for _ in range(4)]
            self.desk.write(mutated(self.files[name], chance, new), name)
        else:
            self.desk.write(record(chance) + b"\n", name)
        self.invalid.discard(name)

    @precondition(lambda self: not self.merging)
    @rule(back=st.booleans())
    def rename(self, back: bool) -> None:
        source, target = (MOVED, LINES) if back else (LINES, MOVED)
        before = self.held()
        try:
            self.desk.store.move(source, target)
        except WorkspaceError:
            assert self.held() == before
            return
        if source in self.invalid:
            self.invalid ^= {source, target}
        assert self.files[target] == before[source][0]
        self.operation(before)

    @rule(seed=_seeds)
    def write_array(self, seed: int) -> None:
        chance = random.Random(seed)
        self.desk.write(array_of([record(chance) for _ in range(chance.randrange(6))], chance), ARRAY)
        self.invalid.discard(ARRAY)

    @rule(seed=_seeds, name=_names)
    def save_without_a_change(self, seed: int, name: str) -> None:
        if name in self.files:
            self.desk.write(stamped_anew(self.files[name], random.Random(seed)), name)

    @rule(name=_names)
    def break_file(self, name: str) -> None:
        self.desk.write(b'{"not": "JSON\n', name)
        self.invalid.add(name)

    @rule(name=_names)
    def delete_file(self, name: str) -> None:
        if name in self.files:
            self.desk.delete(name)
            self.invalid.discard(name)

    @rule(name=_names, mode=st.sampled_from([0o600, 0o644]))
    def change_mode(self, name: str, mode: int) -> None:
        if name in self.files:
            self.desk.write(self.files[name], name, mode)

    @rule()
    def track_again(self) -> None:
        if not self.invalid:
            before = self.held()
            if self.desk.store.add([self.desk.root]).added:
                self.operation(before)

    @rule()
    def commit(self) -> None:
        before, clean, merging = self.held(), self.desk.store.status().clean, self.merging
        tracked = set(self.desk.tracked)
        try:
            id = self.desk.store.commit("a session", AUTHOR).id
        except InputError:
            assert self.invalid & tracked
        except (ConflictsError, InProgressError):
            assert merging
        except NothingToDoError:
            assert clean
            if merging:  # it was not a merge, and is over
                self.operation(before)
        else:
            assert (not clean or merging) and not self.invalid & tracked
            self.note(id, tracked)
            self.operation(before)
        assert self.held() == before

    @rule(seed=_seeds)
    def edit_by_api(self, seed: int) -> None:
        chance = random.Random(seed)
        self.edit(chance.choice(sorted(self.branches)), chance)

    @precondition(lambda self: not self.merging)
    @rule(seed=_seeds)
    def annotate(self, seed: int) -> None:
        """Note something about entries: the files stay as they are."""
        chance = random.Random(seed)
        name, before = chance.choice(NAMES), self.held()
        wanted = {chance.randrange(8): chance.randrange(6) for _ in range(3)}
        try:
            result = self.desk.store.annotate(name, {at: {"rating": rating} for at, rating in wanted.items()})
        except (IndexError, InputError, WorkspaceError):
            assert self.held() == before
            return
        dataset = Dataset(self.desk.store._workspace, name, self.desk.tracked[name])
        assert {at: dataset[at].rating for at in wanted} == wanted
        assert self.held() == before
        if result.changed:
            self.operation(before)

    @precondition(lambda self: not self.merging)
    @rule(seed=_seeds)
    def divide(self, seed: int) -> None:
        """Divide a dataset, or settle what came since: no entry that had a side for good changes it."""
        chance = random.Random(seed)
        name, before = chance.choice(NAMES), self.held()
        try:
            result = self.desk.store.partition(name, {"train": 0.5, "val": 0.5})
        except (InputError, WorkspaceError):
            assert self.held() == before
            return
        assert self.held() == before
        assert (result.moved, result.report.fresh) == (0, 0)
        if result.changed:
            self.operation(before)

    @rule(seed=_seeds)
    def fork(self, seed: int) -> None:
        """Go on from some version on a branch of its own, without a look at the files."""
        chance = random.Random(seed)
        before = self.held()
        if "side" not in self.branches:
            version = chance.choice(list(self.versions))
            self.desk.store.create_branch("side", version)
            self.branches["side"] = version
            self.operation(before)
        self.edit("side", chance)

    def edit(self, branch: str, chance: random.Random) -> None:
        name = chance.choice(sorted(self.versions[self.branches[branch]]) or [LINES])
        before = self.held()
        try:
            with self.desk.store.edit(branch, "edit", AUTHOR) as edit:
                draft = edit[name]
                for _ in range(chance.randrange(1, 4)):
                    self.change(draft, chance)
        except RtstoreError:
            assert self.held() == before
            return
        if edit.result is not None:
            files = dict(self.versions[self.branches[branch]])
            files[name] = self.desk.exported(edit.result.id.hex(), name)
            self.branches[branch] = edit.result.id.hex()
            self.versions[edit.result.id.hex()] = files
            if self.desk.store.current_branch == branch:
                self.head = edit.result.id.hex()
                if name in before:
                    assert self.files[name] == files[name]
            self.operation(before)

    @staticmethod
    def change(draft, chance: random.Random) -> None:  # type: ignore[no-untyped-def]
        kind = chance.choice(["append", "insert", "delete", "set"])
        if kind == "append" or not len(draft):
            draft.append(record(chance))
        elif kind == "insert":
            draft.insert(chance.randrange(len(draft)), record(chance))
        elif kind == "delete":
            del draft[chance.randrange(len(draft))]
        else:
            draft[chance.randrange(len(draft))].set("note", chance.randrange(100))

    @rule(name=st.sampled_from(["main", "noir", "draft"]))
    def switch(self, name: str) -> None:
        create = name not in self.branches
        self.go(name if create else self.branches[name], lambda: self.desk.store.switch(name, create=create))
        if self.desk.store.current_branch == name:
            self.branches[name] = self.head

    @rule(seed=_seeds)
    def look_at_a_version(self, seed: int) -> None:
        version = random.Random(seed).choice(list(self.versions))
        self.go(version, lambda: self.desk.store.switch(version, detach=True))

    def go(self, version: str, command) -> None:  # type: ignore[no-untyped-def]
        """Go to a version: exactly where nothing was uncommitted; else carried, or refused and nothing changed."""
        target = self.versions.get(version, self.versions[self.head])
        before, clean = self.held(), self.desk.store.status().clean
        try:
            command()
        except InProgressError:
            assert self.merging
            assert self.held() == before
            return
        except UncommittedChangesError as error:
            assert not clean or set(before) - set(self.desk.tracked)
            assert error.entries
            assert self.held() == before
            return
        if clean:
            for name in set(target) | set(self.versions[self.head]):
                if self.versions[self.head].get(name) != target.get(name):
                    assert self.files.get(name) == target.get(name)
        if version in self.versions:
            self.head = version
        self.operation(before)

    # Merges

    @precondition(lambda self: not self.merging)
    @rule(seed=_seeds, side=st.sampled_from([None, "ours", "theirs"]), ff=st.sampled_from([None, False]))
    def merge(self, seed: int, side: str | None, ff: bool | None) -> None:
        chance = random.Random(seed)
        others = [name for name in self.branches if name != self.desk.store.current_branch]
        revision = chance.choice([*others, *others, chance.choice(list(self.versions))])
        self.tidy(chance)
        self.bring(lambda: self.desk.store.merge(revision, author=AUTHOR, choose=side, ff=ff))

    @precondition(lambda self: not self.merging)
    @rule(seed=_seeds)
    def merge_into_another_branch(self, seed: int) -> None:
        branch, revision = (random.Random(seed).choice(list(self.branches)) for _ in range(2))
        before, current = self.held(), self.desk.store.current_branch
        if branch == current:
            return
        try:
            result = self.desk.store.merge(revision, into=branch, author=AUTHOR)
        except ConflictsError:
            assert self.held() == before
            return
        assert self.held() == before
        if result.outcome != "up to date":
            self.note_commits(result)
            self.operation(before)

    @precondition(lambda self: not self.merging)
    @rule(seed=_seeds, back=st.booleans())
    def pick(self, seed: int, back: bool) -> None:
        chance = random.Random(seed)
        version = chance.choice(list(self.versions))
        self.tidy(chance)
        command = self.desk.store.revert if back else self.desk.store.cherry_pick
        if len(self.desk.store.commit_at(version)[1].parents) < 2:
            self.bring(lambda: command([version], AUTHOR))

    def tidy(self, chance: random.Random) -> None:
        """Mostly, commit what is uncommitted."""
        if chance.random() < 0.8:
            for name in [*self.invalid]:
                self.write_array(0) if name == ARRAY else self.desk.write(b'{"n": 1}\n', name)
            self.invalid.clear()
        if chance.random() < 0.8:
            self.commit()

    def bring(self, command) -> None:  # type: ignore[no-untyped-def]
        """Merge into HEAD: exactly what a clean workspace then has, or refused and nothing changed."""
        before, head = self.held(), self.head
        try:
            result = command()
        except UncommittedChangesError as error:
            assert error.entries
            assert self.held() == before
            return
        if result.outcome == "up to date":
            assert self.held() == before
            return
        if result.outcome == "conflicts":
            assert {conflict.name for conflict in result.conflicts}
            self.before_merge = before, head, result.files
        self.note_commits(result)
        self.operation(before)
        for name in result.files if result.outcome != "conflicts" else ():
            assert self.files.get(name) == self.versions[self.head].get(name)

    @precondition(lambda self: self.merging)
    @rule(side=st.sampled_from(["ours", "theirs", "base"]), seed=_seeds)
    def resolve(self, side: str, seed: int) -> None:
        before = self.held()
        try:
            conflicts = self.desk.store.conflicts()
            target = random.Random(seed).choice([None, *(conflict.name for conflict in conflicts)])
            self.desk.store.resolve_conflict(target, side)
        except (InputError, NothingToDoError, RevisionError, UsageError, WorkspaceError):
            assert self.held() == before
        else:
            self.operation(before)

    @precondition(lambda self: self.merging)
    @rule()
    def continue_merge(self) -> None:
        before = self.held()
        try:
            result = self.desk.store.continue_merge()
        except (ConflictsError, InputError):
            assert self.held() == before
            return
        self.note_commits(result)
        self.operation(before)

    @precondition(lambda self: self.merging)
    @rule()
    def abort(self) -> None:
        before, (files, head, touched) = self.held(), self.before_merge
        self.desk.store.abort_merge()
        self.operation(before)
        assert self.head == head
        for name in touched:
            assert self.held().get(name) == files.get(name)

    def note_commits(self, result) -> None:  # type: ignore[no-untyped-def]
        """Note the versions that a merge made."""
        for id in (*result.commits, result.head):
            self.versions.setdefault(id.hex(), dict(self.committed(id.hex())))

    def committed(self, version: str) -> Iterator[tuple[str, bytes]]:
        for name, dataset in self.desk.store[version].items():
            yield name, b"".join(dataset.chunks())

    # Remotes

    @rule(every=st.booleans(), force=st.booleans())
    def push(self, every: bool, force: bool) -> None:
        before, seen = self.held(), dict(self.known)
        current = self.desk.store.current_branch
        wanted = {name: id for name, id in self.branches.items() if every or name == current}
        try:
            self.desk.store.push(all=every, force=force, access=self.access)
        except (NothingToDoError, UsageError):
            assert not wanted
            return
        except RemoteError:
            self.known = dict(self.remote)
            behind = [
                name for name in wanted if name in self.remote and not self.leads_to(name, wanted[name])
            ]
            assert behind
            assert not force or any(seen.get(name) != self.remote[name] for name in behind)
        else:
            assert force or all(self.leads_to(name, id) for name, id in wanted.items() if name in self.remote)
            self.remote.update(wanted)
            self.known = dict(self.remote)
        assert self.held() == before

    def leads_to(self, name: str, version: str) -> bool:
        """Tell whether what the backup's branch is at is among the ancestors of a version."""
        there = bytes.fromhex(self.remote[name])
        return there in {id for id, _ in self.desk.store.log([version])}

    @rule()
    def fetch(self) -> None:
        before = self.held()
        self.desk.store.fetch(access=self.access)
        self.known = dict(self.remote)
        assert self.held() == before

    @precondition(lambda self: not self.merging)
    @rule(seed=_seeds)
    def pull(self, seed: int) -> None:
        self.tidy(random.Random(seed))
        before, branch = self.held(), self.desk.store.current_branch
        if branch is not None and branch in self.remote:
            self.bring(lambda: self.desk.store.pull(access=self.access, author=AUTHOR).merged)
        else:
            try:
                assert self.desk.store.pull(access=self.access, author=AUTHOR).merged is None
                assert not self.remote
            except RevisionError:
                assert self.remote and branch is not None
            except UsageError:
                assert branch is None
            assert self.held() == before
        self.known = dict(self.remote)

    @precondition(lambda self: self.remote)
    @rule(seed=_seeds, push=st.booleans())
    def clone(self, seed: int, push: bool) -> None:
        """Somebody else clones: what is there is what was pushed. Perhaps they push something of their own."""
        chance = random.Random(seed)
        root = os.path.join(self.elsewhere, "clone")
        store = rtstore.clone(str(self.bare.path), root, access=self.access)
        try:
            branch = store.current_branch
            assert branch is not None
            assert {n: id.hex() for n, id in store.remotes()["backup"].branches.items()} == self.remote
            assert as_desk(store).files() == self.expected(self.remote[branch])
            assert store.fsck().problems == ()
            if push and self.edited_elsewhere(store, branch, chance):
                store.push(access=self.access)
                self.remote[branch] = store.branches()[branch].hex()
                self.foreign[self.remote[branch]] = as_desk(store).files()
        finally:
            shutil.rmtree(root)

    def edited_elsewhere(self, store: rtstore.Store, branch: str, chance: random.Random) -> bool:
        names = sorted(store[branch])
        try:
            with store.edit(branch, "from elsewhere", "Bob <bob@example.org>") as edit:
                for name in chance.choices(names, k=2) if names else ():
                    self.change(edit[name], chance)
        except InputError:  # no dataset can be like that: two entries with one id
            return False
        return edit.result is not None

    def expected(self, version: str) -> Files:
        return self.versions[version] if version in self.versions else self.foreign[version]

    @invariant()
    def what_was_seen_of_the_backup_is_there(self) -> None:
        for name, version in self.known.items():
            stored = dict(self.committed(f"backup/{name}"))
            assert stored == self.expected(version)

    @rule(seed=_seeds)
    def restore(self, seed: int) -> None:
        chance = random.Random(seed)
        version = chance.choice([self.head, *self.versions])
        if self.versions[version]:
            name = chance.choice(sorted(self.versions[version]))
            before = self.held()
            result = self.desk.store.restore([name], source=version)
            assert self.files[name] == self.versions[version][name]
            assert {k: v for k, v in self.held().items() if k != name} == {
                k: v for k, v in before.items() if k != name
            }
            self.invalid.discard(name)
            if result.files:
                self.operation(before)

    @precondition(lambda self: self.done)
    @rule()
    def undo(self) -> None:
        self.step_back(self.done, self.undone, self.desk.store.undo)

    @precondition(lambda self: self.undone)
    @rule()
    def redo(self) -> None:
        self.step_back(self.undone, self.done, self.desk.store.redo)

    def step_back(self, source, other, command) -> None:  # type: ignore[no-untyped-def]
        """Take an operation back (or do it again): exactly where nobody touched the files since."""
        here, there = source[-1][::-1] if source is self.done else source[-1]
        before = self.held()
        try:
            command()
        except UncommittedChangesError:
            assert before != here
            assert self.held() == before
            return
        other.append(source.pop())
        if before == here:
            assert self.files == {name: data for name, (data, _) in there.items()}
        self.after_a_jump()

    @rule()
    def reopen(self) -> None:
        self.desk.reopen()

    @rule()
    def lose_the_cache(self) -> None:
        self.desk.drop_cache()

    @rule()
    def collect(self) -> None:
        self.desk.store.gc()

    # What must hold

    @invariant()
    def every_version_is_what_it_was(self) -> None:
        for version, files in self.versions.items():
            snapshot = self.desk.store[version]
            assert set(snapshot) == set(files)
            for name, data in files.items():
                assert b"".join(snapshot[name].chunks()) == data

    @invariant()
    def status_tells_what_differs(self) -> None:
        committed = self.versions.get(self.head, {})
        for change in self.desk.store.status().datasets:
            if change.path in self.invalid and change.path in self.desk.tracked:
                assert change.change == "invalid"
                continue
            now = self.tracked_files.get(change.path)
            then = committed.get(change.renamed_from or change.path)
            if change.clean:
                assert (now is None) == (then is None)
                assert now is None or then is None or without_stamps(now) == without_stamps(then)
                assert change.stamps_only is (now != then)
            elif now is not None and then is not None and now == then:
                # Only the mode, or the identity of entries, can make a difference then.
                assert change.change == "edited"

    @invariant()
    def what_is_remembered_is_what_a_scan_finds(self) -> None:
        workspace = self.desk.store._workspace
        for name, id in self.desk.tracked.items():
            if name in self.files and name not in self.invalid:
                known = Dataset(workspace, name, id)
                unedited = b"".join(known.chunks()) == self.files[name]
                if unedited and known.framing.mode == self.desk.mode(name):
                    assert self.desk.seen_afresh(name) == known.stored

    # The model

    @property
    def files(self) -> Files:
        return self.desk.files()

    @property
    def merging(self) -> bool:
        return self.desk.store._workspace.state().merging is not None

    @property
    def tracked_files(self) -> Files:
        tracked = self.desk.tracked
        return {name: data for name, data in self.files.items() if name in tracked}

    def note(self, id: bytes, tracked: set[str] | None = None) -> None:
        files = self.files
        self.versions[id.hex()] = {n: d for n, d in files.items() if tracked is None or n in tracked}
        self.head = id.hex()
        if self.desk.store.current_branch is not None:
            self.branches[self.desk.store.current_branch] = id.hex()

    def held(self) -> Held:
        return {name: (data, self.desk.mode(name)) for name, data in self.files.items()}

    def operation(self, before: Held) -> None:
        """Note an operation that undo can take back; ``before``: what the files were."""
        self.done.append((before, self.held()))
        self.undone.clear()
        self.after_a_jump()

    def after_a_jump(self) -> None:
        self.invalid = {name for name in self.files if b'{"not": "JSON' in self.files[name]}
        self.branches = {name: id.hex() for name, id in self.desk.store.branches().items()}
        head = self.desk.store.head
        self.head = head.hex() if head else ""


def test_a_workspace_keeps_its_promises_whatever_is_done() -> None:
    run_state_machine_as_test(
        WorkspaceMachine,
        settings=settings(max_examples=25, stateful_step_count=25, deadline=None, derandomize=True),
    )


@pytest.mark.slow
def test_a_workspace_keeps_its_promises_for_long() -> None:
    run_state_machine_as_test(
        WorkspaceMachine,
        settings=settings(max_examples=50, stateful_step_count=50, deadline=None, derandomize=True),
    )


def drive(seed: int, steps: int) -> None:
    """Do what two people do who keep a workspace and a clone in step, as chance has it.

    Hypothesis tries the rules evenly, so that a push, an edit elsewhere and a pull hardly ever follow each other.
    """
    chance = random.Random(seed)
    machine = WorkspaceMachine()
    try:
        machine.first_commit(seed=chance.randrange(1 << 32))
        for _ in range(steps):
            turn(machine, chance)
            machine.every_version_is_what_it_was()
            machine.what_was_seen_of_the_backup_is_there()
        assert machine.desk.store.fsck().problems == ()
    finally:
        machine.teardown()


def turn(machine: WorkspaceMachine, chance: random.Random) -> None:
    seed = chance.randrange(1 << 32)
    what = chance.choice(
        ["edit", "edit", "commit", "push", "pull", "pull", "clone", "clone", "fetch", "other"]
    )
    if machine.merging:
        machine.resolve(side=chance.choice(["ours", "theirs"]), seed=seed)
        if chance.random() < 0.5 and machine.merging:
            machine.continue_merge()
    elif what == "edit":
        machine.edit_lines(seed=seed)
    elif what == "commit":
        machine.commit()
    elif what == "push":
        machine.push(every=chance.random() < 0.5, force=chance.random() < 0.2)
    elif what == "pull":
        machine.pull(seed=seed)
    elif what == "clone" and machine.remote:
        machine.clone(seed=seed, push=chance.random() < 0.8)
    elif what == "fetch":
        machine.fetch()
    elif what == "other":
        rare(machine, chance, seed)


def rare(machine: WorkspaceMachine, chance: random.Random, seed: int) -> None:
    what = chance.choice(["switch", "merge", "undo", "collect", "lose", "rename", "api", "fork"])
    if what == "switch":
        machine.switch(name=chance.choice(["main", "noir"]))
    elif what == "merge":
        machine.merge(seed=seed, side="ours", ff=None)
    elif what == "undo" and machine.done:
        machine.undo()
    elif what == "collect":
        machine.collect()
    elif what == "lose":
        machine.lose_the_cache()
    elif what == "rename":
        machine.rename(back=chance.random() < 0.5)
    elif what == "api":
        machine.edit_by_api(seed=seed)
    elif what == "fork":
        machine.fork(seed=seed)


@pytest.mark.parametrize("seed", range(4))
def test_two_machines_are_kept_in_step(seed: int) -> None:
    drive(seed, 40)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 103))
def test_two_machines_are_kept_in_step_for_long(seed: int) -> None:
    drive(seed, 80)
