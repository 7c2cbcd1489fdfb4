"""An entry as conditions ask about it: everything is decoded when it is first asked for, and at most once."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol

from rtstore.curate.plain import Spoken, plain_turns
from rtstore.model.jsontext import loads
from rtstore.model.objects import Annotation
from rtstore.model.shapes import shape_of

if TYPE_CHECKING:
    from rtstore.curate.validation.checker import Checker
    from rtstore.curate.validation.findings import Level

#: Decodes a record, or those of its members that are needed.
Decode = Callable[[bytes], dict[str, Any]]


class Candidate(Protocol):
    """An entry that an expression may select. ``position`` counts from 0; ``text`` is the record as JSON."""

    position: int
    id: bytes
    text: bytes

    @property
    def annotation(self) -> Annotation:
        """What is known about it beside its record."""


class Scope(Protocol):
    """What has to be known of the version of the dataset that entries are in."""

    def category(self, tag: str) -> str | None:
        """Return the slug of the category a tag is in."""

    def partition(self, entry: Candidate) -> str:
        """Return the side of a partition that an entry is on, empty if on none."""

    def since(self, kind: str, revision: str) -> Container[int]:
        """Return the positions of entries changed, added or edited since a revision."""

    def checker(self, level: Level) -> Checker:
        """Return what checks records down to a level."""


class Subject:
    """One entry, in its scope."""

    __slots__ = ("_annotation", "_decode", "_record", "_shape", "_turns", "entry", "scope")

    def __init__(self, entry: Candidate, scope: Scope, decode: Decode) -> None:
        self.entry = entry
        self.scope = scope
        self._decode = decode
        self._annotation: Annotation | None = None
        self._record: dict[str, Any] | None = None
        self._shape: str | None = None
        self._turns: Sequence[Spoken] | None = None

    @property
    def record(self) -> dict[str, Any]:
        """The record; where only some members are needed, those."""
        if self._record is None:
            self._record = self._decode(self.entry.text)
        return self._record

    @property
    def annotation(self) -> Annotation:
        """What is known about the entry beside its record."""
        if self._annotation is None:
            self._annotation = self.entry.annotation
        return self._annotation

    @property
    def turns(self) -> Sequence[Spoken]:
        """The turns of the conversation."""
        if self._turns is None:
            self._look()
        return self._turns or ()

    @property
    def shape(self) -> str:
        """The name of the record's shape, ``unknown`` where it has none that is known."""
        if self._shape is None:
            self._look()
        return self._shape or UNKNOWN

    def findings(self, level: Level) -> list[str]:
        """Return the codes of what validation has to say about the entry at a level."""
        found = self.scope.checker(level).look([self.entry.text])[0]
        return [each.code for each in found if each.level == level]

    @property
    def partition(self) -> str:
        """The side of a partition that the entry is on, empty if on none."""
        return self.scope.partition(self.entry)

    def _look(self) -> None:
        turns = plain_turns(self.entry.text)
        if turns is not None:
            self._shape, self._turns = _MESSAGES, turns
            return
        shape = shape_of(self.record)
        self._shape = shape.name if shape else UNKNOWN
        self._turns = shape.turns(self.record) if shape else ()


_MESSAGES: Final = "messages"
UNKNOWN: Final = "unknown"


def whole_record(text: bytes) -> dict[str, Any]:
    """Return a record as a value; what is stored may be JSON and no object: that has no members."""
    value = loads(text)
    return value if isinstance(value, dict) else {}
