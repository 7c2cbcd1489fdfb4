"""Typed parts of a turn, as Anthropic's programs write them, as messages that chat templates take."""

from __future__ import annotations

from typing import Any, Final

from rtstore.model.conversation import Message, text_of

#: Parts without anything that somebody said.
_EMPTY: Final = frozenset(("token_budget", "flag"))


class Parts:
    """The messages of one turn. Parts of tools become calls and answers; what has no place is in ``left``."""

    def __init__(self, role: str, content: Any) -> None:
        #: Why something has no place, and what it is.
        self.left: list[tuple[str, str]] = []
        self.messages: list[Message] = []
        self._role = role
        self._begin()
        for part in content if isinstance(content, list) else [content]:
            self._take(part)
        self._finish()

    def _begin(self) -> None:
        self._texts: list[Any] = []
        self._thoughts: list[str] = []
        self._calls: list[dict[str, Any]] = []
        self._is_plain = True

    def _take(self, part: Any) -> None:
        if isinstance(part, str):
            self._texts.append(part)
            return
        if not isinstance(part, dict):
            if part is not None:
                self.left.append(("a part of a turn that is no object", text_of(part)))
            return
        kind = text_of(part.get("type"))
        if kind in ("text", "input_text", "output_text") and isinstance(part.get("text"), str):
            self._texts.append(part["text"])
        elif kind == "thinking" and isinstance(part.get("thinking"), str):
            self._thoughts.append(part["thinking"])
        elif kind in ("tool_use", "server_tool_use"):
            self._call(part)
        elif kind.endswith("tool_result"):
            self._answer(part)
        elif kind in ("image", "document", "image_url", "input_image", "audio", "file"):
            self._texts.append(part)
            self._is_plain = False
        elif kind not in _EMPTY:
            self.left.append((f"a part of a turn of the type {kind[:40]}", text_of(part)))

    def _call(self, part: dict[str, Any]) -> None:
        id = {"id": part["id"]} if isinstance(part.get("id"), str) else {}
        function = {"name": text_of(part.get("name")), "arguments": part.get("input", {})}
        self._calls.append({**id, "type": "function", "function": function})

    def _answer(self, part: dict[str, Any]) -> None:
        """Take what a tool answered: a message of its own, after what was said before it."""
        self._finish()
        text, left = result_text(part.get("content"))
        answer: Message = {"role": "tool", "content": text}
        id = part.get("tool_use_id")
        answer |= {"tool_call_id": id} if isinstance(id, str) else {}
        answer |= {"name": part["name"]} if isinstance(part.get("name"), str) else {}
        answer |= {"is_error": True} if part.get("is_error") is True else {}
        self.messages.append(answer)
        self.left += [("what a tool answered that is no text", each) for each in left]

    def _finish(self) -> None:
        if any(self._texts) or self._thoughts or self._calls:
            message: Message = {"role": self._role, "content": _content(self._texts, self._is_plain)}
            if self._thoughts:
                message["reasoning_content"] = "\n\n".join(self._thoughts)
            if self._calls:
                message["tool_calls"] = self._calls
            self.messages.append(message)
        self._begin()


def result_text(content: Any) -> tuple[str, list[str]]:
    """Return what a tool answered as text, and those parts of it that are none."""
    if not isinstance(content, list):
        return text_of(content), []
    texts = [one for one in content if isinstance(one, str)]
    left = []
    for part in content:
        if isinstance(part, dict) and isinstance(part.get("text"), str):
            texts.append(part["text"])
        elif not isinstance(part, str):
            left.append(text_of(part))
    return "\n".join(texts), left


def _content(texts: list[Any], is_plain: bool) -> Any:
    if is_plain:
        return "\n\n".join(text for text in texts if text)
    return [{"type": "text", "text": part} if isinstance(part, str) else part for part in texts]
