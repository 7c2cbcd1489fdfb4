"""Names of datasets: plain, inside the workspace, and the same on every system."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rtstore.errors import WorkspaceError
from rtstore.workspace.paths import check_dataset_name, dataset_name, find_root


@pytest.mark.parametrize(
    "name", ["a.jsonl", "mara/mara.jsonl", "a b/ü é.jsonl", "..a.jsonl", "コ.json", "a#1.jsonl"]
)
def test_usual_names_are_accepted(name: str) -> None:
    check_dataset_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "", "/", "/etc/passwd", "../a.jsonl", "a/../../b.jsonl", "a//b.jsonl", "./a.jsonl", "a/.", "a/..",
        ".rtstore/x.jsonl", ".RTSTORE/x.jsonl", "a/.rtstore/config", ".git/hooks/post-merge", "a/.Git/config",
        "a\\b.jsonl", "c:a.jsonl", "con", "a/NUL.jsonl", "com1.json",
        "a?.jsonl", "a*.jsonl", "a\n.jsonl", "a\x00.jsonl", "a.jsonl ", "a.jsonl.", "dir /a.jsonl", "\u202eb.jsonl",
    ],
)  # fmt: skip
def test_names_that_lead_out_or_mean_something_else_elsewhere_are_refused(name: str) -> None:
    with pytest.raises(WorkspaceError, match="cannot be a dataset"):
        check_dataset_name(name)


def test_a_path_becomes_a_name_from_wherever_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    root = str(tmp_path)
    assert dataset_name(root, "a.jsonl") == "below/a.jsonl"
    assert dataset_name(root, "../a.jsonl") == "a.jsonl"
    assert dataset_name(root, str(tmp_path / "x" / "a.jsonl")) == "x/a.jsonl"


def test_a_path_through_a_link_inside_has_its_real_name(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    os.symlink("real", tmp_path / "link")
    assert dataset_name(str(tmp_path), str(tmp_path / "link" / "a.jsonl")) == "real/a.jsonl"


def test_a_workspace_reached_through_a_link_is_the_same(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    os.symlink("real", tmp_path / "link")
    assert dataset_name(str(tmp_path / "link"), str(tmp_path / "real" / "a.jsonl")) == "a.jsonl"
    assert dataset_name(str(tmp_path / "real"), str(tmp_path / "link" / "a.jsonl")) == "a.jsonl"


@pytest.mark.parametrize("path", ["..", "../x.jsonl", ".", "below/../../x.jsonl"])
def test_paths_outside_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WorkspaceError, match="outside the workspace"):
        dataset_name(str(tmp_path), path)


def test_a_directory_with_a_similar_name_is_outside(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="outside"):
        dataset_name(str(tmp_path / "data"), str(tmp_path / "data2" / "a.jsonl"))


def test_the_nearest_store_above_is_found(tmp_path: Path) -> None:
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    (tmp_path / ".rtstore").mkdir()
    (tmp_path / "a" / "b" / ".rtstore").mkdir()
    assert find_root(str(tmp_path / "a" / "b" / "c")) == str(tmp_path / "a" / "b")
    assert find_root(str(tmp_path / "a")) == str(tmp_path)


def test_a_name_that_is_not_utf_8_is_called_that() -> None:
    with pytest.raises(WorkspaceError, match="the name is not UTF-8"):
        check_dataset_name(os.fsdecode(b"mara\xff.jsonl"))
    with pytest.raises(WorkspaceError, match="characters that cannot be seen"):
        check_dataset_name("mara\u202e.jsonl")
    with pytest.raises(WorkspaceError, match="the name is empty"):
        check_dataset_name("")
