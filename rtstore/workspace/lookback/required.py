"""What every match of a regular expression must hold, as far as that is plain to see.

Only the outermost level is read: what is in groups, classes, or may be repeated is passed over, and with
alternatives or anything unusual nothing is required. A wrong answer would hide matches, so in doubt there is none.
"""

from __future__ import annotations

import re
from typing import Final

_TOKEN: Final = re.compile(
    r"""(?P<escape>\\.)|(?P<class>\[\^?\]?(?:\\.|[^\]\\])*\])|(?P<open>\()|(?P<close>\))
    |(?P<repeat>[*+?]|\{[0-9]*,?[0-9]*\})|(?P<other>[|.^$\[{])|(?P<plain>[^\\\[()*+?{|.^$])""",
    re.DOTALL | re.VERBOSE,
)
#: Escapes of one letter that stand for a class, a place or one character. (Digits refer to groups or are octal.)
_SIMPLE: Final = frozenset("dDwWsSbBAZafnrtv")


def required_text(expression: str) -> str:
    """Return the longest text that every match of a valid expression holds; empty if that is not plain."""
    if "(?" in expression or "|" in expression:
        return ""
    runs = [""]
    depth = 0
    for token in _TOKEN.finditer(expression):
        kind, text = token.lastgroup, token[0]
        if kind == "escape" and text[1].isalnum() and text[1] not in _SIMPLE:
            return ""
        depth += (kind == "open") - (kind == "close")
        if kind == "plain" and not depth:
            runs[-1] += text
        elif kind == "repeat" and runs[-1]:
            runs[-1] = runs[-1][:-1]  # what is repeated may be there no time at all
            runs.append("")
        else:
            runs.append("")
    return max(runs, key=len)
