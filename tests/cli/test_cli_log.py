from __future__ import annotations

from pathlib import Path

import pytest
from cli_helpers import entry, masked, ok, run, sidecar, write


@pytest.fixture
def history(work: Path) -> Path:
    """Three commits: ``osk.jsonl`` twice, then ``nell.jsonl``; a branch and a tag."""
    write(work / "osk.jsonl", entry(1, "No."), *map(entry, range(2, 6)))
    ok("commit", "-m", "Second crossing\n\nAnother paragraph.")
    ok("tag", "ferry")
    ok("switch", "-c", "inn")
    write(work / "nell.jsonl", entry(9))
    ok("add", "nell.jsonl")
    ok("commit", "-m", "Nell")
    return work


def subjects(*arguments: str) -> list[str]:
    return [commit["message"].partition("\n")[0] for commit in run("log", "--json", *arguments).json]


def test_commits_are_listed_newest_first(history: Path) -> None:
    assert masked(ok("log")) == (
        "commit ID (HEAD -> inn)\n"
        "Author: Mara Lind <mara@example.org>\n"
        "Date:   DATE\n"
        "\n"
        "    Nell\n"
        "\n"
        "  nell.jsonl: 1 added\n"
        "\n"
        "commit ID (main, tag: ferry)\n"
        "Author: Mara Lind <mara@example.org>\n"
        "Date:   DATE\n"
        "\n"
        "    Second crossing\n"
        "\n"
        "    Another paragraph.\n"
        "\n"
        "  osk.jsonl: 1 edited, 1 added\n"
        "\n"
        "commit ID\n"
        "Author: Mara Lind <mara@example.org>\n"
        "Date:   DATE\n"
        "\n"
        "    First crossing\n"
        "\n"
        "  osk.jsonl: 4 added\n"
    )


def test_each_commit_in_one_line(history: Path) -> None:
    assert masked(ok("log", "--oneline")) == (
        "ID (HEAD -> inn) Nell\nID (main, tag: ferry) Second crossing\nID First crossing\n"
    )


def test_the_graph_shows_where_branches_parted(history: Path) -> None:
    ok("switch", "main")
    write(history / "osk.jsonl", entry(1))
    ok("commit", "-m", "Only one")
    first, second, *rest = masked(ok("log", "--oneline", "--graph", "main", "inn")).splitlines()
    assert {first.split()[-1], second.split()[-1]} == {"one", "Nell"}
    assert (first[0], second[:3]) == ("*", "| *")
    assert rest == ["|/", "* ID (tag: ferry) Second crossing", "* ID First crossing"]


def test_the_graph_runs_along_whole_commits(history: Path) -> None:
    lines = masked(ok("log", "--graph", "-n", "2")).splitlines()
    assert lines[0] == "* commit ID (HEAD -> inn)"
    assert lines[1] == "| Author: Mara Lind <mara@example.org>"
    assert lines[7] == "|"
    assert lines[8] == "* commit ID (main, tag: ferry)"


def test_a_revision_says_where_to_start(history: Path) -> None:
    assert subjects("main") == ["Second crossing", "First crossing"]
    assert subjects("HEAD~2") == ["First crossing"]


def test_a_range_leaves_out_what_its_start_has(history: Path) -> None:
    assert subjects("main..inn") == ["Nell"]


def test_at_most_n(history: Path) -> None:
    assert subjects("-n", "1") == ["Nell"]


def test_only_commits_that_changed_a_dataset(history: Path) -> None:
    assert subjects("--", "osk.jsonl") == ["Second crossing", "First crossing"]


def test_a_file_before_the_dashes_is_a_dataset_too(history: Path) -> None:
    assert subjects("main", "osk.jsonl") == ["Second crossing", "First crossing"]


def test_several_datasets_are_followed_together(history: Path) -> None:
    assert subjects("--", "osk.jsonl", "nell.jsonl") == ["Nell", "Second crossing", "First crossing"]
    result = run("log", "osk.jsonl#1", "nell.jsonl")
    assert result.code == 2
    assert result.stderr == "error: log follows one entry at a time\nhint: Name it alone.\n"


def test_a_directory_stands_for_the_datasets_in_it(history: Path) -> None:
    write(history / "crew" / "tam.jsonl", entry(20))
    ok("add", "crew")
    ok("commit", "-m", "Crew")
    assert subjects("crew") == ["Crew"]
    assert subjects(".") == ["Crew", "Nell", "Second crossing", "First crossing"]
    assert subjects("-S", "number 20", "crew") == ["Crew"]


def test_a_number_alone_is_a_limit(history: Path) -> None:
    assert subjects("-1") == ["Nell"]
    assert subjects("-2", "--", "osk.jsonl") == ["Second crossing", "First crossing"]


def test_all_starts_at_every_branch_and_tag(history: Path) -> None:
    ok("switch", "main")
    ok("tag", "late", "inn")
    ok("branch", "-d", "inn")
    assert subjects() == ["Second crossing", "First crossing"]
    assert subjects("--all") == ["Nell", "Second crossing", "First crossing"]


def test_a_misspelt_dataset_is_recognised(history: Path) -> None:
    result = run("log", "--", "oks.jsonl")
    assert result.code == 5
    assert result.stderr == (
        "error: none of these commits changed oks.jsonl\nhint: Did you mean 'osk.jsonl' or 'nell.jsonl'?\n"
    )


def test_what_a_commit_changed_beside_entries_is_said(work: Path) -> None:
    sidecar(work / "osk.jsonl", osk="Osk Berrow")
    ok("commit", "-m", "Sidecar")
    assert ok("log", "-n", "1").endswith("    Sidecar\n\n  osk.jsonl: registry changed\n")


def test_a_misspelt_branch_is_recognised(history: Path) -> None:
    result = run("log", "frery")
    assert result.code == 5
    assert result.stderr == "error: unknown revision 'frery'\nhint: Did you mean 'ferry'?\n"


def test_a_branch_without_commits(empty: Path) -> None:
    result = run("log")
    assert result.code == 5
    assert result.stderr == (
        "error: branch 'main' has no commits yet\nhint: Make the first one: `rtstore commit`.\n"
    )


def test_log_as_json(work: Path) -> None:
    (commit,) = run("log", "--json").json
    assert set(commit) == {"id", "parents", "author", "time", "message", "datasets"}
    assert (len(commit["id"]), commit["parents"], commit["message"]) == (64, [], "First crossing")
    assert commit["datasets"] == [
        {
            "path": "osk.jsonl",
            "counts": {"added": 4, "removed": 0, "edited": 0, "moved": 0, "reformatted": 0},
            "renamed_from": None,
        }
    ]


def test_names_have_colours_on_a_terminal(work: Path) -> None:
    shown = run("--no-pager", "log", terminal=True).stdout
    assert shown.startswith("\x1b[33mcommit ")
    assert "\x1b[1;36mHEAD -> main\x1b[0m" in shown


def test_control_characters_of_a_message_are_shown_as_such(work: Path) -> None:
    ok("commit", "--allow-empty", "-m", "clear \x1b[2J screen")
    assert "    clear \\x1b[2J screen\n" in ok("log")


def test_no_limit_is_too_large(work: Path) -> None:
    assert ok("log", "-n", "9" * 30) == ok("log")


def test_a_commit_of_the_mode_alone_says_so(work: Path) -> None:
    (work / "osk.jsonl").chmod(0o600)
    ok("commit", "-m", "Private")
    assert ok("log", "-n", "1").endswith("\n  osk.jsonl: line breaks, BOM or mode changed\n")


def test_a_dataset_without_entries_is_added(work: Path) -> None:
    (work / "new.jsonl").write_text("")
    ok("add", "new.jsonl")
    ok("commit", "-m", "Empty")
    assert ok("log", "-n", "1").endswith("\n  new.jsonl: added, 0 entries\n")
