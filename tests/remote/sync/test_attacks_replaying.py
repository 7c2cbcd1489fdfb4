"""The git host shows an old state of a backup, another line of it, or none: that is noticed and named."""

from __future__ import annotations

import pytest
from backups import Office, check_sound, connection_of, head_of, history, refused
from workspaces import Desk, lines, talk

from rtstore.remote.format.head import RECENT


@pytest.fixture
def ann(office: Office) -> Desk:
    """Ann, who has pushed three times."""
    ann = office.owner()
    for number in range(1, 4):
        push(ann, number)
    return ann


def push(desk: Desk, number: int) -> None:
    desk.commit_file(lines(*map(talk, range(number))))
    desk.store.push()


def test_an_old_state_is_a_rollback(office: Office, ann: Desk) -> None:
    bob = office.clone()
    newest, *older = office.bare.commits()
    for commit in older:
        office.bare.put_back(commit)
        message = refused(bob, lambda: bob.store.fetch()).message
        assert "rolled back or replaced" in message and "was at push 3" in message
        refused(bob, lambda: bob.store.push())
        refused(ann, lambda: ann.store.push())
    office.bare.put_back(newest)
    bob.store.fetch()


def test_an_old_head_in_a_new_commit_is_a_rollback(office: Office, ann: Desk) -> None:
    old = office.bare.commits()[1]
    office.bare.with_files({"head.age": office.bare.files(old)["head.age"]})
    assert "it is at push 2, and was at push 3 before" in refused(ann, lambda: ann.store.fetch()).message


def test_another_line_of_pushes_is_noticed(office: Office, ann: Desk) -> None:
    """The host shows Bob one push after the third and Ann another."""
    fork = office.bare.tip
    bob = office.clone()
    push(ann, 4)
    seen_by_ann = office.bare.tip
    office.bare.put_back(fork)
    push(bob, 5)
    assert "push 4 is not what was seen" in refused(ann, lambda: ann.store.fetch()).message
    push(bob, 6)
    assert "push 4 is not what was seen" in refused(ann, lambda: ann.store.fetch()).message
    office.bare.put_back(seen_by_ann)
    refused(bob, lambda: bob.store.push())


def test_who_was_away_for_many_pushes_can_go_on(office: Office, ann: Desk) -> None:
    bob = office.clone()
    for number in range(RECENT + 3):
        push(ann, 4 + number)
    bob.store.pull()
    assert history(bob) == history(ann)
    check_sound(bob)


def test_a_branch_that_is_gone_is_noticed(office: Office, ann: Desk) -> None:
    office.bare.drop_branch()
    for command in (ann.store.fetch, ann.store.push, ann.store.verify_remote):
        assert "the backup is gone" in refused(ann, command).message
    with pytest.raises(Exception, match="no rtstore backup"):
        office.clone()


def test_a_head_that_is_gone_is_noticed(office: Office, ann: Desk) -> None:
    office.bare.with_files({"head.age": None})
    for command in (ann.store.fetch, ann.store.push):
        assert "lost its head" in refused(ann, command).message


def test_a_rollback_during_a_push_is_noticed_the_next_time(office: Office, ann: Desk) -> None:
    old = office.bare.commits()[1]
    push(ann, 4)
    office.bare.put_back(old)
    ann.commit_file(lines(talk(9)))
    refused(ann, lambda: ann.store.push())


def test_what_is_known_of_a_remote_survives_an_undo(office: Office, ann: Desk) -> None:
    """Undo takes back what was done here, and never what was seen elsewhere."""
    known = ann.store.remotes()["backup"]
    for _ in range(4):  # three commits, and the file was added
        ann.store.undo()
    assert ann.store.branches() == {}
    assert ann.store.remotes()["backup"] == known
    office.bare.put_back(office.bare.commits()[1])
    refused(ann, lambda: ann.store.fetch())


def test_the_branches_of_the_newest_head_are_those_that_count(office: Office, ann: Desk) -> None:
    head = head_of(ann, office.bare)
    assert head.number == 3
    assert connection_of(ann).remote.hash == head.hash()
    assert head.branches == {"main": history(ann)[0].hex()}
