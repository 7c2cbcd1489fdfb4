"""What a character card says, whichever of its three versions it is written in."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import IO, Any, Final

import msgspec

from rtstore.errors import InputError
from rtstore.formats.jsonl import BOM
from rtstore.formats.sources import png
from rtstore.formats.sources.macros import filled
from rtstore.model.jsontext import depth_exceeds, loads

SPECS: Final = ("chara_card_v2", "chara_card_v3")
#: The largest card in bytes, as JSON.
MAX_CARD: Final = png.MAX_TEXT
#: Keywords of the texts in a PNG that hold a card in base64, the newer version first.
_KEYWORDS: Final = ("ccv3", "chara")
#: What the first programs called the members of a card.
_OLD_NAMES: Final = {
    "char_name": "name",
    "char_persona": "description",
    "char_greeting": "first_mes",
    "world_scenario": "scenario",
    "example_dialogue": "mes_example",
}


class Card(msgspec.Struct, frozen=True):
    """A character. Texts have the macros of the card, lists are of texts; empty is what the card does not have."""

    name: str
    nickname: str = ""
    description: str = ""
    personality: str = ""
    scenario: str = ""
    first_mes: str = ""
    mes_example: str = ""
    system_prompt: str = ""
    post_history_instructions: str = ""
    creator_notes: str = ""
    creator: str = ""
    character_version: str = ""
    alternate_greetings: tuple[str, ...] = ()
    group_only_greetings: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    #: Members with content for which a dataset has no place, by name.
    others: Mapping[str, Any] = {}

    def fill(self, text: str) -> str:
        """Return a text of the card with the names in it, and without white space around it."""
        return filled(text, self.nickname or self.name).strip()

    def prompt(self) -> str:
        """Return the card as a system prompt: its own, the description, the personality and the scenario."""
        parts = (
            self.system_prompt,
            self.description,
            f"{{{{char}}}}'s personality: {self.personality}" if self.personality.strip() else "",
            f"Scenario: {self.scenario}" if self.scenario.strip() else "",
        )
        return "\n\n".join(filter(None, map(self.fill, parts)))


def read_card(file: IO[bytes], path: str) -> Card:
    """Read the card in a PNG or JSON file.

    Raises:
        InputError: the file is damaged or too large, or holds no card.
    """
    head = file.read(len(png.SIGNATURE))
    file.seek(0)
    text = _in_png(file, path) if head == png.SIGNATURE else file.read(MAX_CARD + 1)
    if len(text) > MAX_CARD:
        raise InputError(f"the card is larger than {MAX_CARD >> 20} MiB", path=path)
    return card_of(_decoded(text.removeprefix(BOM), path), path)


def card_of(value: Any, path: str) -> Card:
    """Return the card that a decoded JSON object is.

    Raises:
        InputError: it is none.
    """
    data = value.get("data") if isinstance(value, dict) and isinstance(value.get("data"), dict) else value
    if not isinstance(data, dict):
        raise InputError("the card is no JSON object", path=path)
    data = {_OLD_NAMES.get(key, key): each for key, each in data.items()}
    texts = {
        field.name: data[field.name]
        for field in msgspec.structs.fields(Card)
        if field.type is str and isinstance(data.get(field.name), str)
    }
    if not texts.get("name", "").strip():
        raise InputError(
            "the card has no name",
            path=path,
            hint="A character card has a name, a description, and a first message.",
        )
    lists = {key: _texts(data.get(key)) for key in ("alternate_greetings", "group_only_greetings", "tags")}
    return msgspec.convert(texts | lists | {"name": texts["name"].strip(), "others": _others(data)}, Card)


def _in_png(file: IO[bytes], path: str) -> bytes:
    found = {keyword.lower(): text for keyword, text in png.texts(file, path) if keyword.lower() in _KEYWORDS}
    for keyword in _KEYWORDS:
        if keyword in found:
            return _from_base64(found[keyword], path)
    raise InputError(
        "there is no character card in the picture",
        path=path,
        hint="Download the card itself, not a preview of it: programs that shrink a picture lose the card in it.",
    )


def _from_base64(text: bytes, path: str) -> bytes:
    plain = b"".join(text.split())
    try:
        return base64.b64decode(plain + b"=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InputError("the card in the picture is not in base64", path=path) from error


def _decoded(text: bytes, path: str) -> Any:
    if depth_exceeds(text):
        raise InputError("the card is nested too deep", path=path)
    try:
        return loads(text)
    except InputError as error:
        raise InputError(f"the card is {error.message}", path=path) from error


def _texts(value: Any) -> tuple[str, ...]:
    found = value if isinstance(value, list) else ()
    return tuple(one for one in found if isinstance(one, str) and one.strip())


def _others(data: dict[str, Any]) -> dict[str, Any]:
    """Return what the card says beside a character: its lorebook, and its note for some depth of the chat."""
    book = data.get("character_book")
    extensions = data.get("extensions")
    note = extensions.get("depth_prompt") if isinstance(extensions, dict) else None
    found = {}
    if isinstance(book, dict) and book.get("entries"):
        found["lorebook"] = book
    if isinstance(note, dict) and note.get("prompt"):
        found["character's note"] = note["prompt"]
    return found
