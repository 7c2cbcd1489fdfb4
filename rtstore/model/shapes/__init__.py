"""Shapes: where the turns of a conversation are in a record (design: a record keeps the shape it was
given).

``SHAPES`` is the one list of them. A new shape is a file of its own here and a place in that list; another package
adds one by an entry point of the group ``rtstore.shapes`` that names a class like :class:`Shape`.
"""

from __future__ import annotations

from typing import Final

from rtstore.errors import UsageError
from rtstore.model.plugins import plugins
from rtstore.model.shapes.alpaca import Alpaca
from rtstore.model.shapes.base import Record, Shape, Turn
from rtstore.model.shapes.kto import KTO
from rtstore.model.shapes.messages import Messages
from rtstore.model.shapes.preference import Preference
from rtstore.model.shapes.prompt import Prompt
from rtstore.model.shapes.sharegpt import ShareGPT

__all__ = ["SHAPES", "Record", "Shape", "Turn", "shape_named", "shape_names", "shape_of", "turns"]

#: In the order they are tried: a preference pair has the conversation before it in another shape.
SHAPES: Final[tuple[Shape, ...]] = (Preference(), KTO(), Messages(), ShareGPT(), Alpaca(), Prompt())

_PLUGINS: Final = "rtstore.shapes"


def shape_of(record: Record) -> Shape | None:
    """Return the shape of a decoded record, None if it has no known one.

    What somebody stored may be JSON and no object: that has none either.
    """
    if not isinstance(record, dict):
        return None
    for shape in SHAPES:
        if shape.matches(record):
            return shape
    return next((shape for shape in plugins(_PLUGINS) if shape.matches(record)), None)


def turns(record: Record) -> list[Turn]:
    """Return the turns of a decoded record, in order; none if its shape is unknown."""
    shape = shape_of(record)
    return shape.turns(record) if shape else []


def shape_names() -> tuple[str, ...]:
    """Return the names of all shapes that are known here."""
    return tuple(shape.name for shape in (*SHAPES, *plugins(_PLUGINS)))


def shape_named(name: str) -> Shape:
    """Return a shape by its name.

    Raises:
        UsageError: there is none of that name.
    """
    known: tuple[Shape, ...] = (*SHAPES, *plugins(_PLUGINS))
    for shape in known:
        if shape.name == name:
            return shape
    raise UsageError(f"there is no shape {name!r}", hint=f"There are: {', '.join(shape_names())}")
