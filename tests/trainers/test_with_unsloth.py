"""The module that Unsloth's users get does what it says. Unsloth itself cannot be imported without a GPU."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import pytest
from chat_samples import CHATML, TOOL, template
from trainer_files import ALPACA, FORMS, MESSAGES, TEXT_PAIRS, Row, recipe_beside, tokenizer, written

pytestmark = [pytest.mark.trainers, pytest.mark.filterwarnings("ignore")]


def loaded(rows: list[Row], folder: Path, form: str = "jsonl", template: str = CHATML) -> Any:
    module = recipe_beside(written(rows, folder, form), "unsloth", rows)
    return runpy.run_path(str(module))["load"](tokenizer(template))


@pytest.mark.parametrize("form", FORMS)
def test_conversations_become_the_text_that_rtstore_renders(form: str, tmp_path: Path) -> None:
    texts = loaded(MESSAGES, tmp_path, form)["text"]
    assert list(texts) == [template(CHATML).render(row["messages"]).text for row in MESSAGES]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("tools", [[TOOL], json.dumps([TOOL])], ids=["objects", "text"])
def test_tools_are_told_to_the_template(tools: Any, form: str, tmp_path: Path) -> None:
    rows = [{**row, "tools": tools} for row in MESSAGES]
    texts = loaded(rows, tmp_path, form, template="{{ tools[0].function.name }}")["text"]
    assert list(texts) == ["tide", "tide"]


def test_alpaca_becomes_its_prompt(tmp_path: Path) -> None:
    rows = [{name: value for name, value in row.items() if name != "system"} for row in ALPACA]
    (text,) = loaded(rows, tmp_path)["text"]
    assert "### Instruction:\nSay hello\n\n### Input:\nto Mara\n\n### Response:\nHello, Mara.</s>" in text


def test_pairs_stay_as_they_are(tmp_path: Path) -> None:
    assert loaded(TEXT_PAIRS, tmp_path).to_list() == TEXT_PAIRS
