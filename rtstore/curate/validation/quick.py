"""Telling quickly which records are plain and sound, so that the rules need not look at them.

Most records of most datasets are: `messages` of the three roles, every one of which says something. A typed decoder
checks that. What the rules say of the roles is the same for all records with these roles, and remembered; what phrases
betray is looked for in the bytes of many records at once. In doubt a record is not plain, and left to the rules; a test
compares both on all kinds of records. (Only a refusal whose letters are spelled as escapes of JSON is passed over.)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

import msgspec

from rtstore.curate.plain import OnlyMessages
from rtstore.curate.validation.dialogue import LONG_WORDS
from rtstore.curate.validation.findings import Finding, Level
from rtstore.curate.validation.language import MARKUP_BYTES, REFUSAL_BYTES
from rtstore.curate.validation.rules import findings
from rtstore.workspace.lookback.prefilter import holds

_Text = Annotated[str, msgspec.Meta(min_length=1)]


class _Message(msgspec.Struct, gc=False):
    """A message that is nothing but text."""

    role: Literal["system", "user", "assistant"]
    content: _Text


class _Plain(OnlyMessages, kw_only=True, gc=False):
    """A record of nothing but such messages and tags."""

    messages: list[_Message]
    tags: list[_Text] | msgspec.UnsetType = msgspec.UNSET
    own: msgspec.Raw | None = msgspec.field(default=None, name="_rolethread")


#: A record of no more bytes cannot have more words than an entry that is not to be split.
_SHORT: Final = 2 * LONG_WORDS
#: Sequences of roles that are remembered, and the longest of them.
_MOST: Final = 4096
_LONGEST: Final = 256
_Roles = tuple[str, ...]
_Told = tuple[Finding, ...]


class Quick:
    """Sorts out the records of a dataset that are plain. ``inactive``: names of its characters that are not active."""

    def __init__(self, level: Level, inactive: Sequence[str] = ()) -> None:
        self._level = level
        self._decode = msgspec.json.Decoder(_Plain).decode
        self._names = [holds(name) for name in inactive]
        self._known: dict[tuple[bool, _Roles], _Told] = {}

    def look(self, records: Sequence[bytes]) -> list[_Told | None]:
        """Return the findings of each record that is plain, mostly none; None for those the rules have to look at."""
        found = [self._one(record) for record in records]
        if self._level == "error":
            return found
        together = b"\n".join(records)
        doubtful = _with_any(records, together.lower(), REFUSAL_BYTES, lower=True)
        if self._level == "info":
            doubtful |= _with_any(records, together, MARKUP_BYTES)
        for may_name in self._names:
            doubtful.update(index for index, record in enumerate(records) if may_name(record))
        for index in doubtful:
            found[index] = None
        return found

    def _one(self, record: bytes) -> _Told | None:
        try:
            plain: Any = self._decode(record)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
        messages, tags = plain.messages, plain.tags
        if any(map(str.isspace, [message.content for message in messages])):
            return None
        if tags is msgspec.UNSET:
            if plain.own is not None:
                return None
        elif any(map(str.isspace, tags)):
            return None
        key = tags is not msgspec.UNSET, tuple([message.role for message in messages])
        told = self._known.get(key)
        if told is None:
            told = self._by_roles(*key)
        if self._level == "info":
            if plain.own is not None:
                return None  # it may have members that RoleThread does not know
            if len(record) > _SHORT and not any(each.code == "split-candidate" for each in told):
                return None  # it may have many words
        return told

    def _by_roles(self, has_tags: bool, roles: _Roles) -> _Told:
        """Return the findings that follow from the roles alone: what the rules say of messages that have these."""
        record: dict[str, Any] = {"messages": [{"role": role, "content": "x"} for role in roles]}
        told = tuple(findings(record | {"tags": []} if has_tags else record))
        if len(self._known) < _MOST and len(roles) <= _LONGEST:
            self._known[has_tags, roles] = told
        return told


def _with_any(
    records: Sequence[bytes], together: bytes, marks: Sequence[bytes], lower: bool = False
) -> set[int]:
    """Return the indexes of records that have one of some marks in them; mostly none of all has."""
    # A single byte that is not there is found out much sooner than two of a kind.
    there = [mark for mark in marks if mark[:1] in together and mark in together]
    if not there:
        return set()
    texts = [record.lower() for record in records] if lower else records
    return {index for index, text in enumerate(texts) if any(mark in text for mark in there)}
