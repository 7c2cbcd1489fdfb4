"""The README tells the truth: its tour prints what it says, its example runs, its links lead somewhere."""

from __future__ import annotations

import re

import pytest
from doc_console import PROJECT, console, differences, python_blocks, steps

README = PROJECT / "README.md"
TEXT = README.read_text(encoding="utf-8")


def test_the_tour_prints_what_the_readme_shows() -> None:
    assert differences(README) == []


def test_the_tour_has_commands_to_check() -> None:
    assert len(steps(TEXT)) > 15


def test_the_library_example_runs_on_the_workspace_of_the_tour() -> None:
    with console() as shell:
        for step in steps(TEXT):
            shell.run(step.command)
        shell.run("cd ..")
        printed = shell.python("\n".join(python_blocks(TEXT)))
    assert re.fullmatch(
        r"45 You are Nell Hargreave, .*\nCounts\(added=1, removed=1, edited=1, moved=0, reformatted=0\)\n",
        printed,
    )


@pytest.mark.parametrize("command", ["pip install . && rtstore demo", "pip install '.[test]' && pytest"])
def test_each_of_the_two_commands_is_a_block_of_its_own(command: str) -> None:
    assert f"```sh\n{command}\n```" in TEXT


def test_links_lead_to_files_of_the_repository() -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)[^)]*\)", TEXT) if "://" not in link]
    assert links
    assert [link for link in links if not (PROJECT / link).exists()] == []
