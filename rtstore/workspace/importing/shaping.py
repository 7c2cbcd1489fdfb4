"""The shape that imported records get, and who speaks in them."""

from __future__ import annotations

from rtstore.formats.recast import has_training_roles, recast
from rtstore.formats.reshape import Reshaped, Reshaper
from rtstore.workspace.importing.identity import STAMP
from rtstore.workspace.importing.plain import SPELLED_STAMP

#: The shape in which turns have the roles of training.
MESSAGES = "messages"


class Shaping:
    """Gives records the shape asked for; None: each keeps its own, and stays as it is.

    In ``messages`` the roles are those of training, and speakers with names of their own are told apart from them.

    Raises:
        UsageError: there is no shape of that name.
    """

    def __init__(self, shape: str | None) -> None:
        self._reshaper = None if shape is None else Reshaper(shape, apart=(STAMP,))
        self._casts = shape == MESSAGES

    @property
    def changes_nothing(self) -> bool:
        """Whether all records stay as they are."""
        return self._reshaper is None

    def plainly(self, text: bytes) -> bytes | None:
        """Return a record in the shape, if it is an ordinary one without speakers or a stamp of its own; else None."""
        if self._reshaper is None:
            return None if SPELLED_STAMP in text else text
        made = self._reshaper.plainly(text)
        return None if made is text and self._casts and not has_training_roles(text) else made

    def shape(self, text: bytes) -> Reshaped:
        """Return a record in the shape with its speakers.

        Raises:
            ConversionError: it is no conversation, or has no place in the shape.
            InputError: it is no JSON.
        """
        if self._reshaper is None:
            return Reshaped(text)
        made = self._reshaper.reshape(text)
        return recast(text) if made.text is text and self._casts else made
