"""Branches and version tags are deleted in a backup: no commit that is nowhere else goes unasked."""

from __future__ import annotations

import pytest
from backups import Office, check_sound, head_of, history
from workspaces import Desk, lines, talk

import rtstore
from rtstore.errors import RemoteError, RevisionError, UsageError


@pytest.fixture
def ann(office: Office) -> Desk:
    """Ann has pushed main, a branch ``noir`` with a commit of its own, and the tags ``v1`` and ``noir``."""
    ann = office.owner()
    ann.commit_file(lines(talk(1)))
    ann.store.create_tag("v1")
    ann.store.switch("noir", create=True)
    ann.commit_file(lines(talk(2)))
    ann.store.create_tag("noir")
    ann.store.switch("main")
    ann.store.push(all=True, tags=True)
    return ann


def branches(desk: Desk) -> set[str]:
    return set(desk.store.remote("backup").branches)


def tags(desk: Desk) -> set[str]:
    return set(desk.store.remote("backup").tags)


def test_a_branch_is_gone_there_and_stays_here(office: Office, ann: Desk) -> None:
    bob = office.clone()
    pushed = ann.store.push("backup", ["noir"], delete=True)
    assert [(each.name, each.after) for each in pushed.branches] == [("noir", None)]
    assert (pushed.tags, pushed.commits) == ((), 0)
    assert (branches(ann), tags(ann)) == ({"main"}, {"v1", "noir"})
    assert "noir" in ann.store.branches()
    assert set(head_of(ann, office.bare).branches) == {"main"}
    bob.store.fetch()
    assert branches(bob) == branches(office.clone("carol")) == {"main"}
    ann.store.push("backup", ["noir"])
    bob.store.fetch()
    assert branches(bob) == {"main", "noir"}
    check_sound(bob)


def test_it_is_the_tag_that_goes_where_that_is_said(ann: Desk) -> None:
    ann.store.push("backup", ["tags/noir"], delete=True)
    assert (branches(ann), tags(ann)) == ({"main", "noir"}, {"v1"})
    ann.store.push("backup", ["v1"], delete=True, tags=True)
    assert (branches(ann), tags(ann)) == ({"main", "noir"}, set())
    with pytest.raises(RevisionError, match="backup has no 'noir'"):
        ann.store.push("backup", ["noir"], delete=True, tags=True)


def test_several_go_at_once_or_none(ann: Desk) -> None:
    with pytest.raises(RevisionError) as error:
        ann.store.push("backup", ["noir", "nori"], delete=True)
    assert error.value.hint == "Did you mean 'noir'?"
    assert branches(ann) == {"main", "noir"}
    ann.store.push("backup", ["noir", "refs/tags/noir", "v1"], delete=True)
    assert (branches(ann), tags(ann)) == ({"main"}, set())


def test_the_only_branch_stays(ann: Desk) -> None:
    with pytest.raises(RemoteError, match="a backup needs a branch"):
        ann.store.push("backup", ["noir", "main"], delete=True, force=True)
    assert branches(ann) == {"main", "noir"}


def test_another_branch_is_cloned_when_the_one_that_was_is_gone(office: Office, ann: Desk) -> None:
    ann.store.push("backup", ["main"], delete=True)
    assert office.clone().store.current_branch == "noir"


def test_commits_that_are_nowhere_else_are_kept(ann: Desk) -> None:
    ann.store.delete_branch("noir")
    ann.store.delete_tag("noir")
    ann.store.push("backup", ["noir"], delete=True)  # the tag in the backup has them
    with pytest.raises(
        RemoteError, match="'noir' of backup has commits that are on no other branch"
    ) as error:
        ann.store.push("backup", ["noir"], delete=True)
    assert "`rtstore branch noir backup/noir` keeps them" in (error.value.hint or "")
    ann.store.create_branch("noir", "backup/noir")
    ann.store.push("backup", ["noir"], delete=True)
    assert tags(ann) == {"v1"}


def test_they_go_where_that_is_forced(ann: Desk) -> None:
    ann.store.push("backup", ["tags/noir"], delete=True)
    ann.store.delete_branch("noir")
    ann.store.delete_tag("noir")
    with pytest.raises(RemoteError):
        ann.store.push("backup", ["noir"], delete=True)
    ann.store.push("backup", ["noir"], delete=True, force=True)
    assert branches(ann) == {"main"}
    check_sound(ann)


@pytest.mark.parametrize("force", [False, True])
def test_what_somebody_pushed_to_meanwhile_stays(office: Office, ann: Desk, force: bool) -> None:
    bob = office.clone()
    bob.store.switch("noir", create=True, start="backup/noir")
    bob.commit_file(lines(talk(3)))
    bob.store.push("backup", ["noir"])
    with pytest.raises(RemoteError, match="was pushed to since you last looked"):
        ann.store.push("backup", ["noir"], delete=True, force=force)
    assert branches(ann) == {"main", "noir"}
    assert history(ann, "backup/noir") == history(bob, "noir")


def test_what_somebody_deleted_meanwhile_is_gone(office: Office, ann: Desk) -> None:
    bob = office.clone()
    bob.store.push("backup", ["noir"], delete=True)
    assert ann.store.push("backup", ["noir"], delete=True).branches == ()
    assert branches(ann) == {"main"}


@pytest.mark.parametrize("options", [{}, {"all": True}, {"branches": ["main"], "all": True}])
def test_what_is_to_go_must_be_named(ann: Desk, options: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="which branch or version tag"):
        ann.store.push("backup", delete=True, **options)  # type: ignore[arg-type]


def test_all_and_some_cannot_be_pushed(ann: Desk) -> None:
    with pytest.raises(UsageError, match="all branches, or those named"):
        ann.store.push("backup", ["main"], all=True)


def test_a_tag_is_pushed_though_a_branch_is_called_the_same(office: Office, ann: Desk) -> None:
    store = rtstore.open(ann.root, office.config)
    store.push("backup", ["tags/noir"], delete=True)
    store.push("backup", ["refs/tags/noir"])
    assert set(store.remote("backup").tags) == {"v1", "noir"}
