"""Items of OpenAI's Responses API as messages: what is said, thought, asked of tools, and answered by them."""

from __future__ import annotations

from typing import Any

from rtstore.formats.sources.parts import Parts, result_text
from rtstore.formats.sources.traces.base import Left
from rtstore.model.conversation import Message, decoded, text_of
from rtstore.model.roles import training_role


class Items:
    """Takes items in their order. What has no place is in ``left``."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.left: list[Left] = []
        self._thoughts: list[str] = []

    def take(self, item: dict[str, Any]) -> None:
        """Take an item."""
        kind = item.get("type", "message")
        if kind == "message" or "role" in item:
            self._say(item)
        elif kind == "reasoning":
            self._think(item)
        elif isinstance(kind, str) and kind.endswith("_call_output"):
            self._answer(item)
        elif isinstance(kind, str) and kind.endswith("_call"):
            self._call(item, kind)
        else:
            self.left.append((f"an item of the type {str(kind)[:40]}", text_of(item)))

    def finish(self) -> None:
        """Tell of thoughts after which nothing came."""
        if self._thoughts:
            self.left.append(("thoughts without an answer after them", "\n\n".join(self._thoughts)))
            self._thoughts = []

    def _say(self, item: dict[str, Any]) -> None:
        role = text_of(item.get("role")) or "assistant"
        parts = Parts(training_role(role) or role, item.get("content"))
        for message in parts.messages:
            self.messages.append(self._with_thoughts(message))
        self.left += parts.left

    def _think(self, item: dict[str, Any]) -> None:
        found = [result_text(item.get(key))[0] for key in ("summary", "content")]
        text = "\n\n".join(filter(None, found))
        if text:
            self._thoughts.append(text)
        elif item.get("encrypted_content"):
            self.left.append(("reasoning that is encrypted", ""))

    def _call(self, item: dict[str, Any], kind: str) -> None:
        name = text_of(item.get("name")) or kind.removesuffix("_call")
        asked: Any = next((item[key] for key in ("arguments", "input", "action") if key in item), {})
        arguments = decoded(asked)
        id = item.get("call_id") or item.get("id")
        function = {"name": name, "arguments": arguments if isinstance(arguments, dict) else {"input": asked}}
        call = {**({"id": id} if isinstance(id, str) else {}), "type": "function", "function": function}
        last = self.messages[-1] if self.messages else {}
        if last.get("role") != "assistant" or self._thoughts:
            last = self._with_thoughts({"role": "assistant", "content": ""})
            self.messages.append(last)
        last.setdefault("tool_calls", []).append(call)

    def _answer(self, item: dict[str, Any]) -> None:
        text, left = result_text(item.get("output"))
        id = item.get("call_id")
        answered = {"tool_call_id": id} if isinstance(id, str) else {}
        self.messages.append({"role": "tool", "content": text, **answered})
        self.left += [("what a tool answered that is no text", each) for each in left]

    def _with_thoughts(self, message: Message) -> Message:
        if self._thoughts and message["role"] == "assistant":
            message["reasoning_content"] = "\n\n".join(self._thoughts)
            self._thoughts = []
        return message
