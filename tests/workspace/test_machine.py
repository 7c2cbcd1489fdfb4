"""A workspace against a plain list of versions, whatever is done to it in whatever order."""

from __future__ import annotations

import random
import re

import pytest
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

from rtstore.errors import InputError, NothingToDoError, RtstoreError, UncommittedChangesError
from rtstore.workspace.views import Dataset

LINES = "mara.jsonl"
ARRAY = "sets/nils.json"
NAMES = (LINES, ARRAY)
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

    def teardown(self) -> None:
        self._provided.__exit__(None, None, None)

    @initialize(seed=_seeds)
    def first_commit(self, seed: int) -> None:
        chance = random.Random(seed)
        self.desk.write(b"".join(record(chance) + b"\n" for _ in range(chance.randrange(12))), LINES)
        self.desk.write(array_of([record(chance) for _ in range(chance.randrange(6))], chance), ARRAY)
        self.desk.store.add([self.desk.root])
        self.note(self.desk.store.commit("first", AUTHOR).id)
        self.done.clear()

    # What is done to it

    @rule(seed=_seeds)
    def edit_lines(self, seed: int) -> None:
        chance = random.Random(seed)
        if LINES in self.files and LINES not in self.invalid:
            new = [record(chance) for _ in range(4)]
            self.desk.write(mutated(self.files[LINES], chance, new), LINES)
        else:
            self.desk.write(record(chance) + b"\n", LINES)
        self.invalid.discard(LINES)

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
        before, clean = self.held(), self.desk.store.status().clean
        tracked = set(self.desk.tracked)
        try:
            id = self.desk.store.commit("a session", AUTHOR).id
        except InputError:
            assert self.invalid & tracked
        except NothingToDoError:
            assert clean
        else:
            assert not clean and not self.invalid & tracked
            self.note(id, tracked)
            self.operation(before)
        assert self.held() == before

    @rule(seed=_seeds)
    def edit_by_api(self, seed: int) -> None:
        chance = random.Random(seed)
        branch = chance.choice(sorted(self.branches))
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
            now, then = self.tracked_files.get(change.path), committed.get(change.path)
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
        settings=settings(max_examples=80, stateful_step_count=50, deadline=None, derandomize=True),
    )
