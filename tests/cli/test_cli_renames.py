"""A dataset that was given another name is the same one to every command."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_helpers import entry, masked, ok, run, write
from merge_scenes import crossings, replies

RENAMED = "  renamed  osk.jsonl -> crew/osk.jsonl   1 edited\n"


@pytest.fixture
def osk(work: Path) -> Path:
    """The file of a dataset that was given another name, and edited after that."""
    ok("mv", "osk.jsonl", "crew/osk.jsonl")
    return write(work / "crew" / "osk.jsonl", *crossings(_3="Nay."))


def test_a_difference_shows_only_what_changed_in_it(osk: Path) -> None:
    assert masked(ok("diff")) == (
        "osk.jsonl -> crew/osk.jsonl: renamed, 1 edited\n"
        "\n"
        'edited crew/osk.jsonl#3 00000003  "Crossing number 3?"\n'
        "  ... 2 turns ...\n"
        "~ assistant\n"
        "    [-Aye-]{+Nay+}.\n"
    )


def test_a_new_name_alone_is_one_line(work: Path) -> None:
    ok("mv", "osk.jsonl", "crew/osk.jsonl")
    assert ok("diff") == "osk.jsonl -> crew/osk.jsonl: renamed\n"
    assert run("diff", "--exit-code").code == 1
    assert ok("diff", "--stat") == "  renamed  osk.jsonl -> crew/osk.jsonl   4 entries\n1 dataset changed\n"


def test_names_are_the_new_ones(osk: Path) -> None:
    assert ok("diff", "--name-only") == "crew/osk.jsonl\n"
    assert ok("diff", "--name-only", "--", "osk.jsonl") == "crew/osk.jsonl\n"


def test_a_page_has_both(osk: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    ok("diff", "--html", str(page))
    assert "osk.jsonl → crew/osk.jsonl <small>renamed, 1 edited</small>" in page.read_text(encoding="utf-8")


def test_json_has_the_old_name_beside(osk: Path) -> None:
    for arguments in (("diff", "--json"), ("diff", "--stat", "--json"), ("status", "--json")):
        (dataset,) = run(*arguments).json["datasets"]
        assert (dataset["path"], dataset["renamed_from"], dataset["change"], dataset["counts"]["edited"]) == (
            "crew/osk.jsonl",
            "osk.jsonl",
            "edited",
            1,
        )


def test_a_difference_is_done_again_and_undone(osk: Path, work: Path, tmp_path: Path) -> None:
    patch = tmp_path / "patch.json"
    patch.write_text(ok("diff", "--json"), encoding="utf-8")
    after = osk.read_bytes()
    ok("commit", "-m", "Crew")
    ok("switch", "--detach", "HEAD~1")
    before = (work / "osk.jsonl").read_bytes()
    assert ok("apply", str(patch)) == RENAMED
    assert osk.read_bytes() == after
    assert ok("apply", "--reverse", str(patch)) == ("  renamed  crew/osk.jsonl -> osk.jsonl   1 edited\n")
    assert (work / "osk.jsonl").read_bytes() == before
    assert not osk.exists()


def test_show_and_log_say_the_same(osk: Path) -> None:
    assert RENAMED in ok("commit", "-m", "Crew")
    assert RENAMED in ok("show")
    assert ok("log", "-1").endswith("    Crew\n\n  osk.jsonl -> crew/osk.jsonl: 1 edited\n")
    (dataset,) = run("log", "-1", "--json").json[0]["datasets"]
    assert (dataset["path"], dataset["renamed_from"], dataset["counts"]["edited"]) == (
        "crew/osk.jsonl",
        "osk.jsonl",
        1,
    )


def test_a_new_name_alone_changed_no_entry(work: Path) -> None:
    ok("mv", "osk.jsonl", "crew/osk.jsonl")
    ok("commit", "-m", "Crew")
    assert ok("log", "-1").endswith("  osk.jsonl -> crew/osk.jsonl: no entry changed\n")


def test_log_goes_on_under_the_old_name(osk: Path) -> None:
    ok("commit", "-m", "Crew")
    shown = run("log", "--json", "--", "crew/osk.jsonl").json
    assert [commit["message"] for commit in shown] == ["Crew", "First crossing"]


def test_work_of_both_branches_comes_together_under_the_new_name(osk: Path, work: Path) -> None:
    ok("commit", "-m", "Crew")
    ok("switch", "-c", "noir", "HEAD~1")
    write(work / "osk.jsonl", *crossings(_1="For a price."), entry(9))
    ok("commit", "-m", "Noir")
    result = run("merge", "main")
    assert (result.code, result.stderr) == (0, "")
    assert masked(result.stdout) == f"Merged main into noir: ID\n{RENAMED}SIZE added to the store\n"
    assert list(replies(osk)) == ["For a price.", "Aye.", "Nay.", "Aye.", "Aye."]
    assert not (work / "osk.jsonl").exists()
    assert run("log", "--json", "-n", "1").json[0]["message"] == (
        "Merge branch 'main' into noir\n\nMerged:\n  osk.jsonl -> crew/osk.jsonl: renamed, 1 edited"
    )


def test_two_names_for_one_dataset_are_told(osk: Path, work: Path) -> None:
    ok("commit", "-m", "Crew")
    ok("switch", "-c", "noir", "HEAD~1")
    ok("mv", "osk.jsonl", "noir.jsonl")
    ok("commit", "-m", "Noir")
    ok("switch", "main")
    result = run("merge", "noir", "-m", "Both")
    assert result.code == 0
    assert "note: crew/osk.jsonl: they renamed osk.jsonl to noir.jsonl; our name stays\n" in result.stdout
    assert sorted(path.name for path in work.rglob("*.jsonl")) == ["osk.jsonl"]
