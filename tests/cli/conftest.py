"""Each test has a directory, a home and a configuration of its own, and no settings from outside."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cli_helpers import entry, ok, write

import rtstore

_FROM_OUTSIDE = (
    "APPDATA COLUMNS EDITOR EMAIL NO_COLOR PAGER RTSTORE_DEBUG VISUAL XDG_CONFIG_HOME _RTSTORE_COMPLETE"
)


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("GIT_", "RTSTORE_")) or name in _FROM_OUTSIDE.split():
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    monkeypatch.setenv("RTSTORE_CONFIG_DIR", str(tmp_path / "configuration"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("TERM", "xterm")
    # Commands run as processes find the package also where it is not installed.
    monkeypatch.setenv("PYTHONPATH", str(Path(rtstore.__file__).parents[1]))


@pytest.fixture
def author(monkeypatch: pytest.MonkeyPatch) -> None:
    """Name an author in the environment."""
    monkeypatch.setenv("RTSTORE_AUTHOR_NAME", "Mara Lind")
    monkeypatch.setenv("RTSTORE_AUTHOR_EMAIL", "mara@example.org")


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, author: None) -> Path:
    """A workspace with nothing in it, the current directory."""
    root = tmp_path / "training data"
    root.mkdir()
    monkeypatch.chdir(root)
    ok("init")
    return root


@pytest.fixture
def work(empty: Path) -> Path:
    """A workspace with one commit of ``osk.jsonl``, four entries."""
    write(empty / "osk.jsonl", *map(entry, range(1, 5)))
    ok("add", "osk.jsonl")
    ok("commit", "-m", "First crossing")
    return empty
