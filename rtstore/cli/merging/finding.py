"""Which conflict an argument of the command line means."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from rtstore.cli.merging.words import named
from rtstore.cli.selection import target
from rtstore.cli.session import Session
from rtstore.history.revisions import MIN_PREFIX
from rtstore.workspace.merging.results import Conflict

#: What can be a position: an id may consist of decimal digits, too.
_POSITION: Final = re.compile(r"[1-9][0-9]{0,8}")


def name_of(session: Session, given: str, conflicts: Sequence[Conflict]) -> str:
    """Return what the library calls the conflict that is named, or the dataset for all that is in it.

    What fits none is returned as it is: the library says so.

    Raises:
        RevisionError: a part of it is empty.
        WorkspaceError: its path is outside of the workspace.
    """
    datasets = {session.shown(one.dataset): one.dataset for one in conflicts}
    names = {named(session, one).name: one.name for one in conflicts}
    if given in names or given in datasets:
        return names.get(given) or datasets[given]
    if "#" in given:
        given = target(session, given)
    elif _POSITION.fullmatch(given) and len(datasets) == 1:
        given = f"{next(iter(datasets.values()))}#{given}"
    dataset, _, entry = given.rpartition("#")
    there = [one for one in conflicts if one.entry is not None and dataset in ("", one.dataset)]
    if dataset and _POSITION.fullmatch(entry):
        at = [one.name for one in there if one.ours is not None and one.position == int(entry) - 1]
        if at:
            return at[0]
    fitting = [one.name for one in there if _begins(one, entry)]
    return fitting[0] if len(fitting) == 1 else given


def _begins(conflict: Conflict, prefix: str) -> bool:
    digits = prefix.replace("-", "").lower()
    return len(digits) >= MIN_PREFIX and (conflict.entry or b"").hex().startswith(digits)
