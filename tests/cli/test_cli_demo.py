from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from cli_helpers import entry, ok, run, sidecar, write

from rtstore.cli.demo.lantern import fixtures
from rtstore.errors import WorkspaceError

VERBS = [
    "export",
    "partition",
    "init",
    "config",
    "add",
    "commit",
    "status",
    "diff",
    "log",
    "switch",
    "show",
    "branch",
    "merge",
    "resolve",
    "restore",
    "undo",
    "op",
    "tag",
    "gc",
    "fsck",
    "remote",
    "push",
    "clone",
]


def commands(shown: str) -> list[str]:
    return re.findall(r"^\$ rtstore (\S+)", shown, re.MULTILINE)


def test_the_whole_session_succeeds_without_any_identity(tmp_path: Path) -> None:
    shown = ok("demo", cwd=tmp_path)
    assert set(commands(shown)) == set(VERBS)
    assert "  edited   lantern/lantern.jsonl   9 edited, 1 removed, 2 added, 1 moved,\n" in shown
    assert "Author: Mara Lind <mara@example.org>\n" in shown
    assert "CONFLICT lantern/lantern.jsonl#9 e3d6a7f5: both edited turn 5\n" in shown
    assert "Took back: restore lantern/lantern.jsonl\n" in shown
    assert "\nall is well\n" in shown
    assert re.search(r"^ +\d+\.\d kB  parts/../[0-9a-f]{40}\.age$", shown, re.MULTILINE)
    assert "# compared with the original: lantern/lantern.jsonl is the same\n" in shown
    assert max(map(len, shown.splitlines())) <= 80
    assert list(tmp_path.iterdir()) == []


def test_the_workspace_can_be_kept(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    assert f"try `rtstore -C {kept} log`" in ok("demo", "--keep", str(kept))
    assert ok("status", cwd=kept) == "On branch main\nnothing to commit, 1 dataset clean\n"
    assert ok("branch", cwd=kept) == "  lora-noir\n* main\n"


def test_a_directory_with_something_in_it_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    result = run("demo", "--keep", str(tmp_path))
    assert result.code == 2
    assert "is there already, and not an empty directory\n" in result.stderr


def test_with_a_file_the_story_is_told_on_a_copy(tmp_path: Path) -> None:
    path = write(tmp_path / "mine" / "osk.jsonl", *map(entry, range(1, 7)))
    sidecar(path, osk="Osk Berrow")
    before = {file: file.read_bytes() for file in path.parent.iterdir()}
    shown = ok("demo", str(path))
    assert "  edited   osk.jsonl   1 edited, 1 removed, 1 moved\n" in shown
    assert "6 entries, sidecar, ids in _rolethread.entry_uuid\n" in shown
    assert {file: file.read_bytes() for file in path.parent.iterdir()} == before


@pytest.mark.parametrize(
    "content",
    [
        b'{"prompt": "a", "completion": "b"}',
        b'[{"text": "a"},\n {"text": "b"},\n {"text": "c"},\n {"text": "d"}]\n',
        b'\xef\xbb\xbf{"messages": [{"role": "user", "content": "a"}]}\r\n\r\n{"weather": "fog"}\r\n',
    ],
)
def test_files_of_other_kinds_will_do(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / ("odd.json" if content.startswith(b"[") else "odd.jsonl")
    path.write_bytes(content)
    assert "all is well\n" in ok("demo", str(path))
    assert path.read_bytes() == content


def test_a_step_that_fails_ends_the_demo(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text("no dataset\n")
    result = run("demo", str(path))
    assert result.code == 1
    assert "error: this step of the demo failed with exit code 4\n" in result.stderr
    assert "bad.jsonl:1" in result.stdout


def test_a_file_that_is_not_there_is_a_usage_error() -> None:
    assert run("demo", "ghost.jsonl").code == 2


def test_the_example_dataset_has_its_three_versions() -> None:
    for version, count in (("1-first-draft", 44), ("2-after-review", 45), ("3-ready-to-train", 46)):
        lines = (fixtures() / version / "lantern" / "lantern.jsonl").read_text(encoding="utf-8").splitlines()
        assert len([json.loads(line) for line in lines]) == count


def test_an_installation_without_the_example_dataset_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rtstore.__file__", str(tmp_path / "rtstore" / "__init__.py"))
    with pytest.raises(WorkspaceError, match="the example dataset is missing"):
        fixtures()


def test_commands_are_shown_as_people_write_them(tmp_path: Path) -> None:
    path = write(tmp_path / "osk's own.jsonl", entry(1))
    shown = ok("demo", str(path))
    assert '$ rtstore add "osk\'s own.jsonl"\n' in shown
    assert "$ rtstore restore --source HEAD~1 " in shown
