"""Decoding of records no further than an expression needs."""

from __future__ import annotations

from typing import Any

import msgspec

from rtstore.curate.where.fields import Needs
from rtstore.curate.where.subject import Decode, whole_record

#: Names that msgspec's structs do not take; records with them are decoded whole.
_UNUSABLE = frozenset('"\\')


def decoder(needs: Needs) -> Decode:
    """Return what decodes these members of a record, and skips the others; all of it for None.

    Raises:
        InputError: (what is returned) the record is nested too deep to be read.
    """
    if needs is None or any(_UNUSABLE & set(name) or not name.isprintable() for name in needs):
        return whole_record
    names = sorted(needs)
    fields = [
        (f"member{index}", Any, msgspec.field(default=msgspec.UNSET, name=name))
        for index, name in enumerate(names)
    ]
    decode = msgspec.json.Decoder(msgspec.defstruct("Members", fields, gc=False)).decode

    def some(text: bytes) -> dict[str, Any]:
        try:
            values = msgspec.structs.astuple(decode(text))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return whole_record(text)  # it takes what the standard library takes
        return {name: value for name, value in zip(names, values, strict=True) if value is not msgspec.UNSET}

    return some
