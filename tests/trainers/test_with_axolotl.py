"""axolotl takes its recipe, and trains on the replies of what it names."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest
from trainer_files import (
    ALPACA,
    COMPLETION,
    MESSAGE_PAIRS,
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


def config_of(
    rows: list[Row], folder: Path, replies: Literal["text", "message", "messages"] = "text"
) -> dict[str, Any]:
    import yaml

    recipe = recipe_beside(written(rows, folder, "jsonl"), "axolotl", rows, replies)
    config: dict[str, Any] = yaml.safe_load(recipe.read_text())
    return config


@pytest.mark.parametrize(
    "rows", [MESSAGES, SHAREGPT, ALPACA, COMPLETION], ids=["messages", "sharegpt", "alpaca", "text"]
)
def test_every_key_of_the_entry_is_one_that_it_knows(rows: list[Row], tmp_path: Path) -> None:
    from axolotl.utils.schemas.datasets import SFTDataset

    (entry,) = config_of(rows, tmp_path)["datasets"]
    checked = SFTDataset.model_validate(entry)
    assert entry.keys() <= checked.model_fields_set
    assert entry.keys() <= SFTDataset.model_fields.keys()


@pytest.mark.parametrize(
    ("rows", "column", "replies"),
    [(MESSAGES, "messages", ["The keeper's daughter."]), (SHAREGPT, "conversations", ["tide", "At six."])],
)
def test_it_trains_on_the_replies_of_conversations(
    rows: list[Row], column: str, replies: list[str], tmp_path: Path
) -> None:
    from axolotl.prompt_strategies.chat_template import load
    from axolotl.utils.dict import DictDefault

    (entry,) = config_of(rows, tmp_path)["datasets"]
    config = DictDefault({"sequence_len": 512, "train_on_inputs": False})
    strategy = load(tokenizer(), config, DictDefault(entry))
    turns = strategy.get_conversation_thread({column: rows[0][column]})
    trained = [turn for turn in turns if turn["role"] in strategy.roles_to_train]
    assert len(trained) == len(replies)
    assert all(text in turn["content"] for turn, text in zip(trained, replies, strict=True))


@pytest.mark.parametrize(
    ("rows", "replies"), [(TEXT_PAIRS, "text"), (MESSAGE_PAIRS, "message"), (PAIRS, "messages")]
)
def test_pairs_are_a_prompt_and_two_replies(
    rows: list[Row], replies: Literal["text", "message", "messages"], tmp_path: Path
) -> None:
    from axolotl.prompt_strategies.dpo.chat_template import default
    from axolotl.utils.dict import DictDefault

    config = config_of(rows, tmp_path, replies)
    assert (config["rl"], config["datasets"][0]["type"]) == ("dpo", "chat_template.default")
    transform, _ = default(DictDefault(config))
    made = transform(dict(rows[0]), tokenizer=tokenizer())
    assert "Who keeps the lamp?" in made["prompt"]
    assert made["chosen"].startswith("Her daughter.")
    assert made["rejected"].startswith("I cannot say.")
