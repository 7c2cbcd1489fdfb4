from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cli_helpers import answering, entry, ok, run, write


@pytest.fixture
def nobody(empty: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with something to commit, and nobody to have done it."""
    monkeypatch.delenv("RTSTORE_AUTHOR_NAME")
    monkeypatch.delenv("RTSTORE_AUTHOR_EMAIL")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(empty / "gitconfig"))
    write(empty / "osk.jsonl", entry(1))
    ok("add", "osk.jsonl")
    return empty


def author_of_a_commit() -> str:
    ok("commit", "--allow-empty", "-m", "Who was it?")
    author = run("log", "-n", "1", "--json").json[0]["author"]
    assert isinstance(author, str)
    return author


def configure_git(name: str, email: str) -> None:
    for key, value in (("user.name", name), ("user.email", email)):
        subprocess.run(["git", "config", "--global", key, value], check=True)


def test_the_configuration_goes_before_all_else(nobody: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configure_git("Git", "git@example.org")
    monkeypatch.setenv("RTSTORE_AUTHOR_NAME", "Environment")
    ok("config", "user.name", "Mara")
    ok("config", "--user", "user.email", "mara@example.org")
    assert author_of_a_commit() == "Mara <mara@example.org>"


def test_then_what_git_is_configured_with(nobody: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configure_git("Git Person", "git@example.org")
    monkeypatch.setenv("RTSTORE_AUTHOR_NAME", "Environment")
    assert author_of_a_commit() == "Git Person <git@example.org>"


def test_then_the_environment(nobody: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Git Author")
    monkeypatch.setenv("EMAIL", "anyone@example.org")
    assert author_of_a_commit() == "Git Author <anyone@example.org>"
    monkeypatch.setenv("RTSTORE_AUTHOR_NAME", "Author")
    monkeypatch.setenv("RTSTORE_AUTHOR_EMAIL", "author@example.org")
    assert author_of_a_commit() == "Author <author@example.org>"


def test_a_machine_without_git_is_fine(nobody: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(nobody))
    monkeypatch.setenv("RTSTORE_AUTHOR_NAME", "Author")
    assert author_of_a_commit() == "Author <>"


def test_without_a_terminal_the_error_has_the_command_to_run(nobody: Path) -> None:
    result = run("commit", "-m", "Who was it?")
    assert result.code == 2
    assert result.stderr == (
        "error: nobody is named as the author of commits\n"
        'hint: `rtstore config --user user.name "Your Name"`, and the same with user.email.\n'
        "nothing was changed\n"
    )


def test_on_a_terminal_the_user_is_asked_once(nobody: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(monkeypatch, "Mara Lind <mara@example.org>"):
        result = run("commit", "-m", "First", terminal=True)
    assert result.code == 0
    assert result.stderr.startswith("Your name <email> for commits: kept in")
    assert author_of_a_commit() == "Mara Lind <mara@example.org>"


@pytest.mark.parametrize("email", ["mara@example.org", ""])
def test_who_answers_with_a_name_alone_is_asked_for_the_email(
    nobody: Path, monkeypatch: pytest.MonkeyPatch, email: str
) -> None:
    with answering(monkeypatch, "Mara Lind", email):
        result = run("commit", "-m", "First", terminal=True)
    assert result.code == 0
    assert result.stderr.startswith("Your name <email> for commits: Your email, or nothing: kept in")
    assert author_of_a_commit() == f"Mara Lind <{email}>"


def test_an_answer_that_is_no_author_changes_nothing(nobody: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(monkeypatch, "just me <"):
        result = run("commit", "-m", "First", terminal=True)
    assert result.code == 2
    assert "error: 'just me <' does not name an author\n" in result.stderr
    assert run("log").code == 5


def test_no_answer_changes_nothing(nobody: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(monkeypatch):
        result = run("commit", "-m", "First", terminal=True)
    assert (result.code, "error: no name was given\n" in result.stderr) == (2, True)
