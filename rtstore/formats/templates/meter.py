"""What a template may use up while it renders one conversation, counted so that the same template and conversation
end the same way on every machine: steps, characters written, the size of any one value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from jinja2.exceptions import SecurityError
from jinja2.runtime import Undefined
from jinja2.utils import Namespace

#: Steps: turns of loops, calls, filters, pieces written; and for values that are read or made one more for every
#: ``_CHARACTERS`` of them. A conversation takes some 20 for each of its turns; all of them some seconds.
MAX_STEPS: Final = 1_000_000
#: The size of one value, and so of a rendering, in characters. Each item of a list counts as ``_ITEM``.
MAX_SIZE: Final = 8 * 1024 * 1024
#: Characters written in all, those that go into macros and variables too.
MAX_WRITTEN: Final = 8 * MAX_SIZE
#: The largest whole number, in bits.
MAX_BITS: Final = 4096

_CHARACTERS = 256
#: What a call costs beside its step, in characters: it takes some five times as long.
CALL: Final = 4 * _CHARACTERS
_ITEM = 16
_PLAIN = (str, int, float, bool, type(None), Undefined)


class Meter:
    """Counts for one rendering.

    Its methods raise SecurityError where a limit is passed.
    """

    def __init__(self) -> None:
        self.steps = 0
        self.written = 0

    def step(self, characters: int = 0) -> None:
        """Count one step in which so many characters are read or made."""
        self.steps += 1 + characters // _CHARACTERS
        if self.steps > MAX_STEPS:
            raise SecurityError(f"it takes more than {MAX_STEPS:,} steps, as if it would never end")

    def fits(self, size: int) -> None:
        """Check the size of a value before it is made."""
        if size > MAX_SIZE:
            raise SecurityError(f"it makes a value of more than {MAX_SIZE:,} characters")

    def read(self, value: Any, whole: bool = True) -> None:
        """Count a value that is looked at; ``whole``: with all that is in it."""
        if isinstance(value, str | range):
            self.step(len(value))
        elif isinstance(value, list | tuple | dict | Namespace):
            self.step(
                _ITEM * len(value) if not whole and not isinstance(value, Namespace) else self.size(value)
            )

    def made(self, value: Any) -> Any:
        """Count a value that was made, and return it; what is not made before it is asked for is counted then."""
        if isinstance(value, str):
            self.fits(len(value))
            self.step(len(value))
        elif isinstance(value, list | tuple | dict):
            self.step(self.size(value))
        elif isinstance(value, Iterator):
            return self.counted(value)
        return value

    def counted(self, values: Iterable[Any]) -> Iterator[Any]:
        """Yield what is gone through, a step each."""
        for value in values:
            self.step()
            yield value

    def text(self, value: Any) -> str:
        """Return a value as it is written.

        A function has no text: it would be where in memory it is.
        """
        if type(value) is str:
            text = value
        elif isinstance(value, _PLAIN):
            text = str(value)
        else:
            self.fits(self.size(value, printed=True))
            text = str(value)
        self.step(len(text))
        return text

    def write(self, value: Any) -> str:
        """Return a value's text, and count it as written."""
        text = self.text(value)
        self.written += len(text)
        if self.written > MAX_WRITTEN:
            raise SecurityError(f"it writes more than {MAX_WRITTEN:,} characters")
        return text

    def size(self, value: Any, printed: bool = False) -> int:
        """Return the size of a value with all that is in it, counted as often as it is in it.

        ``printed``: everything in it must have a text.
        """
        size, waiting = 0, [value]
        while waiting:
            each = waiting.pop()
            size += _ITEM
            if isinstance(each, str):
                size += len(each)
            elif isinstance(each, dict):
                waiting.extend(each)
                waiting.extend(each.values())
            elif isinstance(each, list | tuple):
                waiting.extend(each)
            elif isinstance(each, Namespace):
                waiting.append(each._Namespace__attrs)
            elif printed and not isinstance(each, _PLAIN):
                raise SecurityError(f"it writes what has no text: a {type(each).__name__}")
            self.fits(size + _ITEM * len(waiting))
        return size
