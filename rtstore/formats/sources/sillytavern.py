"""``sillytavern``: the chat logs of SillyTavern, a message a line, below a header that names who talks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from rtstore.formats.problems import MAX_RECORD
from rtstore.formats.sources.base import Character, Found, Item, Options, Reject, Sample
from rtstore.formats.sources.branches import MAX_BRANCHES
from rtstore.formats.sources.looking import outline
from rtstore.formats.sources.members import object_in, text_in
from rtstore.formats.sources.records import Record, item, line_records, shown
from rtstore.model.conversation import ConversionError, text_of, tool_call
from rtstore.model.roles import training_role

_HEADER: Final = ("user_name", "character_name")
_KEPT: Final = ("create_date", "user_name", "character_name", "chat_metadata")
#: What the program calls somebody who has no name.
_NAMELESS: Final = frozenset(("you", "unused", "sillytavern system"))
_PICTURES: Final = ("image", "image_swipes", "media", "video", "file", "files", "inline_image")


class SillyTavern:
    """A SillyTavern chat: one conversation, with what the header says as members of its record.

    Turns stay as they were: a chat begins with the character's greeting, there is no system turn, as the log has no
    prompt, and several characters may speak one after the other. Reasoning and tool calls are kept with their turns.
    Of a message with swipes the one shown counts; with ``branches`` each other one is a conversation that ends with
    it. Messages hidden from the model, and pictures and files beside a message, are rejects. Dates of single messages,
    and which model wrote them, are not kept.
    """

    name = "sillytavern"
    title = "SillyTavern chat log"

    def recognises(self, sample: Sample) -> bool:
        found = outline(sample)
        if found.is_array or "messages" in found.members:
            return False
        return found.has("mes", "is_user") or found.has(*_HEADER) or found.has("chat_metadata")

    def read(self, path: str, options: Options) -> Iterator[Found]:
        chat = _Chat(options.branches)
        for record in line_records(path):
            if isinstance(record, Reject):
                yield record
            elif "mes" in record.value:
                yield from chat.take(record)
            elif chat.is_header(record.value):
                yield from chat.end()
                chat = _Chat(options.branches, record)
            else:
                yield Reject(record.place, "neither a message nor the header of a chat", shown(record.text))
        yield from chat.end()


class _Turn(msgspec.Struct):
    """A message with the name of its speaker; ``others``: the swipes that are not shown, by number from 1."""

    message: dict[str, Any]
    place: str
    speaker: str = ""
    others: list[tuple[int, str]] = []


class _Chat:
    """One chat, whose header is a record, if it has one."""

    def __init__(self, branches: bool, header: Record | None = None) -> None:
        value = {} if header is None else header.value
        self._members = {key: value[key] for key in _KEPT if value.get(key) not in (None, "", "unused", {})}
        self._place = "line 1" if header is None else header.place
        self._branches = branches
        self._turns: list[_Turn] = []
        self._size = 0
        self._characters: set[str] = set()

    @staticmethod
    def is_header(value: dict[str, Any]) -> bool:
        """Whether an object is the header of a chat."""
        return any(name in value for name in (*_HEADER, "chat_metadata"))

    def take(self, record: Record) -> Iterator[Found]:
        """Take a message."""
        value, place = record.value, record.place
        extra = object_in(value, "extra")
        self._size += len(record.text)
        if self._size > MAX_RECORD:
            yield Reject(place, f"a message after {MAX_RECORD >> 20} MiB of one chat", shown(record.text))
        elif not isinstance(value["mes"], str):
            yield Reject(place, "a message that is no text", shown(record.text))
        elif isinstance(extra.get("tool_invocations"), list):
            yield from self._tools(extra["tool_invocations"], place)
        elif value.get("is_system") is True:
            yield Reject(place, "hidden from the model", value["mes"])
        else:
            yield from _beside(extra, place)
            self._say(value, extra, place)
            yield from self._character(self._turns[-1])

    def end(self) -> Iterator[Found]:
        """Yield the conversation, and with ``branches`` its others."""
        if not self._turns:
            return
        yield self._item(self._turns, self._place)
        if self._branches:
            yield from self._others()

    def _say(self, value: dict[str, Any], extra: dict[str, Any], place: str) -> None:
        role = (
            "system"
            if extra.get("type") == "narrator"
            else "user"
            if value.get("is_user") is True
            else "assistant"
        )
        message: dict[str, Any] = {"role": role, "content": value["mes"]}
        if isinstance(extra.get("reasoning"), str) and extra["reasoning"]:
            message["reasoning_content"] = extra["reasoning"]
        speaker = _own_name(text_in(value, "name")) if role != "system" else ""
        self._turns.append(_Turn(message, place, speaker, _swipes(value)))

    def _character(self, turn: _Turn) -> Iterator[Character]:
        if turn.speaker and turn.speaker not in self._characters:
            self._characters.add(turn.speaker)
            yield Character(turn.speaker)

    def _tools(self, invocations: list[Any], place: str) -> Iterator[Reject]:
        """Take what tools were asked, and what they answered."""
        calls, answers = [], []
        for one in invocations:
            try:
                call = tool_call({"name": one["name"], "arguments": one.get("parameters", {})})
            except (ConversionError, KeyError, TypeError, AttributeError):
                yield Reject(place, "a tool call without a name", text_of(one))
                continue
            id = {"id": one["id"]} if isinstance(one.get("id"), str) else {}
            answered = {"tool_call_id": one["id"]} if id else {}
            calls.append({**id, **call})
            answers.append(
                {"role": "tool", "content": text_of(one.get("result")), "name": one["name"], **answered}
            )
        if calls:
            asks = {"role": "assistant", "content": "", "tool_calls": calls}
            self._turns += [_Turn(message, place) for message in (asks, *answers)]

    def _others(self) -> Iterator[Found]:
        """Yield a conversation for each swipe that is not shown, up to it."""
        count = 0
        for index, turn in enumerate(self._turns):
            for number, text in turn.others:
                count += 1
                if count <= MAX_BRANCHES:
                    other = _Turn({"role": turn.message["role"], "content": text}, turn.place, turn.speaker)
                    yield self._item([*self._turns[:index], other], f"{turn.place}, swipe {number}")
        if count > MAX_BRANCHES:
            yield Reject(
                self._place, f"{count - MAX_BRANCHES:,} swipes more than the {MAX_BRANCHES:,} that are read"
            )

    def _item(self, turns: list[_Turn], place: str) -> Item | Reject:
        record = {"messages": [turn.message for turn in turns], **self._members}
        return item(
            record, place, [(index, turn.speaker) for index, turn in enumerate(turns) if turn.speaker]
        )


def _own_name(name: str) -> str:
    """Return a name if it is one: not what anybody is called, and not that of a role."""
    name = name.strip()
    return "" if name.lower() in _NAMELESS or training_role(name) is not None else name


def _swipes(value: dict[str, Any]) -> list[tuple[int, str]]:
    swipes = value.get("swipes")
    found = enumerate(swipes if isinstance(swipes, list) else (), 1)
    others = {text: number for number, text in reversed(list(found)) if isinstance(text, str)}
    others.pop(value["mes"], None)
    return sorted((number, text) for text, number in others.items() if text)


def _beside(extra: dict[str, Any], place: str) -> Iterator[Reject]:
    for key in _PICTURES:
        if extra.get(key) and not isinstance(extra[key], bool):
            yield Reject(place, "a picture or file beside a message", text_of(extra[key]))
