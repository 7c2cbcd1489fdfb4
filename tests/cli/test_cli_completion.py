from __future__ import annotations

from pathlib import Path

import pytest
from cli_helpers import Result, ok, run


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


def test_datasets_are_completed(monkeypatch: pytest.MonkeyPatch, work: Path) -> None:
    assert completed(monkeypatch, "restore", "os") == ["osk.jsonl"]


def test_configuration_keys_are_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert completed(monkeypatch, "config", "ui.") == ["ui.color"]


def test_outside_of_a_workspace_nothing_is_offered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert completed(monkeypatch, "switch", "") == []
    assert completed(monkeypatch, "restore", "") == []
