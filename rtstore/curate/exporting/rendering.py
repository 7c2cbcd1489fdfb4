"""Rows that a chat template renders: texts in place of messages."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from rtstore.curate.exporting.options import ExportOptions
from rtstore.curate.exporting.turns import is_trained
from rtstore.errors import InputError, UsageError
from rtstore.model.conversation import Conversation, ConversionError, Message, is_empty, joined, plain
from rtstore.model.shapes.base import Record
from rtstore.storage.files import read_bounded

if TYPE_CHECKING:
    from rtstore.formats.templates import ChatTemplate, Rendering


def renderer(options: ExportOptions, moment: datetime) -> Renderer | None:
    """Return what renders the rows of an export, None if they are not to be rendered.

    ``moment`` is the time that a template is told: that of the commit, so that it makes the same text at any time.

    Raises:
        InputError: the template has a mistake, or is none.
        MissingExtraError: jinja2 is not installed.
        UsageError: turns are to be masked, and the template does not say where they are in its text.
    """
    if options.template is None:
        return None
    from rtstore.formats.templates import ChatTemplate, read_template_source
    from rtstore.formats.templates.source import MAX_FILE

    source = read_template_source(read_bounded(options.template, MAX_FILE), options.template)
    template = ChatTemplate(source, moment=moment)
    if options.weights == "mask" and not template.marks_replies:
        raise UsageError(
            f"{options.template} does not say where replies are in its text, so they cannot be masked",
            hint="A template says it with {% generation %} and {% endgeneration %} around them.",
        )
    return Renderer(template, options)


class Renderer:
    """Renders conversations for one format."""

    def __init__(self, template: ChatTemplate, options: ExportOptions) -> None:
        self._template = template
        self._masked = options.weights == "mask"
        self._apart = options.format == "prompt-completion"

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is odd about the template."""
        return tuple(
            f"the template uses {name}, which nobody gave: it is empty"
            for name in self._template.missing_tokens
        )

    def __call__(self, conversation: Conversation) -> Record:
        """Return the row of a conversation.

        Raises:
            ConversionError: the template refuses it, or drops a turn.
        """
        if conversation.chosen is not None:
            row = self._pair(conversation)
        elif self._apart:
            row = self._completion(conversation)
        else:
            row = self._text(conversation)
        beside = conversation.belongings()
        beside.pop("tools", None)  # they are in the text
        return joined(row, beside, conversation.rest)

    def _text(self, conversation: Conversation) -> Record:
        rendering = self._rendered(conversation.messages, conversation.tools)
        if not self._masked:
            return {"text": rendering.text}
        trained = [is_trained(each) for each in conversation.messages if each.get("role") == "assistant"]
        if len(rendering.spans) != len(trained):
            raise ConversionError("the template does not mark as many replies as the conversation has")
        spans = [list(span) for span, wanted in zip(rendering.spans, trained, strict=True) if wanted]
        return {"text": rendering.text, "trained": spans}

    def _completion(self, conversation: Conversation) -> Record:
        messages = conversation.messages
        if not messages or messages[-1].get("role") != "assistant":
            raise ConversionError("the conversation does not end with an answer, which is the completion")
        prompt, completion = self._continued(messages[:-1], messages[-1:], conversation.tools)
        return {"prompt": prompt, "completion": completion}

    def _pair(self, conversation: Conversation) -> Record:
        if not conversation.messages:
            raise ConversionError("nothing is said before the two answers: there is no prompt to render")
        sides = {"chosen": conversation.chosen or [], "rejected": conversation.rejected or []}
        prompt, texts = "", {}
        for side, answer in sides.items():
            prompt, texts[side] = self._continued(conversation.messages, answer, conversation.tools)
        return {"prompt": prompt, **texts}

    def _continued(self, before: list[Message], answer: list[Message], tools: Any) -> tuple[str, str]:
        """Return what a model is given before an answer, and what it is to say."""
        prompt = self._rendered(before, tools, ready=True).text
        whole = self._rendered([*before, *answer], tools).text
        if not whole.startswith(prompt):
            # A template that puts nothing before an answer, or something else than where an answer is there.
            prompt = self._rendered(before, tools).text
        if not whole.startswith(prompt):
            raise ConversionError("the template renders the prompt otherwise when an answer follows")
        return prompt, whole[len(prompt) :]

    def _rendered(self, messages: list[Message], tools: Any, ready: bool = False) -> Rendering:
        told = [plain(message, index) for index, message in enumerate(messages)]
        if not isinstance(tools, list) and not is_empty(tools):
            raise ConversionError("the tools are no list, and a template takes no other")
        try:
            return self._template.render(told, tools if isinstance(tools, list) else None, ready=ready)
        except InputError as error:
            raise ConversionError(error.message) from error
