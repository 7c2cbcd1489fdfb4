"""Points in time as text. Stored times may be anything: what no calendar has is shown as a number."""

from __future__ import annotations

import time
from typing import Final

_STEPS: Final = ((60, "second"), (60, "minute"), (24, "hour"), (7, "day"), (52, "week"))


def iso(seconds: int, offset: int) -> str:
    """Return ``2026-11-20T19:32:05+01:00``; ``offset`` is in minutes east of UTC."""
    moment = _moment(seconds, offset)
    zone = f"{'-' if offset < 0 else '+'}{abs(offset) // 60:02}:{abs(offset) % 60:02}"
    return f"@{seconds}" if moment is None else time.strftime("%Y-%m-%dT%H:%M:%S", moment) + zone


def readable(seconds: int, offset: int) -> str:
    """Return ``2026-11-20 19:32:05 +0100``."""
    text = iso(seconds, offset)
    return text if text.startswith("@") else f"{text[:10]} {text[11:19]} {text[19:22]}{text[23:]}"


def ago(seconds: int, now: float) -> str:
    """Return how long ago a time was: ``now``, ``5 minutes ago``, ``3 weeks ago``."""
    passed = int(now) - seconds
    if passed < 1:
        return "now"
    for limit, unit in _STEPS:
        if passed < limit:
            return f"{passed} {unit}{'s' if passed > 1 else ''} ago"
        passed //= limit
    return f"{passed} year{'s' if passed > 1 else ''} ago"


def _moment(seconds: int, offset: int) -> time.struct_time | None:
    try:
        moment = time.gmtime(seconds + offset * 60)
    except (OverflowError, OSError, ValueError):
        return None
    return moment if 0 <= moment.tm_year <= 9999 else None
