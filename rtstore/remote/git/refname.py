"""Names of branches, as git spells them in full."""

from __future__ import annotations

import os
from typing import Final

from dulwich.refs import Ref, check_ref_format

from rtstore.errors import UsageError

PREFIX: Final = b"refs/heads/"


def ref_of(branch: str) -> Ref:
    """Return a branch's name in full.

    Raises:
        UsageError: git does not allow the name.
    """
    ref = Ref(PREFIX + os.fsencode(branch))
    if not check_ref_format(ref) or branch.startswith("-"):
        raise UsageError(f"git allows no branch of the name {branch!r}")
    return ref
