"""What an expression is made of, once it has been read: conditions, joined by and, or, not."""

from __future__ import annotations

from typing import Literal

import msgspec

#: How a literal was written: as a bare word, in quotes, or between slashes.
Spelling = Literal["word", "string", "regex"]


class Value(msgspec.Struct, frozen=True):
    """A literal. ``flags``: ``i`` ignores case, ``w`` takes whole words only. ``column`` counts from 1."""

    spelling: Spelling
    text: str
    flags: str
    column: int


class Present(msgspec.Struct, frozen=True):
    """There is something: ``note``, ``has(.tools)``."""

    operand: str
    column: int


class Compare(msgspec.Struct, frozen=True):
    """A comparison: ``rating >= 4``, ``tag in (a, b)``. Several values are alternatives."""

    operand: str
    operator: str
    values: tuple[Value, ...]
    column: int


class Since(msgspec.Struct, frozen=True):
    """``changed since REV``; ``kind`` is ``changed``, ``added`` or ``edited``."""

    kind: str
    revision: str


class Not(msgspec.Struct, frozen=True):
    """The opposite."""

    item: Node


class Joined(msgspec.Struct, frozen=True):
    """All of several conditions (``and``), or any of them (``or``)."""

    word: Literal["and", "or"]
    items: tuple[Node, ...]


Node = Present | Compare | Since | Not | Joined
