"""What a recipe says of a file, and which files a trainer cannot read. That the trainers agree is tested in
tests/trainers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rtstore.errors import InputError, UsageError
from rtstore.formats.recipes import TRAINERS, ExportFacts, merged, recipe
from rtstore.formats.recipes.yaml import yaml_document

MESSAGES = ExportFacts("messages", "out/train.jsonl", ("messages", "tags"), counts={"conversations": 1200})
PAIRS = ("prompt", "chosen", "rejected")


def facts(*columns: str, **more: Any) -> ExportFacts:
    return ExportFacts("parquet", "train.parquet", columns, **more)


def text_of(trainer: str, about: ExportFacts) -> str:
    return recipe(trainer, about).data.decode()


def test_axolotl_is_told_where_roles_and_contents_are() -> None:
    assert recipe("axolotl", MESSAGES).name == "train.axolotl.yaml"
    assert (
        text_of("axolotl", MESSAGES)
        == """\
# The dataset for axolotl: put this into your configuration.
# 1,200 conversations
datasets:
  - path: "out/train.jsonl"
    ds_type: json
    type: chat_template
    chat_template: tokenizer_default
    field_messages: messages
    message_property_mappings:
      role: role
      content: content
"""
    )


def test_llama_factory_is_told_in_its_dataset_info() -> None:
    assert recipe("llama-factory", MESSAGES).name == "dataset_info.json"
    entry = json.loads(text_of("llama-factory", MESSAGES))["train"]
    assert (entry["file_name"], entry["formatting"]) == ("train.jsonl", "sharegpt")
    assert entry["columns"] == {"messages": "messages"}
    assert entry["tags"]["assistant_tag"] == "assistant"


def test_trl_is_told_which_columns_to_read() -> None:
    assert (
        text_of("trl", MESSAGES)
        == """\
# The dataset for TRL: trl sft --config train.trl.yaml
# 1,200 conversations
datasets:
  - path: json
    data_files: "out/train.jsonl"
    split: train
    columns:
      - messages
"""
    )


def test_unsloth_gets_a_module_that_can_be_imported() -> None:
    made = recipe("unsloth", ExportFacts("messages", "über train-2.jsonl", ("messages",)))
    assert made.name == "dataset__ber_train_2.py"
    assert "data_files='über train-2.jsonl'" in made.data.decode()


@pytest.mark.parametrize("trainer", TRAINERS)
def test_a_parquet_file_is_described_by_its_columns(trainer: str) -> None:
    text = text_of(trainer, facts("messages"))
    assert "train.parquet" in text
    assert "jsonl" not in text


@pytest.mark.parametrize("trainer", ["axolotl", "trl", "unsloth"])
def test_a_chat_template_goes_along(trainer: str) -> None:
    assert "chat.jinja" in text_of(trainer, facts("messages", template="chat.jinja"))


def test_weights_of_turns_are_for_axolotl() -> None:
    assert "message_field_training: train" in text_of("axolotl", facts("messages", weights="train"))


@pytest.mark.parametrize("trainer", ["llama-factory", "trl", "unsloth"])
def test_weights_that_a_trainer_would_not_see_are_refused(trainer: str) -> None:
    with pytest.raises(UsageError, match="would not see that turns have weights") as error:
        recipe(trainer, facts("messages", weights="train"))
    assert error.value.hint


@pytest.mark.parametrize(
    ("trainer", "about"),
    [
        ("axolotl", facts("prompt", "completion", replies="messages")),
        ("axolotl", facts("prompt", "completion", "label")),
        ("llama-factory", facts("messages", tool_calls=True)),
        ("llama-factory", facts("prompt", "completion", replies="messages")),
        ("llama-factory", facts(*PAIRS, replies="messages")),
        ("trl", facts("instruction", "output")),
        ("trl", facts(*PAIRS, replies="message")),
        ("unsloth", facts("instruction", "input", "output", "system")),
        ("unsloth", facts(*PAIRS, replies="message")),
    ],
)
def test_what_a_trainer_would_read_wrong_is_refused(trainer: str, about: ExportFacts) -> None:
    with pytest.raises(UsageError, match="cannot read this parquet export") as error:
        recipe(trainer, about)
    assert error.value.hint


@pytest.mark.parametrize("trainer", TRAINERS)
@pytest.mark.parametrize("columns", [("messages", "label"), ("messages", "chosen", "rejected")])
def test_replies_that_are_judged_are_not_taken_for_plain_ones(columns: tuple[str, ...], trainer: str) -> None:
    with pytest.raises(UsageError, match="no recipe is known for the columns"):
        recipe(trainer, facts(*columns))


@pytest.mark.parametrize("trainer", TRAINERS)
def test_columns_that_no_trainer_knows_are_refused(trainer: str) -> None:
    with pytest.raises(UsageError, match="no recipe is known for the columns question, answer"):
        recipe(trainer, facts("question", "answer"))


def test_a_trainer_that_is_not_known_is_told_with_those_that_are() -> None:
    with pytest.raises(UsageError, match="no recipe for 'autotrain'") as error:
        recipe("autotrain", MESSAGES)
    assert error.value.hint == "name one of: axolotl, llama-factory, trl, unsloth"


def test_yaml_texts_that_would_be_something_else_are_quoted() -> None:
    values = {
        "a": "yes",
        "b": "1.5",
        "c": "",
        "d": "it's # no comment",
        "e": None,
        "f": True,
        "g": [],
        "h": "\x85🙂\U000e0001",
    }
    assert yaml_document(values, ["one\nline"]).decode() == (
        '# one line\na: "yes"\nb: "1.5"\nc: ""\nd: "it\'s # no comment"\ne: null\nf: true\ng: []\n'
        'h: "\\u0085🙂\\U000e0001"\n'
    )


def test_llama_factory_has_one_file_for_all_datasets() -> None:
    made = recipe("llama-factory", MESSAGES)
    both = merged(b'{"other": {"file_name": "a.json"}, "train": {"file_name": "old"}}', made)
    assert list(json.loads(both)) == ["other", "train"]
    assert json.loads(both)["train"] == json.loads(made.data)["train"]


def test_a_recipe_of_another_trainer_replaces_the_file_that_was_there() -> None:
    made = recipe("trl", MESSAGES)
    assert merged(b"old", made) == made.data


@pytest.mark.parametrize("existing", [b"{", b"[]", b"\xff", b"[" * 100_000])
def test_a_dataset_info_that_is_none_is_an_error(existing: bytes) -> None:
    with pytest.raises(InputError, match="dataset_info") as error:
        merged(existing, recipe("llama-factory", MESSAGES))
    assert error.value.hint


def test_pairs_in_sharegpt_are_ranked_by_llama_factory() -> None:
    facts = ExportFacts("sharegpt", "pairs.jsonl", ("conversations", "chosen", "rejected"), replies="message")
    (entry,) = json.loads(recipe("llama-factory", facts).data).values()
    assert entry["ranking"] is True
    assert entry["columns"] == {"messages": "conversations", "chosen": "chosen", "rejected": "rejected"}
    assert entry["tags"]["role_tag"] == "from"


@pytest.mark.parametrize("trainer", ["axolotl", "trl", "unsloth"])
def test_other_trainers_are_to_get_such_pairs_in_another_format(trainer: str) -> None:
    facts = ExportFacts("sharegpt", "pairs.jsonl", ("conversations", "chosen", "rejected"), replies="message")
    with pytest.raises(UsageError) as caught:
        recipe(trainer, facts)
    assert caught.value.hint == "export with --format preference"


def test_llama_factory_is_to_get_lists_of_messages_as_sharegpt() -> None:
    facts = ExportFacts("preference", "pairs.jsonl", ("prompt", "chosen", "rejected"), replies="messages")
    with pytest.raises(UsageError) as caught:
        recipe("llama-factory", facts)
    assert caught.value.hint == "export with --format sharegpt"
