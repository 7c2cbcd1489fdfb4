"""A commit as commands show it: in a block of lines, in one line, as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rtstore.cli import text
from rtstore.cli.session import Session
from rtstore.cli.times import readable
from rtstore.model.objects import Commit


def commit_lines(session: Session, id_: bytes, commit: Commit, names: Iterable[str]) -> list[str]:
    """Return a commit as a block of lines: id and names, author, date, message."""
    out = session.out
    lines = [out.styled(f"commit {text.short(id_)}", "yellow") + _decoration(session, names)]
    if len(commit.parents) > 1:
        lines.append("Merge:  " + " ".join(text.short(parent) for parent in commit.parents))
    lines += [
        f"Author: {text.printable(commit.author)}",
        f"Date:   {readable(commit.time, commit.offset)}",
        "",
    ]
    lines += [f"    {line}".rstrip() for line in text.printable(commit.message).strip().splitlines()]
    return lines


def commit_json(session: Session, id_: bytes, commit: Commit) -> dict[str, Any]:
    """Return a commit for JSON, with what it changed in counts."""
    from rtstore.cli import jsonout

    datasets = [jsonout.dataset_counts(each) for each in session.store.counts_of(id_, commit)]
    return {**jsonout.commit(id_, commit), "datasets": datasets}


def one_line(session: Session, id_: bytes, commit: Commit, names: Iterable[str]) -> list[str]:
    """Return a commit as one line: id and names, the first line of its message."""
    identity = session.out.styled(text.short(id_), "yellow")
    return [f"{identity}{_decoration(session, names)} {text.subject(commit.message)}"]


def _decoration(session: Session, names: Iterable[str]) -> str:
    shown = ", ".join(
        session.out.styled(name, "bold", "cyan" if name.startswith("HEAD") else "green") for name in names
    )
    return f" ({shown})" if shown else ""
