"""Which two versions a comparison is of."""

from __future__ import annotations

from rtstore.errors import RevisionError
from rtstore.history.refs import head_commit
from rtstore.workspace.workspace import Workspace


def compared(
    workspace: Workspace, old: str | None, new: str | None, merge_base: bool = False
) -> tuple[bytes | None, bytes | None]:
    """Return the commits to compare: ``old`` (by default HEAD, None before the first) and ``new`` (None: none).

    ``merge_base``: instead of ``old`` what it has in common with ``new``, or with HEAD.

    Raises:
        RevisionError: there is no such revision, or the two have nothing in common.
    """
    state = workspace.state()
    head = head_commit(state)
    before = workspace.resolve(old, state) if old is not None else head
    after = workspace.resolve(new, state) if new is not None else None
    other = after if after is not None else head
    if not merge_base or before is None or other is None:
        return before, after
    from rtstore.history.ancestry import merge_bases

    bases = merge_bases(workspace, before, other)
    if not bases:
        raise RevisionError(
            f"{old or 'HEAD'} and {new or 'HEAD'} have no commit in common",
            hint="Compare them as they are: with two dots, 'A..B'.",
        )
    return bases[0], after
