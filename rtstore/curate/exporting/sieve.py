"""Which records are surely fit for training, told without decoding their texts: that would cost several times more.

A typed decoder looks at the turns, their roles and whether they have a weight; of what they say it takes no more than
the bytes. Whatever is not as it is in most records is left to be decoded.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec
from msgspec import Raw, Struct

_QUOTE: Final = 0x22
_BACKSLASH: Final = 0x5C
#: Bytes that an answer can begin with whose text is more than white space.
_SAYING: Final = frozenset(range(0x21, 0x7F)) - {_QUOTE, _BACKSLASH}


class _Weighed(Struct, gc=False, kw_only=True):
    """What a turn has not if it counts as much as any other."""

    loss_weight: None = None
    weight: None = None
    train: None = None
    training: None = None
    loss: None = None


class _Message(_Weighed, gc=False, kw_only=True):
    role: Literal["system", "user", "assistant", "tool"]
    content: Raw = Raw()


class _Post(_Weighed, gc=False, kw_only=True, rename={"role": "from", "content": "value"}):
    role: Literal["system", "human", "gpt", "observation"]
    content: Raw = Raw()


class _Alone(Struct, gc=False, kw_only=True):
    """What a record has not that is no preference pair; of what it has beside its turns, a system prompt."""

    rejected: None = None
    rejected_messages: None = None
    non_preferred_output: None = None
    system: str | None = None


class _Messages(_Alone, gc=False, kw_only=True):
    messages: list[_Message]
    conversations: None = None


class _Posts(_Alone, gc=False, kw_only=True):
    conversations: list[_Post]
    messages: None = None


_read_messages: Final = msgspec.json.Decoder(_Messages).decode
_read_posts: Final = msgspec.json.Decoder(_Posts).decode
_POSTS: Final = b'{"conversations":'


def is_fit(text: bytes) -> bool:
    """Tell whether a record surely is one of messages or ShareGPT with an answer that says something, and no weight.

    False says nothing: such a record must be decoded.
    """
    try:
        if text.startswith(_POSTS):
            return any(turn.role == "gpt" and _says(turn.content) for turn in _read_posts(text).conversations)
        return any(turn.role == "assistant" and _says(turn.content) for turn in _read_messages(text).messages)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False


def _says(content: Raw) -> bool:
    """Tell whether a content surely is a text that is more than white space."""
    said = memoryview(content)
    return len(said) > 2 and said[0] == _QUOTE and said[1] in _SAYING
