"""Branches and tags that a push or a fetch moved, as lines and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rtstore.cli import text
from rtstore.cli.jsonout import hex_or_none
from rtstore.cli.session import Session

if TYPE_CHECKING:
    from rtstore.remote.sync.fetch import Moved


def moved_lines(
    session: Session, prefix: str, branches: Sequence[Moved], tags: Sequence[Moved]
) -> Iterator[str]:
    """Yield a line for each branch and tag that moved. ``prefix`` goes before its name."""
    for kind, moved in (("branch", branches), ("tag", tags)):
        for each in moved:
            name = f"{prefix}{each.name}"
            if each.after is None:
                yield f"  {name} is gone, it was at {text.short(each.before or b'')}"
            elif each.before is None:
                yield f"  {name} (new {kind}) at {session.out.styled(text.short(each.after), 'yellow')}"
            else:
                yield f"  {name} {text.short(each.before)}..{session.out.styled(text.short(each.after), 'yellow')}"


def moved_json(moved: Sequence[Moved]) -> list[dict[str, object]]:
    """Return branches or tags that moved."""
    return [
        {"name": each.name, "before": hex_or_none(each.before), "after": hex_or_none(each.after)}
        for each in moved
    ]
