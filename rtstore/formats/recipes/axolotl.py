"""Axolotl: the ``datasets`` of its YAML configuration."""

from __future__ import annotations

from typing import Any, Final

from rtstore.formats.recipes.facts import ExportFacts, Recipe
from rtstore.formats.recipes.yaml import yaml_document

_NAME: Final = "axolotl"
#: Who speaks in a ShareGPT file, by what axolotl calls them.
_SPEAKERS: Final = {
    "system": ["system"],
    "user": ["human", "user"],
    "assistant": ["gpt", "assistant", "function_call"],
    "tool": ["tool", "observation"],
}
_WITHOUT_FRAME: Final = {
    "system_prompt": "",
    "field_instruction": "prompt",
    "field_output": "completion",
    "format": "{instruction}",
    "no_input_format": "{instruction}",
}


def recipe(facts: ExportFacts) -> Recipe:
    """Return what goes into axolotl's configuration.

    Raises:
        UsageError: axolotl cannot read such a file.
    """
    entry = {"path": facts.path, "ds_type": facts.file_type, **_reading(facts)}
    values: dict[str, Any] = {"rl": "dpo"} if facts.layout == "preference" else {}
    comments = ["The dataset for axolotl: put this into your configuration.", *filter(None, [facts.summary])]
    return Recipe(f"{facts.stem}.axolotl.yaml", yaml_document({**values, "datasets": [entry]}, comments))


def _reading(facts: ExportFacts) -> dict[str, Any]:
    layout = facts.layout
    if layout == "messages":
        return _conversation(facts, "messages", "role", "content")
    if layout == "sharegpt":
        return {**_conversation(facts, "conversations", "from", "value"), "roles": _SPEAKERS}
    if layout == "preference":
        fields = {"field_messages": "prompt", "field_chosen": "chosen", "field_rejected": "rejected"}
        return {"type": "chat_template.default", **_template(facts), **fields}
    if layout == "alpaca":
        return {"type": "alpaca_w_system.load_instruct" if "system" in facts.columns else "alpaca"}
    if layout == "text":
        return {"type": "completion", "field": "text"}
    if layout == "prompt-completion" and facts.replies == "text":
        return {"type": _WITHOUT_FRAME}
    if layout == "sharegpt-preference":
        raise facts.unreadable(_NAME, "its pairs are laid out as ShareGPT", "--format preference")
    why = "its prompts and completions are messages" if layout != "kto" else "it has completions with labels"
    raise facts.unreadable(_NAME, why, "--format messages")


def _conversation(facts: ExportFacts, column: str, role: str, content: str) -> dict[str, Any]:
    tools = {"field_tools": "tools"} if "tools" in facts.columns else {}
    weights = {"message_field_training": facts.weights} if facts.weights else {}
    return {
        "type": "chat_template",
        **_template(facts),
        "field_messages": column,
        **tools,
        "message_property_mappings": {"role": role, "content": content},
        **weights,
    }


def _template(facts: ExportFacts) -> dict[str, str]:
    if facts.template is None:
        return {"chat_template": "tokenizer_default"}
    return {"chat_template": "jinja", "chat_template_jinja": facts.template}
