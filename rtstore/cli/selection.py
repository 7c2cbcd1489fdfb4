"""Reading the arguments that select something: revisions, datasets, entries."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rtstore.cli.session import Session
from rtstore.errors import RevisionError, RtstoreError, UsageError, WorkspaceError
from rtstore.history.refs import near_matches
from rtstore.history.revisions import parse_comparison, parse_range, split_entry, split_path

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
    return tuple(revisions), _expanded(session, [*datasets, *paths], revisions)


def _is_revision(session: Session, argument: str) -> bool:
    """Whether an argument names a commit, or a range of them.

    Raises:
        RevisionError: it does not, and no file has that name either.
    """
    try:
        for side in parse_range(argument):
            if side is not None:
                session.store.resolve(side)
    except (RevisionError, UsageError) as error:
        if not os.path.lexists(argument):
            raise _neither(session, argument, error) from None
        return False
    return True


def revisions_and_targets(
    session: Session, arguments: Sequence[str], paths: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Tell revisions and ranges from ``DATASET`` and ``DATASET#ENTRY``. ``paths`` came after ``--``.

    Raises:
        UsageError: an argument may be both.
        RevisionError: an argument is neither.
        WorkspaceError: a path is outside of the workspace.
    """
    revisions: list[str] = []
    targets: list[str] = []
    for argument in arguments:
        (targets if _is_target(session, argument) else revisions).append(argument)
    return tuple(revisions), _expanded(session, [*targets, *paths], revisions)


def _expanded(session: Session, texts: Iterable[str], revisions: Sequence[str]) -> tuple[str, ...]:
    """Return targets; a directory stands for the datasets that these versions have in it."""
    found: list[str] = []
    for text in texts:
        if not os.path.isdir(text):
            found.append(target(session, text))
            continue
        inside = session.inside(text, _datasets_of(session, revisions))
        if not inside:
            raise WorkspaceError(f"no dataset is in {text}", hint="`rtstore status` lists the datasets.")
        found += inside
    return tuple(dict.fromkeys(found))


def _datasets_of(session: Session, revisions: Sequence[str]) -> list[str]:
    """Return the names of all datasets in versions, by default in HEAD and the working files."""
    names: set[str] = set() if revisions else {*session.store.datasets()}
    for text in revisions:
        for side in parse_comparison(text)[:2]:
            names |= {*session.store.tracked()} if side is None else {*session.store[side]}
    return sorted(names)


def _is_target(session: Session, argument: str) -> bool:
    """Whether an argument names a dataset, or an entry of one, and not a revision.

    Raises:
        UsageError: it names both.
        RevisionError: it names neither.
    """
    try:
        compared = parse_comparison(argument)
        for side in (compared.old, compared.new):
            if side is not None:
                session.store.resolve(side)
    except (RevisionError, UsageError) as error:
        if not _is_dataset(session, split_entry(argument)[0]):
            raise _neither(session, argument, error) from None
        return True
    if os.path.isfile(argument):
        raise UsageError(
            f"{argument!r} is a revision and a file",
            hint=f"Write a dataset behind `--`, the revision as '{argument}~0'.",
        )
    return False


def _neither(session: Session, argument: str, error: RevisionError | UsageError) -> RtstoreError:
    """Return the error for what is no revision and no dataset: what looks like a path was meant to be one."""
    path, entry = split_entry(argument)
    is_path = ("." in path or "/" in path) and ".." not in path and ":" not in path
    if not is_path or (isinstance(error, RevisionError) and error.candidates):
        return error
    names = {session.shown(name): name for name in session.store.datasets()}
    near = near_matches(path, names)
    behind = "" if entry is None else f"#{entry}"
    hint = "`rtstore status` lists the datasets."
    if near:
        hint = f"Did you mean {' or '.join(repr(name + behind) for name in near)}?"
    return RevisionError(f"there is no dataset {path!r}, and no such revision", candidates=near, hint=hint)


def _is_dataset(session: Session, path: str) -> bool:
    """Whether there is a file, or a dataset in HEAD: its file may be gone."""
    if os.path.lexists(path):
        return True
    store = session.store
    try:
        return store.head is not None and store.name_of(path) in store["HEAD"]
    except WorkspaceError:  # no dataset can have such a name
        return False


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
    return session.store[spec.revision][session.name_of(spec.dataset)], spec.entry


def dataset_in_version(session: Session, text: str, revision: str | None = None) -> tuple[str, str]:
    """Return dataset and revision of ``DATASET`` in a revision (HEAD), or of ``REV:DATASET``.

    Raises:
        UsageError: no dataset is named, or two revisions are.
        WorkspaceError: the dataset's path is outside of the workspace.
    """
    if ":" not in text or _is_dataset(session, text):
        return session.name_of(text), revision or "HEAD"
    spec = split_path(text)
    if spec.dataset is None:
        raise UsageError(f"{text!r} names no dataset", hint="Write it like 'HEAD:mara.jsonl'.")
    if revision is not None and revision != spec.revision:
        raise UsageError(f"{text!r} names a revision, and {revision!r} is another", hint="Take one.")
    return session.name_of(spec.dataset), spec.revision


def entry_in_version(session: Session, text: str, revision: str | None) -> tuple[str, str, str]:
    """Return dataset, entry and revision of ``DATASET#ENTRY`` in a revision (HEAD), or of ``REV:DATASET#ENTRY``.

    Raises:
        UsageError: no entry is named, or two revisions are.
        RevisionError: a part of it is empty.
        WorkspaceError: the dataset's path is outside of the workspace.
    """
    if ":" in text and not _is_dataset(session, split_entry(text)[0]):
        if revision is not None:
            raise UsageError(f"{text!r} names a revision, and {revision!r} is another", hint="Take one.")
        revision, _, text = text.partition(":")
    path, entry = split_entry(target(session, text))
    if entry is None:
        raise UsageError(f"{text!r} names no entry", hint="Write it like 'mara.jsonl#12'.")
    return path, entry, revision or "HEAD"


def target(session: Session, text: str) -> str:
    """Return ``DATASET`` or ``DATASET#ENTRY`` with the path from the current directory made a dataset's name.

    Raises:
        RevisionError: a part of it is empty.
        WorkspaceError: the path is outside of the workspace.
    """
    dataset, entry = split_entry(text)
    name = session.name_of(dataset)
    return name if entry is None else f"{name}#{entry}"
