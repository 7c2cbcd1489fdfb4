"""The page about ``--where`` tells the truth: its commands print what it says, and every expression in it is one."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from doc_console import PROJECT, Outcome, console, outcome, steps

import rtstore
from rtstore.curate.validation.findings import LEVELS
from rtstore.curate.where.fields import FIELDS, ROLES, VERDICTS
from rtstore.curate.where.where import where

PAGE = PROJECT / "docs" / "where.md"
TEXT = PAGE.read_text(encoding="utf-8")
ROWS = [
    [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
    for line in TEXT.splitlines()
    if line.startswith("| `")
]


def expressions() -> Iterator[str]:
    """Yield the expressions of the page: of tables the last cell of three, the first of two; and of commands."""
    for row in ROWS:
        cell = row[2] if len(row) == 3 else row[0]
        yield cell.strip("`")
        if row[1].startswith("`") and len(row) == 2:
            yield row[1].strip("`")
    yield from re.findall(r"^rtstore .*--where '([^']*)'", TEXT, re.MULTILINE)


@pytest.fixture(scope="module")
def run() -> Outcome:
    return outcome(PAGE)


@pytest.fixture(scope="module")
def lantern() -> Iterator[rtstore.Store]:
    """The workspace of the page's first commands."""
    with console() as shell:
        for step in steps(TEXT)[:9]:
            shell.run(step.command)
        shell.run("rtstore branch main HEAD")
        yield rtstore.open(f"{shell._root}/training_data")


def test_every_command_prints_what_the_page_shows(run: Outcome) -> None:
    assert run.differences == []
    assert run.steps > 12


def test_its_program_runs_on_the_workspace_of_its_commands(run: Outcome) -> None:
    assert run.printed.splitlines()[-1] == "7"
    assert len(run.printed.splitlines()) > 2


@pytest.mark.parametrize("expression", list(dict.fromkeys(expressions())))
def test_every_expression_can_be_asked(lantern: rtstore.Store, expression: str) -> None:
    found = list(lantern.select("lantern/lantern.jsonl", expression))
    opposite = list(lantern.select("lantern/lantern.jsonl", f"not ({expression})"))
    assert len(found) + len(opposite) == 46


def test_the_tables_of_precedence_say_the_same_on_both_sides(lantern: rtstore.Store) -> None:
    pairs = [row for row in ROWS if len(row) == 2 and row[1].startswith("`")]
    assert len(pairs) == 2
    for short, long in pairs:
        (a, b) = (
            where(text.strip("`").replace("= a", "= concise").replace("= b", "= greeting"))
            for text in (short, long)
        )
        entries = list(lantern["HEAD"]["lantern/lantern.jsonl"])
        assert [a.matches(entry) for entry in entries] == [b.matches(entry) for entry in entries]


def test_it_has_every_field() -> None:
    named = {name for row in ROWS if len(row) == 3 for name in re.findall(r"`([^`]+)`", row[0])}
    named |= {row[0].strip("`") for row in ROWS} & set(LEVELS)
    expected = set(FIELDS) - {
        f"{role}.{count}" for role in ROLES for count in ("turns", "words", "characters")
    }
    assert named >= expected
    assert named - expected == {".NAME", "ROLE.turns", "ROLE.words", "ROLE.characters"}
    assert all(f"| `{verdict}` |" in TEXT for verdict in VERDICTS)
