from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_helpers import answering, entry, masked, ok, run, write


def edited(work: Path) -> Path:
    return write(work / "osk.jsonl", entry(1, "No."), *map(entry, range(2, 6)))


def editor(path: Path, monkeypatch: pytest.MonkeyPatch, content: str, code: int = 0) -> Path:
    """Let $EDITOR keep what it is shown in ``seen``, and write ``content`` above it."""
    seen = path / "seen.txt"
    (path / "content.txt").write_text(content)
    script = path / "edit the message.sh"
    script.write_text(f'#!/bin/sh\ncp "$1" "{seen}"\ncat "{path}/content.txt" "{seen}" > "$1"\nexit {code}\n')
    script.chmod(0o755)
    monkeypatch.setenv("EDITOR", f"'{script}'")
    return seen


def test_what_was_recorded_is_printed(work: Path) -> None:
    edited(work)
    assert masked(ok("commit", "-m", "Second crossing")) == (
        "[main ID] Second crossing\n  edited   osk.jsonl   1 edited, 1 added\nSIZE added to the store\n"
    )


def test_the_first_commit_says_so(empty: Path) -> None:
    write(empty / "osk.jsonl", entry(1))
    ok("add", "osk.jsonl")
    assert masked(ok("commit", "-m", "Start")).startswith("[main, first commit ID] Start\n")


def test_a_commit_on_no_branch_says_so(work: Path) -> None:
    ok("switch", "--detach")
    edited(work)
    assert masked(ok("commit", "-m", "Aside")).startswith("[detached HEAD ID] Aside\n")


def test_nothing_to_commit(work: Path) -> None:
    result = run("commit", "-m", "Nothing")
    assert result.code == 1
    assert result.stderr == (
        "error: nothing to commit: nothing differs from HEAD\n"
        "hint: Use --allow-empty to commit all the same.\n"
    )


def test_an_empty_commit_can_be_allowed(work: Path) -> None:
    assert (
        masked(ok("commit", "--allow-empty", "-m", "Pause")) == "[main ID] Pause\nSIZE added to the store\n"
    )


def test_only_the_datasets_named_are_recorded(work: Path) -> None:
    edited(work)
    write(work / "nell.jsonl", entry(9))
    ok("add", "nell.jsonl")
    assert "osk.jsonl" not in ok("commit", "-m", "Nell", "nell.jsonl")
    assert "edited   osk.jsonl" in ok("status")


def test_a_dataset_that_is_not_tracked_is_an_error(work: Path) -> None:
    result = run("commit", "-m", "Ghost", "ghost.jsonl")
    assert result.code == 3
    assert result.stderr == (
        "error: ghost.jsonl is not tracked\nhint: Run: rtstore add ghost.jsonl\nnothing was changed\n"
    )


def test_several_messages_make_paragraphs(work: Path) -> None:
    edited(work)
    ok("commit", "-m", "Subject", "-m", "Body")
    assert run("log", "--json").json[0]["message"] == "Subject\n\nBody"


def test_another_author_can_be_named(work: Path) -> None:
    edited(work)
    ok("commit", "-m", "Guest", "--author", "Ines Quarrie <ines@example.org>")
    assert run("log", "--json").json[0]["author"] == "Ines Quarrie <ines@example.org>"


def test_an_author_that_is_none_is_an_error(work: Path) -> None:
    edited(work)
    result = run("commit", "-m", "Guest", "--author", "Ines")
    assert result.code == 2
    assert result.stderr.startswith("error: 'Ines' does not name an author\nhint: ")


def test_commit_as_json(work: Path) -> None:
    edited(work)
    answer = run("commit", "-m", "Second", "--json").json
    assert answer["message"] == "Second"
    assert answer["author"] == "Mara Lind <mara@example.org>"
    assert answer["bytes_added"] > 0
    assert [(c["path"], c["counts"]["edited"], c["counts"]["added"]) for c in answer["datasets"]] == [
        ("osk.jsonl", 1, 1)
    ]


def test_without_a_terminal_a_message_is_needed(work: Path) -> None:
    edited(work)
    result = run("commit")
    assert result.code == 2
    assert result.stderr == (
        "error: a commit needs a message\n"
        'hint: Give it with -m: `rtstore commit -m "What was done"`.\n'
        "nothing was changed\n"
    )


def test_on_a_terminal_the_editor_opens_with_the_status(
    work: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    edited(work)
    seen = editor(tmp_path, monkeypatch, "Written by hand\n")
    with answering(monkeypatch):
        assert run("commit", terminal=True).code == 0
    assert run("log", "--json").json[0]["message"] == "Written by hand"
    assert seen.read_text() == (
        "\n"
        "# Say in the line above what was done. Lines that start with '#' are left out,\n"
        "# and an empty message makes no commit.\n"
        "#\n"
        "# On branch main\n"
        "#   edited   osk.jsonl   1 edited, 1 added\n"
    )


def test_an_empty_message_makes_no_commit(
    work: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    edited(work)
    editor(tmp_path, monkeypatch, "\n  \n# no word\n")
    with answering(monkeypatch):
        result = run("commit", terminal=True)
    assert (result.code, result.stderr) == (1, "error: the message is empty: no commit was made\n")
    assert len(run("log", "--json").json) == 1


def test_an_editor_that_fails_makes_no_commit(
    work: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    edited(work)
    editor(tmp_path, monkeypatch, "Lost\n", code=3)
    with answering(monkeypatch):
        result = run("commit", terminal=True)
    assert result.code == 2
    assert "ended with an error (exit code 3): no commit was made\nhint: Leave the editor" in result.stderr


def test_the_editor_does_not_open_when_there_is_nothing_to_commit(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", "false")
    with answering(monkeypatch):
        assert run("commit", terminal=True).stderr.startswith("error: nothing to commit\n")


def test_a_directory_stands_for_the_datasets_in_it(work: Path) -> None:
    write(work / "crew" / "nell.jsonl", entry(9))
    ok("add", "crew")
    edited(work)
    assert [change["path"] for change in run("commit", "--json", "-m", "Nell", "crew").json["datasets"]] == [
        "crew/nell.jsonl"
    ]
    assert "  edited   ../osk.jsonl" in ok("commit", "-m", "All", "..", cwd=work / "crew")


def test_a_directory_with_no_dataset(work: Path) -> None:
    (work / "empty").mkdir()
    result = run("commit", "-m", "Nothing", "empty")
    assert (result.code, result.stderr.splitlines()[0]) == (3, "error: no tracked dataset is in empty")


def test_an_empty_message_opens_no_editor(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edited(work)
    monkeypatch.setenv("EDITOR", "false")
    with answering(monkeypatch):
        assert run("commit", "-m", "", terminal=True).stderr.startswith("error: a commit needs a message\n")


def test_what_is_odd_in_a_file_is_said_when_it_is_committed(work: Path) -> None:
    with open(work / "osk.jsonl", "a") as file:
        file.write(json.dumps(entry(1, "Never.")) + "\n")
    result = run("commit", "-m", "Twice")
    assert (result.code, result.stderr) == (
        0,
        "warning: osk.jsonl#5: another entry has the same id; this one gets a new one\n",
    )


def test_all_is_what_a_commit_takes_anyway(work: Path) -> None:
    write(work / "osk.jsonl", entry(1))
    assert "Fewer" in ok("commit", "-am", "Fewer")


def test_a_missing_message_points_at_the_help_of_commit(work: Path) -> None:
    assert "hint: `rtstore commit --help`" in run("commit", "-m").stderr
