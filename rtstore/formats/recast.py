"""The roles of messages: other spellings become those of training, in the text of the record."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from rtstore.formats.reshape import Reshaped
from rtstore.model.jsonedit import dump, replace, style
from rtstore.model.jsontext import elements, loads, locate
from rtstore.model.roles import cast, training_role

#: Turns that are what a tool was asked: neither a spelling of a role nor somebody with a name.
_CALLS: Final = ("function_call", "tool_call")


class _Turn(msgspec.Struct, gc=False):
    role: Literal["system", "user", "assistant", "tool"]


class _Messages(msgspec.Struct, gc=False):
    messages: list[_Turn]


_read_usual: Final = msgspec.json.Decoder(_Messages).decode


def has_training_roles(text: bytes) -> bool:
    """Tell whether it is sure that all ``messages`` of a record have a role that training knows."""
    try:
        _read_usual(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True


def recast(text: bytes) -> Reshaped:
    """Return a record whose ``messages`` have the roles of training, and the speakers who had names of their own.

    Spellings are mapped as RoleThread maps them, speakers with names by :func:`rtstore.model.roles.cast`. All else of
    the record stays as it is spelled.

    Raises:
        InputError: it is no JSON.
    """
    if has_training_roles(text):
        return Reshaped(text)
    spoken = _spoken(loads(text))
    roles = cast(speaker for _, speaker in spoken)
    new = {index: roles[speaker] for index, speaker in spoken if roles[speaker] != speaker}
    named = tuple((index, speaker) for index, speaker in spoken if training_role(speaker) is None)
    return Reshaped(_with_roles(text.decode(), new).encode() if new else text, named)


def _spoken(record: Any) -> list[tuple[int, str]]:
    """Return whose turn each message is, by index, as far as they say so."""
    turns = record.get("messages") if isinstance(record, dict) else None
    roles = (
        (index, turn.get("role") if isinstance(turn, dict) else None)
        for index, turn in enumerate(turns if isinstance(turns, list) else ())
    )
    return [(index, role) for index, role in roles if isinstance(role, str) and role not in _CALLS]


def _with_roles(text: str, roles: dict[int, str]) -> str:
    found = locate(text, ("messages",))
    assert found is not None  # there are turns
    like = style(text)
    edits = []
    for index, turn in enumerate(elements(text, found.start)):
        if index in roles:
            role = locate(text[turn.start : turn.end], ("role",))
            assert role is not None
            edits.append((turn.start + role.start, turn.start + role.end, dump(roles[index], like)))
    return replace(text, edits)
