"""The text of a record in another shape, spelled as it was.

Most records are messages or ShareGPT whose turns are nothing but a role and a text: those are taken apart and put
together again as bytes, and no text is decoded. Any other is read and written by its shapes. Of both kinds the members
that belong to no turn keep their text, number spelling and all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final, Literal, NamedTuple, get_args, get_type_hints

import msgspec
from msgspec import Raw, Struct

from rtstore.errors import UsageError
from rtstore.model.conversation import MEDIA, ConversionError
from rtstore.model.jsonedit import Style, dump, style
from rtstore.model.jsontext import loads, members, skip_space
from rtstore.model.roles import training_role
from rtstore.model.shapes import Record, Shape, shape_named, shape_of
from rtstore.model.shapes.base import SHAREGPT_SPEAKERS


class Reshaped(NamedTuple):
    """A record in the shape asked for, and its speakers who have names of their own, by index of their turn."""

    text: bytes
    speakers: tuple[tuple[int, str], ...] = ()


def reshaper(shape: str, clean: bool = False) -> Callable[[bytes], bytes]:
    """Return what gives the text of a record in a shape, on as many lines as it had.

    A record that has the shape already is returned as it is. With ``clean`` it has nothing but the conversation and
    what is needed to train on it: turns, tools, label, media. Calls raise ``ConversionError`` where a record is no
    conversation or has no place in the shape, ``InputError`` where it is no JSON.

    Raises:
        UsageError: there is no shape of that name.
    """
    into = Reshaper(shape, clean)
    return lambda text: into.reshape(text).text


class Reshaper:
    """Gives records one shape; :func:`reshaper` says how. A record with a member of a name in ``apart`` is never plain.

    Raises:
        UsageError: there is no shape of that name.
    """

    def __init__(self, shape: str, clean: bool = False, apart: Iterable[str] = ()) -> None:
        self._shape = shape_named(shape)
        self._apart = _OTHERS.union(apart)
        self._clean = clean
        self._spellings = {
            (source, spaced): _Spelling(source, shape, spaced)
            for source in _LISTS
            for spaced in (False, True)
            if shape in _LISTS.values()
        }

    def reshape(self, text: bytes) -> Reshaped:
        """Return a record in the shape, and its speakers: none where it had the shape, and stays as it is.

        Raises:
            ConversionError: it is no conversation, or has no place in the shape.
            InputError: it is no JSON.
        """
        made = self.plainly(text)
        return self._thoroughly(text) if made is None else Reshaped(made)

    def plainly(self, text: bytes) -> bytes | None:
        """Return the same for a record of plain turns in the roles that are usual in its shape; None for any other.

        What has the shape already need not be plain, and may have any speakers: it is returned as it is.
        """
        if not self._spellings:
            return None
        try:
            found = _read_members(text)
            source = "messages" if "messages" in found else "conversations"
            if not self._apart.isdisjoint(found) or (source == "messages" and "conversations" in found):
                return None
            if self._shape.name != _LISTS[source] or self._clean:
                return self._rebuilt(text, source, found)
            _read_objects(found[source])
            return text
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, KeyError):
            return None

    def _rebuilt(self, text: bytes, source: str, found: dict[str, Raw]) -> bytes | None:
        """Raise what ``plainly`` catches where it cannot be done."""
        if not _BESIDE.isdisjoint(found):
            return None
        spelling = self._spellings[source, _is_spaced(text)]
        heads = spelling.heads
        parts = [spelling.opening]
        for turn in _read_turns[source](found.pop(source)):
            said = heads[turn.role] + turn.content
            if said[-1] != _QUOTE:
                return None
            parts.append(said)
        if len(parts) == 1:
            return None
        # Every head begins with what ends the turn before it.
        parts[1] = parts[1][len(spelling.comma) + 1 :]
        parts.append(b"}]")
        if not self._clean:
            names = spelling.names
            parts += [(names.get(name) or spelling.named(name)) + value for name, value in found.items()]
        parts.append(b"}")
        return b"".join(parts)

    def _thoroughly(self, text: bytes) -> Reshaped:
        record = loads(text)
        shape = shape_of(record)
        if shape is None:
            raise ConversionError("no conversation is found in the record")
        conversation = shape.read(record)
        if not self._clean and has_shape(record, shape, self._shape.name):
            return Reshaped(text)
        if self._clean:
            conversation.clean()
        written = self._shape.write(conversation)
        made = text if written == record else spelled(written, text, conversation.rest)
        return Reshaped(made, tuple(conversation.speakers))


#: The shapes whose records are a list of turns, by the member that holds it.
_LISTS: Final = {"messages": "messages", "conversations": "sharegpt"}
#: Members that make a record, or could, one of another shape.
_OTHERS: Final = frozenset(
    [
        "chosen",
        "rejected",
        "chosen_messages",
        "rejected_messages",
        "preferred_output",
        "non_preferred_output",
        "label",
    ]
)
#: Members that belong to a conversation beside its turns.
_BESIDE: Final = frozenset(("system", "tools", *MEDIA))
_QUOTE: Final = ord('"')


class _Message(Struct, gc=False, forbid_unknown_fields=True):
    role: Literal["system", "user", "assistant", "tool"]
    content: Raw


class _Post(Struct, gc=False, forbid_unknown_fields=True, rename={"role": "from", "content": "value"}):
    role: Literal["system", "human", "gpt", "observation", "user", "assistant", "tool"]
    content: Raw


class _Object(Struct, gc=False):
    """An object, whatever is in it."""


_read_members: Final = msgspec.json.Decoder(dict[str, Raw]).decode
_read_objects: Final = msgspec.json.Decoder(list[_Object]).decode
_read_turns: Final[dict[str, Callable[[Raw], list[_Message] | list[_Post]]]] = {
    "messages": msgspec.json.Decoder(list[_Message]).decode,
    "conversations": msgspec.json.Decoder(list[_Post]).decode,
}


class _Spelling:
    """How records of one list of turns are written, with or without spaces, whose turns were in ``source``.

    ``opening`` is the beginning of the record, ``heads`` by role that of a turn, ``names`` that of other members.
    """

    def __init__(self, source: str, shape: str, spaced: bool) -> None:
        self.comma, self.colon = (b", ", b": ") if spaced else (b",", b":")
        to_messages = shape == _LISTS["messages"]
        name, speaker, said = _MEMBERS["messages" if to_messages else "conversations"]
        self.opening = b'{"%b"%b[' % (name, self.colon)
        self.heads: dict[str, bytes] = {}
        self.names: dict[str, bytes] = {}
        for spelled in get_args(get_type_hints(_Message if source == "messages" else _Post)["role"]):
            role = training_role(spelled) or spelled
            into = role if to_messages else SHAREGPT_SPEAKERS.get(role, role)
            parts = (self.comma, speaker, self.colon, into.encode(), self.comma, said, self.colon)
            self.heads[spelled] = b'}%b{"%b"%b"%b"%b"%b"%b' % parts

    def named(self, name: str) -> bytes:
        """Return the comma, the name of a member and its colon."""
        made = self.comma + msgspec.json.encode(name) + self.colon
        if len(self.names) < _NAMES:
            self.names[name] = made
        return made


#: By the member that holds the turns: itself, and the members of a turn.
_MEMBERS: Final = {
    "messages": (b"messages", b"role", b"content"),
    "conversations": (b"conversations", b"from", b"value"),
}
#: So many names of members are remembered.
_NAMES: Final = 256


def _is_spaced(text: bytes) -> bool:
    """Tell whether a record is written with spaces, as Python does, by its first colon."""
    colon = text.find(b'":')
    return text[colon + 2 : colon + 3] == b" "


def has_shape(record: Record, shape: Shape, name: str) -> bool:
    """Tell whether a record, of ``shape``, is one of the shape of that name as it is.

    A label is no obstacle: what KTO calls its own may be messages.
    """
    return shape.name == name or (shape.name == "kto" and name == "messages" and _messages.matches(record))


_messages: Final = shape_named("messages")


def one_line(text: bytes) -> bytes:
    """Return a record on one line; all else in it stays as it is spelled. No text in JSON has a line break in it."""
    return _BREAK.sub(_space, text) if b"\n" in text else text


def _space(found: re.Match[bytes]) -> bytes:
    return b" " if found.string[found.start() - 1 : found.start()] in (b",", b":") else b""


_BREAK: Final = re.compile(rb"[ \t\r]*+\n[ \t\r\n]*+")


def spelled(written: Record, text: bytes, kept: Record, like: Style | None = None) -> bytes:
    """Return a record as text; ``kept`` are members that keep the text they have in ``text``.

    The rest is written as ``like`` says; without it, in the style of that text.

    Raises:
        ConversionError: JSON has no such value.
    """
    source = text.decode()
    if like is None:
        like = style(source)._replace(indent="") if "\\u" in source else _STYLES[_is_spaced(text)]
    texts = (
        {member.key: source[member.start : member.end] for member in members(source, skip_space(source, 0))}
        if kept
        else {}
    )
    parts = []
    try:
        for name, value in written.items():
            same = name in texts and name in kept and value is kept[name]
            parts.append(dump(name, like) + like.colon + (texts[name] if same else dump(value, like)))
    except UsageError as error:
        raise ConversionError(str(error)) from error
    return ("{" + like.comma.join(parts) + "}").encode()


_STYLES: Final = {True: Style(), False: Style(",", ":")}
