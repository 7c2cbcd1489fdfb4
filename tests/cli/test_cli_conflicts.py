"""What ``rtstore conflicts`` lists, and how conflicts are put into words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cli_helpers import entry, ok, run, sidecar, write
from merge_scenes import crossings, diverge, merged

from rtstore.cli.merging.words import what
from rtstore.compare.difference import MISSING
from rtstore.compare.merge.clashes import Clash
from rtstore.workspace.merging.results import Conflict

LEFT = (
    "1 conflict left to resolve; until then the files have ours there\n"
    "hint: `rtstore resolve` goes through them one by one\n"
    "hint: `rtstore merge --abort` gives it all up\n"
)


@pytest.fixture
def osk(work: Path) -> Path:
    return work / "osk.jsonl"


def listed() -> list[str]:
    """Return the lines that name conflicts."""
    result = run("conflicts")
    assert result.code == 1
    return result.stdout.splitlines()[:-3]


def with_fields(number: int, **fields: Any) -> dict[str, Any]:
    return {**entry(number), **fields}


def test_without_a_merge_there_are_none(osk: Path) -> None:
    assert ok("conflicts") == "No merge is in progress: there are no conflicts\n"
    assert ok("conflicts", "--json") == "[]\n"


def test_entries_are_named_as_commands_take_them(osk: Path) -> None:
    merged(osk, crossings(_2="Never."), crossings(_2="Drowned."))
    result = run("conflicts")
    assert (result.code, result.stdout) == (1, "osk.jsonl#2 00000002: both edited turn 3\n" + LEFT)


def test_a_file_that_is_missing_resolves_none(osk: Path) -> None:
    merged(osk, crossings(_2="Never."), crossings(_2="Drowned."))
    osk.unlink()
    assert run("conflicts").stdout == (
        "osk.jsonl#2 00000002: both edited turn 3\n"
        "note: osk.jsonl is missing, which resolves none of its conflicts\n"
        "hint: Put it back, or start again: rtstore merge --abort. To do without it: rtstore rm osk.jsonl\n"
        + LEFT
    )
    assert run("conflicts", "--json").json[0]["missing"] == "osk.jsonl"
    assert run("merge", "--continue").code == 1


def test_names_are_paths_from_where_one_is(osk: Path) -> None:
    merged(osk, crossings(_2="Never."), crossings(_2="Drowned."))
    below = osk.parent / "below"
    below.mkdir()
    assert run("conflicts", cwd=below).stdout.startswith("../osk.jsonl#2 00000002: both edited turn 3\n")


def test_json_has_the_versions_as_records(osk: Path) -> None:
    merged(osk, crossings(_2="Never."), crossings(_2="Drowned."))
    result = run("conflicts", "--json")
    (found,) = result.json
    assert (result.code, found["id"], found["dataset"]) == (1, entry_id(2), "osk.jsonl")
    assert (found["position"], found["kind"], found["path"]) == (2, "edited", None)
    said = [found[side]["messages"][2]["content"] for side in ("base", "ours", "theirs")]
    assert said == ["Aye.", "Never.", "Drowned."]
    assert found["clashes"] == [
        {
            "kind": "turn",
            "path": "messages[2].content",
            "base": "Aye.",
            "ours": "Never.",
            "theirs": "Drowned.",
        }
    ]


def entry_id(number: int) -> str:
    stamps = entry(number)["_rolethread"]
    return str(stamps["entry_uuid"]).replace("-", "")


def test_an_entry_that_a_side_removed_is_told(osk: Path) -> None:
    removed_here, both, removed_there, rest = crossings(_2="Never.", _3="Nay.")
    theirs = [*crossings(_1="For a price.", _2="Drowned.")[:2], rest]
    assert merged(osk, [both, removed_there, rest], theirs).code == 1
    assert listed() == [
        "osk.jsonl#00000001: removed by us, edited by them",
        "osk.jsonl#1 00000002: both edited turn 3",
        "osk.jsonl#2 00000003: edited by us, removed by them",
    ]
    found = {one["kind"]: one for one in run("conflicts", "--json").json}
    assert found["removed/edited"]["ours"] is None
    assert found["removed/edited"]["position"] == 1
    assert found["edited/removed"]["theirs"] is None
    assert removed_here["messages"][0]["content"] == found["removed/edited"]["base"]["messages"][0]["content"]


def test_fields_are_named_by_path(osk: Path) -> None:
    write(osk, with_fields(1, rating=3, note="dry"), *crossings()[1:])
    ok("commit", "-m", "Rated")
    ours = [with_fields(1, rating=4, note="wet"), *crossings()[1:]]
    theirs = [with_fields(1, rating=5, note="damp"), *crossings()[1:]]
    merged(osk, ours, theirs)
    assert listed() == ["osk.jsonl#1 00000001: both edited rating and note"]


def test_a_value_of_the_registry_has_no_entry(osk: Path) -> None:
    sidecar(osk, osk="Osk Berrow")
    ok("commit", "-m", "Who is who")
    ok("switch", "-c", "noir")
    sidecar(osk, osk="Osk the Drowned")
    ok("commit", "-m", "Noir")
    ok("switch", "main")
    sidecar(osk, osk="Osk B.")
    ok("commit", "-m", "Short")
    assert run("merge", "noir").code == 1
    assert listed() == ["osk.jsonl:characters/osk.display_name: both edited it"]
    (found,) = run("conflicts", "--json").json
    assert (found["id"], found["position"], found["kind"]) == (None, None, "registry")
    assert found["path"] == "characters/osk.display_name"
    assert [found[side] for side in ("base", "ours", "theirs")] == ["Osk Berrow", "Osk B.", "Osk the Drowned"]


def test_a_dataset_that_a_side_removed_is_told(osk: Path) -> None:
    diverge(osk, None, crossings(_2="Drowned."))
    osk.unlink()
    ok("commit", "-m", "No ferry")
    assert run("merge", "noir").code == 1
    assert listed() == ["osk.jsonl: removed by us, edited by them"]
    (found,) = run("conflicts", "--json").json
    assert (found["id"], found["position"]) == (None, None)


def test_what_is_dealt_with_in_an_editor_is_no_conflict_any_more(osk: Path) -> None:
    merged(osk, crossings(_2="Never."), crossings(_2="Drowned."))
    osk.write_text(osk.read_text().replace("Never.", "Never, by drowning."))
    assert ok("conflicts") == (
        "All conflicts are resolved\nhint: `rtstore merge --continue` makes the commit\n"
    )
    assert ok("conflicts", "--json") == "[]\n"


def clash(path: str, kind: str = "turn", base: Any = "a", ours: Any = "b", theirs: Any = "c") -> Clash:
    return Clash(kind, path, base, ours, theirs)


@pytest.mark.parametrize(
    ("clashes", "words"),
    [
        ([], "both edited it"),
        ([clash("", "record")], "both edited it"),
        ([clash("messages[2].content"), clash("messages[6].content")], "both edited turns 3 and 7"),
        ([clash("conversations[0].value")], "both edited turn 1"),
        ([clash("messages[2].name", "field")], "both edited name of turn 3"),
        ([clash("chosen[1].content")], "both edited turn 2 of chosen"),
        ([clash("output")], "both edited output"),
        ([clash("messages[2]", theirs=MISSING)], "we edited, they removed turn 3"),
        (
            [clash("messages[2]", ours=MISSING), clash("note", "field")],
            "we removed, they edited turn 3; both edited note",
        ),
        ([clash("note", "field", base=MISSING)], "both added note"),
        ([clash("turns[4].character_slug", "mapping")], "both edited speaker of turn 5"),
        ([clash(f"f{n}", "field") for n in range(6)], "both edited f0, f1, f2 and 3 more"),
        ([clash("a\x1b[2Jb", "field")], "both edited a\\x1b[2Jb"),
    ],
)
def test_clashes_in_words(clashes: list[Clash], words: str) -> None:
    conflict = Conflict("x.jsonl#1", "x.jsonl", "edited", b"\x01" * 16, position=0, clashes=tuple(clashes))
    assert what(conflict) == words


def test_records_that_only_python_calls_json_are_shown(osk: Path) -> None:
    nowhere = {"weight": float("nan")}
    for branch, reply in (("main", "Aye."), ("noir", "Drowned."), ("main", "Never.")):
        run("switch", branch) if branch in ok("branch") else ok("switch", "-c", branch)
        write(osk, with_fields(1, **nowhere) | {"messages": entry(1, reply)["messages"]})
        assert run("commit", "-m", reply).code == 0
    assert run("merge", "noir").code == 1
    (found,) = run("conflicts", "--json").json
    assert found["ours"]["messages"][2]["content"] == "Never."
