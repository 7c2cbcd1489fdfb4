"""The push that follows a commit where ``backup.auto`` is ``on-commit``."""

from __future__ import annotations

from rtstore.cli import text
from rtstore.cli.access import accessing
from rtstore.cli.session import Session
from rtstore.errors import RtstoreError


def push_quietly(session: Session) -> None:
    """Push the branch of HEAD. The commit is made, so what goes wrong now is only told."""
    try:
        if not session.store.remotes() or session.store.current_branch is None:
            return
        with accessing() as access:
            pushed = session.store.push(access=access)
    except RtstoreError as error:
        session.out.note(f"warning: the commit was not backed up: {error.message}")
        if error.hint is not None:
            session.out.note(f"hint: {error.hint}")
        return
    session.out.note(f"backed up to {session.store.default_remote()}, {text.size(pushed.sent)}")
