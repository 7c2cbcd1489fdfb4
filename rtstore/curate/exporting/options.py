"""What can be asked of an export."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from rtstore.curate.exporting.output import check_text
from rtstore.errors import UsageError
from rtstore.formats.exports.registry import format_named

SystemRule = Literal["keep", "drop", "set"]
WeightRule = Literal["keep", "mask", "drop"]


class ExportOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a dataset is exported; the defaults leave everything as it is.

    ``format``: one of ``rtstore.formats.exports.registry``. ``clean``: only the conversation, no other members of the
    record. ``where``: an expression; only entries it fits. ``template``: the path of a chat template that makes each
    row a text. ``system``: keep the system prompts, drop them, or set ``system_prompt`` in every conversation.
    ``weights``: keep how much each turn counts in training as the record says it, drop it, or say of each turn
    with ``train`` whether it is trained at all. ``shuffle``: in an order that follows from ``seed`` and the entry
    ids. ``max_tokens``: leave out what has more tokens, counted with the tokenizer at the path ``tokenizer``.
    ``skip``: leave out entries that cannot be exported; otherwise they are an error. ``recipe``: the name of a trainer;
    what its configuration says of the file is written beside it.
    """

    format: str = "messages"
    clean: bool = False
    where: str | None = None
    template: str | None = None
    system: SystemRule = "keep"
    system_prompt: str | None = None
    weights: WeightRule = "keep"
    shuffle: bool = False
    seed: str = "0"
    max_tokens: int | None = None
    tokenizer: str | None = None
    skip: bool = False
    recipe: str | None = None

    def check(self) -> None:
        """Refuse what contradicts itself.

        Raises:
            UsageError: it does.
        """
        format = format_named(self.format)
        for name in ("where", "template", "system_prompt", "seed", "tokenizer"):
            check_text(getattr(self, name) or "", f"--{name.replace('_', '-')}")
        if self.template is not None and not format.templated:
            raise UsageError(
                f"rows of {self.format} are no texts, and a chat template makes texts",
                hint="--template goes with messages, chatml-text, prompt-completion, preference and parquet.",
            )
        if (self.system == "set") != (self.system_prompt is not None):
            raise UsageError("--system set and --system-prompt TEXT belong together")
        if (self.max_tokens is None) != (self.tokenizer is None):
            raise UsageError("--max-tokens needs --tokenizer, the tokenizer.json of the model")
        if self.recipe is not None:
            from rtstore.formats.recipes import check_trainer

            check_trainer(self.recipe)
        if self.max_tokens is not None and self.max_tokens < 1:
            raise UsageError("--max-tokens must be at least 1")

    @property
    def changes_turns(self) -> bool:
        """Whether turns are changed on the way, so that every record must be taken apart."""
        return self.system != "keep" or self.weights != "keep"

    def told(self) -> dict[str, Any]:
        """Return what is not the default, for a manifest."""
        values = {name: getattr(self, name) for name in self.__struct_fields__}
        default = ExportOptions()
        return {
            name: value
            for name, value in values.items()
            if name == "format" or value != getattr(default, name)
        }
