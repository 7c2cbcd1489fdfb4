"""Conversations are rendered as transformers renders them."""

from __future__ import annotations

from typing import Any

import pytest
from chat_samples import (
    CHATML,
    MISTRAL,
    TALK,
    TEMPLATES,
    TOKENS,
    TOOL,
    TOOL_TALK,
    TOOLS,
    WITH_SYSTEM,
    Message,
    template,
    turn,
)
from trainer_files import tokenizer

from rtstore.errors import InputError

pytestmark = [pytest.mark.trainers, pytest.mark.filterwarnings("ignore")]


def by_transformers(text: str, messages: list[Message], tools: list[Message] | None = None) -> Any:
    return tokenizer(text).apply_chat_template(messages, tools=tools, tokenize=False)


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_conversation_is_the_same_text(name: str) -> None:
    assert template(TEMPLATES[name], **TOKENS).render(TALK).text == by_transformers(TEMPLATES[name], TALK)


@pytest.mark.parametrize("name", sorted(TEMPLATES.keys() - {"mistral"}))
def test_so_is_one_with_a_system_prompt(name: str) -> None:
    assert template(TEMPLATES[name], **TOKENS).render(WITH_SYSTEM).text == by_transformers(
        TEMPLATES[name], WITH_SYSTEM
    )


def test_so_is_one_with_tools_calls_and_reasoning() -> None:
    ours = template(TOOLS, **TOKENS).render(TOOL_TALK, [TOOL]).text
    assert ours == by_transformers(TOOLS, TOOL_TALK, [TOOL])
    assert "<think>I do not know it.</think>" in ours


def test_so_is_one_whose_contents_are_parts() -> None:
    parts = [
        turn("user", [{"type": "text", "text": " a "}, {"type": "text", "text": "b"}]),
        turn("assistant", "c"),
    ]
    text = TEMPLATES["gemma"]
    assert template(text, **TOKENS).render(parts).text == by_transformers(text, parts)


def test_what_a_template_refuses_both_refuse_in_its_words() -> None:
    from jinja2.exceptions import TemplateError

    words = "Only user and assistant roles are supported!"
    with pytest.raises(InputError, match=words):
        template(MISTRAL, **TOKENS).render(WITH_SYSTEM)
    with pytest.raises(TemplateError, match=words):
        by_transformers(MISTRAL, WITH_SYSTEM)


def test_the_characters_that_are_the_models_are_the_same() -> None:
    from transformers.utils.chat_template_utils import render_jinja_template

    texts, spans = render_jinja_template(
        [WITH_SYSTEM], chat_template=CHATML, return_assistant_tokens_mask=True
    )
    assert template(CHATML).render(WITH_SYSTEM) == (texts[0], tuple(spans[0]))


@pytest.mark.parametrize(
    "text",
    [
        "{{ {'a': 'é<>&', 'b': [1, none, 1.5]} | tojson }}",
        "{{ {'b': 1, 'a': [1]} | tojson(indent=2, sort_keys=true) }}",
        "{{ [1, 2] | tojson(separators=(',', ':')) }}",
        "{{ messages | map(attribute='role') | unique | join('-') }}",
        "{{ messages | selectattr('role', 'equalto', 'user') | list | length }}{{ (messages | first).role }}",
        "{% for key, value in messages[0].items() | sort %}{{ key }}={{ value }};{% endfor %}",
        "{{ 'a/b/c'.split('/')[-1] ~ 'abc'[::-1] ~ 'A'.lower() }}{{ 'x' * 3 }}{{ 7 // 2 }}{{ 2 ** 3 }}",
        "{{ '%s-%03d' % ('a', 5) }}{{ '{:>4}{}'.format('a', 1.0) }}{{ ' a\nb' | indent(2) }}",
        "{% set ns = namespace(n=0) %}{% for m in messages %}{% if loop.index > 2 %}{% break %}{% endif %}"
        "{% set ns.n = ns.n + loop.revindex %}{% endfor %}{{ ns.n }}{{ loop is defined }}",
        "{% for a in [1, [2, [3]]] recursive %}{{ loop(a) if a is iterable else a }}{% endfor %}",
        "{% for a, b in [(1, 2), (3, 4)] if b > 2 %}{{ loop.length }}{{ a }}{% else %}none{% endfor %}",
        "{% macro m(a, b='x') %}{{ a }}{{ b }}{{ caller() if caller }}{% endmacro %}{% call m(1) %}y{% endcall %}",
        "{% set x %} a {{ messages[0].role }} {% endset %}{{ x | trim | upper }}{% filter title %}ab{% endfilter %}",
        "{{ missing }}{{ missing | default('d') }}{{ none }}{{ true }}{{ [1, 'a'] }}{{ {'a': none} }}{{ 1 < 2 < 3 }}",
        "  {% if messages and 'user' in messages[0].role %}\n  yes\n  {%- endif %}\n {# no #}\n{{ range(3) | list }}",
    ],
)
def test_what_templates_are_made_of_works_alike(text: str) -> None:
    text += "{% for m in messages %}{{ m.content }}{% endfor %}"
    assert template(text).render(TALK).text == by_transformers(text, TALK)
