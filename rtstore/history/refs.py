"""Branches, version tags and HEAD: what a state of the store says, and the states that follow from it.

Pure functions from a ``State`` to a ``State``; publishing one in an operation is what makes it so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from msgspec.structs import replace

from rtstore.errors import RevisionError, UsageError
from rtstore.model.names import ref_problem
from rtstore.model.objects import State

_KINDS: Final = ("heads", "tags")


class Ref(NamedTuple):
    """A branch or a version tag."""

    name: str
    is_tag: bool


def find_ref(text: str, branches: Mapping[str, bytes], tags: Mapping[str, bytes]) -> Ref | None:
    """Return which branch or version tag is meant; None: neither.

    A branch hides a version tag of the same name. As in git, ``refs/heads/NAME`` and ``heads/NAME`` are the branch in
    any case, ``refs/tags/NAME`` and ``tags/NAME`` the tag, unless something is called that.
    """
    for is_tag, refs in enumerate((branches, tags)):
        if text in refs:
            return Ref(text, bool(is_tag))
    for is_tag, refs in enumerate((branches, tags)):
        kind, slash, name = text.removeprefix("refs/").partition("/")
        if slash and kind == _KINDS[is_tag] and name in refs:
            return Ref(name, bool(is_tag))
    return None


def check_name(name: str, what: str = "branch") -> None:
    """Refuse a name no branch or version tag can have: git's rules, and no ``#``. ``what`` is for the
    message.

    Raises:
        UsageError: the name is refused; the message says why.
    """
    problem = ref_problem(name)
    if problem is not None:
        raise UsageError(
            f"{name!r} is not a valid {what} name: it {problem}",
            hint="Letters, digits, '-', '_', '.' and '/' between words are always fine: 'lora/noir-2'.",
        )


def near_matches(name: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return up to three of ``names`` that ``name`` may have been meant to be, nearest first."""
    from difflib import get_close_matches

    return tuple(get_close_matches(name, sorted(names), n=3, cutoff=0.5))


def unknown_name(what: str, name: str, names: Iterable[str]) -> RevisionError:
    """Return the error for a ``name`` that no ``what`` ("branch", "tag") has, with those that are near."""
    near = near_matches(name, names)
    hint = (
        f"Did you mean {' or '.join(map(repr, near))}?" if near else f"`rtstore {what}` lists what there is."
    )
    return RevisionError(f"{what} {name!r} not found", candidates=near, hint=hint)


def head_commit(state: State) -> bytes | None:
    """Return the id of the commit HEAD is at; None on a branch without commits."""
    return state.detached if state.branch is None else state.branches.get(state.branch)


def with_commit(state: State, commit: bytes) -> State:
    """Return the state after a commit on HEAD: its branch moves, or HEAD itself where it is on none."""
    if state.branch is None:
        return replace(state, detached=commit)
    return replace(state, branches={**state.branches, state.branch: commit})


def on_branch(state: State, name: str) -> State:
    """Return the state with HEAD on the branch ``name``, which may have no commits yet.

    Raises:
        UsageError: no branch can have this name.
    """
    check_name(name)
    return replace(state, branch=name, detached=None)


def detached_at(state: State, commit: bytes) -> State:
    """Return the state with HEAD at a commit and on no branch."""
    return replace(state, branch=None, detached=commit)


def with_branch(state: State, name: str, commit: bytes, *, force: bool = False) -> State:
    """Return the state with a branch ``name`` at ``commit``. ``force``: it may exist, and is moved.

    Raises:
        UsageError: the name is invalid or taken, or it is the current branch that would be moved.
    """
    check_name(name)
    if name in state.branches:
        if not force:
            raise UsageError(
                f"a branch named {name!r} already exists",
                hint=f"Choose another name, or move it: `rtstore branch --force {name} REV`.",
            )
        if name == state.branch:
            raise UsageError(
                f"cannot move branch {name!r}: you are on it",
                hint=f"Switch to another branch first, or `rtstore restore` an older version on {name!r}.",
            )
    return replace(state, branches={**state.branches, name: commit})


def without_branch(state: State, name: str) -> State:
    """Return the state without a branch. Whether its commits are on another one is not looked at.

    Raises:
        RevisionError: there is no such branch.
        UsageError: HEAD is on it.
    """
    if name == state.branch:
        raise UsageError(
            f"cannot delete branch {name!r}: you are on it",
            hint="Switch to another branch first: `rtstore switch BRANCH`.",
        )
    if name not in state.branches:
        raise unknown_name("branch", name, state.branches)
    return replace(state, branches={key: value for key, value in state.branches.items() if key != name})


def renamed_branch(state: State, old: str, new: str, *, force: bool = False) -> State:
    """Return the state with a branch under another name; HEAD goes with it, also where it has no commits yet.

    ``force``: a branch that has the name already is replaced.

    Raises:
        RevisionError: there is no such branch.
        UsageError: the new name is invalid or taken.
    """
    check_name(new)
    if old != state.branch and old not in state.branches:
        raise unknown_name("branch", old, state.branches)
    if old == new:
        return state
    if new in state.branches or new == state.branch:
        if not force:
            raise UsageError(
                f"a branch named {new!r} already exists", hint="Choose another name, or use --force."
            )
        if new == state.branch:
            raise UsageError(
                f"cannot replace branch {new!r}: you are on it", hint="Switch to another one first."
            )
    branches = {new if key == old else key: value for key, value in state.branches.items() if key != new}
    return replace(state, branches=branches, branch=new if state.branch == old else state.branch)


def with_tag(state: State, name: str, commit: bytes, *, force: bool = False) -> State:
    """Return the state with a version tag ``name`` at ``commit``. ``force``: it may exist, and is moved.

    Raises:
        UsageError: the name is invalid or taken.
    """
    check_name(name, "tag")
    if name in state.tags and not force:
        raise UsageError(
            f"tag {name!r} already exists",
            hint=f"Choose another name, or move it: `rtstore tag --force {name} REV`.",
        )
    return replace(state, tags={**state.tags, name: commit})


def without_tag(state: State, name: str) -> State:
    """Return the state without a version tag.

    Raises:
        RevisionError: there is no such tag.
    """
    if name not in state.tags:
        raise unknown_name("tag", name, state.tags)
    return replace(state, tags={key: value for key, value in state.tags.items() if key != name})
