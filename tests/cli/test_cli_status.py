from __future__ import annotations

from pathlib import Path

from cli_helpers import entry, ok, run, sidecar, stranger, write

COUNTS = {"added": 0, "removed": 0, "edited": 0, "moved": 0, "reformatted": 0}


def test_an_empty_workspace(empty: Path) -> None:
    assert ok("status") == "On branch main, no commits yet\nnothing is tracked yet: `rtstore add FILE`\n"


def test_files_that_are_not_tracked_are_mentioned(empty: Path) -> None:
    write(empty / "osk.jsonl", entry(1))
    assert ok("status") == (
        "On branch main, no commits yet\n"
        "not tracked:\n"
        "  osk.jsonl\n"
        "hint: `rtstore add FILE` tracks a file from now on\n"
        "nothing is tracked yet\n"
    )


def test_a_clean_workspace(work: Path) -> None:
    assert ok("status") == "On branch main\nnothing to commit, 1 dataset clean\n"


def test_changes_are_counted_by_conversation(work: Path) -> None:
    write(work / "osk.jsonl", entry(1, "No."), entry(4), entry(2), stranger(5))
    sidecar(work / "osk.jsonl", osk="Osk Berrow")
    write(work / "crew" / "nell.jsonl", entry(9))
    ok("add", "crew")
    assert ok("status") == (
        "On branch main\n"
        "  added    crew/nell.jsonl   1 entry\n"
        "  edited   osk.jsonl         1 edited, 1 removed, 1 added, 1 moved,\n"
        "                             registry changed\n"
        "2 datasets changed\n"
    )


def test_a_removed_file_and_a_clean_one(work: Path) -> None:
    write(work / "nell.jsonl", entry(9))
    ok("add", "nell.jsonl")
    ok("commit", "-m", "Nell")
    (work / "nell.jsonl").unlink()
    assert ok("status") == (
        "On branch main\n"
        "  removed  nell.jsonl   1 entry\n"
        "hint: `rtstore restore FILE` brings back a file that is missing\n"
        "1 dataset changed, 1 dataset clean\n"
    )


def test_new_time_stamps_are_no_change(work: Path) -> None:
    write(work / "osk.jsonl", *(entry(number, stamp="2027-01-01T00:00:00") for number in range(1, 5)))
    assert ok("status") == (
        "On branch main\n  clean    osk.jsonl   only time stamps differ\nnothing to commit, 1 dataset clean\n"
    )


def test_paths_are_shown_from_the_current_directory(work: Path) -> None:
    (work / "deep").mkdir()
    write(work / "osk.jsonl", entry(1))
    assert "  edited   ../osk.jsonl   3 removed\n" in ok("status", cwd=work / "deep")


def test_a_detached_head(work: Path) -> None:
    ok("switch", "--detach")
    head = run("log", "--json").json[0]["id"]
    assert ok("status").startswith(f"HEAD is detached at {head[:12]}\n")


def test_status_as_json(work: Path) -> None:
    write(work / "osk.jsonl", entry(1, "No."), *map(entry, range(2, 5)))
    write(work / "new.jsonl", entry(9))
    head = run("log", "--json").json[0]["id"]
    assert run("status", "--json").json == {
        "branch": "main",
        "head": head,
        "clean": False,
        "datasets": [
            {
                "path": "osk.jsonl",
                "change": "edited",
                "entries": 4,
                "counts": {**COUNTS, "edited": 1},
                "stamps_only": False,
                "registry_changed": False,
                "partition_changed": False,
                "framing_changed": False,
                "warnings": [],
                "problem": None,
                "renamed_from": None,
            }
        ],
        "untracked": ["new.jsonl"],
        "merging": None,
        "remotes": [],
    }


def test_status_as_json_before_the_first_commit(empty: Path) -> None:
    assert run("status", "--json").json == {
        "branch": "main",
        "head": None,
        "clean": True,
        "datasets": [],
        "untracked": [],
        "merging": None,
        "remotes": [],
    }


def test_changes_have_colours_on_a_terminal(work: Path) -> None:
    write(work / "osk.jsonl", entry(1))
    assert "\x1b[33medited  \x1b[0m osk.jsonl" in run("status", terminal=True).stdout
    assert "\x1b[" not in run("--color", "never", "status", terminal=True).stdout


def test_a_line_that_is_too_long_goes_on_below(work: Path) -> None:
    name = "a-rather-long-name-for-a-dataset.jsonl"
    write(work / name, *map(entry, range(10, 14)))
    ok("add", name)
    ok("commit", "-m", "Long")
    write(work / name, entry(10, "No."), entry(13), entry(11), stranger(15))
    assert ok("status").splitlines()[1:3] == [
        f"  edited   {name}   1 edited, 1 removed,",
        " " * 52 + "1 added, 1 moved",
    ]


def test_a_file_that_is_no_dataset_does_not_hide_the_others(work: Path) -> None:
    write(work / "nell.jsonl", entry(9))
    ok("add", "nell.jsonl")
    (work / "osk.jsonl").write_text('{"messages": [}\n')
    lines = ok("status").splitlines()
    assert lines[1] == "  added    nell.jsonl   1 entry"
    assert lines[2].startswith("  invalid  osk.jsonl    line 1:")
    assert lines[-1] == "2 datasets changed"
    assert run("commit", "-m", "Broken").code == 4


def test_names_of_files_cannot_steer_the_terminal(work: Path) -> None:
    write(work / "red\x1b[31m.jsonl", entry(9))
    assert "  red\\x1b[31m.jsonl\n" in ok("status")


def test_a_file_that_was_added_and_removed_before_a_commit_is_forgotten(empty: Path) -> None:
    write(empty / "osk.jsonl", entry(1))
    write(empty / "nell.jsonl", entry(9))
    ok("add", ".")
    (empty / "nell.jsonl").unlink()
    assert (
        ok("status") == "On branch main, no commits yet\n  added    osk.jsonl   1 entry\n1 dataset changed\n"
    )
    assert "nell" not in ok("commit", "-m", "One")
    write(empty / "nell.jsonl", entry(9))
    assert "not tracked:\n  nell.jsonl\n" in ok("status")


def test_a_dataset_under_another_name_is_renamed(work: Path) -> None:
    ok("mv", "osk.jsonl", "crew/osk.jsonl")
    assert ok("status") == (
        "On branch main\n  renamed  osk.jsonl -> crew/osk.jsonl   4 entries\n1 dataset changed\n"
    )
    assert "  renamed  osk.jsonl -> crew/osk.jsonl   4 entries\n" in ok("commit", "-m", "Crew")
    assert "  renamed  osk.jsonl -> crew/osk.jsonl   4 entries\n" in ok("show")


def test_a_renamed_dataset_that_was_edited_says_both(work: Path) -> None:
    ok("mv", "osk.jsonl", "crew/osk.jsonl")
    write(work / "crew/osk.jsonl", entry(1, "No."), *map(entry, range(2, 5)))
    renamed = "  renamed  osk.jsonl -> crew/osk.jsonl   1 edited\n"
    assert ok("status") == f"On branch main\n{renamed}1 dataset changed\n"
    assert ok("status", "osk.jsonl") == ok("status", "crew") == ok("status")
    assert ok("diff", "--stat") == f"{renamed}1 dataset changed: 1 edited\n"
    assert renamed in ok("commit", "-m", "Crew")
    assert renamed in ok("show")


def test_a_rename_is_an_edit_in_json(work: Path) -> None:
    (work / "osk.jsonl").rename(work / "osk two.jsonl")
    ok("add", "osk two.jsonl")
    found = run("status", "--json").json["datasets"]
    assert [(one["path"], one["change"], one["renamed_from"]) for one in found] == [
        ("osk two.jsonl", "edited", "osk.jsonl"),
    ]


def test_json_files_that_are_no_arrays_are_not_mentioned(empty: Path) -> None:
    (empty / "package.json").write_text('{"name": "x"}')
    (empty / "list.json").write_bytes(b'\xef\xbb\xbf\n [{"a": 1}]')
    (empty / "empty.json").write_text("")
    assert "not tracked:\n  list.json\nhint" in ok("status")


def test_a_long_list_of_files_is_cut_short(empty: Path) -> None:
    for number in range(13):
        write(empty / f"{number:02}.jsonl", entry(number))
    assert "  09.jsonl\n  and 3 more\nhint" in ok("status")
    assert len(run("status", "--json").json["untracked"]) == 13


def test_paths_choose_what_to_look_at(work: Path) -> None:
    write(work / "osk.jsonl", entry(1))
    write(work / "crew" / "nell.jsonl", entry(9))
    write(work / "crew" / "tam.jsonl", entry(10))
    ok("add", "crew/nell.jsonl")
    assert (
        ok("status", "osk.jsonl") == "On branch main\n  edited   osk.jsonl   3 removed\n1 dataset changed\n"
    )
    assert ok("status", "crew").splitlines()[1:4] == [
        "  added    crew/nell.jsonl   1 entry",
        "not tracked:",
        "  crew/tam.jsonl",
    ]
    assert run("status", "oks.jsonl").stderr == "error: oks.jsonl: there is no such file or directory\n"
