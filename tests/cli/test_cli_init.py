from __future__ import annotations

from pathlib import Path

import pytest
from cli_helpers import ok, run


def test_the_current_directory_becomes_a_workspace(tmp_path: Path) -> None:
    assert ok("init", cwd=tmp_path) == (
        f"Made a workspace in {tmp_path}\nhint: `rtstore add .` tracks the datasets in it\n"
    )
    assert (tmp_path / ".rtstore").is_dir()


def test_a_directory_is_made_if_need_be(tmp_path: Path) -> None:
    assert ok("init", "data", cwd=tmp_path) == (
        f"Made a workspace in {tmp_path / 'data'}\nhint: `rtstore -C data add .` tracks the datasets in it\n"
    )


def test_a_workspace_is_not_made_twice(empty: Path) -> None:
    result = run("init")
    assert result.code == 3
    assert result.stderr == (
        f"error: {empty} is a workspace already\n"
        "hint: One workspace holds any number of datasets: `rtstore add FILE`.\n"
        "nothing was changed\n"
    )


def test_a_file_is_no_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "osk.jsonl").touch()
    assert run("init", "osk.jsonl").stderr == (
        "error: osk.jsonl is a file, and a workspace is a directory\n"
        "hint: Name the directory that it is in.\nnothing was changed\n"
    )
