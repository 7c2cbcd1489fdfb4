from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_helpers import entry, ok, run, sidecar, write

FIRST = "  edited   osk.jsonl   1 edited, 1 added\n1 dataset changed: 1 edited, 1 added\n"


@pytest.fixture
def changed(work: Path) -> Path:
    write(work / "osk.jsonl", entry(1, "No."), *map(entry, range(2, 6)))
    return work


def test_the_files_against_head(changed: Path) -> None:
    assert ok("diff", "--stat") == FIRST


def test_conversations_are_the_default(changed: Path) -> None:
    assert (
        ok("diff")
        == """\
osk.jsonl: 1 edited, 1 added

edited osk.jsonl#1 00000001  "Crossing number 1?"
  ... 2 turns ...
~ assistant
    [-Aye-]{+No+}.

added osk.jsonl#5 00000005  "Crossing number 5?"
+ system
+   You are Osk, ferryman of the Patience.
+ user
+   Crossing number 5?
+ assistant
+   Aye.
+ tags: [roleplay]
"""
    )


@pytest.mark.parametrize("form", [(), ("--stat",)])
def test_no_differences(work: Path, form: tuple[str, ...]) -> None:
    assert ok("diff", *form) == "no differences\n"


def test_time_stamps_are_no_difference(work: Path) -> None:
    write(work / "osk.jsonl", *(entry(number, stamp="2026-12-24T19:00:00") for number in range(1, 5)))
    assert ok("diff") == "no differences\n"
    assert run("diff", "--json").json["datasets"] == []


def test_the_files_against_a_revision(changed: Path) -> None:
    ok("commit", "-m", "Second")
    assert ok("diff", "--stat") == "no differences\n"
    assert ok("diff", "--stat", "HEAD~1") == FIRST


def test_two_commits(changed: Path) -> None:
    ok("commit", "-m", "Second")
    assert ok("diff", "--stat", "HEAD~1..HEAD") == FIRST
    assert ok("diff", "--stat", "HEAD..HEAD~1").startswith("  edited   osk.jsonl   1 edited, 1 removed\n")


def test_only_the_datasets_named(changed: Path) -> None:
    write(changed / "nell.jsonl", entry(9))
    ok("add", "nell.jsonl")
    assert ok("diff", "--stat", "--", "osk.jsonl") == FIRST
    assert ok("diff", "--stat", "HEAD", "nell.jsonl").startswith("  added    nell.jsonl   1 entry\n")


def test_a_dataset_that_is_not_there(changed: Path) -> None:
    result = run("diff", "--stat", "--", "oks.jsonl")
    assert result.code == 5
    assert "hint: Did you mean osk.jsonl?\n" in result.stderr


def test_the_exit_code_can_tell(changed: Path) -> None:
    assert run("diff", "--exit-code").code == 1
    ok("commit", "-m", "Second")
    assert run("diff", "--exit-code").code == 0


@pytest.mark.parametrize("form", [(), ("--stat",), ("--name-only",), ("--json",), ("--html", "page.html")])
def test_the_exit_code_is_the_same_in_every_form(changed: Path, form: tuple[str, ...]) -> None:
    assert run("diff", "--exit-code", *form).code == 1
    assert run("diff", *form).code == 0
    assert run("diff", "--exit-code", "HEAD..HEAD", *form).code == 0


def test_two_revisions_are_written_as_a_range(changed: Path) -> None:
    result = run("diff", "HEAD", "main")
    assert result.code == 2
    assert result.stderr == "error: diff compares two versions\nhint: Write them like 'HEAD..main'.\n"


def test_one_form_at_a_time(changed: Path) -> None:
    for forms in (("--stat", "--name-only"), ("--json", "--html", "a.html"), ("--name-only", "--json")):
        result = run("diff", *forms)
        assert result.code == 2
        assert result.stderr.startswith(
            "error: --stat, --name-only, --html and --json are different answers\n"
        )


def test_what_a_branch_did_since_it_left(changed: Path) -> None:
    ok("switch", "-c", "noir")
    ok("commit", "-m", "On noir")
    ok("switch", "main")
    write(changed / "osk.jsonl", entry(1), entry(2, "Perhaps."), entry(3), entry(4))
    ok("commit", "-m", "On main")
    assert ok("diff", "--stat", "main...noir") == FIRST
    assert ok("diff", "--stat", "...noir") == FIRST
    assert ok("diff", "--stat", "main..noir").startswith("  edited   osk.jsonl   2 edited, 1 added\n")
    assert "#2" not in ok("diff", "main...noir")


def test_only_the_entries_named(changed: Path) -> None:
    position, id_ = ok("diff", "osk.jsonl#1"), ok("diff", "--", "osk.jsonl#00000005")
    assert position.startswith('osk.jsonl: 1 edited\n\nedited osk.jsonl#1 00000001  "Crossing number 1?"\n')
    assert id_.startswith('osk.jsonl: 1 added\n\nadded osk.jsonl#5 00000005  "Crossing number 5?"\n')
    assert ok("diff", "osk.jsonl#2") == "no differences\n"
    assert ok("diff", "--stat", "osk.jsonl#1") == (
        "  edited   osk.jsonl   1 edited\n1 dataset changed: 1 edited\n"
    )


def test_an_entry_that_is_not_there(changed: Path) -> None:
    result = run("diff", "osk.jsonl#99")
    assert (result.code, result.stdout) == (5, "")
    assert result.stderr.startswith("error: there is no entry 99: the dataset has 5\n")


def test_datasets_below_and_beside_the_current_directory(changed: Path) -> None:
    below = changed / "drafts"
    below.mkdir()
    assert ok("diff", "--name-only", cwd=below) == "../osk.jsonl\n"
    assert ok("diff", "../osk.jsonl#1", cwd=below).startswith(
        "../osk.jsonl: 1 edited\n\nedited ../osk.jsonl#1 "
    )


def test_a_dataset_whose_file_is_gone_can_be_named(work: Path) -> None:
    (work / "osk.jsonl").unlink()
    assert ok("diff", "osk.jsonl").startswith("osk.jsonl: dataset removed, 4 entries\n\nremoved osk.jsonl#1 ")


def test_what_is_neither_a_revision_nor_a_dataset(changed: Path) -> None:
    result = run("diff", "oks.jsonl")
    assert result.code == 5
    assert result.stderr == (
        "error: there is no dataset 'oks.jsonl', and no such revision\nhint: Did you mean 'osk.jsonl'?\n"
    )


@pytest.mark.parametrize("command", ["diff", "log"])
def test_a_mistyped_entry_and_a_mistyped_branch_are_told_apart(changed: Path, command: str) -> None:
    ok("branch", "lora/noir")
    assert run(command, "oks.jsonl#2").stderr.endswith("hint: Did you mean 'osk.jsonl#2'?\n")
    assert run(command, "lora/nior").stderr == (
        "error: unknown revision 'lora/nior'\nhint: Did you mean 'lora/noir'?\n"
    )
    assert "Did you mean 'osk.jsonl'?" in run("log", "oks.jsonl").stderr


def test_what_is_both_needs_the_dashes(changed: Path) -> None:
    ok("branch", "osk.jsonl")
    result = run("diff", "osk.jsonl")
    assert result.code == 2
    assert result.stderr == (
        "error: 'osk.jsonl' is a revision and a file\n"
        "hint: Write a dataset behind `--`, the revision as 'osk.jsonl~0'.\n"
    )
    assert ok("diff", "--stat", "--", "osk.jsonl") == FIRST
    assert ok("diff", "--stat", "osk.jsonl~0") == FIRST


def test_only_the_names(changed: Path) -> None:
    write(changed / "nell.jsonl", entry(9))
    ok("add", ".")
    assert ok("diff", "--name-only") == "nell.jsonl\nosk.jsonl\n"


def test_counts_as_json(changed: Path) -> None:
    answer = run("diff", "--stat", "--json").json
    assert (answer["old"], answer["new"]) == ("HEAD", None)
    assert [(c["path"], c["change"], c["counts"]["edited"]) for c in answer["datasets"]] == [
        ("osk.jsonl", "edited", 1)
    ]


def test_conversations_as_json(changed: Path) -> None:
    answer = run("diff", "--json").json
    head = run("log", "--json").json[0]["id"]
    assert (answer["from"], answer["to"]) == (head, "worktree")
    (dataset,) = answer["datasets"]
    assert [(each["change"], each["new_position"]) for each in dataset["entries"]] == [
        ("edited", 1),
        ("added", 5),
    ]
    (turn,) = dataset["entries"][0]["turns"]
    assert (turn["old_index"], turn["role"], turn["old"], turn["new"]) == (2, "assistant", "Aye.", "No.")


def test_a_page(changed: Path) -> None:
    assert ok("diff", "--html", "page.html") == "page.html: 2 entries in 1 dataset\n"
    page = (changed / "page.html").read_text(encoding="utf-8")
    assert "First crossing (Mara Lind, " in page
    assert "<b>working files</b>" in page


def test_a_page_that_cannot_be_written_is_called_by_its_name(changed: Path) -> None:
    result = run("diff", "--html", "nowhere/page.html")
    assert (result.code, result.stderr) == (8, "error: nowhere/page.html: no such file or directory\n")


def test_a_file_that_is_no_dataset_at_the_moment(changed: Path) -> None:
    (changed / "osk.jsonl").write_text("{broken\n")
    result = run("diff")
    assert (result.code, result.stdout) == (4, "")
    assert result.stderr.startswith("error: osk.jsonl:1:")


def test_a_directory_stands_for_the_datasets_in_it(work: Path) -> None:
    write(work / "osk.jsonl", entry(1))
    write(work / "crew" / "nell.jsonl", entry(9))
    ok("add", "crew")
    assert ok("diff", "--name-only", "crew") == "crew/nell.jsonl\n"
    assert ok("diff", "--name-only", ".") == "crew/nell.jsonl\nosk.jsonl\n"
    assert ok("diff", "--name-only", "HEAD", "--", "crew") == "crew/nell.jsonl\n"
    ok("commit", "-m", "Crew")
    assert ok("diff", "--name-only", "HEAD~1..HEAD", "crew") == "crew/nell.jsonl\n"
    (work / "empty").mkdir()
    assert run("diff", "empty").stderr.startswith("error: no dataset is in empty\n")


def test_a_registry_is_the_same_where_its_file_is(empty: Path) -> None:
    """The mapping of an entry that is gone moves into the registry: the sidecar says the same."""
    write(empty / "osk.jsonl", entry(1), entry(2))
    beside = sidecar(empty / "osk.jsonl", osk="Osk")
    content = json.loads(beside.read_text())
    turns = [{"turn_index": 0, "character_slug": "osk"}]
    content["entry_character_mappings"] = [
        {"entry_uuid": entry(number)["_rolethread"]["entry_uuid"], "turns": turns} for number in (2, 1)
    ]
    beside.write_text(json.dumps(content))
    ok("add", ".")
    ok("commit", "-m", "Two")
    write(empty / "osk.jsonl", entry(2))
    assert "  edited   osk.jsonl   1 removed\n" in ok("status")
    assert "registry" not in ok("diff") and "file" not in ok("diff")
    assert run("diff", "--json").json["datasets"][0]["registry"], "`apply` needs it"
    sidecar(empty / "osk.jsonl", osk="Osk Berrow")
    assert "1 removed, registry changed" in ok("status")
