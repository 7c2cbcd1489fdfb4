"""What is asked of a push: branches and version tags by name, to be sent or to be deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rtstore.errors import NothingToDoError, RemoteError, RevisionError, UsageError
from rtstore.history.ancestry import reachable
from rtstore.history.refs import find_ref, near_matches, unknown_name
from rtstore.model.objects import State
from rtstore.remote.sync.connection import Connection


class Request(NamedTuple):
    """Branches and version tags that are to be at commits. ``force``: also where that leaves commits behind.

    ``gone_branches`` and ``gone_tags``, with the commits they are known to be at, are to be deleted. What is forced or
    deleted must still be where it was when the remote was last fetched.
    """

    branches: Mapping[str, bytes]
    tags: Mapping[str, bytes]
    force: bool = False
    gone_branches: Mapping[str, bytes] = {}
    gone_tags: Mapping[str, bytes] = {}


def request(state: State, names: Sequence[str], all: bool, tags: bool, force: bool) -> Request:
    """Return what is to be pushed: branches and version tags by name, or all branches, or that of HEAD.

    Raises:
        RevisionError: there is no such branch or tag.
        NothingToDoError: there is no commit yet.
        UsageError: all and some are asked for, or HEAD is on no branch.
    """
    if not state.branches and not state.tags:
        raise NothingToDoError("there is nothing to push: no commit yet", hint="Make one: `rtstore commit`.")
    if all and names:
        raise UsageError("all branches, or those named?", hint="Leave out --all, or the names.")
    branches = dict(state.branches) if all else {}
    wanted = dict(state.tags) if tags else {}
    for name in names:
        found = find_ref(name, state.branches, state.tags)
        if found is None:
            raise unknown_name("branch", name, {*state.branches, *state.tags})
        if found.is_tag:
            wanted[found.name] = state.tags[found.name]
        else:
            branches[found.name] = state.branches[found.name]
    if not names and not all:
        if state.branch is None or state.branch not in state.branches:
            where = "HEAD is on no branch" if state.branch is None else f"{state.branch} has no commit yet"
            raise UsageError(f"{where}: what is to be pushed?", hint="Name a branch, or use --all.")
        branches[state.branch] = state.branches[state.branch]
    return Request(branches, wanted, force)


def deletion(connection: Connection, names: Sequence[str], tags: bool, force: bool) -> Request:
    """Return what is to be deleted: branches and version tags that a backup is known to have; ``tags``: only these.

    Raises:
        RevisionError: it has no such branch or tag.
    """
    remote = connection.remote
    gone_branches, gone_tags = {}, {}
    for name in names:
        found = find_ref(name, {} if tags else remote.branches, remote.tags)
        if found is None:
            raise _not_there(connection.name, name, {*remote.tags} | (set() if tags else {*remote.branches}))
        if found.is_tag:
            gone_tags[found.name] = remote.tags[found.name]
        else:
            gone_branches[found.name] = remote.branches[found.name]
    return Request({}, {}, force, gone_branches, gone_tags)


def _not_there(remote: str, name: str, names: set[str]) -> RevisionError:
    near = near_matches(name, names)
    hint = (
        f"Did you mean {' or '.join(map(repr, near))}?" if near else f"`rtstore fetch {remote}` looks again."
    )
    return RevisionError(f"{remote} has no {name!r}", candidates=near, hint=hint)


def check_deletion(connection: Connection, request: Request) -> None:
    """Refuse to delete what somebody has moved, and commits that are nowhere else.

    Raises:
        RemoteError: it was pushed to, or has commits that no other branch has; or no branch would be left.
    """
    remote, name = connection.remote, connection.name
    for there, gone in ((remote.branches, request.gone_branches), (remote.tags, request.gone_tags)):
        for ref, id in gone.items():
            if there.get(ref, id) != id:
                raise RemoteError(
                    f"{ref!r} of {name} was pushed to since you last looked: it was not deleted",
                    hint=f"See what came: `rtstore log {name}/{ref}`.",
                )
    if request.gone_branches and not remote.branches.keys() - request.gone_branches.keys():
        raise RemoteError(
            f"a backup needs a branch, and {name} would have none", hint="Push another branch first."
        )
    if not request.force:
        _check_kept(connection, request)


def _check_kept(connection: Connection, request: Request) -> None:
    """Refuse to delete commits that no branch or version tag has, here or in the backup."""
    remote, state = connection.remote, connection.workspace.state()
    stays = {id for refs in (state.branches, state.tags) for id in refs.values()}
    stays.update(id for ref, id in remote.branches.items() if ref not in request.gone_branches)
    stays.update(id for ref, id in remote.tags.items() if ref not in request.gone_tags)
    gone = {**request.gone_tags, **request.gone_branches}
    if stays.issuperset(gone.values()):
        return
    kept = reachable(connection.workspace, stays)
    for ref, id in gone.items():
        if id not in kept:
            raise RemoteError(
                f"{ref!r} of {connection.name} has commits that are on no other branch, here or there",
                hint=f"`rtstore branch {ref} {connection.name}/{ref}` keeps them here; --force-with-lease drops them.",
            )
