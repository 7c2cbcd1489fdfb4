"""What a commit is made of: its message, its snapshot, what it changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rtstore.errors import UsageError
from rtstore.model.ids import Kind
from rtstore.model.objects import Commit, Counts, Snapshot, encode
from rtstore.storage.transaction import Transaction
from rtstore.workspace.clock import now
from rtstore.workspace.difference import difference
from rtstore.workspace.files.working import Working
from rtstore.workspace.renames import as_renamed, renamed_workings
from rtstore.workspace.results import DatasetChange
from rtstore.workspace.workspace import Workspace


def check_message(message: str) -> None:
    """Refuse what can be no message of a commit.

    Raises:
        UsageError: it says nothing, or cannot be stored.
    """
    if not message.strip():
        raise UsageError("a commit needs a message", hint='Say what the session did: -m "MESSAGE"')
    try:
        message.encode()
    except UnicodeEncodeError:
        raise UsageError("the message is not UTF-8 text", hint="Write it with other characters.") from None


def store_commit(
    transaction: Transaction,
    datasets: Mapping[str, bytes],
    parents: Sequence[bytes],
    author: str,
    message: str,
    changes: Iterable[DatasetChange],
) -> tuple[bytes, Commit]:
    """Add a commit of a snapshot, and the snapshot; return its id and itself."""
    snapshot = transaction.add(Kind.SNAPSHOT, encode(Snapshot(tuple(sorted(datasets.items())))))
    seconds, offset = now()
    counts = tuple(sorted(count for change in changes if not change.clean for count in _counts(change)))
    made = Commit(snapshot, tuple(parents), author, seconds, offset, message.strip() + "\n", counts)
    return transaction.add(Kind.COMMIT, encode(made)), made


def changes_in(
    workspace: Workspace,
    workings: Sequence[Working],
    committed: Mapping[str, bytes],
    transaction: Transaction,
) -> tuple[DatasetChange, ...]:
    """Return how working files that were looked at differ from what was committed.

    Raises:
        InputError: one is no valid dataset.
    """
    for working in workings:
        if working.problem is not None:
            raise working.problem
    sources = renamed_workings(workspace, workings, committed, transaction)
    gone = set(sources.values())
    changes = []
    for working in workings:
        if working.name not in gone:
            source = sources.get(working.name)
            before = committed.get(source or working.name)
            change = difference(workspace, working, before, transaction, source is not None)
            changes.append(as_renamed(change, source))
    return tuple(changes)


def _counts(change: DatasetChange) -> Iterator[tuple[str, Counts]]:
    """Yield what a commit records of a change: of a rename, what went under one name and came under another.

    What is a rename is told from the datasets, whenever somebody asks.
    """
    if change.renamed_from is None:
        yield change.path, change.counts
    else:
        yield (
            change.renamed_from,
            Counts(removed=change.entries - change.counts.added + change.counts.removed),
        )
        yield change.path, Counts(added=change.entries)
