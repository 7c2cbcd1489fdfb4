"""TRL reads its recipe, and sees conversations and pairs for what they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest
from chat_samples import CHATML, template
from trainer_files import (
    COMPLETION,
    FORMS,
    MESSAGES,
    PAIRS,
    SHAREGPT,
    TEXT_PAIRS,
    Row,
    recipe_beside,
    tokenizer,
    written,
)

pytestmark = [pytest.mark.trainers, pytest.mark.filterwarnings("ignore")]


def read_by_trl(
    rows: list[Row], folder: Path, form: str = "jsonl", replies: Literal["text", "messages"] = "text"
) -> Any:
    """Return the dataset that ``trl --config RECIPE`` trains on."""
    from trl.scripts.utils import DatasetMixtureConfig, ScriptArguments, TrlParser, get_dataset

    config = recipe_beside(written(rows, folder, form), "trl", rows, replies)
    _, mixture = TrlParser((ScriptArguments, DatasetMixtureConfig)).parse_args_and_config(
        ["--config", str(config)]
    )
    return get_dataset(mixture)["train"]


@pytest.mark.parametrize("form", FORMS)
def test_conversations_are_conversational_and_nothing_else_is_read(form: str, tmp_path: Path) -> None:
    from trl.data_utils import is_conversational

    dataset = read_by_trl(MESSAGES, tmp_path, form)
    assert dataset.column_names == ["messages"]
    assert all(map(is_conversational, dataset))


def test_they_become_the_text_that_rtstore_renders(tmp_path: Path) -> None:
    from trl.data_utils import maybe_apply_chat_template

    texts = [maybe_apply_chat_template(row, tokenizer())["text"] for row in read_by_trl(MESSAGES, tmp_path)]
    assert texts == [template(CHATML).render(row["messages"]).text for row in MESSAGES]


def test_sharegpt_is_converted(tmp_path: Path) -> None:
    from trl.data_utils import is_conversational_from_value, maybe_convert_to_chatml

    (row,) = read_by_trl(SHAREGPT, tmp_path)
    assert is_conversational_from_value(row)
    assert maybe_convert_to_chatml(row)["messages"][0] == {"role": "system", "content": "You are Mara."}


@pytest.mark.parametrize("form", FORMS)
def test_pairs_of_messages_are_a_prompt_and_two_replies(form: str, tmp_path: Path) -> None:
    from trl.data_utils import is_conversational, maybe_apply_chat_template, maybe_extract_prompt

    (row,) = read_by_trl(PAIRS, tmp_path, form, replies="messages")
    assert is_conversational(row)
    assert maybe_extract_prompt(row) == PAIRS[0]
    rendered = maybe_apply_chat_template(row, tokenizer())
    assert rendered["chosen"].startswith("Her daughter.")
    assert rendered["rejected"].startswith("I cannot say.")


@pytest.mark.parametrize("rows", [TEXT_PAIRS, COMPLETION], ids=["pairs", "completions"])
def test_texts_stay_texts(rows: list[Row], tmp_path: Path) -> None:
    from trl.data_utils import is_conversational

    (row,) = read_by_trl(rows, tmp_path)
    assert row == rows[0]
    assert not is_conversational(row)
