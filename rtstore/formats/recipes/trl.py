"""TRL: a configuration for ``trl sft``, ``trl dpo`` or ``trl kto``."""

from __future__ import annotations

from typing import Any, Final

from rtstore.formats.recipes.facts import ExportFacts, Recipe
from rtstore.formats.recipes.yaml import yaml_document

_NAME: Final = "TRL"
#: By layout the command that trains on it, and the columns that it reads.
_COMMANDS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "messages": ("sft", ("messages", "tools")),
    "sharegpt": ("sft", ("conversations", "tools")),
    "prompt-completion": ("sft", ("prompt", "completion", "tools")),
    "text": ("sft", ("text",)),
    "preference": ("dpo", ("prompt", "chosen", "rejected", "tools")),
    "kto": ("kto", ("prompt", "completion", "label", "tools")),
}


def recipe(facts: ExportFacts) -> Recipe:
    """Return a configuration to which the model and the training are to be added.

    Raises:
        UsageError: TRL cannot read such a file.
    """
    facts.refuse_weights(_NAME)
    if facts.layout not in _COMMANDS:
        instead = "preference" if facts.layout == "sharegpt-preference" else "messages"
        raise facts.unreadable(_NAME, f"it does not know the layout {facts.layout}", f"--format {instead}")
    if facts.replies == "message":
        raise facts.unreadable(
            _NAME, "it takes lists of messages for replies, not one message", "--format preference"
        )
    command, known = _COMMANDS[facts.layout]
    name = f"{facts.stem}.trl.yaml"
    dataset = {
        "path": facts.file_type,
        "data_files": facts.path,
        "split": "train",
        "columns": [column for column in known if column in facts.columns],
    }
    values: dict[str, Any] = {"datasets": [dataset]}
    if facts.template is not None and command == "sft":
        values["chat_template_path"] = facts.template
    comments = [f"The dataset for TRL: trl {command} --config {name}", *filter(None, [facts.summary])]
    return Recipe(name, yaml_document(values, comments))
