"""What an export changes in the turns of a conversation: system prompts, and how much each turn counts."""

from __future__ import annotations

from typing import Any

from rtstore.curate.exporting.options import ExportOptions
from rtstore.model.conversation import WEIGHTS, Conversation, ConversionError, Message


def adjusted(conversation: Conversation, options: ExportOptions) -> Conversation:
    """Return a conversation with the turns that were asked for. It changes the one it gets."""
    if options.system != "keep":
        conversation.messages = _with_system(conversation.messages, options.system_prompt)
    if options.weights != "keep":
        mask = options.weights == "mask"
        conversation.messages = [_weighed(message, mask) for message in conversation.messages]
        for side in ("chosen", "rejected"):
            if (answer := getattr(conversation, side)) is not None:
                setattr(conversation, side, [_weighed(message, mask) for message in answer])
    return conversation


def check_trained(conversation: Conversation, last: bool = False) -> None:
    """Refuse a conversation that a trainer would learn nothing from; ``last``: it learns from the last answer alone.

    Raises:
        ConversionError: no answer of it has text, or each has the weight 0.
    """
    if conversation.chosen is not None:
        for side, answer in (("chosen", conversation.chosen), ("rejected", conversation.rejected or [])):
            if not any(map(_says, answer)):
                raise ConversionError(f"the {side} answer has no text, and would train as empty text")
        return
    answers = [message for message in conversation.messages if message.get("role") == "assistant"]
    said = [message for message in answers if _says(message)]
    if not said:
        what = "no answer of the conversation has text" if answers else "the conversation has no answer"
        raise ConversionError(f"{what}, and would train as empty text")
    if last and answers[-1] is not said[-1]:
        raise ConversionError("the last answer has no text, and would train as empty text")
    if last and not is_trained(said[-1]):
        raise ConversionError("the last answer has the weight 0: nothing would be trained")
    if not any(map(is_trained, said)):
        raise ConversionError("every answer of the conversation has the weight 0: nothing would be trained")


def is_trained(message: Message) -> bool:
    """Tell whether a trainer that knows weights learns from a message: by its weight, else if it is an answer."""
    for key in WEIGHTS:
        weight = message.get(key)
        if isinstance(weight, (bool, int, float)):
            return weight > 0
    return message.get("role") == "assistant"


def _says(message: Message) -> bool:
    content, calls = message.get("content"), message.get("tool_calls")
    if isinstance(calls, list) and calls:
        return True
    if isinstance(content, str):
        return bool(content.strip())
    return isinstance(content, list) and any(map(_holds, content))


def _holds(part: Any) -> bool:
    """Whether a part of a content is more than empty text."""
    if not isinstance(part, dict):
        return bool(str(part).strip())
    texts = [value for key, value in part.items() if key != "type" and isinstance(value, str)]
    return any(text.strip() for text in texts) if len(texts) == len(part) - ("type" in part) else True


def _with_system(messages: list[Message], prompt: str | None) -> list[Message]:
    rest = [message for message in messages if message.get("role") != "system"]
    return rest if prompt is None else [{"role": "system", "content": prompt}, *rest]


def _weighed(message: Message, mask: bool) -> Message:
    plain = {key: value for key, value in message.items() if key not in WEIGHTS}
    return {**plain, "train": is_trained(message)} if mask else plain
