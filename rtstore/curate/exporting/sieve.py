"""Which records are surely fit for training, told from their bytes: decoding all of them would cost several times that.

Only the usual spelling is known here, that of Python's ``json.dumps``. Inside of a JSON text a quote has a backslash
before it, so a quote without one begins or ends a text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple


class _Spelled(NamedTuple):
    """How a record of a shape begins, and an answer in it."""

    start: bytes
    answer: bytes


_SPELLED: Final = (
    _Spelled(b'{"messages": [{', b'{"role": "assistant", "content": "'),
    _Spelled(b'{"conversations": [{', b'{"from": "gpt", "value": "'),
)
_BACKSLASH: Final = 0x5C
#: Bytes that an answer can begin with whose text is more than white space.
_SAYING: Final = frozenset(range(0x21, 0x7F)) - {0x22, _BACKSLASH}
#: The end of a list that a member follows.
_END: Final = b'], "'
#: A record of which one of these is in no text is no preference pair.
_PAIRED: Final = (b'"rejected', b'preferred_output"')


def is_fit(text: bytes) -> bool:
    """Tell whether a record surely is one of messages or ShareGPT with an answer that says something, and no weight.

    False says nothing: such a record must be decoded.
    """
    return _answers(text) and not any(mark in text for mark in _PAIRED)


def are_fit(texts: Sequence[bytes]) -> bool:
    """Tell the same of many records at once, which takes half the time."""
    together = b"\n".join(texts)
    return not any(mark in together for mark in _PAIRED) and all(map(_answers, texts))


def _answers(text: bytes) -> bool:
    """Tell whether a record has an answer, of all that makes it fit."""
    start, answer = _SPELLED[text.startswith(_SPELLED[1].start)]
    at = text.find(answer)
    if at < 0 or not text.startswith(start):
        return False
    said = at + len(answer)
    if text[said] not in _SAYING:
        return False
    # The answer is over where a quote closes it, and has nothing behind it where that closes the turn as well. It is
    # one of the turns if no list ends before it.
    close = text.find(b'"}', said)
    return (
        close >= 0
        and text[close - 1] != _BACKSLASH
        and text.find(b'", "', said, close) < 0
        and text.find(_END, 0, at) < 0
    )
