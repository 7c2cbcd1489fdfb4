"""Whether the bytes of a stored record are a record: a JSON object in UTF-8, some values of which may be cut out."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from rtstore.errors import InputError
from rtstore.model.jsontext import loads

#: Where a value is missing, as where a volatile one was cut out; in a string it may be anything.
_PLACE: Final = re.compile(rb":[ \t\n\r]*(?=[,}])")


class _Object(msgspec.Struct):
    """Any object: its members are checked to be JSON, and skipped."""


_check = msgspec.json.Decoder(_Object).decode


def record_problem(record: bytes) -> str | None:
    """Return what is wrong with a stored record, in words that go on after it; None if nothing is.

    Which of its values were cut out depends on the dataset; here any may have been.
    """
    if _is_plain(record):
        return None
    filled = _PLACE.sub(b":null", record)
    return None if _is_plain(filled) else _careful(filled)


def _is_plain(record: bytes) -> bool:
    try:
        if not record.isascii():
            record.decode()  # the typed decoder does not look at the UTF-8 of what it skips
        _check(record)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _careful(record: bytes) -> str | None:
    try:
        value = loads(record)
    except InputError as error:
        return f"is {error}"
    return None if isinstance(value, dict) else "is JSON, but no object"
