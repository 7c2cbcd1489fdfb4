"""Paths in messages. The library calls datasets by their names, which are paths from the workspace's root; a user may
be in a directory below it, and messages hold commands to copy."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from rtstore.formats.sidecar_name import sidecar_path


def from_here(text: str, names: Collection[str], shown: Callable[[str], str]) -> str:
    """Return a message in which datasets of these names, and their sidecars, are called as ``shown`` says.

    A name that is a plain word stays as it is: it may be a word of the message.
    """
    known = {name for name in names if "." in name or "/" in name}
    known |= {sidecar_path(name) for name in known}
    inside = sorted((name for name in known if name in text), key=len, reverse=True)
    if not inside:
        return text
    pattern = "|".join(map(re.escape, inside))
    # Not as a part of another path. A dot may end a sentence.
    return re.sub(rf"(?<![\w./-])(?:{pattern})(?![\w/-]|\.\w)", lambda found: shown(found[0]), text)
