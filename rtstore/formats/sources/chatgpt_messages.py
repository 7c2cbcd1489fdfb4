"""The messages of a ChatGPT export, one after the other, as those that chat templates take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from rtstore.formats.sources.members import object_in, objects_in, text_in
from rtstore.model.conversation import Message, decoded, text_of
from rtstore.model.roles import training_role

#: Why something has no place, and its text.
Left = tuple[str, str]

#: Content whose text is that of the message.
_TEXTS: Final = {
    "code": "text",
    "execution_output": "text",
    "tether_quote": "text",
    "tether_browsing_display": "result",
    "system_error": "text",
    "computer_output": "text",
    "sonic_webpage": "text",
    "citable_code_output": "output_str",
}
#: Who a message is for, where it is for no tool.
_EVERYBODY: Final = (None, "", "all")


class Branch:
    """Takes the messages of one branch in their order."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        #: The model that wrote the last answer which says so.
        self.model: str | None = None
        self._thoughts: list[str] = []

    def take(self, message: Any) -> Iterator[Left]:
        """Take a message; yield what of it has no place."""
        if not isinstance(message, dict):
            return  # the root of a conversation has none
        author, content = object_in(message, "author"), message.get("content")
        metadata = object_in(message, "metadata")
        if not isinstance(content, dict):
            if content:
                yield "a message whose content is no object", text_of(content)
            return
        kind = content.get("content_type")
        if metadata.get("is_visually_hidden_from_conversation") is True or kind in _CONTEXT:
            text = _said(content)
            if text:
                yield "a hidden message", text
        elif kind == "thoughts":
            self._thoughts += _thoughts(content)
        elif kind == "reasoning_recap":
            if text := text_of(content.get("content")):
                yield "how long a model thought, as the program shows it", text
        else:
            yield from self._say(author, message.get("recipient"), content, metadata)

    def finish(self) -> Iterator[Left]:
        """Yield thoughts after which nothing was said."""
        if self._thoughts:
            yield "thoughts without an answer after them", "\n\n".join(self._thoughts)
        self._thoughts = []

    def _say(
        self, author: dict[str, Any], recipient: Any, content: dict[str, Any], metadata: dict[str, Any]
    ) -> Iterator[Left]:
        said, left = _content(content)
        yield from left
        if not said:
            return
        role = text_in(author, "role") or "assistant"
        made: Message = {"role": training_role(role) or role, "content": said}
        if made["role"] == "tool" and isinstance(author.get("name"), str):
            made["name"] = author["name"]
        if made["role"] == "assistant":
            if isinstance(metadata.get("model_slug"), str):
                self.model = metadata["model_slug"]
            if self._thoughts:
                made["reasoning_content"] = "\n\n".join(self._thoughts)
                self._thoughts = []
            if recipient not in _EVERYBODY and isinstance(said, str):
                made |= {"content": "", "tool_calls": [_call(text_of(recipient), said, content)]}
        self.messages.append(made)


#: What the program tells a model of its user, and of what is around a conversation.
_CONTEXT: Final = ("user_editable_context", "model_editable_context")


def _thoughts(content: dict[str, Any]) -> list[str]:
    each = objects_in(content.get("thoughts"))
    return [text for one in each if (text := text_of(one.get("content")) or text_of(one.get("summary")))]


def _call(name: str, said: str, content: dict[str, Any]) -> dict[str, Any]:
    """Return what a tool is asked. What is no JSON object is its code, or its one argument ``input``."""
    arguments = decoded(said)
    if not isinstance(arguments, dict):
        arguments = {"code" if content.get("content_type") == "code" else "input": said}
    return {"type": "function", "function": {"name": name, "arguments": arguments}}


def _said(content: dict[str, Any]) -> str:
    """Return all text of a content that was not shown."""
    parts = content.get("parts")
    texts = [one for one in parts if isinstance(one, str)] if isinstance(parts, list) else []
    more = ("text", "user_profile", "user_instructions", "model_set_context")
    texts += [content[key] for key in more if isinstance(content.get(key), str)]
    return "\n".join(text for text in texts if text.strip())


def _content(content: dict[str, Any]) -> tuple[Any, list[Left]]:
    """Return what a message says, a text or parts, and what of it has no place."""
    kind = content.get("content_type")
    parts = content.get("parts")
    if isinstance(parts, list):
        return _parts(parts)
    key = _TEXTS.get(str(kind), "text")
    if isinstance(content.get(key), str):
        return content[key], []
    return "", [(f"content of the type {str(kind)[:40]}", text_of(content))]


def _parts(parts: list[Any]) -> tuple[Any, list[Left]]:
    found: list[dict[str, Any]] = []
    left: list[Left] = []
    for part in parts:
        made = _part(part)
        if made is None:
            left.append(("a part of a message that is of no known type", text_of(part)))
        elif made.get("text") != "":
            found.append(made)
    if all(part["type"] == "text" for part in found):
        return "\n".join(part["text"] for part in found), left
    return found, left


def _part(part: Any) -> dict[str, Any] | None:
    """Return a typed part; pictures and recordings have the name of their file in the export."""
    if isinstance(part, str):
        return {"type": "text", "text": part}
    if not isinstance(part, dict):
        return None
    if isinstance(part.get("text"), str):
        return {"type": "text", "text": part["text"]}
    kind = str(part.get("content_type"))
    media = (
        "image" if "image" in kind else "audio" if "audio" in kind else "video" if "video" in kind else None
    )
    pointer = part.get("asset_pointer") or object_in(part, "audio_asset_pointer").get("asset_pointer")
    return {"type": media, media: pointer} if media and isinstance(pointer, str) else None
