"""Letting two files swap names in one step, where the operating system can.

Replacing a file destroys whatever has its name in that instant; a check just before leaves a gap. After a swap
what was there can be looked at, and given back.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache
from typing import Final

_SWAP: Final = 2  # RENAME_EXCHANGE of Linux, RENAME_SWAP of macOS
_AT_FDCWD: Final = -100


def exchange(first: str, second: str) -> bool:
    """Let two files swap names, atomically; false, with nothing changed, where that cannot be done."""
    call = _system_call()
    return call is not None and call(os.fsencode(first), os.fsencode(second)) == 0


@cache
def _system_call() -> Callable[[bytes, bytes], int] | None:
    if sys.platform not in ("linux", "darwin"):
        return None
    from ctypes import CDLL  # 10 ms that only a command that replaces working files should wait for

    library = CDLL(None)
    try:
        if sys.platform == "darwin":
            rename = library.renamex_np
            return lambda first, second: int(rename(first, second, _SWAP))
        rename = library.renameat2
    except AttributeError:  # an old C library
        return None
    return lambda first, second: int(rename(_AT_FDCWD, first, _AT_FDCWD, second, _SWAP))
