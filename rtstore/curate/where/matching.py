"""Comparing the values of a field with what an expression says: texts, labels with ``*``, numbers, ids."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from functools import partial
from typing import Any, Final, NamedTuple

from rtstore.curate.where.fields import Field, Kind
from rtstore.curate.where.problems import problem
from rtstore.curate.where.syntax import Value
from rtstore.errors import RevisionError, UsageError
from rtstore.history.tree import prefix_digits
from rtstore.workspace.lookback.patterns import Pattern, Phrase, Regex
from rtstore.workspace.lookback.prefilter import Prefilter, any_record, holds

#: Tells whether one value of a field is as it should be.
Matches = Callable[[Any], bool]


class Matcher(NamedTuple):
    """A comparison, and which records may hold a value for which it is true."""

    matches: Matches
    may_match: Prefilter = any_record


_ORDER: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_NUMBER: Final = re.compile(r"-?\d{1,15}(?:\.\d{1,15})?").fullmatch
_CONSTANTS: Final[dict[str, Any]] = {"true": True, "false": False, "null": None}
_ALLOWED: Final[dict[Kind, tuple[str, ...]]] = {
    "text": ("=", "!=", "~", "!~"),
    "label": ("=", "!=", "~", "!~"),
    "number": ("=", "!=", *_ORDER),
    "id": ("=", "!="),
    "member": ("=", "!=", "~", "!~", *_ORDER),
}


def matcher(text: str, name: str, field: Field, comparison: str, value: Value) -> Matcher:
    """Return a comparison; ``!=`` and ``!~`` as their opposites. ``text`` is the whole expression, for errors.

    Raises:
        ExpressionError: the field cannot be compared so, or not with that value.
    """
    if comparison not in _ALLOWED[field.kind]:
        allowed = " ".join(_ALLOWED[field.kind])
        raise problem(
            text, value.column, f"{name} cannot be compared with {comparison}", f"It takes: {allowed}"
        )
    if comparison in ("~", "!~"):
        return _containing(text, value)
    if value.spelling == "regex" or value.flags:
        what = "a regular expression" if value.spelling == "regex" else "a text with flags"
        raise problem(text, value.column, f"{what} is looked for with ~", f"Write: {name} ~ ...")
    if field.kind == "number":
        return Matcher(partial(_compare, _ORDER.get(comparison, operator.eq), _number(text, name, value)))
    if field.kind == "id":
        return Matcher(partial(_begins, _digits(text, value)))
    if field.kind == "member":
        return _member(comparison, value)
    return _equal(field, value)


def _containing(text: str, value: Value) -> Matcher:
    """Return the search for a text, or a regular expression, anywhere in a value."""
    pattern = _pattern(text, value)
    return Matcher(
        lambda found: isinstance(found, str) and pattern.find(found) is not None, pattern.may_match
    )


def _pattern(text: str, value: Value) -> Pattern:
    ignore_case, whole = "i" in value.flags, "w" in value.flags
    if not value.text:
        raise problem(text, value.column, "there is nothing to look for")
    try:
        if value.spelling == "regex":
            return Regex(rf"\b(?:{value.text})\b" if whole else value.text, ignore_case)
    except UsageError as error:
        reason = error.message.rpartition(" is not a regular expression: ")[2]
        raise problem(text, value.column, f"this is not a regular expression: {reason}") from error
    return WholeWords(value.text, ignore_case) if whole else Phrase(value.text, ignore_case)


class WholeWords:
    """A text as it stands, with no letter, digit or underscore right before or after it."""

    def __init__(self, text: str, ignore_case: bool) -> None:
        self._ignore_case = ignore_case
        self.may_match = Phrase(text, ignore_case).may_match
        looked_for = text.casefold() if ignore_case else text
        self._expression = re.compile(rf"(?<!\w){re.escape(looked_for)}(?!\w)")

    def find(self, text: str) -> tuple[tuple[int, int], ...] | None:
        """Return the first place where a text matches, where case counts; None if it does not match."""
        found = self._expression.search(text.casefold() if self._ignore_case else text)
        return None if found is None else (found.span(),)


def _equal(field: Field, value: Value) -> Matcher:
    """Return the comparison with a whole text, or with a label: there ``*`` stands for anything."""
    wanted = value.text
    if field.kind == "label" and "*" in wanted:
        parts = [re.escape(part) for part in wanted.split("*")]
        whole = re.compile(".*".join(parts), re.DOTALL).fullmatch
        run = max(wanted.split("*"), key=len)
        return Matcher(lambda found: whole(found) is not None, holds(run) if run else any_record)
    return Matcher(lambda found: found == wanted, holds(wanted) if wanted else any_record)


def _member(comparison: str, value: Value) -> Matcher:
    """Return the comparison with a member of a record: a bare word may be a number, true, false or null.

    It may be equal to the text as well; but a number is more or less than numbers alone.
    """
    options = [value.text] if value.spelling == "string" else _meanings(value.text)
    compare = _ORDER.get(comparison, operator.eq)
    if comparison in _ORDER:
        options = options[:1]
    only_text = len(options) == 1 and comparison == "=" and value.text
    return Matcher(
        lambda found: any(_compare(compare, option, found) for option in options),
        holds(value.text) if only_text else any_record,
    )


def _meanings(word: str) -> list[Any]:
    if word in _CONSTANTS:
        return [_CONSTANTS[word], word]
    return [float(word) if "." in word else int(word), word] if _NUMBER(word) else [word]


def _compare(compare: Callable[[Any, Any], bool], wanted: Any, found: Any) -> bool:
    """Compare values of one kind: text with text, numbers with numbers; true is no number."""
    if _kind(found) is not _kind(wanted):
        return False
    return compare(found, wanted) if wanted is not None else found is None and compare is operator.eq


def _kind(value: Any) -> type:
    return float if type(value) is int else type(value)


def _begins(digits: str, found: str) -> bool:
    return found.startswith(digits)


def _number(text: str, name: str, value: Value) -> float:
    if value.spelling != "word" or not _NUMBER(value.text):
        raise problem(text, value.column, f"{name} is compared with a number, and {value.text!r} is none")
    return float(value.text) if "." in value.text else int(value.text)


def _digits(text: str, value: Value) -> str:
    try:
        return prefix_digits(value.text)
    except RevisionError as error:
        raise problem(text, value.column, error.message, error.hint) from error
