"""What ``export`` writes, with its recipe beside it, is read by the trainers it is for."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from chat_samples import CHATML
from trainer_files import tokenizer
from workspaces import NAME, Desk, lines, new_desk, talk

from rtstore.curate.exporting.options import ExportOptions

pytestmark = [pytest.mark.trainers, pytest.mark.filterwarnings("ignore")]

BEFORE = [talk(number) for number in range(20)]
NOW = [talk(number, f"Reply {number}, reworded since.") for number in range(20)]


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Provide a workspace in which every reply was rewritten in the second commit."""
    with new_desk() as desk:
        desk.commit_file(lines(*BEFORE))
        desk.commit_file(lines(*NOW))
        yield desk


def exported(desk: Desk, name: str, **options: Any) -> Path:
    desk.store.export(NAME, desk.path(name), ExportOptions(clean=True, **options))
    return Path(desk.path(name))


def pairs(desk: Desk, **options: Any) -> Path:
    path = desk.path("pairs.jsonl")
    desk.store.export_pairs(NAME, path, "HEAD~1", ExportOptions(clean=True, **options))
    return Path(path)


def loaded(path: Path) -> Any:
    from datasets import load_dataset

    kind = "parquet" if path.suffix == ".parquet" else "json"
    return load_dataset(kind, data_files=str(path), split="train", cache_dir=str(path.parent / "cache"))


@pytest.mark.parametrize("format", ["messages", "sharegpt", "alpaca", "prompt-completion"])
def test_rows_come_back_from_datasets_as_they_are_in_the_file(desk: Desk, format: str) -> None:
    path = exported(desk, "out.jsonl", format=format)
    assert loaded(path).to_list() == [json.loads(line) for line in path.read_text().splitlines()]


def test_a_table_has_the_rows_of_messages(desk: Desk) -> None:
    assert loaded(exported(desk, "out.parquet", format="parquet")).to_list() == [
        {"messages": record["messages"]} for record in NOW
    ]


def test_a_rendered_row_is_what_transformers_renders(desk: Desk, tmp_path: Path) -> None:
    template = tmp_path / "chat.jinja"
    template.write_text(CHATML)
    made = tokenizer(CHATML)
    texts = [row["text"] for row in loaded(exported(desk, "out.jsonl", template=str(template)))]
    assert texts == [made.apply_chat_template(record["messages"], tokenize=False) for record in NOW]


def test_trl_reads_conversations_and_pairs_by_their_recipes(desk: Desk) -> None:
    from trl.data_utils import is_conversational, maybe_extract_prompt

    exported(desk, "out.jsonl", recipe="trl")
    assert all(map(is_conversational, read_by_trl(desk, "out.trl.yaml")))
    pairs(desk, format="preference", recipe="trl")
    row = maybe_extract_prompt(read_by_trl(desk, "pairs.trl.yaml")[0])
    assert row["chosen"] == [NOW[0]["messages"][2]]
    assert row["rejected"] == [BEFORE[0]["messages"][2]]


def read_by_trl(desk: Desk, config: str) -> Any:
    """Return the dataset that ``trl --config CONFIG`` trains on, run beside the file."""
    from trl.scripts.utils import DatasetMixtureConfig, ScriptArguments, TrlParser, get_dataset

    with chdir(desk.root):
        _, mixture = TrlParser((ScriptArguments, DatasetMixtureConfig)).parse_args_and_config(
            ["--config", config]
        )
        return get_dataset(mixture)["train"]


@pytest.mark.usefixtures("llama_factory")
@pytest.mark.parametrize("format", ["messages", "sharegpt", "alpaca"])
def test_llama_factory_aligns_conversations(desk: Desk, format: str) -> None:
    exported(desk, "out.jsonl", format=format, recipe="llama-factory")
    first = read_by_llama_factory(desk, "out")[0]
    assert first["_system"] == NOW[0]["messages"][0]["content"]
    assert [turn["content"] for turn in first["_response"]] == ["Reply 0, reworded since."]


@pytest.mark.usefixtures("llama_factory")
def test_llama_factory_aligns_pairs(desk: Desk) -> None:
    pairs(desk, format="sharegpt", recipe="llama-factory")
    first = read_by_llama_factory(desk, "pairs")[0]
    assert [turn["content"] for turn in first["_response"]] == [
        "Reply 0, reworded since.",
        BEFORE[0]["messages"][2]["content"],
    ]


def read_by_llama_factory(desk: Desk, name: str) -> list[Any]:
    """Return the rows of a dataset as LLaMA-Factory's own loader aligns them."""
    from llamafactory.data.loader import _load_single_dataset
    from llamafactory.data.parser import get_dataset_list

    (attributes,) = get_dataset_list([name], desk.root)
    data = SimpleNamespace(
        dataset_dir=desk.root,
        media_dir=desk.root,
        streaming=False,
        max_samples=None,
        preprocessing_num_workers=None,
        overwrite_cache=True,
    )
    model = SimpleNamespace(cache_dir=os.path.join(desk.root, "cache"), hf_hub_token=None)
    dataset: Any = _load_single_dataset(attributes, model, data, SimpleNamespace(local_process_index=0))
    return list(dataset)
