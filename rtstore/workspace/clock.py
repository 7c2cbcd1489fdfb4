"""The time of day, for what is recorded."""

from __future__ import annotations

import time


def now() -> tuple[int, int]:
    """Return the time in seconds since the epoch and the local offset in minutes east of UTC."""
    seconds = int(time.time())
    return seconds, (time.localtime(seconds).tm_gmtoff or 0) // 60
