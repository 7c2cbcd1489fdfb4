from __future__ import annotations

from pathlib import Path

import pytest
from cli_helpers import entry, masked, ok, run, sidecar, write

UUID = "0000000200004000800000000000beef"


def test_a_commit(work: Path) -> None:
    assert masked(ok("show")) == (
        "commit ID (HEAD -> main)\n"
        "Author: Mara Lind <mara@example.org>\n"
        "Date:   DATE\n"
        "\n"
        "    First crossing\n"
        "\n"
        "  added    osk.jsonl   4 entries\n"
    )


def test_a_commit_that_changed_nothing(work: Path) -> None:
    ok("commit", "--allow-empty", "-m", "Pause")
    assert ok("show", "HEAD").endswith("    Pause\n\n  no dataset changed\n")


def test_a_commit_as_json(work: Path) -> None:
    answer = run("show", "main", "--json").json
    assert answer["message"] == "First crossing"
    assert [change["change"] for change in answer["datasets"]] == ["added"]


def test_a_dataset(work: Path) -> None:
    assert ok("show", "HEAD:osk.jsonl", "-n", "2") == (
        "osk.jsonl: 4 entries\n"
        "  1  00000001   3 turns  Crossing number 1?\n"
        "  2  00000002   3 turns  Crossing number 2?\n"
        "  and 2 more: -n 4 lists all\n"
    )


def test_a_dataset_as_json(work: Path) -> None:
    answer = run("show", "HEAD:osk.jsonl", "--json", "-n", "1").json
    assert answer == {
        "path": "osk.jsonl",
        "count": 4,
        "sidecar": False,
        "entries": [{"id": UUID.replace("2", "1", 1), "position": 1}],
    }


@pytest.mark.parametrize("name", ["2", "00000002", "00000002-0000-4000-8000-00000000beef"])
def test_an_entry(work: Path, name: str) -> None:
    assert ok("show", f"HEAD:osk.jsonl#{name}") == (
        "osk.jsonl, entry 2 of 4\n"
        f"id {UUID}, messages\n"
        "\n"
        "system\n"
        "  You are Osk, ferryman of the Patience.\n"
        "\n"
        "user\n"
        "  Crossing number 2?\n"
        "\n"
        "assistant\n"
        "  Aye.\n"
        "\n"
        'tags: ["roleplay"]\n'
        '_rolethread: {"version": "1.2", "native": true, "validated_at":\n'
        '  "2026-11-20T19:00:00", "entry_uuid": "00000002-0000-4000-8000-00000000beef"}\n'
    )


def test_an_entry_as_json(work: Path) -> None:
    assert run("show", "HEAD:osk.jsonl#2", "--json").json == {
        "id": UUID,
        "position": 2,
        "shape": "messages",
        "note": "",
        "rating": 0,
        "review": "",
        "partition": None,
        "record": entry(2),
    }


def test_long_turns_are_wrapped_and_paragraphs_kept(work: Path) -> None:
    write(work / "osk.jsonl", entry(1, "word " * 40 + "\n\nAnd a second paragraph."))
    ok("commit", "-m", "Long")
    lines = ok("show", "HEAD:osk.jsonl#1").splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[lines.index("  And a second paragraph.") - 1] == ""


def test_the_sidecar_says_who_speaks(work: Path) -> None:
    import json

    path = sidecar(work / "osk.jsonl", osk="Osk Berrow")
    content = json.loads(path.read_text())
    content["entry_character_mappings"] = [
        {
            "entry_uuid": "00000002-0000-4000-8000-00000000beef",
            "turns": [{"turn_index": 2, "character_slug": "osk", "training_role": "assistant"}],
        }
    ]
    path.write_text(json.dumps(content, indent=2))
    ok("commit", "-m", "Sidecar")
    assert "\nassistant (osk)\n  Aye.\n" in ok("show", "HEAD:osk.jsonl#2")
    assert ok("show", "HEAD:osk.jsonl").startswith("osk.jsonl: 4 entries, with a sidecar\n")


def test_an_entry_of_no_known_shape_is_shown_by_field(work: Path) -> None:
    write(work / "odd.jsonl", {"weather": "fog", "days": 9})
    ok("add", "odd.jsonl")
    ok("commit", "-m", "Odd")
    assert ok("show", "HEAD:odd.jsonl#1").endswith('\n\nweather: "fog"\ndays: 9\n')


def test_control_characters_of_an_entry_are_shown_as_such(work: Path) -> None:
    write(work / "osk.jsonl", entry(1, "bell \x07, \x1b[31mred\x1b[0m"))
    ok("commit", "-m", "Bell")
    assert "  bell \\x07, \\x1b[31mred\\x1b[0m\n" in ok("show", "HEAD:osk.jsonl#1")


def test_roles_have_colours(work: Path) -> None:
    assert "\x1b[1;32massistant\x1b[0m" in ok("--color", "always", "show", "HEAD:osk.jsonl#1")


def test_paths_are_relative_to_the_current_directory(work: Path) -> None:
    (work / "deep").mkdir()
    assert ok("show", "HEAD:../osk.jsonl", cwd=work / "deep").startswith("../osk.jsonl: 4 entries\n")


@pytest.mark.parametrize(
    ("what", "code", "message"),
    [
        ("HEAD:oks.jsonl", 5, "has no dataset oks.jsonl\nhint: Did you mean osk.jsonl?\n"),
        ("HEAD:osk.jsonl#5", 5, "error: there is no entry 5: the dataset has 4\n"),
        ("HEAD:osk.jsonl#beef", 5, "beef"),
        ("HEAD:../outside.jsonl", 3, "error: ../outside.jsonl is outside the workspace"),
        ("osk.jsonl", 5, "error: osk.jsonl is a file and no version\nhint: As it is in the last commit: "),
        (":osk.jsonl", 5, "error: ':osk.jsonl' lacks a revision before the ':'\n"),
    ],
)
def test_what_is_not_there_is_an_error(work: Path, what: str, code: int, message: str) -> None:
    result = run("show", what)
    assert (result.code, message in result.stderr) == (code, True), result


def test_an_entry_that_cannot_be_one_is_not_taken_for_a_part_of_the_path(work: Path) -> None:
    result = run("show", "HEAD:osk.jsonl#zz")
    assert result.code == 5
    assert result.stderr == (
        "error: 'zz' is no entry of osk.jsonl: neither a position from 1 nor the start of an id\n"
        "hint: Ids are shown by: rtstore show HEAD:osk.jsonl\n"
    )
    assert "'zz' is no entry of osk.jsonl" in run("restore", "osk.jsonl#zz").stderr


def test_a_number_of_thousands_of_digits_is_shown(work: Path) -> None:
    (work / "osk.jsonl").write_text('{"n": ' + "7" * 5000 + "}\n", encoding="utf-8")
    ok("commit", "-m", "A long number")
    assert "7" * 60 in ok("show", "HEAD:osk.jsonl#1")
