"""A merge in progress: what may not be done meanwhile, and how it is told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rtstore.errors import ConflictsError, InProgressError
from rtstore.formats.sidecar_name import SUFFIX
from rtstore.model.objects import Conflict, Merge, State
from rtstore.workspace.merging.message import name_of

#: Conflicts named in full in a message.
SHOWN: Final = 8


def refuse_while_merging(state: State, what: str) -> None:
    """Refuse a command while a merge is in progress.

    Raises:
        InProgressError: one is.
    """
    if state.merging is not None:
        raise in_progress(state.merging, what)


def in_progress(merging: Merge, what: str) -> InProgressError:
    """Return the error for a command that has to wait for a merge."""
    name, command = noun(merging), command_of(merging)
    return InProgressError(
        f"a {name} is in progress: {what} has to wait",
        hint=f"Finish it: rtstore {command} --continue. Or give it up: rtstore {command} --abort",
    )


def unresolved(
    conflicts: tuple[Conflict, ...], merging: Merge, missing: Iterable[str] = ()
) -> ConflictsError:
    """Return the error for a merge that cannot be finished yet. ``missing``: files of conflicts that are not there."""
    names = tuple(map(name_of, conflicts))
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    hint = "`rtstore conflicts` shows them, `rtstore resolve` goes through them one by one."
    for file in dict.fromkeys(missing):
        hint = f"{file} is missing. {how_to_get_back(file, command_of(merging))}"
    return ConflictsError(
        f"the {noun(merging)} has conflicts that are not resolved: {', '.join(names[:SHOWN])}{more}",
        entries=names,
        hint=hint,
    )


def how_to_get_back(file: str, command: str) -> str:
    """Return what to do about a file that has conflicts and is missing; ``command``: what gives the merge up."""
    again = f"Put it back, or start again: rtstore {command} --abort."
    if file.endswith(SUFFIX):
        return f"{again} To go without it: rtstore resolve --all --ours"
    return f"{again} To do without it: rtstore rm {file}"


def noun(merging: Merge) -> str:
    """Return what is in progress, for a sentence."""
    return "merge" if merging.kind == "squash" else merging.kind


def command_of(merging: Merge) -> str:
    """Return the command that finishes it or gives it up."""
    return noun(merging)
