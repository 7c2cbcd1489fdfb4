"""What is put into a text looks like it, and says the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import wide_records

from rtstore.compare.merge.spelling import Spelling, arranged, respelled
from rtstore.model.jsonedit import Style
from rtstore.model.jsontext import Span, elements, equal

STYLES = st.builds(
    Style,
    st.sampled_from([",", ", ", " , "]),
    st.sampled_from([":", ": "]),
    st.booleans(),
    st.sampled_from(["", "", "  ", "\t"]),
    st.sampled_from(["\n", "\r\n"]),
)


@given(wide_records, STYLES)
def test_a_text_in_another_style_is_the_same_value(text: str, style: Style) -> None:
    changed = respelled(text, style)
    assert equal(changed.encode(), text.encode())
    assert style.indent or "\n" not in changed
    if style.ascii:
        assert changed.isascii()


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        (Style(",", ":"), '{"a":[1.50,{},[]],"é\\/":"é"}'),
        (Style(", ", ": ", ascii=True), '{"a": [1.50, {}, []], "\\u00e9/": "\\u00e9"}'),
        (Style(indent="  "), '{\n    "a": [\n      1.50,\n      {},\n      []\n    ],\n    "é\\/": "é"\n  }'),
    ],
)
def test_numbers_and_escapes_that_fit_are_kept(style: Style, expected: str) -> None:
    assert respelled('{ "a" :[1.50, { },[ ]] , "é\\/":"é"}', style, "  ") == expected


def test_a_part_of_a_text_in_the_same_style_is_taken_as_it_is() -> None:
    other = Spelling('{"a": {"b" :1}}')
    assert Spelling('{"x": 1}').adapted('{"b" :1}', other, 1) == '{"b" :1}'
    assert Spelling('{"x":1}').adapted('{"b" :1}', other, 1) == '{"b":1}'
    assert Spelling('{\n  "x": 1\n}').adapted('{"b" :1}', other, 1) == '{\n    "b": 1\n  }'


def test_a_string_is_escaped_as_the_one_in_its_place_was() -> None:
    assert Spelling('{"x": "\\u00e9"}').string("ü", '"plain"') == '"\\u00fc"'
    assert Spelling('{"x": "é"}').string("ü", '"\\u00e9"') == '"\\u00fc"'
    assert Spelling('{"x": "\\u00e9"}').string("ü", '"é"') == '"ü"'


@pytest.mark.parametrize(
    ("container", "items", "expected"),
    [
        ("[1 ,2,3]", [(0, "1"), (1, "2"), (2, "3")], "[1 ,2,3]"),
        ("[1 ,2,  3]", [(0, "1"), (None, "x"), (1, "2"), (2, "3")], "[1 ,x ,2,  3]"),
        ("[ 1, 2, 3 ]", [(2, "3"), (0, "1")], "[ 3, 1 ]"),
        ("[1, 2]", [], "[]"),
        ("[ ]", [], "[ ]"),
        ("[]", [(None, "1"), (None, "2")], "[1, 2]"),
        ("[\n  1\n]", [(0, "1"), (None, "2")], "[\n  1,\n  2\n]"),
    ],
)
def test_other_items_are_spaced_as_those_that_were_there(
    container: str, items: list[tuple[int | None, str]], expected: str
) -> None:
    spans: list[Span] = elements(container)
    assert arranged(container, spans, items, Style(), "") == expected
    indented = arranged("[]", [], [(None, "1"), (None, "2")], Style(indent=" "), "\t")
    assert indented == "[\n\t 1,\n\t 2\n\t]"
