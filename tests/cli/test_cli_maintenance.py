from __future__ import annotations

import re
from pathlib import Path

import pytest
from cli_helpers import entry, ok, run, write

from rtstore.workspace.results import FsckResult, GcResult, Problem


def damaged(work: Path) -> None:
    """Flip a bit in the middle of the largest pack."""
    pack = max((work / ".rtstore" / "packs").iterdir(), key=lambda path: path.stat().st_size)
    content = bytearray(pack.read_bytes())
    content[len(content) // 2] ^= 1
    pack.chmod(0o644)
    pack.write_bytes(content)


def test_gc_says_what_it_saved(work: Path) -> None:
    write(work / "osk.jsonl", entry(1))
    ok("commit", "-m", "Second")
    first = ok("gc").splitlines()[0]
    assert re.fullmatch(r"[\d.]+ (bytes|kB) in \d packs? -> [\d.]+ (bytes|kB) in 1 pack", first)


def test_gc_says_what_it_dropped(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    days: list[int | None] = []

    def gc(_: object, retention_days: int | None = None) -> GcResult:
        days.append(retention_days)
        return GcResult(2_000_000, 1_400_000, 12, 1, 1, 3)

    monkeypatch.setattr("rtstore.remote.store.Store.gc", gc)
    assert ok("gc", "--retention-days", "7") == (
        "2.0 MB in 12 packs -> 1.4 MB in 1 pack\ndropped 1 object and 3 operations that nothing reaches\n"
    )
    assert days == [7]


def test_gc_as_json(work: Path) -> None:
    assert run("gc", "--json").json["packs_after"] == 1


def test_a_store_that_is_well(work: Path) -> None:
    lines = ok("fsck").splitlines()
    assert lines[0].startswith("checked: packs ")
    assert lines[-1] == "all is well"


def test_a_damaged_store(work: Path) -> None:
    damaged(work)
    result = run("fsck")
    assert result.code == 1
    assert result.stdout.startswith("damaged: ")
    assert re.search(
        r"^\d+ problems?; `rtstore fsck --rescue` repairs what it can$", result.stdout, re.MULTILINE
    )


def test_what_is_damaged_and_what_it_touches(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    problems = (Problem("a record is missing", ("osk.jsonl#2 in 3fa81c22d0aa",)), Problem("so is a page"))
    answer = FsckResult(problems, {"packs": 1200, "blobs": 0}, notes=("the cache was rebuilt",))
    monkeypatch.setattr("rtstore.remote.store.Store.fsck", lambda _: answer)
    result = run("fsck")
    assert result.code == 1
    assert result.stdout == (
        "damaged: a record is missing\n"
        "  touches osk.jsonl#2 in 3fa81c22d0aa\n"
        "damaged: so is a page\n"
        "note: the cache was rebuilt\n"
        "checked: packs 1,200\n"
        "2 problems; `rtstore fsck --rescue` repairs what it can\n"
    )


def test_a_store_without_its_head_is_rescued(work: Path) -> None:
    (work / ".rtstore" / "head").unlink()
    assert run("status").code == 7
    result = run("fsck", "--rescue")
    assert result.code == 0
    assert result.stdout.startswith("rescued: ")
    assert ok("status") == "On branch main\nnothing to commit, 1 dataset clean\n"


def test_there_is_nothing_to_rescue_outside_of_a_workspace(tmp_path: Path) -> None:
    result = run("fsck", "--rescue", cwd=tmp_path)
    assert result.code == 3
    assert result.stderr.endswith("nothing was changed\n")


def test_fsck_as_json(work: Path) -> None:
    answer = run("fsck", "--json").json
    assert (answer["ok"], answer["problems"]) == (True, [])
    damaged(work)
    result = run("fsck", "--json")
    assert (result.code, result.json["ok"]) == (1, False)


def test_what_a_rescue_cannot_mend_has_to_come_from_a_backup(work: Path) -> None:
    damaged(work)
    result = run("fsck", "--rescue")
    assert result.code == 1
    last = result.stdout.splitlines()[-1]
    assert re.fullmatch(r"\d+ problems? left: what is damaged or missing has to come from a backup", last)
