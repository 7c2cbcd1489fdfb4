"""Rows that a chat template renders, and rows that have too many tokens."""

from __future__ import annotations

import json
from typing import Any

import pytest
from export_samples import chat, committed, export, rows

from rtstore.curate.exporting.export import UnusableError
from rtstore.errors import InputError, StorageError, UsageError

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n"
    "{% if m.role == 'assistant' %}{% generation %}{{ m.content }}<|im_end|>{% endgeneration %}"
    "{% else %}{{ m.content }}<|im_end|>{% endif %}{{ '\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
NO_SYSTEM = "{% for m in messages if m.role != 'system' %}{{ m.role }}: {{ m.content }}\n{% endfor %}"


def rendered(record: dict[str, Any], template: str = CHATML, **options: Any) -> list[Any]:
    with committed(record) as desk:
        desk.write(template.encode(), "chat.jinja")
        export(desk, **{"template": desk.path("chat.jinja"), "clean": True, **options})
        return rows(desk)


def test_a_conversation_becomes_the_text_of_the_template() -> None:
    assert rendered(chat(1)) == [
        {
            "text": "<|im_start|>system\nYou are Mara.<|im_end|>\n<|im_start|>user\nIs ferry 1 late?<|im_end|>\n"
            "<|im_start|>assistant\nNot tonight.<|im_end|>\n"
        }
    ]


def test_a_completion_is_what_the_model_is_to_say() -> None:
    (row,) = rendered(chat(1), format="prompt-completion")
    assert row["prompt"].endswith("Is ferry 1 late?<|im_end|>\n<|im_start|>assistant\n")
    assert row["completion"] == "Not tonight.<|im_end|>\n"


def test_a_pair_is_rendered_with_its_prompt() -> None:
    (row,) = rendered({"prompt": "Late?", "chosen": "No.", "rejected": "Nay."}, format="preference")
    assert row == {
        "prompt": "<|im_start|>user\nLate?<|im_end|>\n<|im_start|>assistant\n",
        "chosen": "No.<|im_end|>\n",
        "rejected": "Nay.<|im_end|>\n",
    }


def test_replies_that_are_trained_are_told_by_where_they_are_in_the_text() -> None:
    record = chat(1)
    record["messages"] += [{"role": "user", "content": "And now?"}, {"role": "assistant", "content": "Late."}]
    record["messages"][2]["weight"] = 0
    (row,) = rendered(record, weights="mask")
    assert [row["text"][start:end] for start, end in row["trained"]] == ["Late.<|im_end|>"]


def test_replies_cannot_be_masked_where_the_template_does_not_tell_them() -> None:
    with pytest.raises(UsageError, match="cannot be masked"):
        rendered(chat(1), "{% for m in messages %}{{ m.content }}{% endfor %}", weights="mask")


def test_a_turn_that_the_template_drops_is_an_error_with_the_entry() -> None:
    with pytest.raises(UnusableError, match=r"mara\.jsonl#1: .*drops turn 1 \(system\)"):
        rendered(chat(1), NO_SYSTEM)
    (row,) = rendered(chat(1), NO_SYSTEM, system="drop")
    assert row["text"].startswith("user: ")


def test_text_layout_takes_the_rendering() -> None:
    with committed(chat(1), chat(2)) as desk:
        desk.write(NO_SYSTEM.encode(), "chat.jinja")
        options = {"template": desk.path("chat.jinja"), "format": "chatml-text", "system": "drop"}
        export(desk, "out.txt", **options)
        assert (
            desk.read("out.txt").decode().split("\n\n")[1]
            == "user: Is ferry 2 late?\nassistant: Not tonight.\n"
        )


def test_a_template_with_a_mistake_or_none_at_all() -> None:
    with pytest.raises(InputError, match="not a template"):
        rendered(chat(1), "{% for %}")
    with committed(chat(1)) as desk, pytest.raises(StorageError, match=r"none\.jinja"):
        export(desk, template=desk.path("none.jinja"))


def test_a_manifest_names_the_template_by_its_hash() -> None:
    with committed(chat(1)) as desk:
        desk.write(CHATML.encode(), "chat.jinja")
        export(desk, template=desk.path("chat.jinja"))
        manifest = json.loads(desk.read("out.jsonl.manifest.json"))
        assert manifest["options"]["template"] == "chat.jinja"
        assert len(manifest["sources"]["template"]["blake3"]) == 64


def words(desk: Any) -> str:
    """Write a tokenizer for which a token is a word; return its path."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit

    tokenizer = Tokenizer(WordLevel({"[UNK]": 0}, "[UNK]"))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    desk.write(tokenizer.to_str().encode(), "tokenizer.json")
    return str(desk.path("tokenizer.json"))


def test_what_has_too_many_tokens_is_left_out_and_counted() -> None:
    with committed(chat(1), chat(2, "Not tonight, " + "no " * 50), chat(3)) as desk:
        result = export(desk, max_tokens=30, tokenizer=words(desk))
        assert rows(desk) == [chat(1), chat(3)]
        assert result.too_long == 1
        assert json.loads(desk.read("out.jsonl.manifest.json"))["counts"]["too_long"] == 1


def test_tokens_are_counted_in_what_the_template_makes() -> None:
    with committed(chat(1), chat(2, "No.")) as desk:
        desk.write(b"{% for m in messages %}{{ m.content }} {% endfor %}", "chat.jinja")
        options = {"template": desk.path("chat.jinja"), "tokenizer": words(desk)}
        assert export(desk, max_tokens=9, **options).too_long == 0
        assert export(desk, max_tokens=8, **options).too_long == 1


def test_special_tokens_that_nobody_gave_are_told() -> None:
    with committed(chat(1)) as desk:
        desk.write(("{{ bos_token }}" + CHATML).encode(), "chat.jinja")
        result = export(desk, template=desk.path("chat.jinja"))
        assert result.warnings == ("the template uses bos_token, which nobody gave: it is empty",)


def test_a_rendered_row_keeps_its_label_and_its_pictures() -> None:
    record = {**chat(1), "label": False, "images": ["fog.png"], "tools": []}
    (row,) = rendered(record, clean=False)
    assert (row["label"], row["images"], row["tags"]) == (False, ["fog.png"], ["dialogue"])
    assert "tools" not in row


def test_a_member_that_the_rendered_text_would_hide_is_an_error() -> None:
    with pytest.raises(UnusableError, match="the record has a member 'text'"):
        rendered({**chat(1), "text": "mine"}, clean=False)


CALLS = (
    "{% for m in messages %}{{ m.role }}: {{ m.content }}{% for call in m.tool_calls or [] %}"
    "{{ call.function.name }}ARGUMENTS{% endfor %}\n{% endfor %}"
)


def calling(*calls: Any) -> dict[str, Any]:
    record = chat(1)
    record["messages"].insert(2, {"role": "assistant", "content": "", "tool_calls": [*calls]})
    return record


@pytest.mark.parametrize("arguments", [{"harbour": "Rhea"}, '{"harbour": "Rhea"}'])
def test_a_template_may_not_drop_what_a_tool_was_asked(arguments: Any) -> None:
    call = {"type": "function", "function": {"name": "ferry", "arguments": arguments}}
    with pytest.raises(
        UnusableError, match="drops 'harbour', an argument in the call of the tool 'ferry' in turn 3"
    ):
        rendered(calling(call), CALLS.replace("ARGUMENTS", ""))
    (row,) = rendered(calling(call), CALLS.replace("ARGUMENTS", "{{ call.function.arguments }}"))
    assert "harbour" in row["text"]


def test_a_template_gets_calls_in_the_spelling_it_knows() -> None:
    (row,) = rendered(calling({"name": "ferry", "arguments": {}}), CALLS.replace("ARGUMENTS", ""))
    assert "ferry" in row["text"]


def test_tools_that_a_template_cannot_take_are_an_error() -> None:
    with pytest.raises(UnusableError, match="the tools are no list"):
        rendered({**chat(1), "tools": "a ferry"})
