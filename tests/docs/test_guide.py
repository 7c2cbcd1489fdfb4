"""The guide tells the truth: its commands print what it says, its programs run, its tables are complete."""

from __future__ import annotations

import re

import pytest
from doc_console import PROJECT, Outcome, outcome

from rtstore import errors
from rtstore.cli.failures import BROKEN_PIPE, INTERNAL
from rtstore.workspace.config import KNOWN

GUIDE = PROJECT / "docs" / "guide.md"
TEXT = GUIDE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def run() -> Outcome:
    return outcome(GUIDE)


def test_every_command_prints_what_the_guide_shows(run: Outcome) -> None:
    assert run.differences == []
    assert run.steps > 60


def test_its_programs_run_on_the_workspace_of_its_commands(run: Outcome) -> None:
    assert run.printed.splitlines() == [
        "45 messages",
        "cf9e000d433c4c279fb3922f6f4c86dd 29 user Can I have something to drink that isn't ale?",
        "349",
        "Counts(added=1, removed=1, edited=3, moved=0, reformatted=0)",
        "HEAD has no dataset lantern/lantern.json Did you mean lantern/lantern.jsonl? 5",
    ]


def test_it_lists_every_configuration_key_with_its_default() -> None:
    section = TEXT[TEXT.index("## 11.") : TEXT.index("## 12.")]
    rows = re.findall(r"^\| (`.*?`) \| .* \| (.*) \|$", section, re.MULTILINE)
    listed = {key: default.strip("`") for keys, default in rows for key in re.findall(r"`([^`]+)`", keys)}
    assert set(listed) == set(KNOWN)
    assert [key for key, known in KNOWN.items() if known.default not in (None, listed[key])] == []


def test_its_table_of_exit_codes_has_every_code_of_the_errors() -> None:
    section = TEXT[TEXT.index("## 14.") :]
    listed = [int(code) for code in re.findall(r"^\| (\d+) \|", section, re.MULTILINE)]
    documented = [int(code) for code in re.findall(r"^(\d+) {2,}", errors.__doc__ or "", re.MULTILINE)]
    assert listed == sorted([*documented, INTERNAL, BROKEN_PIPE])
