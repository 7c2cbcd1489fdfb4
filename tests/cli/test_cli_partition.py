"""``rtstore partition``: how a dataset is divided, as people and programs read it."""

from __future__ import annotations

from pathlib import Path

from cli_helpers import entry, ok, run, write


def test_it_is_divided_and_shown(work: Path) -> None:
    said = ok("partition", "osk.jsonl", "--val", "0.25")
    lines = said.splitlines()
    assert lines[0] == "osk.jsonl: 4 entries"
    assert [line.split()[0] for line in lines[1:3]] == ["train", "val"]
    assert lines[1].endswith("%, wanted 75%")
    assert lines[3:] == ["4 entries settled on their side", "hint: `rtstore commit` records it"]
    assert "osk.jsonl   partition changed" in ok("status")
    ok("commit", "-m", "Divided")
    assert ok("partition", "HEAD:osk.jsonl", "--show") == "\n".join(lines[:3]) + "\n"
    assert "  edited   osk.jsonl   partition changed" in ok("show")


def test_what_came_since_is_settled(work: Path) -> None:
    ok("partition", "osk.jsonl", "--val", "0.25")
    write(work / "osk.jsonl", *map(entry, range(1, 8)))
    shown = ok("partition", "osk.jsonl", "--show")
    assert "3 entries came since and can be settled: `rtstore partition osk.jsonl`" in shown
    assert "3 entries settled on their side" in ok("partition", "osk.jsonl")
    assert "every entry has its side for good" in ok("partition", "osk.jsonl")


def test_an_entry_is_shown_with_its_side(work: Path) -> None:
    assert run("show", "HEAD:osk.jsonl#1", "--json").json["partition"] is None
    ok("partition", "osk.jsonl", "--side", "all")
    ok("commit", "-m", "Divided")
    assert "\nside: all\n" in ok("show", "HEAD:osk.jsonl#1")
    assert run("show", "HEAD:osk.jsonl#1", "--json").json["partition"] == "all"


def test_another_division_has_to_be_asked_for(work: Path) -> None:
    ok("partition", "osk.jsonl", "--val", "0.25")
    result = run("partition", "osk.jsonl", "--val", "0.75")
    assert (result.code, result.stdout) == (2, "")
    assert result.stderr.startswith(
        "error: osk.jsonl is divided in another way, and entries would change sides\n"
    )
    redone = run("partition", "osk.jsonl", "--val", "0.75", "--redo", "--json").json
    assert [side["fraction"] for side in redone["sides"]] == [0.25, 0.75]
    ok("undo")
    assert run("partition", "osk.jsonl", "--show", "--json").json["sides"][0]["fraction"] == 0.75


def test_it_is_taken_away(work: Path) -> None:
    ok("partition", "osk.jsonl", "--val", "0.25")
    assert ok("partition", "osk.jsonl", "--remove") == "osk.jsonl is not divided any more\n"
    result = run("partition", "osk.jsonl", "--show")
    assert (result.code, result.stdout) == (1, "")
    assert "hint: Run: rtstore partition osk.jsonl --train 0.9 --val 0.1" in result.stderr


def test_entries_that_say_the_same_on_two_sides(work: Path) -> None:
    write(work / "osk.jsonl", *map(entry, range(1, 30)))
    ok("partition", "osk.jsonl", "--train", "0.5", "--val", "0.5")
    same = [{**entry(n), "messages": entry(1)["messages"]} for n in range(1, 30)]
    write(work / "osk.jsonl", *same)
    report = run("partition", "osk.jsonl", "--show", "--json").json
    count = len(report["torn"])
    assert count > 5
    assert {(one["other_position"], one["why"]) for one in report["torn"]} == {(1, "duplicate")}
    shown = ok("partition", "osk.jsonl", "--show").splitlines()
    assert f"{count} entries are alike one on another side:" in shown
    first = report["torn"][0]
    sides = first["side"], first["other_side"]
    assert f"  #{first['position']} ({sides[0]}) says the same as #1 ({sides[1]})" in shown
    assert shown[-1] == f"  and {count - 5} more: --json has all"


def test_what_makes_no_sense(work: Path) -> None:
    for arguments, problem in {
        (): "osk.jsonl is not divided yet",
        ("--seed", "x"): "a partition needs sides",
        ("--side", "a=b"): "--side a=b: 'b' is no fraction",
        ("--train", "0.5", "--val", "0.4"): "the fractions are 0.9 together, and have to be 1",
        ("--show", "--remove"): "--show and --remove go alone",
        ("--show", "--val", "0.1"): "--show and --remove go alone",
    }.items():
        result = run("partition", "osk.jsonl", *arguments)
        assert result.code == 2, arguments
        assert result.stderr.startswith(f"error: {problem}\n"), result.stderr


def test_ratings_and_notes_are_shown(work: Path) -> None:
    import rtstore

    with rtstore.open(work).edit("main", "reviewed", "Ann <ann@example.org>") as edit:
        found = edit["osk.jsonl"][0]
        found.rating, found.review, found.note = 2, "needs_edit", "Too short.\nSay more."
    shown = ok("show", "HEAD:osk.jsonl#1")
    assert "\nrated 2 of 5, review: needs_edit\nnote: Too short.\n      Say more.\n" in shown
    as_json = run("show", "HEAD:osk.jsonl#1", "--json").json
    assert (as_json["rating"], as_json["review"], as_json["note"]) == (
        2,
        "needs_edit",
        "Too short.\nSay more.",
    )
