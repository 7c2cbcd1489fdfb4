"""What validation can find: every code with its level and its meaning. Codes are stable."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

import msgspec

Level = Literal["error", "warning", "info"]
#: From the one that matters most.
LEVELS: Final[tuple[Level, ...]] = ("error", "warning", "info")


class Rule(NamedTuple):
    """What a code means, and how much it matters."""

    level: Level
    meaning: str


class Finding(msgspec.Struct, frozen=True):
    """Something about an entry. ``turn``: its index among the turns, from 0; None: it is about the whole entry."""

    code: str
    message: str
    turn: int | None = None

    @property
    def level(self) -> Level:
        """How much it matters."""
        return RULES[self.code].level


RULES: Final[dict[str, Rule]] = {
    "not-an-object": Rule("error", "the entry is no JSON object"),
    "no-conversation": Rule("error", "there are no turns in any known shape"),
    "messages-not-a-list": Rule("error", "`messages` is no list"),
    "message-not-an-object": Rule("error", "a message is no object"),
    "too-few-messages": Rule("error", "the conversation is shorter than one exchange"),
    "first-not-system": Rule("error", "the first message of a RoleThread entry is no system message"),
    "incomplete-exchange": Rule("error", "the conversation ends without a reply"),
    "wrong-role": Rule("error", "a turn has another role than is due there"),
    "empty-content": Rule("error", "a turn says nothing"),
    "content-not-text": Rule("error", "the content of a turn is neither text nor a list of parts"),
    "equal-sides": Rule("error", "the chosen and the rejected answer are the same"),
    "tags-missing": Rule("error", "a RoleThread entry has no `tags`"),
    "tags-not-a-list": Rule("error", "`tags` is no list"),
    "tag-not-text": Rule("error", "a tag is no text"),
    "several-system": Rule("warning", "there are several system messages"),
    "refusal": Rule("warning", "an assistant refuses, or speaks of being a model"),
    "inactive-character": Rule("warning", "a system prompt names a character that is not active"),
    "markdown": Rule("info", "an assistant's reply has Markdown, HTML or JSON in it"),
    "split-candidate": Rule("info", "the entry is long enough to be split"),
    "empty-tag": Rule("info", "a tag is empty"),
    "unknown-member": Rule("info", "a RoleThread entry has members that RoleThread only keeps"),
}
