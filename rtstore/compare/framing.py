"""What differs around the records of two versions of a file."""

from __future__ import annotations

from rtstore.model.objects import Dataset, Framing


def framing_difference(old: Dataset, new: Dataset) -> tuple[str, ...]:
    """Return the members of the framing that differ.

    A file without records is all head: between one and a file that has some only the mode can be compared.
    """
    members = Framing.__struct_fields__ if bool(old.count) == bool(new.count) else ("mode",)
    return tuple(one for one in members if getattr(old.framing, one) != getattr(new.framing, one))
