"""Who makes commits: ``Name <email>``."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from rtstore.errors import UsageError

_AUTHOR: Final = re.compile(r"\s*([^<>]*?)\s*<\s*([^<>]*?)\s*>\s*")
_HINT: Final = "Write it like 'Mara Lind <mara@example.org>'; without an address 'Mara Lind <>'."


class Identity(NamedTuple):
    """A name and an email address, which may be empty; ``format_author`` checks them."""

    name: str
    email: str


def parse_author(text: str) -> Identity:
    """Read ``Name <email>``.

    Raises:
        UsageError: it is written otherwise, or a part of it is not allowed.
    """
    match = _AUTHOR.fullmatch(text)
    if match is None:
        raise UsageError(f"{text!r} does not name an author", hint=_HINT)
    identity = Identity(match[1], match[2])
    format_author(identity)
    return identity


def format_author(identity: Identity) -> str:
    """Return ``Name <email>``, which ``parse_author`` reads back.

    Raises:
        UsageError: the name is empty, or a part has ``<``, ``>``, a line break, another control character, or
            white space around it.
    """
    for what, value in (("name", identity.name), ("email address", identity.email)):
        if not value.isprintable() or set("<>") & set(value) or value != value.strip():
            raise UsageError(
                f"the author's {what} {value!r} has '<', '>', a control character, or spaces around it",
                hint=_HINT,
            )
    if not identity.name:
        raise UsageError("the author has no name", hint=_HINT)
    return f"{identity.name} <{identity.email}>"
