"""``character-card``: a character of a role play, from JSON or from the text in a PNG picture."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from rtstore.formats.sources.base import Character, Found, Item, Options, Prompt, Reject, Sample
from rtstore.formats.sources.card import SPECS, Card, read_card
from rtstore.formats.sources.looking import outline
from rtstore.formats.sources.png import SIGNATURE
from rtstore.formats.sources.records import item
from rtstore.model.conversation import text_of
from rtstore.model.slugs import slug_of

_START: Final = re.compile(r"<START>", re.IGNORECASE)
_SPEAKER: Final = r"^[ \t]*(?:(\{\{\s*user\s*\}\}|<USER>)|(\{\{\s*char\s*\}\}|<BOT>|<CHAR>|%s))[ \t]*:[ \t]*"
_FLAT: Final = ("description", "personality", "scenario", "mes_example")


class CharacterCard:
    """A character card, V1, V2 or V3: a character, a system prompt, and entries of what it has the character say.

    The prompt is made of the card's system prompt, description, personality and scenario. Each example dialogue is an
    entry below it. So is the greeting, without a turn of the user: it begins every chat with the character; the
    alternate greetings are such entries with ``branches``. Names take the place of macros, ``User`` that of the user.
    A prompt that the card wants after the chat is one of its own. The lorebook, and a note for some depth of the chat,
    are rejects: a dataset has no place for what is put in only at times.
    """

    name = "character-card"
    title = "character card"

    def recognises(self, sample: Sample) -> bool:
        if sample.head.startswith(SIGNATURE):
            return True
        found = outline(sample)
        if found.is_array:
            return False
        spec = found.members.get("spec", b"").strip(b'"').decode("latin-1")
        if spec in SPECS or found.has("char_name", "char_persona"):
            return True
        return found.has("name", "first_mes") and any(key in found.members for key in _FLAT)

    def read(self, path: str, options: Options) -> Iterator[Found]:
        with open(path, "rb") as file:
            card = read_card(file, path)
        yield Character(card.name, card.fill(card.description))
        yield from _prompts(card)
        for number, text in enumerate(_START.split(card.mes_example), 0):
            if text.strip():
                yield from _example(card, text, f"example {max(number, 1)}")
        yield from _greetings(card, options.branches)
        for what, value in card.others.items():
            yield Reject(
                what, "it is put into a chat only at times, for which a dataset has no place", text_of(value)
            )


def _prompts(card: Card) -> Iterator[Prompt]:
    prompt, after = card.prompt(), card.fill(card.post_history_instructions)
    if prompt:
        yield Prompt(card.name, prompt, card.fill(card.creator_notes))
    if after:
        yield Prompt(f"{card.name} after the chat", after)


def _example(card: Card, text: str, place: str) -> Iterator[Found]:
    """Yield an example dialogue, and what in it nobody says."""
    names = "|".join(re.escape(name) for name in {card.name, card.nickname} if name)
    parts = re.split(_SPEAKER % names, text, flags=re.MULTILINE | re.IGNORECASE)
    if parts[0].strip():
        yield Reject(place, "text before anybody speaks", parts[0].strip())
    turns = [
        ("user" if user else "assistant", card.fill(said))
        for user, _, said in zip(parts[1::3], parts[2::3], parts[3::3], strict=True)
    ]
    turns = [turn for turn in turns if turn[1]]
    if turns:
        yield _entry(card, turns, place)


def _greetings(card: Card, branches: bool) -> Iterator[Found]:
    greetings = [("greeting", card.first_mes)]
    if branches:
        every = (*card.alternate_greetings, *card.group_only_greetings)
        greetings += [(f"alternate greeting {number}", text) for number, text in enumerate(every, 1)]
    for place, text in greetings:
        said = card.fill(text)
        if said and not card.prompt():
            yield Reject(place, "a greeting with nothing before it is no conversation", said)
        elif said:
            yield _entry(card, [("assistant", said)], place)


def _entry(card: Card, turns: list[tuple[str, str]], place: str) -> Item | Reject:
    prompt = card.prompt()
    said = [("system", prompt), *turns] if prompt else turns
    record: dict[str, Any] = {"messages": [{"role": role, "content": text} for role, text in said]}
    tags = list(dict.fromkeys(filter(None, map(slug_of, card.tags))))
    if tags:
        record["tags"] = tags
    record |= {key: text for key in ("creator", "character_version") if (text := getattr(card, key).strip())}
    speakers = [(index, card.name) for index, (role, _) in enumerate(said) if role == "assistant"]
    return item(record, place, speakers)
