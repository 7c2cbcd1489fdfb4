"""How people name commits, datasets and entries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtstore.errors import RevisionError, RtstoreError, UsageError
from rtstore.history.refs import detached_at
from rtstore.history.revisions import (
    Comparison,
    Spec,
    find_position,
    parse_comparison,
    parse_range,
    resolve,
    split_entry,
    split_path,
)
from rtstore.model.objects import State
from tests.commit_graph import CommitGraph

GRAPH = CommitGraph()
ROOT = GRAPH.add()
LEFT = GRAPH.add(ROOT)
RIGHT = GRAPH.add(ROOT)
MERGE = GRAPH.add(LEFT, RIGHT)
TIP = GRAPH.add(MERGE)
TWINS = [GRAPH.add(ROOT, id_=bytes.fromhex("dddd11" + end * 29)) for end in ("00", "11")]
STATE = State(
    branches={"main": TIP, "both": LEFT, "lora/noir": RIGHT, "backup/hidden": LEFT, "tags/odd": LEFT},
    tags={"v1": ROOT, "both": RIGHT, "odd": ROOT},
)
REMOTE = {"backup/main": MERGE, "v1": RIGHT, "backup/hidden": ROOT, "backup/tags/v2": ROOT}


def found(text: str, state: State = STATE) -> bytes:
    return resolve(text, state, GRAPH, REMOTE)


@pytest.mark.parametrize(
    ("text", "commit"),
    [
        ("main", TIP),
        ("lora/noir", RIGHT),
        ("v1", ROOT),
        ("backup/main", MERGE),
        ("HEAD", TIP),
        ("@", TIP),
        (MERGE.hex(), MERGE),
        (MERGE.hex()[:9], MERGE),
        (MERGE.hex()[:9].upper(), MERGE),
        ("dddd1100", TWINS[0]),
        ("main~", MERGE),
        ("main^", MERGE),
        ("main~0", TIP),
        ("main^0", TIP),
        ("HEAD~2", LEFT),
        ("@~3", ROOT),
        ("main^^2", RIGHT),
        ("main~1^2~1", ROOT),
        ("main^^^", ROOT),
        ("backup/main^2", RIGHT),
        (MERGE.hex()[:9] + "^2", RIGHT),
        ("refs/heads/both", LEFT),
        ("heads/both~", ROOT),
        ("refs/tags/both", RIGHT),
        ("tags/both~", ROOT),
        ("tags/odd", LEFT),
        ("refs/tags/odd", ROOT),
        ("refs/heads/tags/odd", LEFT),
        ("backup/hidden", LEFT),
        ("remotes/backup/hidden", ROOT),
        ("refs/remotes/backup/main", MERGE),
        ("backup/tags/v2", ROOT),
    ],
)
def test_a_revision_names_a_commit(text: str, commit: bytes) -> None:
    assert found(text) == commit


@pytest.mark.parametrize(
    "text", ["tags/main", "refs/heads/v1", "heads/", "refs/", "remotes/main", "tags/tags/both"]
)
def test_a_name_in_full_is_of_what_it_says(text: str) -> None:
    with pytest.raises(RevisionError, match="unknown revision"):
        found(text)


def test_a_branch_hides_a_tag_and_a_tag_hides_a_remote_branch() -> None:
    assert found("both") == LEFT
    assert found("v1") == ROOT


def test_a_name_hides_the_commit_id_it_looks_like() -> None:
    prefix = TIP.hex()[:6]
    assert found(prefix, State(branches={prefix: ROOT})) == ROOT


def test_a_detached_head_is_its_commit() -> None:
    assert found("HEAD^", detached_at(STATE, MERGE)) == LEFT


@pytest.mark.parametrize("text", ["HEAD", "@~2", "main"])
def test_a_branch_without_commits_is_explained(text: str) -> None:
    with pytest.raises(RevisionError, match="branch 'main' has no commits yet") as raised:
        found(text, State())
    assert "rtstore commit" in (raised.value.hint or "")


def test_an_unknown_name_hints_at_near_ones() -> None:
    with pytest.raises(RevisionError, match="unknown revision 'mian'") as raised:
        found("mian~2")
    assert "main" in raised.value.candidates
    assert "'main'" in (raised.value.hint or "")


@pytest.mark.parametrize("text", ["zzzz", "abc", "ffffffff", "f" * 64, "f" * 65])
def test_an_unknown_id_hints_at_where_to_look(text: str) -> None:
    with pytest.raises(RevisionError, match="unknown revision") as raised:
        found(text)
    assert raised.value.hint


def test_an_entry_without_a_revision_hints_at_the_spelling() -> None:
    with pytest.raises(RevisionError) as raised:
        found("zzzz.jsonl#12")
    assert "HEAD:" in (raised.value.hint or "")


def test_an_ambiguous_id_lists_the_candidates() -> None:
    with pytest.raises(RevisionError, match="'dddd' is the start of 2 commit ids") as raised:
        found("dddd")
    assert raised.value.candidates == ("dddd11000000", "dddd11111111")
    assert "dddd11000000, dddd11111111" in (raised.value.hint or "")


def test_ambiguous_ids_are_shown_as_long_as_needed() -> None:
    graph = CommitGraph()
    for end in ("00", "11"):
        graph.add(id_=bytes.fromhex("cc" * 20 + end * 12))
    with pytest.raises(RevisionError) as raised:
        resolve("cccc", State(), graph)
    assert [len(candidate) for candidate in raised.value.candidates] == [41, 41]


@pytest.mark.parametrize("text", ["main~4", "main~999999999", "v1^", "main^2", "main^^3", "v1~^2"])
def test_going_past_the_history_is_an_error(text: str) -> None:
    with pytest.raises(RevisionError) as raised:
        found(text)
    assert repr(text) in raised.value.message
    assert raised.value.hint


@pytest.mark.parametrize("text", ["", "~1", "^", "main~x", "main^2x", "main~1234567890", "main~²"])
def test_what_cannot_be_a_revision_is_refused(text: str) -> None:
    with pytest.raises(RevisionError, match="is not a revision"):
        found(text)


@given(st.text(alphabet="HEADmain@~^0129{}:#./-\ud800 ", max_size=12))
def test_no_text_breaks_resolving(text: str) -> None:
    try:
        assert found(text) in GRAPH.commits
    except RtstoreError as error:
        assert error.hint


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("main..noir", ("main", "noir")),
        ("main..", ("main", "HEAD")),
        ("..noir~2", ("HEAD", "noir~2")),
        ("..", ("HEAD", "HEAD")),
        ("main", (None, "main")),
        ("v1.0..v1.1", ("v1.0", "v1.1")),
    ],
)
def test_ranges_are_split_at_two_dots(text: str, expected: tuple[str | None, str]) -> None:
    assert parse_range(text) == expected


@pytest.mark.parametrize("text", ["a...b", "a..b..c", "...."])
def test_other_ranges_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a range"):
        parse_range(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("main", Comparison("main", None)),
        ("main~2..HEAD", Comparison("main~2", "HEAD")),
        ("..noir", Comparison("HEAD", "noir")),
        ("main...noir", Comparison("main", "noir", merge_base=True)),
        ("...noir", Comparison("HEAD", "noir", merge_base=True)),
        ("main...", Comparison("main", "HEAD", merge_base=True)),
    ],
)
def test_a_comparison_has_two_or_three_dots(text: str, expected: Comparison) -> None:
    assert parse_comparison(text) == expected


@pytest.mark.parametrize("text", ["a....b", "a...b..c", "a..b..c", "a...b...c"])
def test_what_is_no_comparison(text: str) -> None:
    with pytest.raises(UsageError, match="is not a range"):
        parse_comparison(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("main", Spec("main")),
        ("main~2:mara.jsonl", Spec("main~2", "mara.jsonl")),
        ("HEAD:a/mara.jsonl#12", Spec("HEAD", "a/mara.jsonl", "12")),
        ("HEAD:12:30.jsonl#3fa8", Spec("HEAD", "12:30.jsonl", "3fa8")),
    ],
)
def test_paths_in_revisions_are_split(text: str, expected: Spec) -> None:
    assert split_path(text) == expected


@pytest.mark.parametrize("text", [":mara.jsonl", "HEAD:", ":", "HEAD:#3", "HEAD:mara.jsonl#"])
def test_empty_parts_are_refused(text: str) -> None:
    with pytest.raises(RevisionError, match="lacks") as raised:
        split_path(text)
    assert "HEAD:mara.jsonl#12" in (raised.value.hint or "") or "mara.jsonl#12" in (raised.value.hint or "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mara.jsonl", ("mara.jsonl", None)),
        ("mara.jsonl#12", ("mara.jsonl", "12")),
        ("a#1.jsonl", ("a#1.jsonl", None)),
        ("a#1.jsonl#2", ("a#1.jsonl", "2")),
        (
            "m.jsonl#3FA8b2c4-0000-4000-8000-000000000001",
            ("m.jsonl", "3FA8b2c4-0000-4000-8000-000000000001"),
        ),
    ],
)
def test_the_last_hash_splits_where_an_entry_follows(text: str, expected: tuple[str, str | None]) -> None:
    assert split_entry(text) == expected


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("1", 0),
        ("12", 11),
        ("5000", 4999),
        ("5001", "5001"),
        ("0012", "0012"),
        ("3fa8", "3fa8"),
        ("3FA8B2C4-0000-4000", "3fa8b2c400004000"),
        ("f" * 32, "f" * 32),
    ],
)
def test_an_entry_is_a_position_within_the_dataset_else_the_start_of_an_id(
    entry: str, expected: int | str
) -> None:
    assert find_position(entry, 5000) == expected


@pytest.mark.parametrize("entry", ["0", "13", "007"])
def test_a_position_outside_the_dataset_says_how_many_there_are(entry: str) -> None:
    with pytest.raises(RevisionError, match=f"there is no entry {entry}: the dataset has 12"):
        find_position(entry, 12)


@pytest.mark.parametrize("entry", ["", "abc", "xyz1", "-", "f" * 33])
def test_what_is_neither_position_nor_id_is_refused(entry: str) -> None:
    with pytest.raises(RevisionError, match="neither the position"):
        find_position(entry, 12)
