"""What a chat template makes of a conversation, and what it must not leave out."""

from __future__ import annotations

from datetime import datetime

import pytest
from chat_samples import (
    CHATML,
    GEMMA,
    LLAMA,
    MISTRAL,
    TALK,
    TOKENS,
    TOOL,
    TOOL_TALK,
    TOOLS,
    WITH_SYSTEM,
    Message,
    talk,
    template,
    turn,
)

from rtstore.errors import InputError
from rtstore.formats.templates import ChatTemplate, TemplateSource


def refused(text: str, messages: list[Message], tools: list[Message] | None = None) -> str:
    with pytest.raises(InputError) as error:
        template(text).render(messages, tools)
    assert error.value.hint
    return str(error.value)


def test_a_conversation_is_written_as_the_template_says() -> None:
    assert template(CHATML).render(talk("Hello", "Hi")).text == (
        "<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\nHi<|im_end|>"
    )


def test_special_tokens_are_there_by_their_names() -> None:
    text = template(LLAMA, **TOKENS).render(talk("Hello", "Hi ")).text
    assert text.startswith("<s><|start_header_id|>user<|end_header_id|>\n\nHello<|eot_id|>")


def test_the_special_tokens_that_nobody_gave_are_named() -> None:
    assert template(MISTRAL).missing_tokens == ("bos_token", "eos_token")
    assert template(MISTRAL, **TOKENS).missing_tokens == ()


def test_spans_are_what_generation_blocks_hold() -> None:
    chatml = template(CHATML)
    text, spans = chatml.render(WITH_SYSTEM)
    assert chatml.marks_replies
    assert [text[start:end] for start, end in spans] == [
        " The keeper's «daughter» does.\nEvery night.<|im_end|>",
        "ok<|im_end|>",
    ]


def test_a_template_without_generation_blocks_has_no_spans() -> None:
    gemma = template(GEMMA)
    assert not gemma.marks_replies
    assert gemma.render(TALK).spans == ()


def test_a_generation_block_in_a_macro_has_no_place() -> None:
    text = "{% macro m(x) %}{% generation %}{{ x }}{% endgeneration %}{% endmacro %}-{{ ' ' ~ m(messages[0].content) }}"
    assert "inside a macro" in refused(text, [turn("user", "Hello")])


def test_json_is_for_models_and_not_for_html() -> None:
    text = template("{{ tools | tojson }}{{ messages[0].content }}").render([turn("user", "x")], [TOOL]).text
    assert '"Tells the tide & <hour>."' in text


def test_members_that_are_null_are_not_there() -> None:
    text = "{{ 'none' if messages[0].content is not defined }}"
    assert template(text).render([turn("assistant", None)]).text == "none"


@pytest.mark.parametrize("name", ["reasoning_content", "thinking", "reasoning"])
def test_reasoning_is_there_by_the_names_that_templates_use(name: str) -> None:
    text = "{{ messages[0].reasoning_content }}{{ messages[0].thinking }}{{ messages[0].content }}"
    assert template(text).render([turn("assistant", "c", **{name: "r"})]).text == "rrc"


def test_the_same_conversation_is_rendered_the_same_again() -> None:
    chat = template(TOOLS, **TOKENS)
    assert chat.render(TOOL_TALK, [TOOL]) == chat.render(TOOL_TALK, [TOOL])


class TestDates:
    def test_without_a_date_todays_is_not_told(self) -> None:
        assert "must not depend on the day" in refused("{{ strftime_now('%d %b %Y') }}", TALK)

    def test_a_date_that_is_given_is_told(self) -> None:
        source = TemplateSource("{{ strftime_now('%A, %d %b %Y') }}{{ messages[0].content }}", "chat.jinja")
        chat = ChatTemplate(source, moment=datetime(2026, 3, 7, 9, 5))
        assert chat.render([turn("user", "!")]).text == "Saturday, 07 Mar 2026!"

    def test_a_form_that_differs_between_machines_is_refused(self) -> None:
        source = TemplateSource("{{ strftime_now('%c') }}", "chat.jinja")
        with pytest.raises(InputError, match="'%c' is not known"):
            ChatTemplate(source, moment=datetime(2026, 3, 7)).render(TALK)


class TestDropped:
    def test_a_turn_that_is_left_out_is_named(self) -> None:
        text = "{% for m in messages if m.role != 'system' %}{{ m.content }}{% endfor %}"
        assert "drops turn 1 (system)" in refused(text, WITH_SYSTEM)

    def test_so_is_one_of_several_that_say_the_same(self) -> None:
        text = "{% for m in messages[:-1] %}{{ m.content }}{% endfor %}"
        assert "drops turn 4 (assistant)" in refused(text, TALK)

    def test_so_is_a_part_of_a_turn(self) -> None:
        parts = [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]
        assert "drops turn 1 (user)" in refused("{{ messages[0].content[0].text }}", [turn("user", parts)])

    def test_so_is_a_call_of_a_tool(self) -> None:
        text = "{% for m in messages %}{{ m.content }}{% endfor %}"
        assert "drops the call of the tool 'tide' in turn 2 (assistant)" in refused(text, TOOL_TALK)

    def test_so_is_a_tool(self) -> None:
        assert "drops the tool 'tide'" in refused(
            "{% for m in messages %}{{ m.content }}{% endfor %}", TALK, [TOOL]
        )

    def test_white_space_around_a_turn_may_go(self) -> None:
        template(GEMMA).render(talk("  a\n", "\tb "))

    @pytest.mark.parametrize("ascii", ["true", "false"])
    def test_a_turn_may_be_spelled_as_json(self, ascii: str) -> None:
        text = "{% for m in messages %}{{ m.content | tojson(ensure_ascii=" + ascii + ") }}{% endfor %}"
        template(text).render(talk('a "b"\n', "灯", "灯"))

    def test_a_rendering_without_text_is_an_error(self) -> None:
        assert "makes an empty text" in refused("{% if false %}x{% endif %} \n", TALK)


class TestErrors:
    def test_what_a_template_says_with_raise_exception_is_told_with_its_line(self) -> None:
        said = refused(MISTRAL, WITH_SYSTEM)
        assert said == "chat.jinja:3: the template refuses it: Only user and assistant roles are supported!"

    def test_so_is_what_fails(self) -> None:
        said = refused("\n\n{{ messages[0].name.first }}", TALK)
        assert said == "chat.jinja:3: the template fails: 'dict object' has no attribute 'name'"

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("a\n{% if %}", "chat.jinja:2: not a template: Expected an expression"),
            ("{% endfor %}", "chat.jinja:1: not a template: Encountered unknown tag 'endfor'"),
            ("{{ messages | pprint }}", "chat.jinja:1: not a template: No filter named 'pprint'"),
            ("{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", "chat.jinja: not a template that can be used"),
            ("{% for a in b %}" * 30 + "{% endfor %}" * 30, "chat.jinja: not a template that can be used"),
        ],
    )
    def test_a_mistake_in_the_template_is_told_when_it_is_read(self, text: str, problem: str) -> None:
        with pytest.raises(InputError) as error:
            template(text)
        assert str(error.value).startswith(problem)
