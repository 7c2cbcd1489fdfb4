from __future__ import annotations

from pathlib import Path

from cli_helpers import entry, masked, ok, run, sidecar, write


def test_a_file_is_tracked(empty: Path) -> None:
    write(empty / "osk.jsonl", entry(1), entry(2))
    assert masked(ok("add", "osk.jsonl")) == (
        "Tracking 1 dataset, SIZE stored:\n  osk.jsonl   2 entries, ids in _rolethread.entry_uuid\n"
    )


def test_a_directory_is_searched_for_datasets_and_sidecars(empty: Path) -> None:
    sidecar(write(empty / "osk" / "osk.jsonl", entry(1)), osk="Osk Berrow")
    (empty / "osk" / "notes.json").write_text('{"no": "dataset"}')
    result = run("add", ".")
    first, second, third = masked(result.stdout).splitlines()
    assert first == "Tracking 1 dataset, SIZE stored:"
    assert second == "  osk/osk.jsonl   1 entry, sidecar, ids in _rolethread.entry_uuid"
    assert third.startswith("Skipped osk/notes.json: ")


def test_a_directory_without_datasets(empty: Path) -> None:
    assert ok("add", ".") == "No datasets found: no .jsonl files, no .json arrays\n"


def test_entries_without_an_id_field_are_followed_by_content(empty: Path) -> None:
    write(empty / "plain.jsonl", {"prompt": "a", "completion": "b"})
    assert "  plain.jsonl   1 entry, no ids\n" in ok("add", "plain.jsonl")


def test_the_id_field_can_be_named(empty: Path) -> None:
    write(empty / "plain.jsonl", {"id": 7, "prompt": "a", "completion": "b"})
    assert "ids in id\n" in ok("add", "--id-field", "id", "plain.jsonl")


def test_what_is_tracked_already_is_said_to_be(work: Path) -> None:
    assert ok("add", ".") == "Tracked already: osk.jsonl\n"


def test_a_file_that_is_not_there_is_an_error(empty: Path) -> None:
    result = run("add", "ghost.jsonl")
    assert result.code == 3
    assert result.stderr == "error: ghost.jsonl: there is no such file or directory\nnothing was changed\n"


def test_a_file_that_is_no_dataset_is_an_error_with_its_place(empty: Path) -> None:
    (empty / "bad.jsonl").write_text('{"prompt": "a"}\n{"prompt": \n')
    result = run("add", "bad.jsonl")
    assert result.code == 4
    assert result.stderr.startswith("error: bad.jsonl:2:")
    assert result.stderr.endswith("nothing was changed\n")


def test_paths_are_relative_to_the_current_directory(empty: Path) -> None:
    write(empty / "osk" / "osk.jsonl", entry(1))
    assert "  osk.jsonl   1 entry" in ok("add", "osk.jsonl", cwd=empty / "osk")
    assert ok("rm", "osk.jsonl", cwd=empty / "osk") == "No longer tracked: osk.jsonl (the file is kept)\n"


def test_a_pattern_the_shell_left_alone_is_resolved(empty: Path) -> None:
    write(empty / "a.jsonl", entry(1))
    write(empty / "b.jsonl", entry(2))
    assert "Tracking 2 datasets" in ok("add", "*.jsonl")


def test_added_datasets_as_json(empty: Path) -> None:
    write(empty / "osk.jsonl", entry(1))
    answer = run("add", "--json", "osk.jsonl").json
    assert answer.pop("bytes_added") > 0
    assert answer == {
        "added": [
            {
                "path": "osk.jsonl",
                "entries": 1,
                "id_field": "_rolethread.entry_uuid",
                "sidecar": False,
                "warnings": [],
            }
        ],
        "known": [],
        "skipped": [],
    }


def test_rm_keeps_the_file(work: Path) -> None:
    assert ok("rm", "osk.jsonl") == "No longer tracked: osk.jsonl (the file is kept)\n"
    assert (work / "osk.jsonl").exists()
    assert "removed" in ok("status")


def test_rm_of_a_misspelt_dataset_is_an_error(work: Path) -> None:
    result = run("rm", "oks.jsonl")
    assert result.code == 3
    assert result.stderr.startswith("error: oks.jsonl is not tracked\nhint: Did you mean osk.jsonl?\n")


def test_mv_moves_the_file_and_its_sidecar(work: Path) -> None:
    sidecar(work / "osk.jsonl", osk="Osk Berrow")
    ok("commit", "-m", "Sidecar")
    (work / "crew").mkdir()
    assert ok("mv", "osk.jsonl", "crew") == "osk.jsonl is now crew/osk.jsonl\n"
    assert (work / "crew" / "osk.registry.json").exists()
    assert not (work / "osk.jsonl").exists()


def test_mv_as_json(work: Path) -> None:
    assert run("mv", "--json", "osk.jsonl", "ferry.jsonl").json == {
        "source": "osk.jsonl",
        "target": "ferry.jsonl",
    }


def test_rm_as_json(work: Path) -> None:
    assert run("rm", "--json", "osk.jsonl").json == {"removed": ["osk.jsonl"]}


def test_fields_that_are_no_change_can_be_named(empty: Path) -> None:
    write(empty / "plain.jsonl", {"id": "a", "prompt": "x", "completion": "y", "seen": 1})
    ok("add", "--volatile", "seen", "plain.jsonl")
    ok("commit", "-m", "Start")
    write(empty / "plain.jsonl", {"id": "a", "prompt": "x", "completion": "y", "seen": 2})
    assert "  clean    plain.jsonl   only time stamps differ\n" in ok("status")
