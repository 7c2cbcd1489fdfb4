"""What of a conversation is not in its rendering: a template that does not know a role or a tool leaves it out
without a word, and the model is trained on less than the dataset has.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from rtstore.model.conversation import decoded


def dropped(messages: Sequence[dict[str, Any]], tools: Sequence[Any] | None, text: str) -> str | None:
    """Return what is not in the rendering ``text``, as a name for it, or None if all is there.

    A turn is there if its text, without the white space around it, is: as it is or as JSON spells it. Where several
    turns say the same, it must be there as often. Of tools and calls of tools the name must be there, of a call those
    of its arguments as well.
    """
    wanted: Counter[str] = Counter()
    for number, message in enumerate(messages, 1):
        for piece in _texts(message.get("content")):
            wanted[piece] += 1
            if not _occurs(piece, text, wanted[piece]):
                return f"turn {number} ({_role(message)})"
        for name, arguments in _called(message.get("tool_calls")):
            place = f"the tool {name!r} in turn {number} ({_role(message)})"
            if name not in text:
                return f"the call of {place}"
            missing = next((one for one in arguments if not _occurs(one, text, 1)), None)
            if missing is not None:
                return f"{missing!r}, an argument in the call of {place}"
    return _dropped_tool(tools or (), text)


def _occurs(piece: str, text: str, times: int) -> bool:
    if piece in text if times == 1 else text.count(piece) >= times:
        return True
    spellings = {piece, json.dumps(piece, ensure_ascii=False)[1:-1], json.dumps(piece)[1:-1]}
    return sum(map(text.count, spellings)) >= times


def _texts(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        if stripped := content.strip():
            yield stripped
    elif isinstance(content, list):
        for part in content:
            yield from _texts(part.get("text") if isinstance(part, dict) else None)


def _called(calls: Any) -> Iterator[tuple[str, list[str]]]:
    """Yield the name of each tool that is called, and those of the arguments."""
    for call in calls if isinstance(calls, list) else ():
        if (name := _name(call)) is not None:
            inner = call.get("function")
            arguments = decoded((inner if isinstance(inner, dict) else call).get("arguments"))
            yield name, [*arguments] if isinstance(arguments, dict) else []


def _dropped_tool(tools: Sequence[Any], text: str) -> str | None:
    names = (_name(tool) for tool in tools)
    missing = next((name for name in names if name is not None and name not in text), None)
    return None if missing is None else f"the tool {missing!r}"


def _name(tool: Any) -> str | None:
    """Return the name of a tool or of a call of one: OpenAI's layout has it under ``function``."""
    if not isinstance(tool, dict):
        return None
    inner = tool.get("function")
    name = inner.get("name") if isinstance(inner, dict) else tool.get("name")
    return name if isinstance(name, str) and name else None


def _role(message: dict[str, Any]) -> str:
    return str(message.get("role", "no role"))
