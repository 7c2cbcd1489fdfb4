"""What should not be in a reply: refusals, talk of being a model, markup."""

from __future__ import annotations

import re
from typing import Final

#: What gives away a model that refuses or speaks of itself, in small letters.
REFUSALS: Final = (
    "as an ai",
    "language model",
    "i cannot assist",
    "i can't assist",
    "i must remind you",
    "i cannot fulfill",
    "i can't fulfill",
)
#: Bytes one of which is in the text of every refusal, whatever apostrophe it has.
REFUSAL_BYTES: Final = (
    b"as an ai",
    b"language model",
    b"t assist",
    b"i must remind you",
    b"t fulfill",
)
_REFUSAL: Final = re.compile("|".join(rf"\b{re.escape(phrase)}\b" for phrase in REFUSALS))

_MARKUP: Final = {
    "a code fence": re.compile(r"```|~~~"),
    "bold": re.compile(r"\*\*(?=[^\s*])[^\n*]{1,500}\*\*|__(?=[^\s_])[^\n_]{1,500}__"),
    "a heading": re.compile(r"^#{1,6} +\S", re.MULTILINE),
    "HTML": re.compile(r"</?[a-z][a-z0-9]{0,20}(?: [^<>\n]{0,200})?/?>", re.IGNORECASE),
    "JSON": re.compile(r'^\s{0,20}\[?\s{0,20}\{(?:\n\s{0,20})?"[^"\n]{0,200}"\s{0,20}:', re.MULTILINE),
}
#: Bytes one of which is in every record with markup in a turn.
MARKUP_BYTES: Final = (b"```", b"~~~", b"**", b"__", b"#", b"<", b"{\\")


def refusal_in(text: str) -> str | None:
    """Return the words by which a reply refuses or speaks of being a model; None if it does not."""
    found = _REFUSAL.search(text.lower().replace("\u2019", "'"))
    return None if found is None else found[0]


def markup_in(text: str) -> list[str]:
    """Return the kinds of markup in a reply, in words."""
    return [name for name, pattern in _MARKUP.items() if pattern.search(text)]
