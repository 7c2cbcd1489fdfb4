"""LLaMA-Factory: the entry of its ``dataset_info.json``."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Any, Final

from rtstore.errors import InputError
from rtstore.formats.recipes.facts import ExportFacts, Recipe

#: The name that the file must have. It lies beside the datasets it names.
INFO: Final = "dataset_info.json"

_NAME: Final = "LLaMA-Factory"
_REPLIES: Final = {"chosen": "chosen", "rejected": "rejected"}
_MOVE: Final = "correct the file, or move it away, and try again"
#: Its formatting ``openai`` would take calls of tools, but puts words of its own into the system prompt.
_OPENAI_TAGS: Final = {
    "role_tag": "role",
    "content_tag": "content",
    "user_tag": "user",
    "assistant_tag": "assistant",
    "observation_tag": "tool",
    "function_tag": "function_call",
    "system_tag": "system",
}
_SHAREGPT_TAGS: Final = {
    "role_tag": "from",
    "content_tag": "value",
    "user_tag": "human",
    "assistant_tag": "gpt",
    "observation_tag": "observation",
    "function_tag": "function_call",
    "system_tag": "system",
}


def recipe(facts: ExportFacts) -> Recipe:
    """Return a ``dataset_info.json`` with one dataset, named as the file is.

    Raises:
        UsageError: LLaMA-Factory cannot read such a file.
    """
    facts.refuse_weights(_NAME)
    entry = {"file_name": PurePosixPath(facts.path).name, **_reading(facts)}
    return Recipe(INFO, _encoded({facts.stem: entry}))


def merged(existing: bytes, made: Recipe) -> bytes:
    """Return a ``dataset_info.json`` with the datasets that one has already, and that of a recipe.

    Raises:
        InputError: what is there is no such file.
    """
    try:
        info = json.loads(existing)
    except (ValueError, RecursionError) as error:
        raise InputError(f"not JSON: {error}", path=INFO, hint=_MOVE) from error
    if not isinstance(info, dict):
        raise InputError("it must be a JSON object, with a member for each dataset", path=INFO, hint=_MOVE)
    return _encoded({**info, **json.loads(made.data)})


def _encoded(info: dict[str, Any]) -> bytes:
    return (json.dumps(info, ensure_ascii=False, indent=2) + "\n").encode()


def _reading(facts: ExportFacts) -> dict[str, Any]:
    layout = facts.layout
    if layout == "messages":
        if facts.tool_calls:
            raise facts.unreadable(_NAME, "it would not see the calls of tools", "--format sharegpt")
        return _conversation(facts, "messages", _OPENAI_TAGS)
    if layout == "sharegpt":
        return _conversation(facts, "conversations", _SHAREGPT_TAGS)
    if layout == "preference":
        return _preference(facts)
    if layout == "sharegpt-preference":
        return {**_ranked(facts, "conversations"), "tags": _SHAREGPT_TAGS}
    columns = {
        "alpaca": {"prompt": "instruction", "query": "input", "response": "output"},
        "prompt-completion": {"prompt": "prompt", "response": "completion"},
        "kto": {"prompt": "prompt", "response": "completion", "kto_tag": "label"},
        "text": {"prompt": "text"},
    }[layout]
    if layout in ("prompt-completion", "kto") and facts.replies != "text":
        raise facts.unreadable(_NAME, "its prompts and completions are messages", "--format sharegpt")
    present = {key: column for key, column in columns.items() if column in facts.columns}
    return {"formatting": "alpaca", "columns": {**present, **_also(facts, "system", "history")}}


def _conversation(facts: ExportFacts, column: str, tags: dict[str, str]) -> dict[str, Any]:
    columns = {"messages": column, **_also(facts, "system", "tools")}
    return {"formatting": "sharegpt", "columns": columns, "tags": tags}


def _preference(facts: ExportFacts) -> dict[str, Any]:
    if facts.replies == "text":
        columns = {"prompt": "prompt", **_REPLIES, **_also(facts, "system")}
        return {"formatting": "alpaca", "ranking": True, "columns": columns}
    if facts.replies == "messages":
        why = "it takes one message for chosen and for rejected, not a list"
        raise facts.unreadable(_NAME, why, "--format sharegpt")
    return {**_ranked(facts, "prompt"), "tags": _OPENAI_TAGS}


def _ranked(facts: ExportFacts, column: str) -> dict[str, Any]:
    columns = {"messages": column, **_REPLIES, **_also(facts, "system", "tools")}
    return {"formatting": "sharegpt", "ranking": True, "columns": columns}


def _also(facts: ExportFacts, *names: str) -> dict[str, str]:
    """Return the columns of these names that the file has."""
    return {name: name for name in names if name in facts.columns}
