"""The date a template asks for, spelled the same on every machine, whatever its language and time zone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Final

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_DIRECTIVE = re.compile(r"%(-?.|-?$)", re.DOTALL)

_SPELLED: Final[dict[str, Callable[[datetime], str]]] = {
    "a": lambda at: _DAYS[at.weekday()][:3],
    "A": lambda at: _DAYS[at.weekday()],
    "b": lambda at: _MONTHS[at.month - 1][:3],
    "B": lambda at: _MONTHS[at.month - 1],
    "d": lambda at: f"{at.day:02}",
    "-d": lambda at: str(at.day),
    "e": lambda at: f"{at.day:2}",
    "F": lambda at: f"{at.year:04}-{at.month:02}-{at.day:02}",
    "H": lambda at: f"{at.hour:02}",
    "-H": lambda at: str(at.hour),
    "I": lambda at: f"{(at.hour - 1) % 12 + 1:02}",
    "j": lambda at: f"{at.timetuple().tm_yday:03}",
    "m": lambda at: f"{at.month:02}",
    "-m": lambda at: str(at.month),
    "M": lambda at: f"{at.minute:02}",
    "p": lambda at: "AM" if at.hour < 12 else "PM",
    "S": lambda at: f"{at.second:02}",
    "T": lambda at: f"{at.hour:02}:{at.minute:02}:{at.second:02}",
    "y": lambda at: f"{at.year % 100:02}",
    "Y": lambda at: f"{at.year:04}",
    "%": lambda at: "%",
}


def spelled_date(moment: datetime, form: str) -> str:
    """Return a moment in the form that ``strftime`` takes, in English.

    Raises:
        ValueError: the form has a directive that is not the same everywhere.
    """

    def replace(found: re.Match[str]) -> str:
        spell = _SPELLED.get(found[1])
        if spell is None:
            raise ValueError(f"the date format {found[0]!r} is not known; known are %{', %'.join(_SPELLED)}")
        return spell(moment)

    return _DIRECTIVE.sub(replace, form)
