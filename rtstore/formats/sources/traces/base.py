"""What a dialect of traces is: a way in which programs write down what went between a model and its user."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, Protocol

import msgspec

from rtstore.formats.sources.base import Found, Reject
from rtstore.formats.sources.looking import Outline
from rtstore.formats.sources.records import Record, item
from rtstore.model.conversation import Message

#: Why something has no place, and its text.
Left = tuple[str, str]


class Told(msgspec.Struct):
    """A conversation of a trace: its messages, other members of its record, and what has no place."""

    messages: list[Message]
    members: dict[str, Any] = {}
    left: list[Left] = []

    def found(self, place: str) -> Iterator[Found]:
        """Yield the entry, and rejects."""
        for reason, text in self.left:
            yield Reject(place, reason, text)
        if self.messages:
            yield item({"messages": self.messages, **self.members}, place)
        else:
            yield Reject(place, "a conversation in which nothing is said")


class Reader(Protocol):
    """Takes the records of one file that are of a dialect."""

    def take(self, record: Record) -> Iterator[Found]:
        """Take a record; yield what is complete."""

    def end(self) -> Iterator[Found]:
        """Yield what is complete with the end of the file."""


class Dialect(Protocol):
    """A way to write down traces."""

    def recognises(self, outline: Outline) -> bool:
        """Tell by the start of a record whether it is of this dialect, and surely of no dataset."""

    def matches(self, value: dict[str, Any]) -> bool:
        """Tell whether a record of a trace is of this dialect."""

    def reader(self, all_branches: bool) -> Reader:
        """Return a reader for one file."""


class Single:
    """Reads records each of which is a conversation."""

    def __init__(self, read: Callable[[dict[str, Any]], Told]) -> None:
        self._read = read

    def take(self, record: Record) -> Iterator[Found]:
        """Yield the conversation of a record."""
        yield from self._read(record.value).found(record.place)

    def end(self) -> Iterator[Found]:
        """There is nothing more."""
        return iter(())


class Whole:
    """Reads records that are the turns of one conversation, which is the file."""

    def __init__(self, read: Callable[[list[dict[str, Any]]], Told]) -> None:
        self._read = read
        self._values: list[dict[str, Any]] = []
        self._place = ""

    def take(self, record: Record) -> Iterator[Found]:
        """Take a turn."""
        self._place = self._place or record.place
        self._values.append(record.value)
        return iter(())

    def end(self) -> Iterator[Found]:
        """Yield the conversation."""
        if self._values:
            yield from self._read(self._values).found(self._place)


_FUNCTION: Final = "function"


def tools_of(tools: Any) -> dict[str, Any]:
    """Return the tools that a model could call, as chat templates take them, as a member; none if there are none."""
    made = (
        [_tool(tool) if isinstance(tool, dict) else tool for tool in tools] if isinstance(tools, list) else []
    )
    return {"tools": made} if made else {}


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    if _FUNCTION in tool or not isinstance(tool.get("name"), str):
        return tool
    parameters = tool.get("input_schema", tool.get("parameters"))
    function = {"name": tool["name"], "description": tool.get("description"), "parameters": parameters}
    return {"type": _FUNCTION, _FUNCTION: {key: each for key, each in function.items() if each is not None}}
