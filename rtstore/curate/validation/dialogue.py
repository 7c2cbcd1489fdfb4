"""Rules about turns, whatever the shape of the record: whose turn it is, what a turn says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from rtstore.curate.counts import exchanges, words
from rtstore.curate.validation.findings import Finding
from rtstore.curate.validation.language import markup_in, refusal_in
from rtstore.curate.validation.roles import role_of
from rtstore.model.shapes import Turn

#: From so many exchanges, or more words of the assistant than that, an entry may be split.
LONG_EXCHANGES: Final = 8
LONG_WORDS: Final = 2_000
_OTHER: Final = {"user": "assistant", "assistant": "user"}
#: What a turn may have instead of text.
_CALLS: Final = ("tool_calls", "function_call", "reasoning_content")


def order_findings(turns: Sequence[Turn], first: int, strict: bool) -> Iterator[Finding]:
    """Tell which turns have another role than is due: a user asks, an assistant answers, tools in between.

    ``first`` is the index of the first turn. ``strict``: a role has to be spelled as it is.
    """
    due = "user"
    for index, turn in enumerate(turns, first):
        role = role_of(turn.role)
        if role == "system":
            continue
        if role == "tool":
            due = "assistant"
        elif role == due and (not strict or turn.role == role):
            due = "assistant" if _calls(turn) else _OTHER[due]
        else:
            yield Finding("wrong-role", _wrong(turn.role, role, due), index)
            due = _OTHER[role or due]
    if due == "assistant" and turns:
        yield Finding("incomplete-exchange", "the conversation ends without a reply of the assistant")


def content_findings(turns: Sequence[Turn]) -> Iterator[Finding]:
    """Tell which turns say nothing, or have something as content that is none."""
    for index, turn in enumerate(turns):
        content = _content(turn.raw)
        if not (content is None or isinstance(content, str | list)):
            yield Finding("content-not-text", f"the content is {_named(content)}", index)
        elif not turn.content.strip() and not _says_otherwise(turn, content):
            yield Finding("empty-content", f"the {turn.role or 'turn'} says nothing", index)


def language_findings(turns: Sequence[Turn]) -> Iterator[Finding]:
    """Tell which replies refuse, or have markup in them."""
    for index, turn in enumerate(turns):
        if role_of(turn.role) != "assistant":
            continue
        if phrase := refusal_in(turn.content):
            yield Finding("refusal", f"the assistant says {phrase!r}", index)
        if kinds := markup_in(turn.content):
            yield Finding("markdown", f"the reply has {', '.join(kinds)} in it", index)


def length_findings(turns: Sequence[Turn]) -> Iterator[Finding]:
    """Tell whether a conversation is long enough to be split."""
    count = exchanges(turns)
    if count >= LONG_EXCHANGES:
        yield Finding("split-candidate", f"{count} exchanges")
    elif (said := words([turn for turn in turns if turn.role == "assistant"])) > LONG_WORDS:
        yield Finding("split-candidate", f"{said:,} words of the assistant")


def system_findings(turns: Sequence[Turn], inactive: Sequence[str]) -> Iterator[Finding]:
    """Tell whether there are several system messages, and which of them name characters that are not active."""
    found = [index for index, turn in enumerate(turns) if role_of(turn.role) == "system"]
    for index in found:
        if any(turns[before].side in ("", turns[index].side) for before in found if before < index):
            yield Finding("several-system", "a second system message", index)
    for index in found if inactive else ():
        for name in inactive:
            if _names(turns[index].content, name):
                message = f"the system prompt names {name}, a character that is not active"
                yield Finding("inactive-character", message, index)


def _names(text: str, name: str) -> bool:
    """Tell whether a text has a name, not as a part of a longer word."""
    start = text.find(name)
    while start >= 0:
        end = start + len(name)
        if not text[start - 1 : start].isalnum() and not text[end : end + 1].isalnum():
            return True
        start = text.find(name, start + 1)
    return False


def _wrong(spelled: str, role: str | None, due: str) -> str:
    if role == due:
        return f"the role is spelled {spelled[:40]!r}, not {due!r}"
    return f"the role is {spelled[:40]!r} where {due!r} is due"


def _calls(turn: Turn) -> bool:
    return isinstance(turn.raw, dict) and bool(turn.raw.get("tool_calls") or turn.raw.get("function_call"))


def _says_otherwise(turn: Turn, content: Any) -> bool:
    """Tell whether a turn without text has something else: calls of tools, an image; or is what a tool said."""
    if role_of(turn.role) == "tool":
        return True
    if isinstance(turn.raw, dict) and any(turn.raw.get(key) for key in _CALLS):
        return True
    return isinstance(content, list) and any(
        isinstance(part, dict) and part.get("type", "text") not in ("text", "input_text", "output_text")
        for part in content
    )


def _content(raw: Any) -> Any:
    if not isinstance(raw, dict):
        return raw
    return raw.get("content", raw.get("value"))


def _named(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    return "an object" if isinstance(value, dict) else "a number"
