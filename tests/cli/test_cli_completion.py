from __future__ import annotations

from pathlib import Path

import pytest
from cli_helpers import Result, entry, make_host, ok, run, write
from merge_scenes import conflict_over


def completed(monkeypatch: pytest.MonkeyPatch, *words: str) -> list[str]:
    """Return what bash would offer for the last word."""
    with monkeypatch.context() as patch:
        patch.setenv("_RTSTORE_COMPLETE", "bash_complete")
        patch.setenv("COMP_WORDS", " ".join(["rtstore", *words]))
        patch.setenv("COMP_CWORD", str(len(words)))
        result: Result = run()
    return [line.partition(",")[2] for line in result.stdout.splitlines() if line]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_printed(shell: str) -> None:
    assert f"_RTSTORE_COMPLETE={shell}_complete" in ok("completion", shell)


def test_another_shell_is_a_usage_error() -> None:
    result = run("completion", "csh")
    assert result.code == 2
    assert "'csh' is not one of 'bash', 'zsh', 'fish'" in result.stderr


def test_commands_are_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert completed(monkeypatch, "sw") == ["switch"]


def test_branches_and_tags_are_completed(monkeypatch: pytest.MonkeyPatch, work: Path) -> None:
    ok("branch", "noir")
    ok("tag", "november")
    assert completed(monkeypatch, "switch", "no") == ["noir", "november"]


def test_remotes_and_their_branches_are_completed(monkeypatch: pytest.MonkeyPatch, work: Path) -> None:
    make_host(work.parent / "host.git")
    ok("remote", "add", "backup", "../host.git")
    ok("branch", "noir")
    ok("push", "--all")
    ok("branch", "-d", "noir")
    for command in ("push", "fetch", "pull"):
        assert completed(monkeypatch, command, "ba") == ["backup"]
    assert completed(monkeypatch, "pull", "backup", "no") == ["noir"]
    assert completed(monkeypatch, "pull", "nowhere", "no") == []
    assert completed(monkeypatch, "push", "backup", "ma") == ["main"]
    assert completed(monkeypatch, "push", "--delete", "backup", "no") == ["noir"]


def test_values_of_a_setting_are_completed(monkeypatch: pytest.MonkeyPatch, work: Path) -> None:
    assert completed(monkeypatch, "config", "backup.auto", "o") == ["off", "on-commit"]
    assert completed(monkeypatch, "config", "ui.color", "ne") == ["never"]
    assert completed(monkeypatch, "config", "user.name", "") == []


def test_datasets_are_completed(monkeypatch: pytest.MonkeyPatch, work: Path) -> None:
    assert completed(monkeypatch, "restore", "os") == ["osk.jsonl"]


def test_behind_a_version_its_datasets_are_completed(monkeypatch: pytest.MonkeyPatch, work: Path) -> None:
    write(work / "nell.jsonl", entry(9))
    ok("add", "nell.jsonl")
    ok("commit", "-m", "Nell too")
    for command in ("show", "cat", "blame"):
        # To bash a colon is a word of its own, and only what is behind it is replaced.
        assert completed(monkeypatch, command, "HEAD", ":") == ["nell.jsonl", "osk.jsonl"]
        assert completed(monkeypatch, command, "HEAD", ":", "n") == ["nell.jsonl"]
        assert completed(monkeypatch, command, "HEAD~1", ":") == ["osk.jsonl"]
        assert completed(monkeypatch, command, "HEAD:n") == ["HEAD:nell.jsonl"]
        assert completed(monkeypatch, command, "nowhere", ":") == []


def test_ranges_and_datasets_are_completed(monkeypatch: pytest.MonkeyPatch, work: Path) -> None:
    ok("branch", "noir")
    for command in ("diff", "log"):
        assert completed(monkeypatch, command, "main..n") == ["main..noir"]
        assert completed(monkeypatch, command, "main...") == ["main...HEAD", "main...main", "main...noir"]
        assert completed(monkeypatch, command, "os") == ["osk.jsonl"]
        assert completed(monkeypatch, command, "main", "--", "os") == ["osk.jsonl"]
    assert completed(monkeypatch, "cherry-pick", "main..n") == ["main..noir"]


def test_where_datasets_are_taken_they_are_completed(monkeypatch: pytest.MonkeyPatch, work: Path) -> None:
    assert completed(monkeypatch, "blame", "os") == ["osk.jsonl"]
    assert completed(monkeypatch, "import", "more.jsonl", "--into", "os") == ["osk.jsonl"]


def test_entries_in_conflict_are_completed(monkeypatch: pytest.MonkeyPatch, work: Path) -> None:
    conflict_over(work / "osk.jsonl")
    assert run("merge", "noir").code == 1
    assert completed(monkeypatch, "resolve", "os") == ["osk.jsonl#1", "osk.jsonl#2"]
    assert completed(monkeypatch, "resolve", "0000") == ["00000001", "00000002"]
    assert completed(monkeypatch, "resolve", "osk.jsonl#0") == ["osk.jsonl#00000001", "osk.jsonl#00000002"]


@pytest.mark.parametrize("words", [["add"], ["apply"], ["import"], ["diff", "--html"], ["resolve", "--with"]])
def test_where_files_are_taken_the_shell_completes_them(
    monkeypatch: pytest.MonkeyPatch, work: Path, words: list[str]
) -> None:
    monkeypatch.setenv("_RTSTORE_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", " ".join(["rtstore", *words, "os"]))
    monkeypatch.setenv("COMP_CWORD", str(len(words) + 1))
    assert run().stdout == "file,os\n"


def test_configuration_keys_are_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert completed(monkeypatch, "config", "ui.") == ["ui.color"]


def test_outside_of_a_workspace_nothing_is_offered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert completed(monkeypatch, "switch", "") == []
    assert completed(monkeypatch, "restore", "") == []
