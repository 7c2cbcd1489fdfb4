"""Records that are nothing but `messages`, decoded at once: most are, and the turns need no second look."""

from __future__ import annotations

from typing import ClassVar, Protocol

import msgspec


class Spoken(Protocol):
    """What is asked of a turn: who said what, under what name, on which side of a preference pair."""

    @property
    def role(self) -> str:
        """Who speaks."""

    @property
    def content(self) -> str:
        """The text."""

    @property
    def name(self) -> str | None:
        """The name of who speaks, if the turn has one."""

    @property
    def side(self) -> str:
        """``chosen`` or ``rejected``, else empty."""


class OnlyMessages(msgspec.Struct, kw_only=True, gc=False):
    """What must not be beside `messages`: else the record may have another shape, or a system message more."""

    label: None = None
    chosen: None = None
    rejected: None = None
    chosen_messages: None = None
    rejected_messages: None = None
    preferred_output: None = None
    non_preferred_output: None = None
    system: None = None


class Said(msgspec.Struct, gc=False):
    """A message that is a text."""

    role: str
    content: str
    name: str | None = None
    side: ClassVar[str] = ""


class _Conversation(OnlyMessages, kw_only=True, gc=False):
    messages: list[Said]


_decode = msgspec.json.Decoder(_Conversation).decode


def plain_turns(record: bytes) -> list[Said] | None:
    """Return the turns of a record that has nothing but texts in `messages`; None if it is any other record."""
    try:
        return _decode(record).messages
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
