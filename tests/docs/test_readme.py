"""The README tells the truth: its tour prints what it says, its example runs; and each decision says why."""

from __future__ import annotations

import re

import pytest
from doc_console import PROJECT, Outcome, outcome

README = PROJECT / "README.md"
TEXT = README.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def run() -> Outcome:
    return outcome(README)


def test_the_tour_prints_what_the_readme_shows(run: Outcome) -> None:
    assert run.differences == []
    assert run.steps > 15


def test_the_library_example_runs_on_the_workspace_of_the_tour(run: Outcome) -> None:
    first, last = run.printed.splitlines()
    assert first.startswith("46 You are Nell Hargreave, ")
    assert last == "Counts(added=1, removed=1, edited=1, moved=0, reformatted=0)"


@pytest.mark.parametrize("command", ["pip install . && rtstore demo", "pip install '.[test]' && pytest"])
def test_each_of_the_two_commands_is_a_block_of_its_own(command: str) -> None:
    assert f"```sh\n{command}\n```" in TEXT


def test_every_decision_has_context_options_and_a_decision() -> None:
    for page in (PROJECT / "docs" / "decisions").iterdir():
        text = page.read_text(encoding="utf-8")
        headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
        assert headings[0].startswith(f"{page.name[:4]}: "), page.name
        assert {"Context", "Decision"} <= set(headings), page.name
