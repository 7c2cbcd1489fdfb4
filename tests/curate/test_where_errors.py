"""Expressions that are none: the place, what was expected, what may have been meant; whatever somebody writes."""

from __future__ import annotations

import random
import string

import pytest
from curate_samples import chat, meant
from hypothesis import given
from hypothesis import strategies as st

from rtstore.curate.where.fields import FIELDS
from rtstore.curate.where.parsing import MAX_DEPTH, MAX_LENGTH
from rtstore.curate.where.where import where
from rtstore.errors import ExpressionError, UsageError


def refused(text: str) -> ExpressionError:
    """Return the error for an expression that is none."""
    with pytest.raises(ExpressionError) as caught:
        where(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "place", "words", "hint"),
    [
        ("raiting >= 4", "^", "there is no field 'raiting'", "rating"),
        ("tag = a and usr ~ b", "            ^", "there is no field 'usr'", "user"),
        ("valid and metadata.lang = en", "          ^", "no field 'metadata.lang'", ".metadata.lang"),
        (
            "user ~ green lantern",
            "             ^",
            "'lantern' is not expected here, but and, or or the end",
            "quotes",
        ),
        ("tag == a", "     ^", "'=' is not expected here, but a value", "Equal is written: ="),
        ("valid && tag = a", "      ^", "not expected here", "and, or, not"),
        ("tag = a and", "           ^", "ends where a condition or ( is expected", ""),
        ("(tag = a", "        ^", "ends where ) is expected", ""),
        ("tag in (a, b", "            ^", "ends where ) or a comma is expected", ""),
        ("tag in a", "       ^", "'a' is not expected here, but (", ""),
        ("tag = a)", "       ^", "')' is not expected here, but and, or or the end", ""),
        ('tag = "a', "      ^", "this quote is never closed", ""),
        ('tag = "a" "b"', "          ^", "not expected here, but and, or or the end", "one value in quotes"),
        ("user ~ /a", "       ^", "no / at its end", ""),
        ("user ~ /(/", "       ^", "not a regular expression: missing )", ""),
        ('user ~ "a"x', "          ^", "'x' is no flag", "ignore case"),
        ('user ~ ""', "       ^", "there is nothing to look for", ""),
        ("user = /a/", "       ^", "a regular expression is looked for with ~", "user ~"),
        ('tag = "A"i', "      ^", "a text with flags is looked for with ~", "tag ~"),
        ("rating = good", "         ^", "compared with a number, and 'good' is none", ""),
        ("position ~ 1", "           ^", "position cannot be compared with ~", "= != < <="),
        ("tag > a", "      ^", "tag cannot be compared with >", "= != ~ !~"),
        ("id = 3f", "     ^", "'3f' is not the beginning of an entry id", "4 to 32"),
        ("id = mara", "     ^", "'mara' is not the beginning of an entry id", "4 to 32"),
        ("error = wrong-rol", "        ^", "there is no error 'wrong-rol'", "wrong-role"),
        ("warning = wrong-role", "          ^", "there is no warning 'wrong-role'", "refusal"),
        ("shape = chatml", "        ^", "there is no shape 'chatml'", "messages"),
        ("valid = true", "^", "valid is a condition by itself", "not valid"),
        ("removed since HEAD", "^", "'removed' cannot stand before since", "changed since REV"),
        ("tag = a\n  or tga = b", "             ^", "there is no field 'tga'", "tag"),
    ],
)
def test_an_error_shows_the_place_and_what_to_do(text: str, place: str, words: str, hint: str) -> None:
    error = refused(text)
    first, shown, caret = error.message.split("\n")
    assert words in first
    assert shown == f"  {text.replace(chr(10), ' ')}"
    assert caret == f"  {place}"
    assert error.column == len(place)
    assert f"column {error.column}:" in first
    assert hint in (error.hint or "")


def test_of_a_long_expression_only_what_is_around_the_place_is_shown() -> None:
    error = refused(" or ".join(["tag = a"] * 50 + ["tga = b"] + ["tag = a"] * 50))
    _, shown, caret = error.message.split("\n")
    assert len(shown) < 80
    assert shown[caret.index("^") :].startswith("tga = b")


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_there_has_to_be_one(text: str) -> None:
    assert refused(text).hint == "For example: tag = approved"


def test_what_is_too_long_or_too_deep_is_refused() -> None:
    assert "may have 16,384" in refused("tag = a or " * (MAX_LENGTH // 10) + "tag = a").message
    for deep in ("not " * MAX_DEPTH + "valid", "not (" * MAX_DEPTH + "valid" + ")" * MAX_DEPTH):
        assert "nested more than" in refused(deep).message
    assert meant("(" * 1000 + "valid" + ")" * 1000, chat("A", "B"))


def test_a_list_of_a_thousand_ids_is_no_problem() -> None:
    ids = ", ".join(f"{number:08x}" for number in range(1000))
    assert meant(f"id in ({ids})", chat("A", "B"), id=f"{999:08x}" + "0" * 24)


def test_what_has_changed_can_only_be_asked_about_a_dataset() -> None:
    with pytest.raises(UsageError, match="about a dataset of a store"):
        meant("changed since HEAD", chat("A", "B"))


def test_every_mistyped_field_has_a_hint() -> None:
    for name in FIELDS:
        typo = name[:-1] + "x" + name[-1:] if name != "id" else "idd"
        assert (refused(f"{typo} = 1").hint or "").startswith("Did you mean"), name


@given(st.text(st.sampled_from("tag user=~!<>()/\"'\\ andornti,.4*\n\x1b🜁é"), max_size=40))
def test_anything_is_an_expression_or_an_error_with_a_place(text: str) -> None:
    try:
        meant(text, chat("A", "B"))
    except ExpressionError as error:
        assert 1 <= error.column <= len(text) + 1
        assert "\x1b" not in error.message.partition("\n")[2]
    except UsageError as error:
        assert "since" in error.message


def test_hostile_expressions_are_read_in_no_time() -> None:
    chance = random.Random(4)
    for text in ('"' * 9999, "/" * 9999, "(" * 9999, "." * 9999, "not " * 4000, "a.b" * 4000, "\\" * 9999):
        refused(text)
    for _ in range(20):
        refused("tag = a " + "".join(chance.choices(string.printable, k=4000)))
