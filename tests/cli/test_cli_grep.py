from __future__ import annotations

from pathlib import Path

import pytest
from cli_helpers import entry, ok, run, write


@pytest.fixture
def ferry(work: Path) -> Path:
    """Two commits; in the second, one entry speaks of a goat at length."""
    long = (
        "I have carried salt, and bells, and " + "one thing or another and " * 4 + "a goat, once, in a storm."
    )
    write(work / "osk.jsonl", entry(1, long), entry(2, 'No "Goat"\nhere.'), entry(3), entry(4))
    ok("commit", "-m", "A goat")
    return work


def test_turns_that_match_one_in_a_line(ferry: Path) -> None:
    assert ok("grep", "goat") == (
        "osk.jsonl#1 turn 3 assistant: ... thing or another and a goat, once, in a storm.\n"
    )


def test_lines_are_as_wide_as_the_terminal(ferry: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    (line,) = ok("grep", "another").splitlines()
    assert line == "osk.jsonl#1 turn 3 assistant: ...g or another and one thi..."
    assert len(line) == 60


def test_line_breaks_in_a_turn_are_spaces(ferry: Path) -> None:
    assert ok("grep", "-i", '"goat"\nhere') == 'osk.jsonl#2 turn 3 assistant: No "Goat" here.\n'


def test_nothing_found_is_the_answer_no(ferry: Path) -> None:
    result = run("grep", "goose")
    assert (result.stdout, result.stderr, result.code) == ("", "", 1)
    assert run("grep", "--json", "goose").json == []


def test_ways_to_look(ferry: Path) -> None:
    assert ok("grep", "-l", "--all-words", "storm carried") == "osk.jsonl#1\n"
    assert ok("grep", "-l", "--regex", "^h[a-e]re") == "osk.jsonl#2\n"
    assert ok("grep", "-l", "--role", "user", "number 4") == "osk.jsonl#4\n"
    assert run("grep", "--tag", "draft", "Aye").code == 1
    assert ok("grep", "-c", "--tag", "roleplay", "Aye") == "osk.jsonl: 2 turns in 2 entries\n"


def test_several_versions(ferry: Path) -> None:
    assert ok("grep", "-c", "Aye", "HEAD", "main~1") == (
        "HEAD:osk.jsonl: 2 turns in 2 entries\nmain~1:osk.jsonl: 4 turns in 4 entries\n"
    )
    assert ok("grep", "-l", "Aye", "HEAD~1").splitlines()[0] == "osk.jsonl#1"


def test_only_datasets_that_are_named(ferry: Path) -> None:
    write(ferry / "nell.jsonl", entry(9))
    ok("add", "nell.jsonl")
    ok("commit", "-m", "Nell")
    assert ok("grep", "-l", "Aye", "--", "nell.jsonl") == "nell.jsonl#1\n"
    assert ok("grep", "-l", "Aye", "nell.jsonl") == "nell.jsonl#1\n"
    result = run("grep", "Aye", "--", "nel.jsonl")
    assert result.code == 5
    assert "has no dataset nel.jsonl\nhint: Did you mean nell.jsonl?" in result.stderr


def test_grep_as_json(ferry: Path) -> None:
    (match,) = run("grep", "--json", "No").json
    assert (match["revision"], match["position"], match["turn"]) == ("HEAD", 2, 2)
    assert (match["text"], match["matches"]) == ('No "Goat"\nhere.', [[0, 2]])


def test_matches_are_marked_on_a_terminal(ferry: Path) -> None:
    shown = run("--no-pager", "grep", "Goat", terminal=True).stdout
    assert 'No "\x1b[1;31mGoat\x1b[0m" here.' in shown


def test_what_is_no_regular_expression(ferry: Path) -> None:
    result = run("grep", "--regex", "(goat")
    assert result.code == 2
    assert result.stderr == (
        "error: '(goat' is not a regular expression: missing ), unterminated subpattern at position 0\n"
        "hint: Without --regex it is looked for as it stands.\n"
    )


def test_two_answers_at_once(ferry: Path) -> None:
    assert run("grep", "-l", "-c", "goat").code == 2


def test_stored_text_cannot_steer_the_terminal(work: Path) -> None:
    write(work / "osk.jsonl", entry(1, "clear \x1b[2J screen"))
    ok("commit", "-m", "Escape")
    assert ok("grep", "screen") == "osk.jsonl#1 turn 3 assistant: clear \\x1b[2J screen\n"


def test_half_a_character_can_be_shown(work: Path) -> None:
    (work / "osk.jsonl").write_bytes(b'{"prompt": "Half a \\ud83d goat", "completion": ""}\n')
    ok("commit", "-m", "Half")
    assert run("grep", "--json", "goat").json[0]["text"] == "Half a \ud83d goat"
    assert "goat" in ok("grep", "goat")
