"""What is looked for is never missed, however JSON spells it."""

from __future__ import annotations

import json
import random
import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtstore.workspace.lookback.patterns import Mode, pattern
from rtstore.workspace.lookback.prefilter import FOLD_TO_ASCII
from rtstore.workspace.lookback.required import required_text

SHORT = {
    '"': '\\"',
    "\\": "\\\\",
    "\n": "\\n",
    "\t": "\\t",
    "/": "\\/",
    "\b": "\\b",
    "\f": "\\f",
    "\r": "\\r",
}
#: What is likely to go wrong: letters with and without folding surprises, and what JSON escapes.
characters = st.sampled_from([*'aAkKsSiIfl .eé/"\\\n\t\x00ßẞſ\u212aİıﬁσςΣ語🜁🝈\ud83d\u2028\x7fDžдД'])
texts = st.text(characters, min_size=1, max_size=8)
EVERYTHING = "".join(map(chr, range(sys.maxunicode + 1)))


def spelled(text: str, chance: random.Random) -> bytes:
    """Return a JSON string with every character spelled in one of the ways there are."""
    return b'"' + b"".join(_spelled(character, chance) for character in text) + b'"'


def _spelled(character: str, chance: random.Random) -> bytes:
    ways = []
    if character >= " " and character not in '"\\' and not "\ud800" <= character <= "\udfff":
        ways += [character.encode()] * 2
    if character in SHORT:
        ways.append(SHORT[character].encode())
    units = character.encode("utf-16-be", "surrogatepass").hex()
    escaped = "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
    digits = re.sub(r"(?<=u)\w{4}", lambda match: chance.choice([match[0].upper(), match[0]]), escaped)
    return chance.choice([*ways, digits.encode()])


@given(texts, st.text(characters), st.text(characters), st.booleans(), st.randoms(use_true_random=False))
def test_a_phrase_is_never_missed(
    text: str, before: str, after: str, ignore_case: bool, chance: random.Random
) -> None:
    whole = before + (chance.choice([text, text.upper(), text.lower()]) if ignore_case else text) + after
    record = b'{"prompt": "", "completion": ' + spelled(whole, chance) + b"}"
    content = json.loads(record)["completion"]
    wanted = pattern(text, ignore_case=ignore_case)
    found = text.casefold() in content.casefold() if ignore_case else text in content
    assert (wanted.find(content) is not None) == found
    assert not found or wanted.may_match(record)


@given(st.lists(texts, min_size=1, max_size=3), st.text(characters), st.randoms(use_true_random=False))
def test_all_words_are_never_missed(words: list[str], rest: str, chance: random.Random) -> None:
    whole = rest + "".join(chance.sample(words, len(words)))
    record = spelled(whole, chance)
    wanted = " ".join(words)
    if wanted.split() and pattern(wanted, "all-words").find(json.loads(record)):
        assert pattern(wanted, "all-words").may_match(record)


PIECES = st.sampled_from(
    ["a", "k", "si", "ß", "é", ".", "x*", "y?", "z+", "b{2}", "c{0,1}", "d{", "}", "[ef]", "[]g]", "[^h]", "(ij)",
     "(kl)?", "(m(n)o)*", "|", r"\.", r"\w", r"\x41", r"\n", "(?:p)", "^", "$", "{q", "r}", r"\\", '"', "/", "]"]
)  # fmt: skip


@given(
    st.lists(PIECES, min_size=1, max_size=6).map("".join),
    st.text(
        st.sampled_from([*'aksibcdefghijlmnopqrxyz{}]\\./"\nA', "ß", "é", "\u212a", "ſ", "ı"]), max_size=24
    ),
    st.booleans(),
    st.randoms(use_true_random=False),
)
def test_a_regular_expression_is_never_missed(
    expression: str, text: str, ignore_case: bool, chance: random.Random
) -> None:
    content = json.loads(record := spelled(text, chance))
    wanted = pattern(expression, "regex", ignore_case)
    if wanted.find(content) is not None:
        assert wanted.may_match(record)


@pytest.mark.parametrize(
    ("expression", "required"),
    [
        ("lantern", "lantern"),
        (r"\blantern\w*", "lantern"),
        ("the (old )?lantern keepers?", "lantern keeper"),
        ("x{2}ab{,3}c", "a"),
        ("lantern|lamp", ""),
        ("(?i)lantern", ""),
        (r"\x6cantern", ""),
        ("[lantern]amp", "amp"),
        ("a{(b}c)*", "a"),
    ],
)
def test_what_every_match_must_hold(expression: str, required: str) -> None:
    assert required_text(expression) == required


def test_all_that_folds_to_ascii_is_known() -> None:
    folding = {each for each in EVERYTHING if each > "\x7f" and min(each.casefold()) < "\x80"}
    assert folding <= set(FOLD_TO_ASCII)


def test_all_that_expressions_take_for_ascii_without_regard_to_case_is_known() -> None:
    beyond = EVERYTHING[128:]
    equal = {
        found for code in range(128) for found in re.findall(re.escape(chr(code)), beyond, re.IGNORECASE)
    }
    assert equal <= set(FOLD_TO_ASCII)


def test_records_without_it_are_sorted_out() -> None:
    record = json.dumps({"prompt": "Where is the café?", "completion": 'Behind the "Anchor".\n'})
    for raw in (record.encode(), json.dumps(json.loads(record), ensure_ascii=False).encode()):
        for text, ignore_case in (
            ("lantern", False),
            ("lantern", True),
            ("Anchor bay", False),
            ("goat\n", True),
        ):
            assert not pattern(text, ignore_case=ignore_case).may_match(raw)


@pytest.mark.parametrize(
    ("text", "content", "spans"),
    [
        ("ss", "Straße", ((4, 5),)),
        ("s", "Straße", ((0, 1), (4, 5))),
        ("fi", "ﬁne, fine", ((0, 1), (5, 7))),
        ("ine", "ﬁne", ((0, 3),)),
        ("İ", "i̇ İ", ((0, 2), (3, 4))),
    ],
)
def test_what_is_marked_where_folding_changes_lengths(
    text: str, content: str, spans: tuple[tuple[int, int], ...]
) -> None:
    assert pattern(text, ignore_case=True).find(content) == spans


def test_modes_are_those_documented() -> None:
    modes: tuple[Mode, ...] = ("phrase", "all-words", "regex")
    for mode in modes:
        found = pattern("goat", mode).find("A goat and a goat.")
        assert found == ((2, 6), (13, 17))
