"""Exported files as trainers get them, and a tokenizer of transformers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from chat_samples import CHATML, TOKENS
from tokenizer_samples import word_tokenizer

from rtstore.formats.parquet import KindFinder, write_rows
from rtstore.formats.recipes import ExportFacts, recipe

Row = dict[str, Any]
FORMS = ("jsonl", "parquet")

MESSAGES: list[Row] = [
    {
        "messages": [
            {"role": "system", "content": "You are Mara, 灯台守."},
            {"role": "user", "content": "Who keeps the lamp?"},
            {"role": "assistant", "content": "The keeper's daughter."},
        ],
        "tags": ["greeting"],
    },
    {"messages": [{"role": "user", "content": "ok"}, {"role": "assistant", "content": "ok, so"}], "tags": []},
]
SHAREGPT: list[Row] = [
    {
        "conversations": [
            {"from": "system", "value": "You are Mara."},
            {"from": "human", "value": "When is high water?"},
            {"from": "function_call", "value": '{"name": "tide", "arguments": {}}'},
            {"from": "observation", "value": "six"},
            {"from": "gpt", "value": "At six."},
        ],
        "tools": '[{"name": "tide"}]',
    }
]
ALPACA: list[Row] = [
    {"instruction": "Say hello", "input": "to Mara", "output": "Hello, Mara.", "system": "Be kind."}
]
COMPLETION: list[Row] = [{"prompt": "The lamp", "completion": " was lit."}]
TEXT_PAIRS: list[Row] = [
    {"prompt": "Who keeps the lamp?", "chosen": "Her daughter.", "rejected": "I cannot say."}
]
PAIRS: list[Row] = [
    {
        "prompt": [{"role": "user", "content": "Who keeps the lamp?"}],
        "chosen": [{"role": "assistant", "content": "Her daughter."}],
        "rejected": [{"role": "assistant", "content": "I cannot say."}],
    }
]
MESSAGE_PAIRS: list[Row] = [
    {"prompt": row["prompt"], "chosen": row["chosen"][0], "rejected": row["rejected"][0]} for row in PAIRS
]


def written(rows: list[Row], folder: Path, form: str) -> Path:
    """Write rows as one of ``FORMS``, and return the file."""
    path = folder / f"train.{form}"
    if form == "jsonl":
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        path.write_text(text, encoding="utf-8", newline="\n")
        return path
    finder = KindFinder().add_all(rows)
    with path.open("wb") as target:
        write_rows(rows, finder.columns, target, marked=finder.marked)
    return path


def recipe_beside(
    path: Path, trainer: str, rows: list[Row], replies: Literal["text", "message", "messages"] = "text"
) -> Path:
    """Write a trainer's recipe for a file beside it, and return the recipe's file."""
    made = recipe(trainer, ExportFacts("messages", str(path), tuple(rows[0]), replies=replies))
    beside = path.parent / made.name
    beside.write_bytes(made.data)
    return beside


def tokenizer(template: str = CHATML) -> Any:
    """Return a tokenizer of transformers with a chat template."""
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

    made = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_buffer(word_tokenizer()), unk_token="[UNK]", **TOKENS
    )
    made.chat_template = template
    return made
