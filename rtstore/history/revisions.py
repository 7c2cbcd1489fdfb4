"""How people name commits, datasets and entries: ``main``, ``HEAD~2``, ``3fa8``, ``REV:DATASET#ENTRY``.

A revision is a name followed by any chain of ``~N`` (the Nth first parent), ``^N`` (the Nth parent), ``~``
and ``^`` (one each). The name is looked for in this order: ``HEAD`` or ``@``, branches, version tags, remote
branches, these as git spells them in full, ids of commits (all of it, or at least four digits). So a branch hides a
tag of the same name, which ``tags/NAME`` is; both hide an id, and what a remote has, which ``remotes/NAME`` is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple, Protocol

from rtstore.errors import RevisionError, UsageError
from rtstore.history.refs import find_ref, head_commit, near_matches
from rtstore.model.ids import ENTRY_ID_SIZE, OBJECT_ID_SIZE
from rtstore.model.objects import Commit, State

MIN_PREFIX: Final = 4
_SHORT: Final = 12
_STEP: Final = re.compile(r"([~^])([0-9]*)")
_REVISION: Final = re.compile(r"([^~^]+)((?:[~^][0-9]{0,9})*)")
_HEX: Final = re.compile(r"[0-9a-f]+")
_POSITION: Final = re.compile(r"[1-9][0-9]{0,8}")
_ENTRY: Final = re.compile(r"[0-9a-fA-F][0-9a-fA-F-]*")


class CommitReader(Protocol):
    """Where commits are found: the store."""

    def read_commit(self, commit: bytes) -> Commit:
        """Return a commit by its id. Raises ``MissingObjectError`` where there is none."""

    def commit_ids_with_prefix(self, prefix: str) -> list[bytes]:
        """Return the ids of all commits that start with ``prefix``, at least four lower-case hex digits."""


def resolve(
    text: str, state: State, commits: CommitReader, remote: Mapping[str, bytes] | None = None
) -> bytes:
    """Return the id of the commit that a revision names.

    ``remote`` gives the commits of remote branches and version tags by name (``backup/main``).

    Raises:
        RevisionError: it names none or several; ``candidates`` has what may have been meant.
    """
    match = _REVISION.fullmatch(text)
    if match is None:
        raise RevisionError(
            f"{text!r} is not a revision",
            hint="Write a branch, a tag or the start of a commit id, then ~N or ^N: 'main~2', '3fa8^'.",
        )
    commit = _named(match[1], state, commits, remote or {})
    for operator, digits in _STEP.findall(match[2]):
        count = int(digits) if digits else 1
        commit = (
            _ancestor(commit, count, commits, text)
            if operator == "~"
            else _parent(commit, count, commits, text)
        )
    return commit


def _named(name: str, state: State, commits: CommitReader, remote: Mapping[str, bytes]) -> bytes:
    if name in ("HEAD", "@"):
        head = head_commit(state)
        if head is None:
            raise RevisionError(
                f"branch {state.branch!r} has no commits yet", hint="Make the first one: `rtstore commit`."
            )
        return head
    for names in (state.branches, state.tags, remote):
        if name in names:
            return names[name]
    ref = find_ref(name, state.branches, state.tags)
    if ref is not None:
        return (state.tags if ref.is_tag else state.branches)[ref.name]
    group, _, rest = name.removeprefix("refs/").partition("/")
    if group == "remotes" and rest in remote:
        return remote[rest]
    prefix = name.lower()
    if MIN_PREFIX <= len(prefix) <= 2 * OBJECT_ID_SIZE and _HEX.fullmatch(prefix):
        found = commits.commit_ids_with_prefix(prefix)
        if len(found) == 1:
            return found[0]
        if found:
            raise _ambiguous(name, found)
    raise _unknown(name, state, remote)


def _ambiguous(name: str, found: list[bytes]) -> RevisionError:
    ids = sorted(commit.hex() for commit in found)
    length = _SHORT
    while len({id_[:length] for id_ in ids}) < len(ids):
        length += 1
    candidates = tuple(id_[:length] for id_ in ids)
    shown = ", ".join(candidates[:10]) + (", ..." if len(candidates) > 10 else "")
    return RevisionError(
        f"{name!r} is the start of {len(ids)} commit ids",
        candidates=candidates,
        hint=f"Write more of it: {shown}.",
    )


def _unknown(name: str, state: State, remote: Mapping[str, bytes]) -> RevisionError:
    near = near_matches(name, {"HEAD", *state.branches, *state.tags, *remote})
    if state.branch == name:
        return RevisionError(
            f"branch {name!r} has no commits yet", hint="Make the first one: `rtstore commit`."
        )
    hint = "`rtstore branch` and `rtstore tag` list names, `rtstore log` lists commits."
    if near:
        hint = f"Did you mean {' or '.join(map(repr, near))}?"
    elif "#" in name:
        hint = "An entry of a version is written REV:DATASET#ENTRY: 'HEAD:mara.jsonl#12'."
    return RevisionError(f"unknown revision {name!r}", candidates=near, hint=hint)


def _ancestor(commit: bytes, count: int, commits: CommitReader, text: str) -> bytes:
    for step in range(count):
        parents = commits.read_commit(commit).parents
        if not parents:
            raise RevisionError(
                f"{text!r} goes back {count} commits, but after {step} there is no earlier one",
                hint="`rtstore log` shows how far back the history goes.",
            )
        commit = parents[0]
    return commit


def _parent(commit: bytes, number: int, commits: CommitReader, text: str) -> bytes:
    if number == 0:
        return commit
    parents = commits.read_commit(commit).parents
    if number > len(parents):
        plural = "parent" if len(parents) == 1 else "parents"
        raise RevisionError(
            f"{text!r} asks for parent {number}, but {commit.hex()[:_SHORT]} has {len(parents)} {plural}",
            hint="Only a merge has a second parent; the first commit has none.",
        )
    return parents[number - 1]


def parse_range(text: str) -> tuple[str | None, str]:
    """Split ``A..B``; a side left out is HEAD. Text that is no range gives ``(None, text)``.

    Raises:
        UsageError: it has three dots, or more than one range.
    """
    if "..." in text or text.count("..") > 1:
        raise UsageError(f"{text!r} is not a range", hint="Write it with two dots: 'main..lora-noir'.")
    start, dots, end = text.partition("..")
    return (start or "HEAD", end or "HEAD") if dots else (None, text)


class Comparison(NamedTuple):
    """Two versions to compare. ``new`` is None for the working files; ``merge_base``: what ``new`` has in common with
    ``old`` is meant instead of ``old``."""

    old: str
    new: str | None
    merge_base: bool = False


def parse_comparison(text: str) -> Comparison:
    """Split ``A..B`` and ``A...B``; a side left out is HEAD. A revision alone is compared with the working files.

    Raises:
        UsageError: it has more than one range, or one of four dots.
    """
    old, dots, new = text.partition("...")
    if not dots:
        start, end = parse_range(text)
        return Comparison(end, None) if start is None else Comparison(start, end)
    if ".." in new or new.startswith("."):
        raise UsageError(
            f"{text!r} is not a range", hint="Write it with two or three dots: 'main...lora-noir'."
        )
    return Comparison(old or "HEAD", new or "HEAD", merge_base=True)


class Spec(NamedTuple):
    """A revision, and what in it: a dataset, an entry of that. ``entry`` is for ``find_position`` to read."""

    revision: str
    dataset: str | None = None
    entry: str | None = None


def split_path(text: str) -> Spec:
    """Split ``REV``, ``REV:DATASET`` or ``REV:DATASET#ENTRY``. The first ``:`` splits: no revision contains
    one.

    Raises:
        RevisionError: a part is empty.
    """
    revision, colon, path = text.partition(":")
    if not colon:
        return Spec(text)
    if not revision or not path:
        missing = "a dataset after" if revision else "a revision before"
        raise RevisionError(f"{text!r} lacks {missing} the ':'", hint="Write it like 'HEAD:mara.jsonl#12'.")
    return Spec(revision, *split_entry(path))


def split_entry(text: str) -> tuple[str, str | None]:
    """Split ``DATASET`` or ``DATASET#ENTRY``.

    The last ``#`` splits, where what follows can be an entry: digits, hex digits, hyphens. Otherwise it
    belongs to the path, as in ``drafts#old.jsonl``.

    Raises:
        RevisionError: a part is empty.
    """
    dataset, mark, entry = text.rpartition("#")
    if not mark or (entry and not _ENTRY.fullmatch(entry)):
        return text, None
    if not dataset or not entry:
        missing = "an entry after" if dataset else "a dataset before"
        raise RevisionError(f"{text!r} lacks {missing} the '#'", hint="Write it like 'mara.jsonl#12'.")
    return dataset, entry


def _where_entries_are(count: int, dataset: str) -> str:
    shown = f"`rtstore show HEAD:{dataset}` shows them with their ids."
    return f"Positions go from 1 to {count}; {shown}" if count else "It has no entries."


def find_position(entry: str, count: int, dataset: str = "DATASET") -> int | str:
    """Tell which entry of a dataset with ``count`` entries is meant: its index from 0, or a prefix of its id.

    Decimal digits without a leading zero that are one of 1 to ``count`` are a position. Anything else is the
    start of an entry id, at least four hex digits, hyphens as in a UUID or not; it is returned in lower case
    without them. ``dataset`` is for the hint of an error.

    Raises:
        RevisionError: it can be neither.
    """
    if _POSITION.fullmatch(entry) and int(entry) <= count:
        return int(entry) - 1
    prefix = entry.replace("-", "").lower()
    if MIN_PREFIX <= len(prefix) <= 2 * ENTRY_ID_SIZE and _HEX.fullmatch(prefix):
        return prefix
    if entry.isdecimal():
        raise RevisionError(
            f"there is no entry {entry}: the dataset has {count}", hint=_where_entries_are(count, dataset)
        )
    raise RevisionError(
        f"{entry!r} is neither the position of an entry nor the start of its id",
        hint=f"Write a number from 1 to {count}, or at least {MIN_PREFIX} hex digits of the id.",
    )
