"""Undo and redo: any operation can be taken back, and that too."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from workspaces import AUTHOR, NAME, Desk, lines, talk

from rtstore.errors import NothingToDoError, UncommittedChangesError

A, B, C = (lines(*(talk(n, id=f"k{n}", reply=reply) for n in range(5))) for reply in ("a", "b", "c"))


def refs(desk: Desk) -> tuple[object, ...]:
    store = desk.store
    return store.current_branch, store.head, store.branches(), store.tags(), set(desk.tracked)


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """A workspace with two branches, tags, and two versions."""
    desk.commit_file(A)
    desk.store.create_tag("v1")
    desk.store.switch("noir", create=True)
    desk.commit_file(B)
    desk.store.switch("main")
    return desk


def edit(desk: Desk) -> None:
    with desk.store.edit("main", "edit", AUTHOR) as draft:
        draft[NAME].append({"id": "new"})


COMMANDS: list[Callable[[Desk], object]] = [
    lambda desk: desk.store.switch("noir"),
    lambda desk: desk.store.switch("v1", detach=True),
    lambda desk: desk.store.switch("third", create=True),
    lambda desk: desk.commit_file(C),
    lambda desk: desk.store.commit("empty", AUTHOR, allow_empty=True),
    edit,
    lambda desk: desk.store.restore([NAME], source="noir"),
    lambda desk: desk.track(B, "other.jsonl"),
    lambda desk: desk.store.remove([NAME]),
    lambda desk: desk.store.move(NAME, "new/place.jsonl"),
    lambda desk: desk.store.create_branch("x", "noir"),
    lambda desk: desk.store.delete_branch("noir"),
    lambda desk: desk.store.rename_branch("main", "trunk"),
    lambda desk: desk.store.create_tag("v2"),
    lambda desk: desk.store.delete_tag("v1"),
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_can_be_taken_back_and_done_again(
    desk: Desk, command: Callable[[Desk], object]
) -> None:
    before = refs(desk)
    command(desk)
    after, files = refs(desk), desk.files()
    for _ in range(2):
        desk.store.undo()
        assert refs(desk) == before
        desk.store.redo()
        assert (refs(desk), desk.files()) == (after, files)
    desk.reopen()
    desk.store.undo()
    assert refs(desk) == before


def test_everything_can_be_taken_back_to_the_beginning(desk: Desk) -> None:
    for command in (COMMANDS[0], COMMANDS[4], edit):
        command(desk)
    after, files = refs(desk), desk.files()
    steps = 0
    with pytest.raises(NothingToDoError):
        while True:
            desk.store.undo()
            steps += 1
    assert refs(desk) == ("main", None, {}, {}, set())
    for _ in range(steps):
        desk.store.redo()
    assert (refs(desk), desk.files()) == (after, files)
    with pytest.raises(NothingToDoError):
        desk.store.redo()


def test_a_new_command_ends_what_can_be_done_again(desk: Desk) -> None:
    desk.store.switch("noir")
    desk.store.undo()
    desk.store.create_tag("x")
    with pytest.raises(NothingToDoError, match="redo"):
        desk.store.redo()


def test_the_commit_taken_back_leaves_the_file_as_it_is(desk: Desk) -> None:
    desk.commit_file(C)
    desk.store.undo()
    assert desk.read() == C
    assert desk.change().change == "edited"


def test_edits_since_then_are_carried_where_they_do_not_collide(desk: Desk) -> None:
    desk.store.restore([NAME], source="noir")
    desk.write(B + lines({"id": "since"}))
    desk.store.undo()
    assert desk.read() == A + lines({"id": "since"})


def test_edits_that_an_undo_absorbed_come_back_with_redo(desk: Desk) -> None:
    more = [lines({"id": f"more{n}"}) for n in range(3)]
    desk.commit_file(A + b"".join(more))
    desk.store.restore([NAME], source="HEAD~1")
    desk.store.restore([NAME])
    edited = more[2] + A + more[0]
    desk.write(edited)
    desk.store.undo()
    assert desk.read() == A
    desk.store.redo()
    assert desk.read() == edited
    desk.store.undo()
    assert desk.read() == A


def test_edits_since_then_that_collide_are_in_the_way(desk: Desk) -> None:
    desk.store.restore([NAME], source="noir")
    desk.write(C)
    with pytest.raises(UncommittedChangesError) as caught:
        desk.store.undo()
    assert len(caught.value.entries) == 5
    assert desk.read() == C


def test_an_undo_that_is_forced_overwrites_them_and_can_be_taken_back(desk: Desk) -> None:
    desk.write(B)
    desk.store.restore([NAME])
    desk.write(C)
    desk.store.undo(force=True)
    assert desk.read() == B
    desk.store.undo()
    assert desk.read() == C
    desk.store.redo()
    assert desk.read() == B


def test_an_undo_that_is_forced_without_need_is_as_any_other(desk: Desk) -> None:
    desk.store.restore([NAME], source="noir")
    desk.store.undo(force=True)
    desk.store.redo()
    assert desk.read() == desk.exported("noir")


def test_a_broken_file_saved_by_restore_is_not_lost_to_edits_since(desk: Desk) -> None:
    desk.write(b"oops\n")
    desk.store.restore([NAME])
    desk.write(C)
    with pytest.raises(UncommittedChangesError, match="changed since"):
        desk.store.undo()
    assert desk.read() == C


def test_stamps_saved_since_then_are_not_in_the_way(desk: Desk) -> None:
    def stamped(when: str) -> bytes:
        return lines({"a": 1, "_rolethread": {"validated_at": when, "entry_uuid": "1" * 32}})

    desk.commit_file(stamped("monday"), "r.jsonl")
    desk.write(b"oops\n", "r.jsonl")
    desk.store.restore(["r.jsonl"])
    desk.write(stamped("tuesday"), "r.jsonl")
    desk.store.undo()
    assert desk.read("r.jsonl") == b"oops\n"
    desk.store.redo()
    assert desk.read("r.jsonl") == stamped("tuesday")


def test_the_private_mode_of_a_broken_file_stays_private(desk: Desk) -> None:
    desk.write(A, mode=0o600)
    desk.commit()
    desk.write(b"oops\n")
    desk.store.restore([NAME])
    desk.store.undo()
    assert (desk.read(), desk.mode()) == (b"oops\n", 0o600)


def test_a_move_takes_the_sidecar_along_and_back(desk: Desk) -> None:
    desk.write(b"not a sidecar of ours", "other.registry.json")
    desk.store.move(NAME, "new.jsonl")
    assert desk.read("new.jsonl") == A
    assert not desk.exists()
    change = desk.store.status().datasets[0]
    assert (change.path, change.renamed_from) == ("new.jsonl", NAME)
    desk.store.undo()
    assert desk.read() == A
    assert not desk.exists("new.jsonl")
