"""The rules for a record, by its shape.

RoleThread's own rules (a system message first, at least one exchange, tags) hold for records that are RoleThread's:
`messages` with `tags` or `_rolethread` beside them. Of `messages` from elsewhere, and of the other shapes, only what
makes sense for them is asked: roles in turn, tools allowed, replies that say something, sides that differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from rtstore.curate.counts import TOOL_ROLES
from rtstore.curate.validation.dialogue import (
    content_findings,
    language_findings,
    length_findings,
    order_findings,
    system_findings,
)
from rtstore.curate.validation.findings import Finding
from rtstore.model.shapes import Turn, shape_of

Record = dict[str, Any]
#: A system message, a question, an answer.
_LEAST: Final = 3
_ROLETHREAD: Final = frozenset(("messages", "tags", "_rolethread"))
_SHOWN: Final = 5


def findings(record: Any, inactive: Sequence[str] = ()) -> list[Finding]:
    """Return what there is to say about a decoded record, of every level.

    ``inactive``: the names of characters of its dataset that are not active.
    """
    if not isinstance(record, dict):
        return [Finding("not-an-object", "the entry is no JSON object")]
    found = list(_tag_findings(record))
    if "messages" in record and not isinstance(record["messages"], list):
        return [Finding("messages-not-a-list", "`messages` is no list"), *found]
    shape = shape_of(record)
    if shape is None:
        return [*_shapeless(record), *found]
    turns = shape.turns(record)
    if shape.name == "messages" and (odd := list(_no_objects(turns))):
        return [*odd, *found]  # whose turn it is after these, nobody knows
    return [
        *_BY_SHAPE.get(shape.name, _conversation)(record, turns),
        *content_findings(turns),
        *system_findings(turns, inactive),
        *language_findings(turns),
        *length_findings(turns),
        *found,
    ]


def is_rolethread(record: Record) -> bool:
    """Tell whether a record with `messages` is one of RoleThread's, to which its own rules apply."""
    return "_rolethread" in record or "tags" in record


def _shapeless(record: Record) -> Iterator[Finding]:
    """Tell what is wrong with a record that has no turns."""
    messages = record.get("messages")
    if not messages:
        yield Finding("no-conversation", "there are no turns in any known shape")
    for index, message in enumerate(messages or ()):
        if not isinstance(message, dict):
            yield Finding("message-not-an-object", "the message is no object", index)


def _no_objects(turns: Sequence[Turn]) -> Iterator[Finding]:
    for index, turn in enumerate(turns):
        if turn.path[0] == "messages" and not isinstance(turn.raw, dict):
            yield Finding("message-not-an-object", "the message is no object", index)


def _messages(record: Record, turns: Sequence[Turn]) -> Iterator[Finding]:
    strict = is_rolethread(record)
    if strict and (not turns or turns[0].role != "system"):
        yield Finding("first-not-system", "the first message is no system message", 0 if turns else None)
    if len(turns) < (_LEAST if strict else _LEAST - 1):
        yield Finding("too-few-messages", f"there are only {len(turns)} messages")
    start = 1 if turns and turns[0].role == "system" else 0
    yield from order_findings(turns[start:], start, strict=strict)


def _conversation(record: Record, turns: Sequence[Turn]) -> Iterator[Finding]:
    if sum(turn.role != "system" and turn.role not in TOOL_ROLES for turn in turns) < _LEAST - 1:
        yield Finding("too-few-messages", f"there are only {len(turns)} turns")
    yield from order_findings(turns, 0, strict=False)


def _alpaca(record: Record, turns: Sequence[Turn]) -> Iterator[Finding]:
    yield from _blank(record, "instruction", "output")


def _prompt(record: Record, turns: Sequence[Turn]) -> Iterator[Finding]:
    yield from _blank(record, "prompt", *[key for key in ("completion", "response") if key in record])


def _preference(record: Record, turns: Sequence[Turn]) -> Iterator[Finding]:
    chosen = [(turn.role, turn.content) for turn in turns if turn.side == "chosen"]
    rejected = [(turn.role, turn.content) for turn in turns if turn.side == "rejected"]
    if chosen == rejected:
        yield Finding("equal-sides", "the chosen and the rejected answer are the same")
    for name, side in (("chosen", chosen), ("rejected", rejected)):
        if not side:
            yield Finding("empty-content", f"the {name} answer is empty")
    before = [turn for turn in turns if not turn.side]
    yield from (each for each in order_findings(before, 0, strict=False) if each.code == "wrong-role")


def _blank(record: Record, *names: str) -> Iterator[Finding]:
    """Tell which members say nothing, of those that are no turn where they are empty."""
    for name in names:
        if not record[name]:
            yield Finding("empty-content", f"`{name}` is empty")


def _tag_findings(record: Record) -> Iterator[Finding]:
    native = "_rolethread" in record and "messages" in record
    if "tags" not in record:
        if native:
            yield Finding("tags-missing", "there is no `tags`")
    elif not isinstance(record["tags"], list):
        yield Finding("tags-not-a-list", "`tags` is no list")
    else:
        for tag in record["tags"]:
            if not isinstance(tag, str):
                yield Finding("tag-not-text", "a tag is no text")
            elif not tag.strip():
                yield Finding("empty-tag", "a tag is empty")
    if native and (others := record.keys() - _ROLETHREAD):
        shown = sorted(others)[:_SHOWN]
        more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
        yield Finding("unknown-member", f"RoleThread only keeps: {', '.join(shown)}{more}")


_BY_SHAPE: Final[dict[str, Callable[[Record, Sequence[Turn]], Iterator[Finding]]]] = {
    "messages": _messages,
    "sharegpt": _conversation,
    "alpaca": _alpaca,
    "prompt": _prompt,
    "preference": _preference,
}
