"""What is in progress: which commits are merged, picked or taken back, and what ours and theirs are in it."""

from __future__ import annotations

from rtstore.cli import text
from rtstore.cli.session import Session
from rtstore.workspace.results import Merging


def called(session: Session, merging: Merging) -> str:
    """Return what is merged, by its branch; or picked or taken back, by its id and the first line of its message."""
    if merging.kind in ("cherry-pick", "revert"):
        return ", ".join(_commit(session, one) for one in merging.commits)
    names = session.store.refs_at()
    return ", ".join(_branch(names.get(one, [])) or text.short(one) for one in merging.commits)


def sides(session: Session, merging: Merging) -> dict[str, str]:
    """Return what ``ours`` and ``theirs`` are."""
    store = session.store
    head = "" if store.head is None else text.short(store.head)
    ours = (
        f"HEAD, at {head}"
        if store.current_branch is None
        else f"{store.current_branch}, the branch you are on"
    )
    theirs = called(session, merging)
    if merging.kind == "revert":
        theirs = f"what was before {theirs}"
    return {"ours": ours, "theirs": theirs}


def _commit(session: Session, id_: bytes) -> str:
    _, commit = session.store.commit_at(id_.hex())
    return f"{text.short(id_)} {text.subject(commit.message)}".rstrip()


def _branch(names: list[str]) -> str:
    """Return the name to call a commit by: a branch before a tag."""
    return next((name for name in names if not name.startswith("tag: ")), "").removeprefix("HEAD -> ") or (
        names[0].removeprefix("tag: ") if names else ""
    )
