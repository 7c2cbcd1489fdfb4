"""Which template is taken from a file, and which special tokens."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rtstore.errors import InputError, UsageError
from rtstore.formats.templates import read_template_source
from rtstore.formats.templates.source import MAX_TEMPLATE


def config(**members: Any) -> bytes:
    return json.dumps(members).encode()


def test_a_jinja_file_is_the_template() -> None:
    source = read_template_source("\ufeff{{ 'é' }}".encode(), "chat.jinja", tokens={"bos_token": "<s>"})
    assert (source.text, source.path, source.tokens) == ("{{ 'é' }}", "chat.jinja", {"bos_token": "<s>"})


def test_a_tokenizers_config_has_the_template_and_the_special_tokens() -> None:
    data = config(
        chat_template="T", bos_token="<s>", eos_token={"content": "</s>", "lstrip": False}, pad_token=None
    )
    source = read_template_source(data, "tokenizer_config.json")
    assert (source.text, source.tokens) == ("T", {"bos_token": "<s>", "eos_token": "</s>"})


def test_tokens_that_are_given_go_before_those_of_the_file() -> None:
    data = config(chat_template="T", bos_token="<s>")
    assert read_template_source(data, "c.json", tokens={"bos_token": "B"}).tokens == {"bos_token": "B"}


NAMED = config(chat_template=[{"name": "default", "template": "D"}, {"name": "tool_use", "template": "U"}])


@pytest.mark.parametrize(("name", "text"), [(None, "D"), ("default", "D"), ("tool_use", "U")])
def test_of_several_templates_one_is_taken_by_name(name: str | None, text: str) -> None:
    assert read_template_source(NAMED, "tokenizer_config.json", name=name).text == text


def test_a_name_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(UsageError, match="no template named 'rag'") as error:
        read_template_source(NAMED, "tokenizer_config.json", name="rag")
    assert error.value.hint == "name one of: 'default', 'tool_use'"


@pytest.mark.parametrize(("data", "path"), [(b"T", "t.jinja"), (config(chat_template="T"), "t.json")])
def test_a_template_without_a_name_cannot_be_asked_for_by_one(data: bytes, path: str) -> None:
    with pytest.raises(UsageError, match="holds one template, without a name"):
        read_template_source(data, path, name="tool_use")


@pytest.mark.parametrize(
    ("data", "path", "problem"),
    [
        (b" \n", "t.jinja", "the template is empty"),
        (b"a\n\xff", "t.jinja", "t.jinja:2:1: byte 0xff is not UTF-8 text"),
        (b"x" * (MAX_TEMPLATE + 1), "t.jinja", "the template has 1,048,577 characters"),
        (b"{", "t.json", "t.json:1: not JSON"),
        (b"[" * 100_000, "t.json", "levels deep"),
        (b'{"a": ' + b"1" * 5000 + b"}", "t.json", "not JSON that can be read"),
        (b"[]", "t.json", "must be a JSON object"),
        (config(bos_token="<s>"), "t.json", "no chat_template in it"),
        (config(chat_template=[{"name": 1}, 2]), "t.json", "no chat_template in it"),
    ],
)
def test_a_file_without_a_template_is_an_error(data: bytes, path: str, problem: str) -> None:
    with pytest.raises(InputError) as error:
        read_template_source(data, path)
    assert problem in str(error.value)
    assert error.value.hint
