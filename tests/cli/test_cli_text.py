from __future__ import annotations

import pytest

from rtstore.cli import text
from rtstore.model.objects import Counts
from rtstore.workspace.results import DatasetChange


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (1449, "1.4 kB"),
        (99_940, "99.9 kB"),
        (99_960, "100 kB"),
        (999_499, "999 kB"),
        (999_600, "1.0 MB"),
        (1_400_000, "1.4 MB"),
        (219_000_000, "219 MB"),
        (3_000_000_000, "3.0 GB"),
        (7_000_000_000_000_000, "7000 TB"),
        (-1500, "-1.5 kB"),
    ],
)
def test_sizes(number: int, shown: str) -> None:
    assert text.size(number) == shown


def test_plurals() -> None:
    assert [text.entries(number) for number in (0, 1, 1200)] == ["0 entries", "1 entry", "1,200 entries"]


def test_counts_leave_out_what_there_is_none_of() -> None:
    assert text.counts(Counts(added=1, edited=3000)) == "3,000 edited, 1 added"
    assert text.counts(Counts()) == ""


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        (DatasetChange("x", "added", Counts(added=1), 1), "1 entry"),
        (DatasetChange("x", "removed", Counts(removed=2), 2), "2 entries"),
        (DatasetChange("x", "unchanged", Counts(), 2, stamps_only=True), "only time stamps differ"),
        (
            DatasetChange("x", "edited", Counts(moved=2), 2, registry_changed=True),
            "2 moved, registry changed",
        ),
        (
            DatasetChange("x", "edited", Counts(), 2, framing_changed=True),
            "line breaks, BOM or mode changed",
        ),
    ],
)
def test_changes(change: DatasetChange, shown: str) -> None:
    assert text.change(change) == shown


def test_what_could_steer_a_terminal_is_shown_as_such() -> None:
    assert text.printable("a\tb\n\x1b[2J\r\x7f\u202e") == "a\tb\n\\x1b[2J\\x0d\\x7f\\u202e"


def test_the_subject_is_the_first_line() -> None:
    assert text.subject("\nOne\n\nTwo\n") == "One"


def test_a_line_is_broken_after_commas() -> None:
    line = "one two three, four five six, seven"
    assert text.fitted(line, 35) == [line]
    assert text.fitted(line, 30) == ["one two three, four five six,", "seven"]
    assert text.fitted(line, 20) == ["one two three,", "four five six,", "seven"]


def test_a_narrow_column_is_none() -> None:
    assert text.fitted("one, two, three, four, five", 10) == ["one, two, three, four, five"]
