"""What a source is: a kind of file that conversations can be read from.

A source yields what it finds in the order of the file: entries, characters and system prompts that belong to them,
and what it could not use, with the reason. It raises only where nothing of the file can be read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any, Final, Protocol

import msgspec

from rtstore.model.jsontext import dumps

#: How much of a file a source sees before it is chosen, in bytes.
SAMPLE_SIZE: Final = 64 << 10


class Item(msgspec.Struct, frozen=True, gc=False):
    """A conversation: one entry to be.

    ``text`` is its record as JSON text: on one line, but for an element of a JSON file, which is as it is there.
    ``place`` says where in the file it was (``line 12``, ``row 3``). ``speakers`` are those turns whose speaker has a
    name of its own, by index in the record's ``messages``.
    """

    text: bytes
    place: str
    speakers: tuple[tuple[int, str], ...] = ()


class Reject(msgspec.Struct, frozen=True, gc=False):
    """What could not be used: where it was, why, and what it is, as far as that can be told in text."""

    place: str
    reason: str
    text: str = ""


class Character(msgspec.Struct, frozen=True):
    """Somebody who speaks, as the registry of a dataset knows them."""

    name: str
    description: str = ""


class Prompt(msgspec.Struct, frozen=True):
    """A template of a system prompt."""

    name: str
    content: str
    description: str = ""


Found = Item | Reject | Character | Prompt


class Sample(msgspec.Struct, frozen=True):
    """What a source may look at to tell whether a file is for it: its name, size and first ``SAMPLE_SIZE`` bytes."""

    name: str
    size: int
    head: bytes

    @property
    def suffix(self) -> str:
        """The end of the name in small letters, with its dot."""
        return os.path.splitext(self.name)[1].lower()


class Options(msgspec.Struct, frozen=True):
    """What the user says about a file.

    ``columns``: which column of a table goes to which field of the record (column name to field). ``branches``:
    whether of a conversation with several continuations (edited messages, swipes, alternate greetings) all are
    wanted, not only the one that was shown last.
    """

    columns: Mapping[str, str] = {}
    branches: bool = False


class Source(Protocol):
    """A kind of file."""

    @property
    def name(self) -> str:
        """What users call it on the command line: ``csv``, ``sillytavern``."""

    @property
    def title(self) -> str:
        """What it is in words, for ``Found a SillyTavern chat log``."""

    def recognises(self, sample: Sample) -> bool:
        """Tell whether a file is of this kind. It must be quick, and must not raise, whatever is in the file."""

    def read(self, path: str, options: Options) -> Iterator[Found]:
        """Yield what is in the file at a path of the operating system.

        Raises:
            InputError: it is not such a file, or nothing of it can be read.
            MissingExtraError: a package is needed that is not installed.
        """


def record_text(record: Mapping[str, Any]) -> bytes:
    """Return a record as the JSON text of its line, in the spelling that RoleThread and Python use."""
    return dumps(record)
