from __future__ import annotations

from pathlib import Path

from cli_helpers import masked, ok, run


def test_tags_are_made_and_listed(work: Path) -> None:
    assert masked(ok("tag", "v2")) == "Tag 'v2' names ID\n"
    ok("tag", "v1", "main")
    assert ok("tag") == "v1\nv2\n"


def test_a_tag_stays_where_it_is_without_force(work: Path) -> None:
    ok("tag", "v1")
    assert run("tag", "v1").stderr.endswith("nothing was changed\n")
    assert masked(ok("tag", "-f", "v1")) == "Tag 'v1' names ID\n"


def test_tags_are_deleted(work: Path) -> None:
    ok("tag", "v1")
    assert masked(ok("tag", "-d", "v1")) == "Deleted tag 'v1', which named ID\n"
    assert ok("tag") == ""


def test_a_misspelt_tag_is_recognised(work: Path) -> None:
    ok("tag", "sent-to-trainer")
    result = run("tag", "-d", "sent-to-trianer")
    assert result.code == 5
    assert "hint: Did you mean 'sent-to-trainer'?\n" in result.stderr


def test_tags_as_json(work: Path) -> None:
    head = run("log", "--json").json[0]["id"]
    assert run("tag", "--json", "v1").json == [{"name": "v1", "commit": head}]


def test_wrong_uses(work: Path) -> None:
    for arguments in (("-d",), ("a", "b", "c")):
        result = run("tag", *arguments)
        assert (result.code, "hint: " in result.stderr) == (2, True)


def test_a_tag_that_a_branch_hides_is_made_with_a_warning(work: Path) -> None:
    result = run("tag", "main")
    assert result.code == 0
    assert result.stderr == "warning: 'main' is a branch, too, and means that: the tag is `tags/main`\n"


def test_several_are_deleted_in_one_operation(work: Path) -> None:
    for name in ("noir", "storm"):
        ok("tag", name)
    assert ok("tag", "-d", "noir", "storm").count("Deleted tag") == 2
    assert [one["command"] for one in run("op", "log", "-n", "1", "--json").json] == ["tag -d noir storm"]
    ok("undo")
    assert {"noir", "storm"} <= {one["name"] for one in run("tag", "--json").json}


def test_if_one_cannot_be_deleted_none_is(work: Path) -> None:
    ok("tag", "noir")
    result = run("tag", "-d", "noir", "nior")
    assert (result.code, result.stderr.endswith("nothing was changed\n")) == (5, True)
    assert "noir" in ok("tag")
