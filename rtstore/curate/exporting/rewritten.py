"""Which replies were rewritten between two versions, and by whom."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rtstore.curate.exporting.pairs import Pair, pairs, rewritten_replies

if TYPE_CHECKING:
    from rtstore.workspace.store import LocalStore


@contextmanager
def pairs_between(
    store: LocalStore,
    dataset: str,
    rejected: str,
    chosen: str,
    since: str | None = None,
    author: str | None = None,
) -> Iterator[Iterator[Pair]]:
    """Yield the pairs of replies that differ between two versions, made as they are asked for.

    ``since``, ``author``: only those that a commit after this revision, by this author, made what they are.

    Raises:
        RevisionError: there is no such version or dataset.
    """
    narrowed = since is not None or author is not None
    only = rewritten_by(store, dataset, chosen, since, author) if narrowed else None
    with store.diff(rejected, chosen, [dataset]) as difference:
        yield (pair for each in difference.datasets for pair in pairs(each, only))


def rewritten_by(
    store: LocalStore, dataset: str, end: str, since: str | None, author: str | None
) -> set[tuple[bytes, str]]:
    """Return entry and new text of every reply that was rewritten in the commits up to ``end``.

    ``since``: only in those that are not ancestors of this revision; ``author``: only in those by an author with this
    in name or address, whatever its capitals.
    """
    wanted = (author or "").lower()
    found: set[tuple[bytes, str]] = set()
    for id, commit in store.log([end if since is None else f"{since}..{end}"], dataset):
        if wanted not in commit.author.lower() or not commit.parents:
            continue
        # What a merge brings was rewritten by whoever committed it there; its own is what no side had.
        found |= set.intersection(*(_rewritten_since(store, parent, id) for parent in commit.parents))
    return found


def _rewritten_since(store: LocalStore, old: bytes, new: bytes) -> set[tuple[bytes, str]]:
    with store.diff(old.hex(), new.hex()) as difference:
        return {
            (reply.entry, reply.text)
            for each in difference.datasets
            for reply, _, _ in rewritten_replies(each)
        }
