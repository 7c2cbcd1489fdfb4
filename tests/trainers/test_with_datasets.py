"""Exported files are loaded by Hugging Face's ``datasets``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from chat_samples import CHATML, template
from trainer_files import ALPACA, FORMS, MESSAGES, PAIRS, SHAREGPT, Row, tokenizer, written

pytestmark = [pytest.mark.trainers, pytest.mark.filterwarnings("ignore")]


def loaded(path: Path) -> Any:
    from datasets import load_dataset

    kind = "parquet" if path.suffix == ".parquet" else "json"
    return load_dataset(kind, data_files=str(path), split="train", cache_dir=str(path.parent / "cache"))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "rows", [MESSAGES, SHAREGPT, ALPACA, PAIRS], ids=["messages", "sharegpt", "alpaca", "pairs"]
)
def test_the_rows_are_those_that_were_written(rows: list[Row], form: str, tmp_path: Path) -> None:
    assert loaded(written(rows, tmp_path, form)).to_list() == rows


@pytest.mark.parametrize("form", FORMS)
def test_what_is_loaded_is_rendered_as_what_was_written(form: str, tmp_path: Path) -> None:
    dataset = loaded(written(MESSAGES, tmp_path, form))
    texts = tokenizer().apply_chat_template(list(dataset["messages"]), tokenize=False)
    assert texts == [template(CHATML).render(row["messages"]).text for row in MESSAGES]


def test_parquet_holds_rows_that_differ_in_shape(tmp_path: Path) -> None:
    """As JSONL, ``datasets`` may refuse them, or fill them up with nulls."""
    called = {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"function": {"name": "f", "arguments": {"a": 1}}}],
    }
    parts = {"role": "user", "content": [{"type": "text", "text": "x"}]}
    rows = [{"messages": [called]}, {"messages": [parts, {"role": "user", "content": "y"}]}]
    first, second = loaded(written(rows, tmp_path, "parquet")).to_list()
    assert first["messages"][0]["tool_calls"][0]["function"] == {"name": "f", "arguments": '{"a":1}'}
    assert second["messages"][1]["content"] == "y"
    assert second["messages"][0]["content"] == '[{"type":"text","text":"x"}]'
