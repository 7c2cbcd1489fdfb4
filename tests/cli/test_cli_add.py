from __future__ import annotations

import json
import os
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


def test_many_that_are_tracked_already_are_counted(empty: Path) -> None:
    for number in range(5):
        write(empty / f"{number}.jsonl", entry(number))
    ok("add", ".")
    assert ok("add", ".").splitlines()[2:] == ["Tracked already: 2.jsonl", "  and 2 more datasets"]


def test_options_that_come_too_late_are_named(work: Path) -> None:
    result = run("add", "--id-field", "id", "osk.jsonl")
    assert (result.code, result.stdout) == (0, "Tracked already: osk.jsonl\n")
    assert result.stderr.startswith(
        "warning: --id-field and --volatile do nothing to what is tracked already"
    )


def test_another_id_field_is_a_change_that_is_named(empty: Path) -> None:
    write(empty / "plain.jsonl", {"id": "a", "key": "b", "prompt": "x", "completion": "y"})
    ok("add", "plain.jsonl")
    ok("commit", "-m", "Start")
    ok("rm", "plain.jsonl")
    ok("add", "--id-field", "key", "plain.jsonl")
    assert "  edited   plain.jsonl   id field or volatile fields changed\n" in ok("status")


def test_what_is_no_ordinary_file_is_skipped_in_a_directory(empty: Path, tmp_path: Path) -> None:
    write(empty / "osk.jsonl", entry(1))
    (empty / "dangling.jsonl").symlink_to("nowhere.jsonl")
    (empty / "out.jsonl").symlink_to(write(tmp_path / "outside.jsonl", entry(2)))
    os.mkfifo(empty / "pipe.jsonl")
    lines = ok("add", ".").splitlines()
    assert lines[1:2] == ["  osk.jsonl   1 entry, ids in _rolethread.entry_uuid"]
    assert sorted(lines[2:]) == [
        "Skipped dangling.jsonl: a symbolic link, not a file",
        f"Skipped out.jsonl: a symbolic link that leads out of the workspace {empty}",
        "Skipped pipe.jsonl: a device, pipe or socket, not a file",
    ]
    assert run("add", "pipe.jsonl").code == 3


def test_rm_takes_a_directory(work: Path) -> None:
    write(work / "crew" / "nell.jsonl", entry(9))
    ok("add", "crew")
    assert ok("rm", "crew") == "No longer tracked: crew/nell.jsonl (the file is kept)\n"
    assert ok("rm", ".") == "No longer tracked: osk.jsonl (the file is kept)\n"
    assert run("rm", ".").code == 3


def test_a_long_list_is_cut_short_in_the_log(empty: Path) -> None:
    for number in range(5):
        write(empty / f"{number}.jsonl", entry(number))
    ok("add", ".")
    assert run("op", "log", "--json").json[0]["command"] == "add 0.jsonl, 1.jsonl, 2.jsonl and 2 more"


def test_an_array_and_a_line_file_can_lie_side_by_side(empty: Path) -> None:
    write(empty / "osk.jsonl", entry(1))
    (empty / "osk.json").write_text(json.dumps([entry(2)]))
    ok("add", ".")
    ok("commit", "-m", "Both")
    sidecar(empty / "osk.jsonl")
    assert ok("status").splitlines()[1:3] == [
        "  invalid  osk.json    the sidecar osk.registry.json could be its own or that of osk.jsonl",
        "  edited   osk.jsonl   registry changed",
    ]
    ok("rm", "osk.json")
    assert "would share the sidecar" in run("add", "osk.json").stderr


def test_rm_of_a_dataset_whose_place_a_directory_has_taken(work: Path) -> None:
    (work / "osk.jsonl").unlink()
    (work / "osk.jsonl").mkdir()
    assert ok("rm", "osk.jsonl").startswith("No longer tracked: osk.jsonl")


def test_many_warnings_about_one_file_are_counted(empty: Path) -> None:
    write(empty / "osk.jsonl", *({**entry(number), "kind": "crossing"} for number in range(12)))
    result = run("add", "--id-field", "kind", "osk.jsonl")
    told = result.stderr.splitlines()
    assert result.code == 0
    assert told[0] == "warning: osk.jsonl: 11 of 12 entries have the same id as another: kind may be no id"
    assert told[1].startswith("warning: osk.jsonl#2: another entry has the same id")
    assert (len(told), told[-1]) == (6, "warning: and 7 more")


def test_json_has_every_warning(empty: Path) -> None:
    write(empty / "osk.jsonl", *({**entry(number), "kind": "crossing"} for number in range(12)))
    added = run("add", "--json", "--id-field", "kind", "osk.jsonl").json["added"]
    assert len(added[0]["warnings"]) == 12


def test_a_dataset_whose_file_is_gone_is_not_said_to_be_kept(work: Path) -> None:
    (work / "osk.jsonl").unlink()
    assert ok("rm", "osk.jsonl") == "No longer tracked: osk.jsonl (its file is gone)\n"


def test_mv_of_a_directory_names_what_is_in_it(work: Path) -> None:
    write(work / "crew" / "nell.jsonl", entry(9))
    ok("add", "crew")
    result = run("mv", "crew", "staff")
    assert (result.code, result.stderr) == (
        2,
        "error: mv takes a dataset, and crew is a directory\n"
        "hint: In it: crew/nell.jsonl.\nnothing was changed\n",
    )


def test_mv_leaves_no_empty_directories_and_undo_brings_them_back(work: Path) -> None:
    path = write(work / "crew" / "deck" / "nell.jsonl", entry(9))
    (work / "crew" / "notes.txt").write_text("Nell")
    ok("add", "crew")
    ok("mv", "crew/deck/nell.jsonl", "nell.jsonl")
    assert [each.name for each in (work / "crew").iterdir()] == ["notes.txt"]
    ok("undo")
    assert path.exists()


def test_mv_keeps_the_directory_that_one_is_in(work: Path) -> None:
    write(work / "crew" / "nell.jsonl", entry(9))
    ok("add", "crew")
    ok("mv", "nell.jsonl", "../nell.jsonl", cwd=work / "crew")
    assert (work / "crew").is_dir()
