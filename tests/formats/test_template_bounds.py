"""A template is somebody else's program: it ends, stays small, sees nothing of Python, and is the same everywhere."""

from __future__ import annotations

import pytest
from chat_samples import TALK, template

from rtstore.errors import InputError
from rtstore.formats.templates.meter import MAX_SIZE

TIMES_100 = "{% for i in range(100) %}"
END = "{% endfor %}"


def stopped(text: str) -> str:
    with pytest.raises(InputError) as error:
        template(text).render(TALK)
    return str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
        "{% for a in range(100000) %}{% for b in range(100000) if false %}{% endfor %}{% endfor %}",
        "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}",
        "{% for a in range(99999) %}{% set y = range(99999) | map('string') | list %}{% endfor %}",
        "{% set x = 'a' * 8000000 %}{% for i in range(99999) %}{% if 'b' in x %}{% endif %}{% endfor %}",
        "{% set x = 'a' * 8000000 %}{% for i in range(99999) %}{% set y = x[1:] %}{% endfor %}",
        "{% set x = 'a' * 8000000 %}{% for i in range(99999) %}{% set y = x.split('b') %}{% endfor %}",
        "{% set x = 'a' * 8000000 %}{% for i in range(99999) %}{% set y = x | upper %}{% endfor %}",
    ],
)
def test_what_would_take_for_ever_is_stopped(text: str) -> None:
    assert "takes more than 1,000,000 steps" in stopped(text)


@pytest.mark.parametrize(
    "text",
    [
        "{{ 'a' * 1000000000 }}",
        "{{ 1000000000 * [1] }}",
        "{% set ns = namespace(x='ab') %}" + TIMES_100 + "{% set ns.x = ns.x ~ ns.x %}" + END,
        "{% set ns = namespace(x='ab') %}" + TIMES_100 + "{% set ns.x = ns.x + ns.x %}" + END,
        "{% set ns = namespace(x='ab') %}" + TIMES_100 + "{% set ns.x = ns.x.replace('a', ns.x) %}" + END,
        "{% set ns = namespace(x='ab') %}" + TIMES_100 + "{% set ns.x = ns.x | replace('a', ns.x) %}" + END,
        "{% set ns = namespace(x=[1]) %}" + TIMES_100 + "{% set ns.x = [ns.x, ns.x] %}" + END,
        "{% set ns = namespace(x=[1]) %}" + TIMES_100 + "{% set ns.x = {'a': ns.x, 'b': ns.x} %}" + END,
        "{% set ns = namespace(x=[1]) %}" + TIMES_100 + "{% set ns.x = dict(a=ns.x, b=ns.x) %}" + END,
        "{% set ns = namespace(x=[1]) %}"
        + TIMES_100
        + "{% set ns.x = namespace(a=ns.x, b=ns.x) %}"
        + END
        + "{{ ns.x }}",
        "{% set ns = namespace() %}{% set ns.me = ns %}{{ ns }}",
        "{% set x = 'a' * 1000000 %}{{ x.join('abcdefghijk') }}",
        "{% set x = 'a' * 1000000 %}{{ 'abcdefghijk' | join(x) }}",
        "{% set x = 'a' * 1000000 %}{{ [x, x, x, x, x, x, x, x, x] | join }}",
        "{% set x = 'a' * 1000000 %}{{ '{0}{0}{0}{0}{0}{0}{0}{0}{0}'.format(x) }}",
        "{% set x = 'a' * 1000000 %}{{ '%s%s%s%s%s%s%s%s%s' % (x, x, x, x, x, x, x, x, x) }}",
        "{% set x = '\\n' * 100000 %}{{ x | indent(9999, blank=true) }}",
        "{% macro m(x) %}{{ x }}{{ x }}{% endmacro %}{% set ns = namespace(x='ab') %}"
        + TIMES_100
        + "{% set ns.x = m(ns.x) %}"
        + END,
    ],
)
def test_a_value_that_would_be_too_large_is_not_made(text: str) -> None:
    assert f"makes a value of more than {MAX_SIZE:,} characters" in stopped(text)


def test_what_is_written_in_all_is_bounded_where_no_value_is_large() -> None:
    block = "{% set y %}" + "x" * 100_000 + "{% endset %}"
    assert "writes more than" in stopped("{% for i in range(100000) %}" + block + END)


@pytest.mark.parametrize(
    "text",
    [
        "{{ '%1000000000d' % 1 }}",
        "{{ '%*d' % (1000000000, 1) }}",
        "{{ '{:1000000000}'.format(1) }}",
        "{{ '{:{}}'.format(1, 1000000000) }}",
        "{{ 'a' | indent(1000000000) }}",
        "{{ [1] | tojson(indent=1000000000) }}",
    ],
)
def test_a_width_that_is_asked_for_is_bounded(text: str) -> None:
    assert "wid" in stopped(text)


@pytest.mark.parametrize(
    "text",
    [
        "{{ 10 ** 100000000 }}",
        "{% set ns = namespace(x=9) %}" + TIMES_100 + "{% set ns.x = ns.x * ns.x %}" + END,
    ],
)
def test_numbers_are_bounded(text: str) -> None:
    assert "number of more than 4,096 bits" in stopped(text)


def test_a_macro_that_only_calls_itself_is_stopped() -> None:
    assert "calls itself too often" in stopped("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}")


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ messages.append(1) }}",
        "{{ messages[0].update(role='x') }}",
        "{{ 'a'.ljust(5) }}",
        "{{ ''['encode']() }}",
        "{{ '{0.__class__.x}'.format(1) }}",
        "{{ raise_exception.__globals__['x'] }}",
        "{{ ('' | attr('__class__')).x }}",
    ],
)
def test_nothing_of_python_is_reached_and_nothing_given_is_changed(text: str) -> None:
    before = [dict(message) for message in TALK]
    assert "unsafe" in stopped(text)
    assert before == TALK


@pytest.mark.parametrize(
    "text", ["{{ 'x'.upper }}", "{{ [range] }}", "{% macro m() %}{% endmacro %}{{ m ~ '' }}"]
)
def test_what_has_no_text_of_its_own_is_not_written(text: str) -> None:
    assert "writes what has no text" in stopped(text)


@pytest.mark.parametrize("text", ["{{ lipsum() }}", "{% include 'secret.txt' %}", "{% import 'x' as y %}"])
def test_nothing_random_and_no_other_file_is_there(text: str) -> None:
    assert "the template fails" in stopped(text)


def test_a_template_that_was_stopped_renders_the_next_conversation() -> None:
    loops = (
        "{% for m in messages %}{% for i in range(90000) %}{% endfor %}{% endfor %}{{ messages[0].content }}"
    )
    chat = template(loops)
    for _ in range(2):
        with pytest.raises(InputError, match="steps"):
            chat.render(TALK * 3)
        assert chat.render(TALK[:1]).text == TALK[0]["content"]
