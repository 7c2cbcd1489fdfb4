"""JSON text as it is spelled: where its values are, what they are, whether two texts say the same.

A record is kept as the bytes its author wrote (law 1), so nothing here decodes and re-encodes one.
Positions come from the standard library's own scanner, and are exact for every text it accepts: ``NaN``,
lone surrogate escapes, numbers of any length, members of the same name. :mod:`rtstore.model.jsonedit`
edits texts with them.

Positions count characters of the text given, and JSON's own characters are all ASCII: a text of bytes
decoded as latin-1 has its byte positions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import accumulate, islice
from json.decoder import JSONDecodeError, JSONDecoder, scanstring  # type: ignore[attr-defined]
from typing import Any, Final, NamedTuple

import msgspec

from rtstore.errors import InputError

#: How deep objects and arrays may be nested in a record that comes in. Versions before 0.2 let some pass that are
#: nested deeper, up to the interpreter's own limit (about 1,000 levels): what is stored is read all the same.
MAX_DEPTH: Final = 512

Path = tuple[str | int, ...]

_TOO_DEEP = f"nested more than {MAX_DEPTH} levels deep"
_space = re.compile(r"[ \t\n\r]*").match
# Numbers stay text: nothing here needs their value, and Python refuses to convert very long ones.
_scan = JSONDecoder(parse_int=str, parse_float=str, parse_constant=str).raw_decode


class Span(NamedTuple):
    """Where a value is: from its first character up to, not including, ``end``."""

    start: int
    end: int


class Member(NamedTuple):
    """A member of an object: its name decoded and as ``spelled`` (with quotes), and where its value is."""

    key: str
    spelled: str
    key_start: int
    start: int
    end: int


def skip_space(text: str, position: int) -> int:
    """Return the first position from ``position`` on that holds no white space."""
    found = _space(text, position)
    return found.end() if found else position


def value_end(text: str, start: int) -> int:
    """Return the end of the value that starts at ``start``.

    Raises:
        InputError: no JSON value starts there, or it is nested too deep.
    """
    try:
        return _scan(text, start)[1]
    except JSONDecodeError as error:
        raise InputError(f"not JSON: {worded(error.msg)} at character {error.pos + 1}") from error
    except RecursionError as error:
        raise InputError(_TOO_DEEP) from error


def members(text: str, start: int = 0) -> list[Member]:
    """Return the members of the object whose ``{`` is at ``start``, in order, those of the same name too.

    Raises:
        InputError: the text is not JSON there.
    """
    found: list[Member] = []
    position = _enter(text, start, "{", "}")
    while position >= 0:
        if text[position : position + 1] != '"':
            raise _unexpected("a member's name", position)
        try:
            key, after = scanstring(text, position + 1, True)
        except JSONDecodeError as error:
            raise _unexpected("a member's name", position) from error
        colon = skip_space(text, after)
        if text[colon : colon + 1] != ":":
            raise _unexpected("a colon", colon)
        value = skip_space(text, colon + 1)
        end = value_end(text, value)
        found.append(Member(key, text[position:after], position, value, end))
        position = _next(text, end, "}")
    return found


def elements(text: str, start: int = 0) -> list[Span]:
    """Return where the elements of the array are whose ``[`` is at ``start``.

    Raises:
        InputError: the text is not JSON there.
    """
    return list(_each_element(text, start))


def locate(text: str, path: Path) -> Span | None:
    """Return where the value at ``path`` is, or None if there is none; ``()`` is the whole value.

    A step is a member's name or an element's index from 0. Of members of the same name the last counts, as
    it does for whoever decodes the text.

    Raises:
        InputError: the text is not JSON.
    """
    start = skip_space(text, 0)
    if not path:
        return Span(start, value_end(text, start))
    span: Span | None = None
    for step in path:
        span = _step(text, start if span is None else span.start, step)
        if span is None:
            return None
    return span


def loads(data: bytes) -> Any:
    """Decode a record. Accepts what Python's ``json`` accepts: NaN, infinities and lone surrogates too.

    An integer with more digits than Python converts (4,300) comes as a ``decimal.Decimal``.

    Raises:
        InputError: the bytes are not JSON, or nested too deep.
    """
    try:
        return msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        # Stricter than Python's own decoder, which decides.
        return _decode(JSONDecoder(parse_int=integer), data)


def dumps(value: Any) -> bytes:
    """Return a value as JSON text on one line, spelled as Python and RoleThread do.

    Text stays as it is, except where it has lone surrogates, which UTF-8 cannot hold: then it is escaped.

    Raises:
        InputError: the value is a number that ``loads`` gave as a ``decimal.Decimal``, or holds one.
    """
    try:
        return json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(value).encode()
    except TypeError as error:
        raise InputError("an integer has more digits than can be written again") from error


def equal(a: bytes, b: bytes) -> bool:
    """Whether two texts are the same JSON value, written differently or not.

    White space, escapes, the order of an object's members and how a number is written do not matter. An
    integer is never equal to a number with a point or exponent, nor to a truth value, as programs tell
    them apart. NaN equals NaN. Members of the same name must be the same ones, in the same order.

    Raises:
        InputError: one of them is not JSON, or nested too deep.
    """
    if a == b:
        return True
    try:
        # What differs even to a decoder that rounds numbers and drops members of the same name is not equal.
        if msgspec.json.decode(a) != msgspec.json.decode(b):
            return False
    except (ValueError, RecursionError):
        pass  # the exact decoder takes more, and says best what it does not take
    try:
        return bool(_decode(_exact, a) == _decode(_exact, b))
    except RecursionError as error:
        raise InputError(_TOO_DEEP) from error


def depth_exceeds(text: bytes, limit: int = MAX_DEPTH) -> bool:
    """Whether objects and arrays are nested more than ``limit`` levels deep; the text need not be JSON."""
    if len(text) <= limit or _openings(text) <= limit:
        return False
    brackets = _STRING.sub(b"", text).translate(_STEPS, _NO_BRACKETS)
    depths = accumulate(brackets, lambda depth, step: depth + step - 1, initial=0)
    return max(depths) > limit


def depth_exceeds_in_lines(lines: Iterable[bytes], limit: int = MAX_DEPTH) -> bool:
    """Whether one of several lines, each a JSON object, is nested more than ``limit`` levels deep.

    Quick to say that none is: an array takes two bytes or more, an object around something else five. So a line that
    is deep is long, or has many arrays, and in most there is nothing but those to count.
    """
    shallow, short = 2 * limit, 5 * limit
    return any(
        depth_exceeds(line, limit)
        for line in lines
        if (size := len(line)) > shallow
        and (size > short or 4 * size - 3 * len(line.replace(b"[", b"")) > short)
    )


def _openings(text: bytes) -> int:
    # `count` looks at every byte on its own, `replace` only at those it is looking for: less than half the time.
    return 2 * len(text) - len(text.replace(b"{", b"")) - len(text.replace(b"[", b""))


def integer(text: str) -> Any:
    """Return the integer ``text`` spells; with more digits than Python converts, a ``decimal.Decimal``."""
    try:
        return int(text)
    except ValueError:
        from decimal import Decimal

        return Decimal(text)


_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
#: What a bracket adds to the depth, plus one: bytes have no sign.
_STEPS = bytes.maketrans(b"[{]}", b"\2\2\0\0")


def worded(reason: str) -> str:
    """Return what Python's decoder says is wrong as part of a sentence, without the place that it announces."""
    return reason[:1].lower() + reason[1:].removesuffix(" at").removesuffix(" starting")


def _each_element(text: str, start: int) -> Iterator[Span]:
    position = _enter(text, start, "[", "]")
    while position >= 0:
        end = value_end(text, position)
        yield Span(position, end)
        position = _next(text, end, "]")


def _enter(text: str, start: int, opener: str, closer: str) -> int:
    """Return the position of the first item of a container, or -1 if it is empty."""
    if text[start : start + 1] != opener:
        raise _unexpected(f"'{opener}'", start)
    position = skip_space(text, start + 1)
    return -1 if text[position : position + 1] == closer else position


def _next(text: str, end: int, closer: str) -> int:
    """Return the position of the item after the one that ends at ``end``, or -1 if it was the last."""
    position = skip_space(text, end)
    if text[position : position + 1] == closer:
        return -1
    if text[position : position + 1] != ",":
        raise _unexpected(f"',' or '{closer}'", position)
    return skip_space(text, position + 1)


def _unexpected(wanted: str, position: int) -> InputError:
    return InputError(f"not JSON: {wanted} is missing at character {position + 1}")


def _step(text: str, start: int, step: str | int) -> Span | None:
    if isinstance(step, str):
        if text[start] != "{":
            return None
        named = [Span(member.start, member.end) for member in members(text, start) if member.key == step]
        return named[-1] if named else None
    if text[start] != "[":
        return None
    return next(islice(_each_element(text, start), step, None), None) if step >= 0 else None


def _decode(decoder: JSONDecoder, data: bytes) -> Any:
    try:
        return decoder.decode(data.decode("utf-8"))
    except JSONDecodeError as error:
        raise InputError(f"not JSON: {worded(error.msg)} at character {error.pos + 1}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 at byte {error.start + 1}") from error
    except RecursionError as error:
        raise InputError(_TOO_DEEP) from error


def _exact_object(pairs: Iterable[tuple[str, Any]]) -> dict[Any, Any]:
    """Members by name; where names repeat, by name and count, which is unlike any other object."""
    pairs = list(pairs)
    plain: dict[Any, Any] = dict(pairs)
    if len(plain) == len(pairs):
        return plain
    seen: dict[str, int] = {}
    numbered: dict[Any, Any] = {}
    for key, value in pairs:
        seen[key] = seen.get(key, 0) + 1
        numbered[key, seen[key]] = value
    return numbered


def _exact_integer(text: str) -> tuple[str]:
    return ("0",) if text == "-0" else (text,)


def _exact_number(text: str) -> tuple[str, int | str]:
    """Digits and power of ten: exact where a float would round, and one spelling for every number."""
    mantissa, _, exponent = text.lower().partition("e")
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    digits = (whole + fraction).lstrip("0")
    significant = digits.rstrip("0")
    if not significant:
        return "0", 0
    sign = "-" if mantissa.startswith("-") else ""
    if len(exponent) > 4000:  # Python would not convert it; its spelling tells enough
        return sign + significant, exponent
    power = int(exponent or "0") - len(fraction) + len(digits) - len(significant)
    return sign + significant, power


# Numbers become tuples, which equal nothing else that JSON decodes to.
_exact = JSONDecoder(
    object_pairs_hook=_exact_object,
    parse_int=_exact_integer,
    parse_float=_exact_number,
    parse_constant=lambda name: (name,),
)
