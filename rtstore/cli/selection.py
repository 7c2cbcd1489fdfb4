"""Reading the arguments that select something: revisions, datasets, entries."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rtstore.cli.session import Session
from rtstore.errors import RevisionError, UsageError
from rtstore.history.revisions import parse_range, split_entry, split_path

if TYPE_CHECKING:
    from rtstore.workspace.views import Dataset


def revisions_and_datasets(
    session: Session, arguments: Sequence[str], paths: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Tell revisions from datasets. ``paths`` came after ``--``; before it a file that is no revision is one.

    Raises:
        RevisionError: an argument is neither.
        WorkspaceError: a path is outside of the workspace.
    """
    revisions, datasets = [], []
    for argument in arguments:
        if _is_revision(session, argument):
            revisions.append(argument)
        else:
            datasets.append(argument)
    return tuple(revisions), session.names([*datasets, *paths])


def _is_revision(session: Session, argument: str) -> bool:
    """Whether an argument names a commit, or a range of them.

    Raises:
        RevisionError: it does not, and no file has that name either.
    """
    try:
        for side in parse_range(argument):
            if side is not None:
                session.store.resolve(side)
    except (RevisionError, UsageError):
        if not os.path.lexists(argument):
            raise
        return False
    return True


def dataset_at(session: Session, text: str) -> tuple[Dataset, str | None]:
    """Return the dataset that ``REV:DATASET`` or ``REV:DATASET#ENTRY`` names, and the text of the entry.

    Raises:
        UsageError: no dataset is named.
        RevisionError: there is no such revision, or no such dataset in it.
        WorkspaceError: the dataset's path is outside of the workspace.
    """
    spec = split_path(text)
    if spec.dataset is None:
        raise UsageError(f"{text!r} names no dataset", hint="Write it like 'HEAD:mara.jsonl'.")
    return session.store[spec.revision][session.store.name_of(spec.dataset)], spec.entry


def restore_target(session: Session, text: str) -> str:
    """Return ``DATASET`` or ``DATASET#ENTRY`` with the path from the current directory made a dataset's name.

    Raises:
        RevisionError: a part of it is empty.
        WorkspaceError: the path is outside of the workspace.
    """
    dataset, entry = split_entry(text)
    name = session.store.name_of(dataset)
    return name if entry is None else f"{name}#{entry}"
