"""Rendering conversations with a chat template, as ``apply_chat_template`` of transformers does it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple

from rtstore.errors import InputError
from rtstore.formats.extras import needed_from
from rtstore.formats.templates.kept import dropped
from rtstore.formats.templates.source import TemplateSource

if TYPE_CHECKING:
    from jinja2 import nodes

#: The names a message's reasoning goes by; the first is the one that templates read.
_REASONING = ("reasoning_content", "thinking", "reasoning")
_OTHER_TEMPLATE = "correct the template, or choose another one"


class Rendering(NamedTuple):
    """A conversation as text. ``spans`` are the characters of it that are the model's to say, each from its first up
    to, not including, its end; none if the template does not mark them with ``{% generation %}``.
    """

    text: str
    spans: tuple[tuple[int, int], ...]


class ChatTemplate:
    """A chat template, ready to render one conversation at a time; make one and keep it, as it is compiled then.

    ``marks_replies`` tells whether it has generation blocks. ``missing_tokens`` are the special tokens (``bos_token``,
    ...) that it uses and nobody gave: they are empty in every rendering.

    Raises:
        InputError: the template has a mistake, said with its line.
        MissingExtraError: jinja2 is not installed.
    """

    def __init__(self, source: TemplateSource, *, moment: datetime | None = None) -> None:
        """Compile a template. ``moment`` is the date it is told when it asks for today's: where the same input must
        give the same text, that of a commit, and not the clock's.
        """
        with needed_from("templates", "rendering a chat template"):
            from rtstore.formats.templates.sandbox import TemplateSandbox
        from jinja2 import meta
        from jinja2.nodes import ExtensionAttribute

        self.source = source
        self._sandbox = TemplateSandbox(moment)
        tree = self._compile()
        used = meta.find_undeclared_variables(tree)
        self.marks_replies = tree.find(ExtensionAttribute) is not None
        self.missing_tokens = tuple(
            sorted(name for name in used if name.endswith("_token") and name not in source.tokens)
        )

    def _compile(self) -> nodes.Template:
        from jinja2.exceptions import TemplateSyntaxError

        sandbox, source = self._sandbox, self.source
        try:
            tree = sandbox.counted(source.text)
            code = sandbox.compile(tree, filename=source.path)
        except TemplateSyntaxError as error:
            problem = f"not a template: {error.message}"
            raise InputError(problem, path=source.path, line=error.lineno, hint=_OTHER_TEMPLATE) from error
        except (RecursionError, SyntaxError, MemoryError, ValueError) as error:
            raise self._error("not a template that can be used: it is nested too deep") from error
        self._compiled = sandbox.template_class.from_code(sandbox, code, sandbox.make_globals(None), None)
        return tree

    def render(
        self,
        messages: Sequence[dict[str, Any]],
        tools: Sequence[dict[str, Any]] | None = None,
        *,
        ready: bool = False,
    ) -> Rendering:
        """Return a conversation as text; ``ready``: with what comes before a reply, so that one can follow.

        Members that are None are left out, and a message's reasoning is there under each name that templates use.

        Raises:
            InputError: the template refuses the conversation, fails, uses too much, or drops a turn, a call or a tool.
        """
        rendering = self._rendered([_prepared(message) for message in messages], tools, ready)
        if not rendering.text.strip():
            raise self._error("the template makes an empty text of it")
        missing = dropped(messages, tools, rendering.text)
        if missing is not None:
            raise self._error(f"the template drops {missing}: what it says is not in the text")
        return rendering

    def _rendered(
        self, messages: list[dict[str, Any]], tools: Sequence[Any] | None, ready: bool
    ) -> Rendering:
        from rtstore.formats.templates.meter import Meter

        written: list[str] = []
        blocks: list[tuple[int, str]] = []
        length = 0

        def enclosed(text: str) -> str:
            blocks.append((length, text))
            return text

        self._sandbox.meter, self._sandbox.enclosed = Meter(), enclosed
        try:
            for piece in self._compiled.root_render_func(
                self._compiled.new_context(self._variables(messages, tools, ready))
            ):
                written.append(piece)
                length += len(piece)
            self._sandbox.meter.fits(length)
        except Exception as error:  # a template is a program, and can fail in every way
            raise self._failed(error) from error
        text = "".join(written)
        return Rendering(text, self._spans(blocks, text))

    def _variables(
        self, messages: list[dict[str, Any]], tools: Sequence[Any] | None, ready: bool
    ) -> dict[str, Any]:
        """Return what a template may use by name."""
        return {
            **self.source.tokens,
            "messages": messages,
            "tools": None if tools is None else list(tools),
            "documents": None,
            "add_generation_prompt": ready,
        }

    def _spans(self, blocks: list[tuple[int, str]], text: str) -> tuple[tuple[int, int], ...]:
        """Return where generation blocks are; inside of a macro they are not where they seem to be."""
        for start, block in blocks:
            if not text.startswith(block, start):
                raise self._error(
                    "a generation block is inside a macro, so that it cannot be told where it is"
                )
        return tuple((start, start + len(block)) for start, block in blocks if block)

    def _failed(self, error: Exception) -> InputError:
        from jinja2.exceptions import SecurityError

        from rtstore.formats.templates.sandbox import Refusal

        if isinstance(error, Refusal):
            what = f"the template refuses it: {error.message}"
        elif isinstance(error, SecurityError):
            what = f"the template may not do this: {error.message}"
        elif isinstance(error, RecursionError):
            what = "the template calls itself too often"
        else:
            what = f"the template fails: {error}"
        return self._error(what, self._line(error.__traceback__))

    def _line(self, traceback: TracebackType | None) -> int | None:
        """Return the line of the template at which it failed."""
        found = None
        while traceback is not None:
            if traceback.tb_frame.f_code.co_filename == self.source.path:
                found = self._compiled.get_corresponding_lineno(traceback.tb_lineno)
            traceback = traceback.tb_next
        return found

    def _error(self, message: str, line: int | None = None) -> InputError:
        return InputError(message, path=self.source.path, line=line, hint=_OTHER_TEMPLATE)


def _prepared(message: dict[str, Any]) -> dict[str, Any]:
    """Return a message as transformers hands it to a template."""
    known = {key: value for key, value in message.items() if value is not None}
    reasoning = next((known[name] for name in _REASONING if name in known), None)
    if reasoning is None:
        return known
    return {"thinking": reasoning, **known, "reasoning_content": reasoning}
