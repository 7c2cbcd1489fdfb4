"""``rtstore resolve`` alone: the walk through the conflicts, on a terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli_helpers import answering, entry, ok, run, sidecar, write
from merge_scenes import answered, conflict_over, crossings, diverge, merged, replies

QUESTION = "Take o(urs), t(heirs), b(ase), 2 (both), e(dit), s(kip), q(uit) or ?: "
WITHOUT_BOTH = QUESTION.replace("2 (both), ", "")
SIDES = "ours:   main, the branch you are on\ntheirs: noir\n\n"
FIRST = f"""\
{SIDES}osk.jsonl#1 00000001 (1 of 2)  "Crossing number 1?"
both edited turn 3

  ... 1 turn ...
  user: Crossing number 1?
turn 3, assistant
  base    Aye.
  ours    Aye{{+, and back+}}.
  theirs  Aye{{+, for a price+}}.
{QUESTION}"""
SECOND = f"""
osk.jsonl#2 00000002 (2 of 2)  "Crossing number 2?"
both edited turn 3

  ... 1 turn ...
  user: Crossing number 2?
turn 3, assistant
  base    Aye.
  ours    [-Aye-]{{+Never+}}.
  theirs  [-Aye-]{{+Drowned+}}.
{QUESTION}"""
DONE = "\nAll conflicts are resolved\nhint: `rtstore merge --continue` makes the commit\n"


@pytest.fixture
def osk(work: Path) -> Path:
    """A dataset of which both branches changed the replies of the first two entries; they are being merged."""
    path = work / "osk.jsonl"
    conflict_over(path)
    assert run("merge", "noir").code == 1
    return path


def left(count: int) -> str:
    noun = "conflict" if count == 1 else "conflicts"
    return (
        f"\n{count} {noun} left to resolve; until then the files have ours there\n"
        "hint: `rtstore resolve` goes through them one by one\n"
        "hint: `rtstore merge --abort` gives it all up\n"
    )


def test_each_turn_that_clashes_is_shown_and_asked_about(osk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = answered(monkeypatch, "t", "ours")
    assert (result.code, result.stderr) == (0, "")
    assert result.stdout == (
        FIRST + "Resolved osk.jsonl#1 00000001\n" + SECOND + "Resolved osk.jsonl#2 00000002\n" + DONE
    )
    assert list(replies(osk)) == ["Aye, for a price.", "Never.", "Aye.", "Aye."]


def test_other_answers_show_what_there_is_to_choose(osk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = answered(monkeypatch, "?", "q").stdout
    assert shown == (
        FIRST + "  o  ours: what this branch has\n"
        "  t  theirs: what comes in\n"
        "  b  base: what it was before either side changed it\n"
        "  2  both, as two entries: theirs becomes one of its own behind ours\n"
        "  e  write it in your editor, starting from ours\n"
        "  s  leave this conflict for later\n"
        "  q  leave it and all after it; what was resolved stays resolved\n" + QUESTION + left(2)
    )


def test_a_conflict_can_be_left_for_later(osk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = answered(monkeypatch, "s", "b")
    assert (result.code, result.stdout) == (
        1,
        FIRST + SECOND + "Resolved osk.jsonl#2 00000002\n" + left(1),
    )
    assert list(replies(osk)) == ["Aye, and back.", "Aye.", "Aye.", "Aye."]


def test_quitting_and_the_end_of_input_keep_what_was_resolved(
    osk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert answered(monkeypatch, "t", "q").code == 1
    assert [conflict["position"] for conflict in run("conflicts", "--json").json] == [2]
    result = answered(monkeypatch)
    assert (result.code, result.stdout.endswith(left(1))) == (1, True)


def test_an_interruption_keeps_what_was_resolved(osk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["t"])

    def interrupted(_question: str) -> str:
        try:
            return next(answers)
        except StopIteration:
            raise KeyboardInterrupt from None

    monkeypatch.setattr("builtins.input", interrupted)
    result = answered(monkeypatch)
    assert (result.code, "what was complete is kept" in result.stderr) == (130, True)
    assert "is not kept" not in result.stdout
    assert [conflict["position"] for conflict in run("conflicts", "--json").json] == [2]


def test_each_turn_of_an_entry_has_an_answer_of_its_own(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = work / "osk.jsonl"

    def version(first: str, second: str, rating: int) -> dict[str, Any]:
        record = entry(1, first)
        more = [{"role": "user", "content": "And then?"}, {"role": "assistant", "content": second}]
        return {**record, "messages": [*record["messages"], *more], "rating": rating}

    write(path, version("Aye.", "We row.", 1))
    ok("commit", "-m", "Longer")
    assert (
        merged(path, [version("Aye, ma'am.", "We swim.", 2)], [version("Aye, sir.", "We sail.", 3)]).code == 1
    )
    result = answered(monkeypatch, "o", "t", "b")
    assert result.code == 0
    assert "both edited turns 3 and 5; both edited rating" not in result.stdout
    assert "both edited turn 3, turn 5 and rating\n" in result.stdout
    assert (
        "\n  user: And then?\nturn 5, assistant\n  base    We row.\n  ours    We [-row-]{+swim+}.\n"
        "  theirs  We [-row-]{+sail+}.\n"
    ) in result.stdout
    assert "\nrating\n  base    1\n  ours    2\n  theirs  3\n" in result.stdout
    assert json.loads(path.read_text()) == version("Aye, ma'am.", "We sail.", 1)


def test_a_turn_can_be_written(osk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "editor.py"
    script.write_text(
        "import pathlib, sys\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "shown = path.read_text(encoding='utf-8')\n"
        "assert shown.startswith('Aye, and back.\\n# ---'), shown\n"
        "path.write_text(shown.replace('and back', 'and back, for a price', 1), encoding='utf-8')\n"
    )
    monkeypatch.setenv("EDITOR", f"python3 '{script}'")
    before = osk.read_text().splitlines()
    result = answered(monkeypatch, "e", "q")
    assert (result.code, result.stderr) == (1, "")
    after = osk.read_text().splitlines()
    assert after == [before[0].replace("and back", "and back, for a price"), *before[1:]]


def test_a_turn_that_a_side_removed_is_not_there(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = work / "osk.jsonl"
    more = {"role": "user", "content": "And then?"}

    def longer(*turns: dict[str, str]) -> dict[str, Any]:
        record = entry(1)
        return {**record, "messages": [*record["messages"], *turns]}

    write(path, longer(more))
    ok("commit", "-m", "Longer")
    assert merged(path, [longer({**more, "content": "And then, Osk?"})], [longer()]).code == 1
    shown = answered(monkeypatch, "t").stdout
    assert "we edited, they removed turn 4\n" in shown
    assert (
        "\nturn 4, user\n  base    And then?\n  ours    And then{+, Osk+}?\n  theirs  (not there)\n" in shown
    )
    assert json.loads(path.read_text()) == longer()


def longer_on_both_sides(path: Path) -> None:
    """Let both branches change two turns and the rating of one entry."""

    def version(first: str, second: str, rating: int) -> dict[str, Any]:
        record = entry(1, first)
        more = [{"role": "user", "content": "And then?"}, {"role": "assistant", "content": second}]
        return {**record, "messages": [*record["messages"], *more], "rating": rating}

    write(path, version("Aye.", "We row.", 1))
    ok("commit", "-m", "Longer")
    ours, theirs = version("Aye, ma'am.", "We swim.", 2), version("Aye, sir.", "We sail.", 3)
    assert merged(path, [ours], [theirs]).code == 1


@pytest.mark.parametrize("answers", [["o", "q"], ["o", "t", "s"], ["o"]], ids=["quit", "skip", "end"])
def test_who_leaves_in_the_middle_of_an_entry_is_told_that_nothing_of_it_is_kept(
    work: Path, monkeypatch: pytest.MonkeyPatch, answers: list[str]
) -> None:
    longer_on_both_sides(work / "osk.jsonl")
    shown = answered(monkeypatch, *answers).stdout
    assert "\nWhat you chose for osk.jsonl#1 00000001 is not kept: not all of it was decided\n" in shown
    assert len(run("conflicts", "--json").json) == 1


def test_an_interruption_in_the_middle_of_an_entry_is_told_too(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    longer_on_both_sides(work / "osk.jsonl")
    answers = iter(["o"])

    def interrupted(_question: str) -> str:
        try:
            return next(answers)
        except StopIteration:
            raise KeyboardInterrupt from None

    monkeypatch.setattr("builtins.input", interrupted)
    assert "What you chose for osk.jsonl#1 00000001 is not kept" in answered(monkeypatch).stdout


@pytest.mark.parametrize("answer", ["2", "both"])
def test_both_can_be_kept_as_two_entries(osk: Path, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    assert answered(monkeypatch, answer, "q").code == 1
    assert list(replies(osk)) == ["Aye, and back.", "Aye, for a price.", "Never.", "Aye.", "Aye."]
    assert [conflict["position"] for conflict in run("conflicts", "--json").json] == [3]


def test_of_a_commit_that_is_picked_or_taken_back_the_sides_are_said(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = work / "osk.jsonl"
    write(path, *crossings(_1="Aye, and back."))
    ok("commit", "-m", "Both ways")
    write(path, *crossings(_1="Never."))
    ok("commit", "-m", "Storm")
    assert run("revert", "HEAD~1").code == 1
    id_ = run("log", "--json").json[1]["id"][:12]
    assert answered(monkeypatch, "q").stdout.startswith(
        f"ours:   main, the branch you are on\ntheirs: what was before {id_} Both ways\n\n"
    )
    assert f"A revert of {id_} Both ways is in progress\n" in ok("status")


def test_on_a_narrow_terminal_the_question_is_broken_between_words(
    osk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "44")
    with answering(monkeypatch, "?", "q"):
        shown = run("--color", "never", "resolve", terminal=True).stdout
    assert "Take o(urs), t(heirs), b(ase), 2 (both),\n  e(dit), s(kip), q(uit) or ?: " in shown
    # What follows a question stands on its line: nobody presses Return here.
    assert max(len(line) for line in shown.splitlines() if "?: " not in line) <= 44


def test_after_a_mistake_the_editor_opens_what_was_written(
    work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = work / "osk.jsonl"
    ours, theirs = ({**entry(1), "rating": number} for number in (2, 3))
    assert merged(path, [ours], [theirs]).code == 1
    script = tmp_path / "editor.py"
    script.write_text(
        "import pathlib, sys\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "text = path.read_text(encoding='utf-8')\n"
        "new = text.replace('[4,', '[4]', 1) if text.startswith('[4,') else text.replace('2', '[4,', 1)\n"
        "path.write_text(new, encoding='utf-8')\n"
    )
    monkeypatch.setenv("EDITOR", f"python3 '{script}'")
    result = answered(monkeypatch, "e", "e")
    assert "?: what was written is no JSON: expecting value at line 1, column 4\n" in result.stdout
    assert (result.code, json.loads(path.read_text())["rating"]) == (0, [4])


def test_what_is_wrong_is_said_once_and_where_it_was_written(
    work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = work / "osk.jsonl"
    ours, theirs = ({**entry(1), "rating": number} for number in (2, 3))
    assert merged(path, [ours], [theirs]).code == 1
    script = tmp_path / "editor.py"
    script.write_text("import sys\nopen(sys.argv[1], 'w').write('[1,\\n  \"two\\n\"]\\n')\n")
    monkeypatch.setenv("EDITOR", f"python3 '{script}'")
    shown = answered(monkeypatch, "e", "q").stdout
    assert "?: what was written is no JSON: invalid control character at line 2, column 7\n" in shown


def test_an_editor_that_is_left_with_an_error_takes_nothing(
    osk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", "false")
    shown = answered(monkeypatch, "e", "q").stdout
    assert "the editor 'false' ended with an error (exit code 1): nothing was taken\nTake" in shown
    monkeypatch.setenv("EDITOR", "no-such-editor")
    shown = answered(monkeypatch, "e", "q").stdout
    assert "the editor 'no-such-editor' cannot be started: nothing was taken\nhint: Set $EDITOR" in shown


@pytest.mark.parametrize(("editor", "done"), [("true >", "written"), ("true", "edited")])
def test_an_editor_that_writes_nothing_leads_back_to_the_question(
    osk: Path, monkeypatch: pytest.MonkeyPatch, editor: str, done: str
) -> None:
    monkeypatch.setenv("EDITOR", editor)
    shown = answered(monkeypatch, "e", "q").stdout
    assert shown == (FIRST + f"nothing was {done}: the conflict is left as it is\n" + QUESTION + left(2))


def test_what_a_side_removed_is_shown_with_what_the_other_changed(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = work / "osk.jsonl"
    assert merged(path, crossings(_1="Aye, and back."), crossings()[1:]).code == 1
    result = answered(monkeypatch, "t")
    assert result.stdout == (
        SIDES + 'osk.jsonl#1 00000001 (1 of 1)  "Crossing number 1?"\n'
        "edited by us, removed by them\n"
        "\n"
        "  ... 2 turns ...\n"
        "~ assistant\n"
        "    Aye{+, and back+}.\n" + WITHOUT_BOTH + "Resolved osk.jsonl#1 00000001\n" + DONE
    )
    assert len(list(replies(path))) == 3


def test_a_value_of_the_registry_cannot_be_written(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = work / "osk.jsonl"
    sidecar(path, osk="Osk Berrow")
    ok("commit", "-m", "Who is who")
    ok("switch", "-c", "noir")
    sidecar(path, osk="Osk the Drowned")
    ok("commit", "-m", "Noir")
    ok("switch", "main")
    sidecar(path, osk="Old Osk Berrow")
    ok("commit", "-m", "Main")
    assert run("merge", "noir").code == 1
    result = answered(monkeypatch, "e", "t")
    assert result.stdout.startswith(
        SIDES + "osk.jsonl:characters/osk.display_name (1 of 1)\n"
        "both edited it\n"
        "\n"
        "  base    Osk Berrow\n"
        "  ours    {+Old +}Osk Berrow\n"
        "  theirs  Osk [-Berrow-]{+the Drowned+}\n"
        "Take o(urs), t(heirs), b(ase), s(kip), q(uit) or ?: "
        "  o  ours: what this branch has\n"
    )
    assert "Osk the Drowned" in (work / "osk.registry.json").read_text()


def test_a_dataset_that_a_side_removed_is_asked_about(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = work / "osk.jsonl"
    diverge(path, None, crossings(_2="Drowned."))
    path.unlink()
    ok("commit", "-m", "No ferry")
    assert run("merge", "noir").code == 1
    shown = answered(monkeypatch, "t").stdout
    assert shown.startswith(SIDES + "osk.jsonl (1 of 1)\nremoved by us, edited by them\n\nTake o(urs), ")
    assert list(replies(path)) == ["Aye.", "Drowned.", "Aye.", "Aye."]


def test_long_texts_are_folded_around_what_changed(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = work / "osk.jsonl"
    long = " ".join(f"stroke {number}" for number in range(400))
    write(path, entry(1, long))
    ok("commit", "-m", "Long")
    ours, theirs = (entry(1, long.replace("stroke 200 ", f"stroke {word} ")) for word in ("left", "right"))
    assert merged(path, [ours], [theirs]).code == 1
    shown = answered(monkeypatch, "s").stdout
    assert len(shown.splitlines()) < 30
    assert shown.count("[...]") == 6
    assert "{+left+}" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_a_text_that_was_written_anew_is_cut(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = work / "osk.jsonl"
    ours, theirs = ("\n".join(f"{word} {number}" for number in range(90)) for word in ("row", "sail"))
    assert merged(path, [entry(1, ours)], [entry(1, theirs)]).code == 1
    shown = answered(monkeypatch, "s").stdout
    assert shown.count("... and more ...") == 2


def test_stored_text_cannot_steer_the_terminal(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = work / "osk.jsonl"
    assert merged(path, [entry(1, "Aye \x1b[2J!")], [entry(1, "Nay \x1b[2J?")]).code == 1
    assert "\x1b" not in answered(monkeypatch, "s").stdout


def test_without_conflicts_it_says_so(osk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ok("resolve", "--all", "--ours")
    assert answered(monkeypatch).stdout == DONE
    ok("merge", "--continue")
    assert answered(monkeypatch).stderr == "error: no merge is in progress\n"
