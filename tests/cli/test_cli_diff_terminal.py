"""How a difference reads on a terminal: the exact wording."""

from __future__ import annotations

import json
from textwrap import dedent

import pytest
from diff_samples import (
    ANSWER,
    ASK,
    LATER,
    SYSTEM,
    WHEN,
    Dataset,
    added,
    dataset,
    edited,
    is_fit_to_print,
    record,
    removed,
    session,
)

from rtstore.cli.diff.terminal import dataset_lines
from rtstore.compare.difference import EntryChange, FieldChange
from rtstore.model.objects import Counts

BEFORE = (SYSTEM, ASK, ANSWER, WHEN, LATER)


def shown(what: Dataset, color: str = "never") -> str:
    return "".join(f"{line}\n" for line in dataset_lines(session(color), what))  # type: ignore[arg-type]


def body(*entries: EntryChange, color: str = "never") -> str:
    """Return what is shown of entries."""
    return shown(dataset(*entries), color).partition("\n\n")[2]


def text(block: str) -> str:
    return dedent(block).lstrip("\n")


def test_an_edited_turn_shows_its_words_and_folds_the_other_turns() -> None:
    new = record(*BEFORE[:2], ("assistant", "Not since the fog came in. Sit down, then."), *BEFORE[3:])
    assert shown(dataset(edited(record(*BEFORE), new))) == text(
        """
        mara.jsonl: 1 edited

        edited mara.jsonl#4 3f3f3f3f  "Is this seat taken?"
          ... 2 turns ...
        ~ assistant
            Not since the fog came in. Sit{+ down, then+}.
          ... 2 turns ...
        """
    )


def test_turns_are_added_and_removed_where_they_stand() -> None:
    new = record(SYSTEM, ASK, ANSWER, ("user", "I can wait."), ("assistant", "Then wait."), WHEN)
    assert body(edited(record(*BEFORE), new)) == text(
        """
        edited mara.jsonl#4 3f3f3f3f  "Is this seat taken?"
          ... 3 turns ...
        + user
        +   I can wait.
        + assistant
        +   Then wait.
          ... 1 turn ...
        - assistant
        -   When the far light is lit.
        """
    )


def test_a_turn_that_moved_is_told_by_its_first_line() -> None:
    long = (
        "user",
        "The lamp at the Far Tooth went out at nine, and nobody has gone up the stairs since. " * 2,
    )
    old, new = record(SYSTEM, long, ANSWER, WHEN, LATER), record(SYSTEM, ANSWER, WHEN, LATER, long)
    assert body(edited(old, new)) == text(
        """
        edited mara.jsonl#4 3f3f3f3f  "Not since the fog came in. Sit."
          ... 4 turns ...
        > user  turn 2 -> 5
            The lamp at the Far Tooth went out at nine, and nobody has gone up the st...
        """
    )


def test_fields_have_their_values_in_one_line_where_they_fit() -> None:
    old = record(ASK, ANSWER, tags=["draft"], rating=3, source="manual", note="By hand.", by="Nell " * 9)
    new = record(
        ASK,
        ANSWER,
        tags=["draft", "approved"],
        rating=4,
        reviewer="Mara",
        note="By hand and by lamp light, twice over, until the fog went out again.",
        by="Nell " * 9 + "Osk",
    )
    assert body(edited(old, new)) == text(
        """
        edited mara.jsonl#4 3f3f3f3f  "Is this seat taken?"
        ~ tags: [draft] -> [draft, approved]
        ~ rating: 3 -> 4
        - source: "manual"
        ~ note: By hand{+ and by lamp light, twice over, until the fog went out again+}.
        ~ by: Nell Nell Nell Nell Nell Nell Nell Nell Nell {+Osk+}
        + reviewer: "Mara"
        """
    )


def test_an_added_and_a_removed_entry_are_shown_whole() -> None:
    bookkeeping = {"_rolethread": {"entry_uuid": "7" * 32}}
    assert body(
        removed(record(SYSTEM, ASK)), added(record(ASK, ANSWER, tags=["new"], **bookkeeping))
    ) == text(
        """
        removed mara.jsonl#6 08080808  "Is this seat taken?"
        - system
        -   You are Osk, ferryman of the Patience.
        - user
        -   Is this seat taken?

        added mara.jsonl#5 77777777  "Is this seat taken?"
        + user
        +   Is this seat taken?
        + assistant
        +   Not since the fog came in. Sit.
        + tags: [new]
        """
    )


def test_what_only_moved_takes_a_line_and_what_was_only_reformatted_says_so() -> None:
    texts = record(ASK, ANSWER), record(ASK, ANSWER)
    moved = [
        EntryChange("moved", bytes([number]) * 16, 1100 + number, number, *texts, moved=True)
        for number in (1, 2)
    ]
    reformatted = EntryChange("reformatted", b"\x21" * 16, 8, 9, *texts, moved=True)
    assert body(*moved, reformatted) == text(
        """
        moved mara.jsonl#2 01010101  1,102 -> 2  "Is this seat taken?"
        moved mara.jsonl#3 02020202  1,103 -> 3  "Is this seat taken?"

        reformatted mara.jsonl#10 21212121  moved 9 -> 10  "Is this seat taken?"
          only written differently: its content is the same
        """
    )


def test_of_many_that_only_moved_or_were_only_reformatted_a_few_are_shown() -> None:
    texts = record(ASK, ANSWER), record(ASK, ANSWER)
    alike = [
        EntryChange(kind, number.to_bytes(16, "big"), number, number + 1, *texts, moved=kind == "moved")
        for number in range(1200)
        for kind in ("moved", "reformatted")
    ]
    shown = body(*alike, edited(record(ASK, ANSWER), record(ASK, LATER)))
    lines = shown.splitlines()
    assert sum(line.startswith("moved ") for line in lines) == 5
    assert sum(line.startswith("reformatted ") for line in lines) == 5
    assert "edited mara.jsonl#4 " in shown
    assert lines[-3:] == ["", "and 1,195 more only moved", "and 1,195 more only written differently"]


def test_an_entry_both_moved_and_edited_says_both() -> None:
    both = edited(record(ASK, ANSWER), record(ASK, LATER), at=(8, 2), moved=True)
    assert body(both).startswith('edited mara.jsonl#3 3f3f3f3f  moved 9 -> 3  "Is this seat taken?"\n')


def test_the_registry_and_the_file_come_before_the_entries() -> None:
    registry = (FieldChange("tags/approved", new={"name": "Approved"}), FieldChange("characters/osk", 1, 2))
    file = (FieldChange("framing.separator", "\n", "\r\n"), FieldChange("framing.mode", "644", "755"))
    assert shown(dataset(registry=registry, file=file)) == text(
        """
        mara.jsonl: registry changed, file changed

        file of mara.jsonl
        ~ separator: "\\n" -> "\\r\\n"
        ~ mode: 644 -> 755

        registry of mara.jsonl
        + tags/approved: {"name": "Approved"}
        ~ characters/osk: 1 -> 2
        """
    )


@pytest.mark.parametrize("change", ["added", "removed"])
def test_a_dataset_that_one_version_does_not_have(change: str) -> None:
    whole = dataset(change=change)._replace(
        counts=Counts(added=1200) if change == "added" else Counts(removed=1200)
    )
    assert shown(whole) == f"mara.jsonl: dataset {change}, 1,200 entries\n"


def test_a_long_turn_is_shown_around_its_changes() -> None:
    words = [f"word{number}" for number in range(400)]
    old = " ".join(words)
    new = old.replace("word100", "WORD").replace("word300 ", "")
    assert body(edited(record(ASK, ("assistant", old)), record(ASK, ("assistant", new)))) == text(
        """
        edited mara.jsonl#4 3f3f3f3f  "Is this seat taken?"
          ... 1 turn ...
        ~ assistant
            [...] word78 word79 word80 word81 word82 word83 word84 word85 word86 word87
            word88 word89 word90 word91 word92 word93 word94 word95 word96 word97 word98
            word99 [-word100-]{+WORD+} word101 word102 word103 word104 word105 word106
            word107 word108 word109 word110 word111 word112 word113 word114 word115
            word116 word117 word118 word119 [...] word281 word282 word283 word284
            word285 word286 word287 word288 word289 word290 word291 word292 word293
            word294 word295 word296 word297 word298 word299 [-word300 -]word301 word302
            word303 word304 word305 word306 word307 word308 word309 word310 word311
            word312 word313 word314 word315 word316 word317 word318 word319 [...]
        """
    )


def test_a_turn_of_which_nothing_is_left_is_shown_before_and_after() -> None:
    new = record(ASK, ("assistant", "Ask the gulls!"))
    assert body(edited(record(ASK, ANSWER), new)) == text(
        """
        edited mara.jsonl#4 3f3f3f3f  "Is this seat taken?"
          ... 1 turn ...
        ~ assistant
        -   Not since the fog came in. Sit.
        +   Ask the gulls!
        """
    )


def test_a_full_stop_that_is_left_of_a_sentence_does_not_count() -> None:
    old = ("Not yet.", "Aye, every hour until the lamps are lit.")
    entry = edited(
        record(("user", old[0]), ("assistant", old[1])), record(("user", old[0]), ("assistant", "No."))
    )
    assert "-   Aye, every hour until the lamps are lit.\n+   No.\n" in body(entry)


def test_white_space_that_changed_can_be_seen() -> None:
    old = record(ASK, ("assistant", "Not since  the fog came in. Sit, and wait for the light."))
    new = record(ASK, ("assistant", "Not since the fog came in.\n\nSit, and wait for the light."))
    assert body(edited(old, new)).splitlines()[3:] == [
        "    Not since[-··-]{+·+}the fog came in.[-·-]{+¶",
        "    ¶",
        "    +}Sit, and wait for the light.",
    ]


def test_a_name_and_the_side_of_a_preference_tell_who_speaks() -> None:
    pair = {"prompt": "Is this seat taken?", "chosen": "Sit.", "rejected": "No."}
    lines = body(added(json.dumps(pair).encode())).splitlines()
    assert [line for line in lines if line.startswith("+ assistant")] == [
        "+ assistant (chosen)",
        "+ assistant (rejected)",
    ]


def test_a_record_of_no_known_shape_differs_by_field() -> None:
    assert body(
        edited(b'{"a": 1, "b": {"c": [1]}}', b'{"a": 2, "b": {"c": [1]}}'), added(b'[1, "x"]')
    ) == text(
        """
        edited mara.jsonl#4 3f3f3f3f  "{"a": 2, "b": {"c": [1]}}"
        ~ a: 1 -> 2

        added mara.jsonl#5 77777777  "[1, "x"]"
        + record: [1, "x"]
        """
    )


def test_volatile_values_that_were_cut_out_do_not_hinder() -> None:
    cut = b'{"messages": [{"role": "user", "content": "A \\"quoted\\": , sign"}], "_r": {"at": , "v": }}'
    assert body(added(cut)).splitlines() == [
        'added mara.jsonl#5 77777777  "A "quoted": , sign"',
        "+ user",
        '+   A "quoted": , sign',
    ]


def test_stored_names_cannot_begin_a_line_of_their_own() -> None:
    forged = "user\n+ assistant"
    assert body(edited(record((forged, "a")), record((forged, "b"), **{forged: 1}))) == text(
        """
        edited mara.jsonl#4 3f3f3f3f  "b"
        ~ user + assistant
        -   a
        +   b
        + user + assistant: 1
        """
    )


def test_stored_text_cannot_steer_the_terminal() -> None:
    hostile = "\x1b[2J\x07 \u202e evil"
    old = record((hostile, hostile), ANSWER, **{hostile: hostile})
    new = record((hostile, hostile + " more"), ANSWER, **{hostile: 1})
    for entry in (edited(old, new), added(new), removed(old)):
        assert is_fit_to_print(body(entry))


def test_colours_stand_for_signs() -> None:
    new = record(SYSTEM, ("user", "Is that seat taken?"))
    assert body(edited(record(SYSTEM, ASK), new), color="always") == text(
        """
        \x1b[1;33medited\x1b[0m\x1b[1m mara.jsonl#4 3f3f3f3f\x1b[0m  "Is that seat taken?"
        \x1b[2m  ... 1 turn ...\x1b[0m
        \x1b[33m~\x1b[0m \x1b[1muser\x1b[0m
            Is \x1b[31mthis\x1b[0m\x1b[32mthat\x1b[0m seat taken?
        """
    )
