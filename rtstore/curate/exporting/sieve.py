"""Which records are surely fit for training, told from their bytes: decoding all of them would cost several times that.

Only the usual spelling is known here, that of Python's ``json.dumps``. Inside of a JSON text a quote has a backslash
before it, so a quote without one begins or ends a text.
"""

from __future__ import annotations

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


def is_fit(text: bytes) -> bool:
    """Tell whether a record surely is one of messages or ShareGPT with an answer that says something, and no weight.

    False says nothing: such a record must be decoded.
    """
    start, answer = _SPELLED[text.startswith(_SPELLED[1].start)]
    at = text.find(answer)
    if at < 0 or not text.startswith(start):
        return False
    at += len(answer)
    if text[at] not in _SAYING:
        return False
    # The answer is over where a quote closes it, and has nothing behind it where that closes the turn as well.
    close = text.find(b'"}', at)
    if close < 0 or text[close - 1] == _BACKSLASH or text.find(b'", "', at, close) >= 0:
        return False
    # Whatever comes behind the turns comes behind the first end of a list that anything follows.
    if text.find(_END, 0, at) >= 0:
        return False
    end = text.find(_END, close)
    if end < 0:
        return text.endswith(b'"}]}')
    rest = text[end:]
    return b"chosen" not in rest and b"preferred_output" not in rest
