from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtstore.cli.times import ago, iso, readable

NOON = 1_795_262_400  # 2026-11-21T12:00:00Z


def test_times_have_their_own_offset() -> None:
    assert iso(NOON, 60) == "2026-11-21T13:00:00+01:00"
    assert iso(NOON, -210) == "2026-11-21T08:30:00-03:30"
    assert readable(NOON, 0) == "2026-11-21 12:00:00 +0000"


@pytest.mark.parametrize(
    ("passed", "shown"),
    [
        (-5, "now"),
        (0, "now"),
        (1, "1 second ago"),
        (59, "59 seconds ago"),
        (60, "1 minute ago"),
        (7200, "2 hours ago"),
        (86_400, "1 day ago"),
        (8 * 86_400, "1 week ago"),
        (800 * 86_400, "2 years ago"),
    ],
)
def test_how_long_ago(passed: int, shown: str) -> None:
    assert ago(NOON - passed, NOON) == shown


@given(st.integers(), st.integers(-10_000, 10_000))
def test_any_stored_time_can_be_shown(seconds: int, offset: int) -> None:
    assert iso(seconds, offset)
    assert readable(seconds, offset)


def test_a_time_no_calendar_has_is_a_number() -> None:
    assert iso(10**30, 0) == readable(10**30, 0) == f"@{10**30}"
