"""The page about ``export`` tells the truth: its commands print what it says, it has all formats and trainers."""

from __future__ import annotations

import re

import pytest
from doc_console import PROJECT, Outcome, outcome

from rtstore.formats.exports.registry import FORMATS
from rtstore.formats.recipes import TRAINERS

PAGE = PROJECT / "docs" / "export.md"
TEXT = PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def run() -> Outcome:
    return outcome(PAGE)


def test_every_command_prints_what_the_page_shows(run: Outcome) -> None:
    assert run.differences == []
    assert run.steps > 10


def test_its_program_runs_on_the_workspace_of_its_commands(run: Outcome) -> None:
    assert run.printed.splitlines() == ["True"]


def test_it_lists_every_format_in_order() -> None:
    listed = re.findall(r"^\| `([a-z-]+)`", TEXT, re.MULTILINE)
    assert listed[1:] == [format.name for format in FORMATS]


def test_it_lists_every_trainer() -> None:
    assert f"`--recipe {'|'.join(TRAINERS)}`" in TEXT
