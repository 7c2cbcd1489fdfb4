"""Errors about expressions: what is wrong, and the place under the expression."""

from __future__ import annotations

from typing import Final

from rtstore.errors import ExpressionError

#: Characters shown of a long expression, around the place.
_SHOWN: Final = 68


def problem(text: str, column: int, what: str, hint: str | None = None) -> ExpressionError:
    """Return the error about a place in an expression; ``column`` counts characters from 1."""
    shown, place = _around(text, column - 1)
    return ExpressionError(
        f"in the expression, column {column}: {what}\n  {shown}\n  {' ' * place}^", column=column, hint=hint
    )


def _around(text: str, at: int) -> tuple[str, int]:
    """Return an expression, or of a long one what is around a place, and where the place is in that."""
    line = "".join(character if character.isprintable() else " " for character in text)
    start = max(0, min(at - _SHOWN // 2, len(line) - _SHOWN))
    shown, place = line[start : start + _SHOWN], at - start
    if start:
        shown, place = "..." + shown, place + 3
    return shown + ("..." if start + _SHOWN < len(line) else ""), place
