"""Recipes beside exported files, and tables."""

from __future__ import annotations

import io
import json

import pyarrow.parquet as pq
import pytest
from export_samples import chat, committed, export, leftovers

from rtstore.errors import UsageError


@pytest.mark.parametrize(
    ("trainer", "name", "mention"),
    [
        ("axolotl", "out.axolotl.yaml", b"path: out.jsonl"),
        ("llama-factory", "dataset_info.json", b"out.jsonl"),
        ("trl", "out.trl.yaml", b"out.jsonl"),
        ("unsloth", "dataset_out.py", b"out.jsonl"),
    ],
)
def test_a_recipe_lies_beside_the_file(trainer: str, name: str, mention: bytes) -> None:
    with committed(chat(1)) as desk:
        result = export(desk, recipe=trainer)
        assert result.recipe == desk.path(name)
        assert mention in desk.read(name)
        export(desk, recipe=trainer, clean=True)


def test_a_file_that_is_in_the_place_of_a_recipe_stays() -> None:
    with committed(chat(1)) as desk:
        desk.write(b"mine\n", "out.axolotl.yaml")
        with pytest.raises(UsageError, match="exists"):
            export(desk, recipe="axolotl")
        assert desk.read("out.axolotl.yaml") == b"mine\n"
        assert leftovers(desk) == ["out.axolotl.yaml"]


def test_an_entry_joins_the_datasets_that_llama_factory_knows() -> None:
    with committed(chat(1)) as desk:
        desk.write(b'{"mine": {"file_name": "mine.json"}}', "dataset_info.json")
        export(desk, recipe="llama-factory")
        assert list(json.loads(desk.read("dataset_info.json"))) == ["mine", "out"]


def test_a_trainer_that_cannot_read_the_file_is_said_before_anything_is_written() -> None:
    with committed({**chat(1), "label": True}) as desk:
        with pytest.raises(UsageError):
            export(desk, format="prompt-completion", recipe="axolotl")
        assert leftovers(desk) == []


def test_a_recipe_for_a_trainer_that_is_not_known() -> None:
    with committed(chat(1)) as desk, pytest.raises(UsageError, match="no recipe for 'torch'"):
        export(desk, recipe="torch")


def test_a_table_has_a_column_for_each_member() -> None:
    records = [chat(1), chat(2, id=7, score=1.5)]
    with committed(*records) as desk:
        export(desk, "out.parquet", format="parquet")
        table = pq.read_table(io.BytesIO(desk.read("out.parquet")))
        assert table.num_rows == 2
        assert table.column("messages").to_pylist() == [record["messages"] for record in records]
        assert table.column("score").to_pylist() == [None, 1.5]
        assert desk.store.verify_export(desk.path("out.parquet")).matches


def test_two_tables_of_one_version_are_the_same_bytes() -> None:
    with committed(*map(chat, range(30))) as desk:
        for name in ("one.parquet", "two.parquet"):
            export(desk, name, format="parquet", shuffle=True)
        assert desk.read("one.parquet") == desk.read("two.parquet")
