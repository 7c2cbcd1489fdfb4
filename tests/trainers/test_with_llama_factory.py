"""LLaMA-Factory loads what its ``dataset_info.json`` names, and makes of it what was meant."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

import pytest
from trainer_files import (
    ALPACA,
    COMPLETION,
    FORMS,
    MESSAGE_PAIRS,
    MESSAGES,
    SHAREGPT,
    TEXT_PAIRS,
    Row,
    recipe_beside,
    written,
)

pytestmark = [
    pytest.mark.trainers,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.usefixtures("llama_factory"),
]


def read_by_llama_factory(
    rows: list[Row], folder: Path, form: str = "jsonl", replies: Literal["text", "message"] = "text"
) -> list[Row]:
    """Return the rows as LLaMA-Factory's own loader aligns them."""
    from llamafactory.data.loader import _load_single_dataset
    from llamafactory.data.parser import get_dataset_list

    info = recipe_beside(written(rows, folder, form), "llama-factory", rows, replies)
    (name,) = json.loads(info.read_text())
    (attributes,) = get_dataset_list([name], str(folder))
    data = SimpleNamespace(
        dataset_dir=str(folder),
        media_dir=str(folder),
        streaming=False,
        max_samples=None,
        preprocessing_num_workers=None,
        overwrite_cache=True,
    )
    model = SimpleNamespace(cache_dir=str(folder / "cache"), hf_hub_token=None)
    dataset: Any = _load_single_dataset(attributes, model, data, SimpleNamespace(local_process_index=0))
    return list(dataset)


def contents(turns: list[Row]) -> list[tuple[str, str]]:
    return [(turn["role"], turn["content"]) for turn in turns]


@pytest.mark.parametrize("form", FORMS)
def test_conversations(form: str, tmp_path: Path) -> None:
    first, second = read_by_llama_factory(MESSAGES, tmp_path, form)
    assert first["_system"] == "You are Mara, 灯台守."
    assert contents(first["_prompt"]) == [("user", "Who keeps the lamp?")]
    assert contents(first["_response"]) == [("assistant", "The keeper's daughter.")]
    assert contents(second["_response"]) == [("assistant", "ok, so")]


@pytest.mark.parametrize("form", FORMS)
def test_sharegpt_with_tools(form: str, tmp_path: Path) -> None:
    (row,) = read_by_llama_factory(SHAREGPT, tmp_path, form)
    assert row["_tools"] == '[{"name": "tide"}]'
    assert [role for role, _ in contents(row["_prompt"])] == ["user", "function", "observation"]
    assert contents(row["_response"]) == [("assistant", "At six.")]


def test_alpaca(tmp_path: Path) -> None:
    (row,) = read_by_llama_factory(ALPACA, tmp_path)
    assert row["_system"] == "Be kind."
    assert contents(row["_prompt"]) == [("user", "Say hello\nto Mara")]
    assert contents(row["_response"]) == [("assistant", "Hello, Mara.")]


def test_completions(tmp_path: Path) -> None:
    (row,) = read_by_llama_factory(COMPLETION, tmp_path)
    assert contents(row["_prompt"] + row["_response"]) == [("user", "The lamp"), ("assistant", " was lit.")]


@pytest.mark.parametrize(("rows", "replies"), [(TEXT_PAIRS, "text"), (MESSAGE_PAIRS, "message")])
@pytest.mark.parametrize("form", FORMS)
def test_pairs(rows: list[Row], replies: Literal["text", "message"], form: str, tmp_path: Path) -> None:
    (row,) = read_by_llama_factory(rows, tmp_path, form, replies)
    assert contents(row["_prompt"]) == [("user", "Who keeps the lamp?")]
    assert contents(row["_response"]) == [("assistant", "Her daughter."), ("assistant", "I cannot say.")]
