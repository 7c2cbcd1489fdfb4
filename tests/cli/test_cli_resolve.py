"""``rtstore resolve`` with a choice for entries that are named."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from cli_helpers import Terminal, entry, ok, run, sidecar, write
from merge_scenes import conflict_over, crossings, diverge, merged, replies

STAMP = "2026-11-20T19:00:00"
LEFT = (
    "1 conflict left to resolve; until then the files have ours there\n"
    "hint: `rtstore resolve` goes through them one by one\n"
    "hint: `rtstore merge --abort` gives it all up\n"
)
DONE = "All conflicts are resolved\nhint: `rtstore merge --continue` makes the commit\n"


@pytest.fixture
def osk(work: Path) -> Path:
    """A dataset of which both branches changed the replies of the first two entries; they are being merged."""
    path = work / "osk.jsonl"
    conflict_over(path)
    assert run("merge", "noir").code == 1
    return path


def records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """Make an editor of a Python program that changes ``text``."""
    script = tmp_path / "editor.py"
    script.write_text(
        "import pathlib, sys\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "text = path.read_text(encoding='utf-8')\n"
        f"{program}\n"
        "path.write_text(text, encoding='utf-8')\n"
    )
    monkeypatch.setenv("EDITOR", f"python3 '{script}'")


@pytest.mark.parametrize(
    ("side", "reply"), [("ours", "Aye, and back."), ("theirs", "Aye, for a price."), ("base", "Aye.")]
)
def test_a_side_is_taken(osk: Path, side: str, reply: str) -> None:
    assert ok("resolve", "osk.jsonl#1", f"--{side}") == f"Resolved osk.jsonl#1 00000001: {side}\n" + LEFT
    assert list(replies(osk)) == [reply, "Never.", "Aye.", "Aye."]
    assert ok("resolve", "osk.jsonl#2", f"--{side}") == f"Resolved osk.jsonl#2 00000002: {side}\n" + DONE


def test_both_are_kept_as_two_entries(osk: Path) -> None:
    ok("resolve", "1", "--both")
    assert list(replies(osk)) == ["Aye, and back.", "Aye, for a price.", "Never.", "Aye.", "Aye."]


def test_after_both_are_kept_an_entry_is_still_named_by_its_id(osk: Path) -> None:
    said = ok("resolve", "1", "--both")
    assert said.endswith(
        "hint: entries have other positions now, and the ids they had: `rtstore resolve osk.jsonl#00000002 ...`\n"
    )
    # Its decimal digits are not taken for the position it had.
    assert ok("resolve", "00000002", "--theirs").startswith("Resolved osk.jsonl#3 00000002: theirs\n")
    assert list(replies(osk))[2] == "Drowned."


@pytest.mark.parametrize(
    "name", ["osk.jsonl#1", "./osk.jsonl#1", "1", "00000001", "osk.jsonl#00000001", "0000-0001"]
)
def test_an_entry_is_named_in_many_ways(osk: Path, name: str) -> None:
    assert ok("resolve", name, "--theirs").startswith("Resolved osk.jsonl#1 00000001: theirs\n")


def test_a_position_alone_needs_a_dataset_where_there_are_several(work: Path) -> None:
    other = work / "nell.jsonl"
    write(other, *crossings())
    ok("add", "nell.jsonl")
    ok("commit", "-m", "Nell too")
    ok("switch", "-c", "noir")
    for path in (work / "osk.jsonl", other):
        write(path, *crossings(_2="Drowned."))
    ok("commit", "-m", "Noir")
    ok("switch", "main")
    for path in (work / "osk.jsonl", other):
        write(path, *crossings(_2="Never."))
    ok("commit", "-m", "Main")
    assert run("merge", "noir").code == 1
    result = run("resolve", "2", "--ours")
    assert (result.code, result.stderr) == (
        5,
        "error: 2 names no conflict\n"
        "hint: There is one in: nell.jsonl#00000002, osk.jsonl#00000002\nnothing was changed\n",
    )
    ok("resolve", "nell.jsonl#2", "--theirs")
    assert list(replies(other))[1] == "Drowned."


def test_a_dataset_stands_for_all_in_it(osk: Path) -> None:
    assert ok("resolve", "osk.jsonl", "--ours") == (
        "Resolved osk.jsonl#1 00000001: ours\nResolved osk.jsonl#2 00000002: ours\n" + DONE
    )


def test_names_are_paths_from_where_one_is(osk: Path) -> None:
    below = osk.parent / "below"
    below.mkdir()
    shown = ok("resolve", "../osk.jsonl#1", "--ours", cwd=below)
    assert shown.startswith("Resolved ../osk.jsonl#1 00000001: ours\n")


def test_all_are_resolved_at_once(osk: Path) -> None:
    ok("resolve", "--all", "--theirs")
    assert list(replies(osk)) == ["Aye, for a price.", "Drowned.", "Aye.", "Aye."]
    assert ok("undo").startswith("Took back: resolve osk.jsonl#00000001, osk.jsonl#00000002\n")
    assert run("resolve", "--all", "--theirs").code == 0
    result = run("resolve", "--all", "--theirs")
    assert (result.code, result.stderr) == (
        1,
        "error: there are no conflicts left\nhint: `rtstore merge --continue` makes the commit\n",
    )


def test_positions_are_those_before_any_is_resolved(work: Path) -> None:
    path = work / "osk.jsonl"
    ours = crossings(_1="Aye, and back.", _3="Nay.")
    assert merged(path, ours, crossings(_3="Drowned.")[1:]).code == 1
    ok("resolve", "osk.jsonl#1", "osk.jsonl#3", "--theirs")
    assert list(replies(path)) == ["Aye.", "Drowned.", "Aye."]


def test_a_value_of_the_registry_takes_a_side(work: Path) -> None:
    path = work / "osk.jsonl"
    for branch, name in (("main", "Osk"), ("noir", "Osk the Drowned"), ("main", "Osk Berrow")):
        ok("switch", branch) if branch in ok("branch") else ok("switch", "-c", branch)
        ok("status")
        sidecar(path, osk=name)
        ok("commit", "-m", name)
    assert run("merge", "noir").code == 1
    name = "osk.jsonl:characters/osk.display_name"
    assert run("resolve", name, "--edit").stderr == (
        f"error: {name} is a value of the registry: that takes a side, and no record\n"
        "hint: Say --ours, --theirs or --base.\nnothing was changed\n"
    )
    assert ok("resolve", name, "--theirs") == f"Resolved {name}: theirs\n" + DONE
    assert "Osk the Drowned" in (work / "osk.registry.json").read_text()


def test_a_record_is_taken_from_a_file(osk: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text(json.dumps(entry(1, "Aye, there and back, for a price."), indent=4))
    assert ok("resolve", "1", "--with", str(file)).startswith(
        f"Resolved osk.jsonl#1 00000001: taken from {file}\n"
    )
    assert records(osk)[0] == entry(1, "Aye, there and back, for a price.")
    assert osk.read_text().count("\n") == 4


def test_a_record_is_taken_from_standard_input(osk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = json.dumps(entry(1, "Perhaps.")).encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(given)))
    ok("resolve", "1", "--with", "-")
    assert next(replies(osk)) == "Perhaps."


@pytest.mark.parametrize("content", ["no record", "[1, 2]", ""])
def test_what_is_no_record_is_refused(osk: Path, tmp_path: Path, content: str) -> None:
    (tmp_path / "mine.json").write_text(content)
    before = osk.read_bytes()
    result = run("resolve", "1", "--with", str(tmp_path / "mine.json"))
    assert result.code == 4
    assert "nothing was changed" in result.stderr.lower()
    assert osk.read_bytes() == before


def test_a_record_is_written_in_the_editor(
    osk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor(tmp_path, monkeypatch, "text = text.replace('Aye, and back.', 'Aye, both ways.', 1)")
    ok("resolve", "osk.jsonl#1", "--edit")
    # What was not edited is as it was, stamps included.
    assert osk.read_text().splitlines()[0] == json.dumps(entry(1, "Aye, both ways."))
    assert records(osk)[0]["_rolethread"]["validated_at"] == STAMP


def test_the_editor_shows_the_other_versions_below(
    osk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "shown.txt"
    editor(tmp_path, monkeypatch, f"pathlib.Path({str(copy)!r}).write_text(text, encoding='utf-8')")
    result = run("resolve", "osk.jsonl#1", "--edit")
    assert (result.code, result.stderr) == (1, "error: nothing was edited: the conflict is left as it is\n")
    above, _, below = copy.read_text().partition("# ------------------------ >8 ------------------------\n")
    assert json.loads(above)["messages"][2]["content"] == "Aye, and back."
    assert below.startswith("# What is above this line counts.\n\n# ours:\n{\n")
    assert "\n# theirs:\n{\n" in below
    assert "Aye, for a price." in below
    assert next(replies(osk)) == "Aye, and back."


@pytest.mark.parametrize(
    ("program", "code", "message"),
    [
        ("text = ''", 1, "error: nothing was written: the conflict is left as it is\n"),
        ("text = '{' + text", 4, "error: what was written is no JSON"),
        ("sys.exit(3)", 2, "ended with an error (exit code 3): nothing was taken"),
    ],
)
def test_an_editor_that_leaves_no_record_resolves_nothing(
    osk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, code: int, message: str
) -> None:
    editor(tmp_path, monkeypatch, program)
    result = run("resolve", "osk.jsonl#1", "--edit")
    assert result.code == code
    assert message in result.stderr
    assert len(run("conflicts", "--json").json) == 2
    assert not [path for path in (osk.parent / ".rtstore").iterdir() if path.name.startswith("RESOLVE")]


def test_json_says_what_was_resolved_and_what_is_left(osk: Path) -> None:
    answer = run("resolve", "1", "--ours", "--json").json
    assert answer["resolved"] == ["osk.jsonl#1 00000001"]
    assert [conflict["position"] for conflict in answer["left"]] == [2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("1",), "what to take is missing"),
        (("--all",), "what to take is missing"),
        (("--json",), "what to take is missing"),
        (("--ours",), "name the entries to resolve"),
        (("--all", "1", "--ours"), "--all goes without names"),
        (("1", "2", "--edit"), "a record of your own is for one entry"),
        (("--all", "--with", "x.json"), "a record of your own is for one entry"),
        (("1", "--ours", "--with", "x.json"), "--with and --ours are two ways to resolve a conflict"),
        ((), "there is no terminal to ask on"),
    ],
)
def test_what_makes_no_sense_is_refused(osk: Path, arguments: tuple[str, ...], message: str) -> None:
    result = run("resolve", *arguments)
    assert result.code == 2
    assert result.stderr.startswith(f"error: {message}\nhint: ")
    assert result.stderr.endswith("nothing was changed\n")


def test_what_names_no_conflict_is_refused(osk: Path) -> None:
    for name in ("osk.jsonl#4", "ffff", "ghost.jsonl#1"):
        assert run("resolve", name, "--ours").code == 5
    assert run("resolve", "1", "--with", "ghost.json").code == 8


def test_without_a_merge_there_is_nothing_to_resolve(work: Path) -> None:
    result = run("resolve", "1", "--ours")
    assert (result.code, result.stderr) == (1, "error: no merge is in progress\n")


def test_the_tab_key_offers_what_is_left(osk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rtstore.cli.complete import conflicted

    ok("resolve", "1", "--ours")
    assert conflicted(None, None, "osk") == ["osk.jsonl#2"]  # type: ignore[arg-type]
    ok("merge", "--abort")
    assert conflicted(None, None, "osk") == []  # type: ignore[arg-type]


def test_an_entry_that_a_side_removed_comes_back_or_goes(work: Path) -> None:
    path = work / "osk.jsonl"
    diverge(path, crossings(_2="Never.")[1:], [crossings(_1="Drowned.")[0], *crossings()[2:]])
    assert run("merge", "noir").code == 1
    ok("resolve", "osk.jsonl#00000001", "--theirs")
    assert list(replies(path)) == ["Drowned.", "Never.", "Aye.", "Aye."]
    ok("resolve", "osk.jsonl#2", "--theirs")
    assert list(replies(path)) == ["Drowned.", "Aye.", "Aye."]
    assert ok("merge", "--continue")


def test_a_terminal_is_not_needed_where_a_side_is_given(osk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(io.BytesIO(b"")))
    ok("resolve", "1", "--ours")
