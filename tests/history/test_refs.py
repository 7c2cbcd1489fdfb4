"""Branches, version tags and HEAD."""

from __future__ import annotations

import pytest

from rtstore.errors import RevisionError, RtstoreError, UsageError
from rtstore.history import refs
from rtstore.model.objects import State

A, B = b"a" * 32, b"b" * 32
STATE = State(branches={"main": A, "lora-noir": B}, tags={"v1": A})
UNBORN = State()


@pytest.mark.parametrize(
    "name", ["main", "lora/noir-2", "v1.0", "été", "a.b", "feature_x", "abcd", "a@b", "x" * 250]
)
def test_good_names_are_taken(name: str) -> None:
    refs.check_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *("", "a b", "a..b", "a@{1}", "-x", "a~b", "a^b", "a:b", "a?b", "a*b", "a[b", "a\\b", "a#b"),
        *("a\tb", "a\nb", "a\x7fb", "a\u200bb", "\ud800", "x.lock", "x.lock/y", "/a", "a/", "a//b"),
        *(".a", "a/.b", "a.", "HEAD", "@", "ab" * 32, "AB" * 32, "x" * 251, "ä" * 126),
    ],
)
def test_bad_names_are_refused_with_the_reason(name: str) -> None:
    with pytest.raises(UsageError, match="is not a valid branch name: it ") as raised:
        refs.check_name(name)
    assert raised.value.hint


def test_the_message_speaks_of_what_is_named() -> None:
    with pytest.raises(UsageError, match="'a b' is not a valid tag name: it contains a space"):
        refs.with_tag(STATE, "a b", A)


def test_head_is_the_commit_of_its_branch_or_its_own() -> None:
    assert refs.head_commit(STATE) == A
    assert refs.head_commit(UNBORN) is None
    assert refs.head_commit(refs.detached_at(STATE, B)) == B


def test_a_commit_moves_the_branch_head_is_on() -> None:
    assert refs.with_commit(STATE, B).branches == {"main": B, "lora-noir": B}
    assert refs.with_commit(UNBORN, B).branches == {"main": B}
    assert STATE.branches["main"] == A


def test_a_commit_on_a_detached_head_moves_no_branch() -> None:
    state = refs.with_commit(refs.detached_at(STATE, A), B)
    assert (state.branch, state.detached, state.branches) == (None, B, STATE.branches)


def test_head_goes_onto_a_branch_and_is_detached_no_more() -> None:
    state = refs.on_branch(refs.detached_at(STATE, A), "lora-noir")
    assert (state.branch, state.detached) == ("lora-noir", None)
    assert refs.head_commit(state) == B


def test_a_new_branch_leaves_the_others() -> None:
    assert refs.with_branch(STATE, "new", B).branches == {**STATE.branches, "new": B}


def test_a_taken_branch_is_moved_only_by_force_and_never_under_head() -> None:
    with pytest.raises(UsageError, match="a branch named 'lora-noir' already exists"):
        refs.with_branch(STATE, "lora-noir", A)
    assert refs.with_branch(STATE, "lora-noir", A, force=True).branches["lora-noir"] == A
    with pytest.raises(UsageError, match="cannot move branch 'main': you are on it"):
        refs.with_branch(STATE, "main", B, force=True)


def test_a_branch_is_deleted_unless_head_is_on_it() -> None:
    assert refs.without_branch(STATE, "lora-noir").branches == {"main": A}
    for state in (STATE, UNBORN):
        with pytest.raises(UsageError, match="cannot delete branch 'main': you are on it"):
            refs.without_branch(state, "main")


def test_an_unknown_branch_hints_at_near_ones() -> None:
    with pytest.raises(RevisionError, match="branch 'lora-nior' not found") as raised:
        refs.without_branch(STATE, "lora-nior")
    assert raised.value.candidates == ("lora-noir",)
    assert raised.value.hint == "Did you mean 'lora-noir'?"
    with pytest.raises(RevisionError) as raised:
        refs.without_branch(STATE, "zzz")
    assert raised.value.candidates == ()
    assert "rtstore branch" in (raised.value.hint or "")


def test_renaming_keeps_the_commit_and_takes_head_along() -> None:
    state = refs.renamed_branch(STATE, "main", "trunk")
    assert (state.branch, state.branches) == ("trunk", {"trunk": A, "lora-noir": B})
    state = refs.renamed_branch(STATE, "lora-noir", "noir")
    assert (state.branch, state.branches) == ("main", {"main": A, "noir": B})
    assert refs.renamed_branch(UNBORN, "main", "trunk").branch == "trunk"
    assert refs.renamed_branch(STATE, "main", "main") == STATE


def test_renaming_onto_a_branch_needs_force_and_never_replaces_the_current_one() -> None:
    with pytest.raises(UsageError, match="already exists"):
        refs.renamed_branch(STATE, "main", "lora-noir")
    state = refs.renamed_branch(STATE, "main", "lora-noir", force=True)
    assert (state.branch, state.branches) == ("lora-noir", {"lora-noir": A})
    with pytest.raises(UsageError, match="you are on it"):
        refs.renamed_branch(STATE, "lora-noir", "main", force=True)
    with pytest.raises(RevisionError, match="not found"):
        refs.renamed_branch(STATE, "mian", "x")


def test_tags_are_set_once_moved_by_force_and_removed() -> None:
    assert refs.with_tag(STATE, "v2", B).tags == {"v1": A, "v2": B}
    with pytest.raises(UsageError, match="tag 'v1' already exists"):
        refs.with_tag(STATE, "v1", B)
    assert refs.with_tag(STATE, "v1", B, force=True).tags == {"v1": B}
    assert refs.without_tag(STATE, "v1").tags == {}
    with pytest.raises(RevisionError, match="tag 'v2' not found") as raised:
        refs.without_tag(STATE, "v2")
    assert isinstance(raised.value, RtstoreError)
    assert raised.value.candidates == ("v1",)
