"""Renaming that destroys nothing: letting two files swap names, or giving one a name that nobody has.

Replacing a file destroys whatever has its name in that instant; a check just before leaves a gap. After a swap
what was there can be looked at, and given back.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from ctypes import get_errno
from errno import EEXIST
from functools import cache
from typing import Final

_EXCLUSIVE: Final = 4 if sys.platform == "darwin" else 1  # RENAME_EXCL of macOS, RENAME_NOREPLACE of Linux
_SWAP: Final = 2  # RENAME_EXCHANGE of Linux, RENAME_SWAP of macOS
_AT_FDCWD: Final = -100


def exchange(first: str, second: str) -> bool:
    """Let two files swap names, atomically; false, with nothing changed, where that cannot be done."""
    call = _system_call()
    return call is not None and call(os.fsencode(first), os.fsencode(second), _SWAP) == 0


def rename_to_free(source: str, target: str) -> None:
    """Give a file a name that nobody has, atomically.

    Raises:
        FileExistsError: somebody has it; nothing has changed.
        OSError: the operating system refused.
    """
    call = _system_call()
    if call is not None:
        if call(os.fsencode(source), os.fsencode(target), _EXCLUSIVE) == 0:
            return
        if get_errno() == EEXIST:
            raise FileExistsError(EEXIST, os.strerror(EEXIST), target)
    if os.name == "nt":
        os.rename(source, target)  # which there replaces nothing
        return
    _link_and_remove(source, target)


def _link_and_remove(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without links, or whatever else keeps a file from having a name
        if os.path.lexists(target):
            raise FileExistsError(EEXIST, os.strerror(EEXIST), target) from None
        os.replace(source, target)
        return
    os.remove(source)


@cache
def _system_call() -> Callable[[bytes, bytes, int], int] | None:
    if sys.platform not in ("linux", "darwin"):
        return None
    from ctypes import CDLL  # 10 ms that only a command that replaces working files should wait for

    library = CDLL(None, use_errno=True)
    try:
        if sys.platform == "darwin":
            rename = library.renamex_np
            return lambda first, second, how: int(rename(first, second, how))
        rename = library.renameat2
    except AttributeError:  # an old C library
        return None
    return lambda first, second, how: int(rename(_AT_FDCWD, first, _AT_FDCWD, second, how))
