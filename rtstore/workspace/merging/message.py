"""The messages of the commits that merges make: what merged, what was resolved and how."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rtstore.model.objects import Commit, Conflict, Counts, Resolved, State
from rtstore.workspace.remotes import Remotes
from rtstore.workspace.results import DatasetChange

#: Resolutions, and notices, told one by one; the rest is counted.
SHOWN = 50
_KINDS = ("added", "removed", "edited", "moved", "reformatted")


def merge_subject(state: State, remotes: Remotes, revision: str, commit: bytes, into: str | None) -> str:
    """Return the first line of a merge's message, as git words it."""
    what = f"commit {commit.hex()[:12]}"
    if revision in state.branches:
        what = f"branch '{revision}'"
    elif revision in state.tags:
        what = f"tag '{revision}'"
    elif revision in remotes.spellings():
        remote, _, name = revision.partition("/")
        kind = "branch" if name in (known := remotes.read(remote)).branches else "tag"
        name = name if name in known.branches or name in known.tags else name.removeprefix("tags/")
        what = f"{kind} '{name}' of {remote}"
    return f"Merge {what}" + (f" into {into}" if into not in (None, "main") else "")


def revert_message(id: bytes, commit: Commit) -> str:
    """Return the message of the commit that takes another one back."""
    return f'Revert "{first_line(commit.message)}"\n\nThis reverts commit {id.hex()}.'


def first_line(message: str) -> str:
    """Return the subject of a message."""
    return message.strip().partition("\n")[0]


def with_merged(message: str, changes: Iterable[DatasetChange], notices: Iterable[str] = ()) -> str:
    """Return a message that says what merged."""
    lines = [f"{_path(change)}: {_what(change)}" for change in changes]
    return _with_section(message, "Merged:", [*lines, *_capped(list(notices))])


def with_resolved(message: str, resolved: Sequence[Resolved]) -> str:
    """Return a message that says what was resolved and how."""
    lines = [f"{name_of(one.conflict)} ({told(one.conflict)}): {one.how}" for one in resolved]
    return _with_section(message, "Resolved:", _capped(lines))


def name_of(conflict: Conflict) -> str:
    """Return what a conflict is called: ``mara.jsonl#3fa81c2d``, ``mara.jsonl:tags/approved``, ``mara.jsonl``."""
    if conflict.entry:
        return f"{conflict.dataset}#{conflict.entry.hex()[:8]}"
    return (
        f"{conflict.dataset}:{conflict.path or 'registry'}"
        if conflict.kind == "registry"
        else conflict.dataset
    )


def told(conflict: Conflict) -> str:
    """Return what happened, in words."""
    if conflict.kind == "edited/removed":
        return "edited by us, removed by them"
    if conflict.kind == "removed/edited":
        return "removed by us, edited by them"
    return "changed by both"


def _what(change: DatasetChange) -> str:
    if change.change in ("added", "removed"):
        number = f"{change.entries:,} {'entry' if change.entries == 1 else 'entries'}"
        return f"dataset {change.change}, {number}"
    parts = counted(change.counts)
    parts += ["registry"] * change.registry_changed + ["format of the file"] * change.framing_changed
    parts += ["partition"] * change.partition_changed
    if change.renamed_from is not None:
        parts.insert(0, "renamed")
    return ", ".join(parts) or "settings"


def _path(change: DatasetChange) -> str:
    return change.path if change.renamed_from is None else f"{change.renamed_from} -> {change.path}"


def counted(counts: Counts) -> list[str]:
    """Return the counts that are not 0, each with its word."""
    return [f"{getattr(counts, kind):,} {kind}" for kind in _KINDS if getattr(counts, kind)]


def _capped(lines: list[str]) -> list[str]:
    left = len(lines) - SHOWN
    return [*lines[:SHOWN], f"and {left:,} more"] if left > 0 else lines


def _with_section(message: str, title: str, lines: Sequence[str]) -> str:
    if not lines:
        return message
    return "\n".join([message.rstrip(), "", title, *(f"  {line}" for line in lines)]) + "\n"
