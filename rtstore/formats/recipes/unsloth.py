"""Unsloth: a module with the function that loads the dataset, as its notebooks do it."""

from __future__ import annotations

import re
from typing import Final

from rtstore.formats.recipes.facts import ExportFacts, Recipe

_NAME: Final = "Unsloth"

_HEAD: Final = '''\
"""The dataset for Unsloth: `from {module} import load`, then `load(tokenizer)`{summary}."""

{imports}from datasets import load_dataset

'''
_TEMPLATE: Final = """\
    with open({path!r}, encoding="utf-8") as file:
        tokenizer.chat_template = file.read()
"""
_LOAD: Final = """
def load(tokenizer):
{template}    dataset = load_dataset({file_type!r}, data_files={path!r}, split="train")
"""
_STANDARDIZE: Final = """\
    from unsloth.chat_templates import standardize_sharegpt

    dataset = standardize_sharegpt(dataset)
"""
#: Tools are JSON text in a Parquet file, and in many others.
_TOOLS: Final = """
    def tools_of(value):
        return (json.loads(value) if isinstance(value, str) else value) or None
"""
_RENDER: Final = """
    def rendered(rows):
        return {{
            "text": [
                tokenizer.apply_chat_template({arguments}tokenize=False, add_generation_prompt=False)
                for {names}
            ]
        }}

    return dataset.map(rendered, batched=True)
"""
_ALPACA: Final = '''
PROMPT = """Below is an instruction that describes a task, paired with an input that provides further context. \\
Write a response that appropriately completes the request.

### Instruction:
{}

### Input:
{}

### Response:
{}"""

'''
_FILL: Final = """
    def filled(rows):
        columns = zip(rows["instruction"], rows["input"], rows["output"])
        return {"text": [PROMPT.format(*row) + tokenizer.eos_token for row in columns]}

    return dataset.map(filled, batched=True)
"""


def recipe(facts: ExportFacts) -> Recipe:
    """Return a module that loads the dataset, with the column ``text`` or those of a preference trainer.

    Raises:
        UsageError: Unsloth cannot read such a file.
    """
    facts.refuse_weights(_NAME)
    module = re.sub(r"\W", "_", f"dataset_{facts.stem}", flags=re.ASCII)
    imports = "import json\n\n" if "tools" in facts.columns else ""
    summary = f": {facts.summary}" if facts.summary else ""
    template = "" if facts.template is None else _TEMPLATE.format(path=facts.template)
    text = _HEAD.format(module=module, summary=summary, imports=imports) + (
        _ALPACA if facts.layout == "alpaca" else ""
    )
    load = _LOAD.format(template=template, file_type=facts.file_type, path=facts.path)
    return Recipe(f"{module}.py", (text + load + _rest(facts)).encode())


def _rest(facts: ExportFacts) -> str:
    if facts.layout == "messages":
        return _rendering("messages", facts)
    if facts.layout == "sharegpt":
        return _STANDARDIZE + _rendering("conversations", facts)
    if facts.layout == "alpaca":
        if "system" in facts.columns:
            raise facts.unreadable(
                _NAME, "its Alpaca prompt has no place for system prompts", "--format messages"
            )
        return _FILL
    if facts.layout == "sharegpt-preference" or (facts.layout != "text" and facts.replies == "message"):
        raise facts.unreadable(
            _NAME, "it takes lists of messages for replies, not one message", "--format preference"
        )
    return "    return dataset\n"


def _rendering(column: str, facts: ExportFacts) -> str:
    if "tools" not in facts.columns:
        return _RENDER.format(arguments="turns, ", names=f'turns in rows["{column}"]')
    names = f'turns, tools in zip(rows["{column}"], rows["tools"])'
    return _TOOLS + _RENDER.format(arguments="turns, tools=tools_of(tools), ", names=names)
