from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from rtstore.cli.graph import Graph


def drawn(*history: str) -> str:
    """Draw a history, newest first: ``c: a b`` is a commit ``c`` with parents ``a`` and ``b``."""
    graph = Graph()
    lines: list[str] = []
    for line in history:
        name, _, parents = line.partition(":")
        lines += graph.lines(name.encode(), [parent.encode() for parent in parents.split()], [name])
    return "\n".join(lines)


def test_a_line_of_commits_is_a_line() -> None:
    assert drawn("c: b", "b: a", "a:") == "* c\n* b\n* a"


def test_two_branches_meet_where_they_parted() -> None:
    assert drawn("c: a", "b: a", "a:") == "\n".join(["* c", "| * b", "|/", "* a"])


def test_a_merge_opens_a_column() -> None:
    assert drawn("m: b c", "c: a", "b: a", "a:") == "\n".join(
        [
            "*   m",
            "|\\",
            "| * c",
            "* | b",
            "|/",
            "* a",
        ]
    )


def test_a_merge_of_an_ancestor_closes_at_once() -> None:
    assert drawn("m: b a", "b: a", "a:") == "\n".join(["*   m", "|\\", "* | b", "|/", "* a"])


def test_three_branches_from_one_commit() -> None:
    assert drawn("d: a", "c: a", "b: a", "a:") == "\n".join(
        ["* d", "| * c", "|/", "| * b", "|/", "* a"],
    )


def test_a_column_that_joins_one_far_to_the_left_crosses_those_between() -> None:
    assert drawn("e: a", "d: b", "c: f", "f: a", "b: a", "a:") == "\n".join(
        [
            "* e",
            "| * d",
            "| | * c",
            "| | * f",
            "| |/",
            "|/|",
            "| * b",
            "|/",
            "* a",
        ]
    )


def test_unrelated_histories_end_on_their_own() -> None:
    assert drawn("b: a", "z:", "a:") == "\n".join(["* b", "| * z", "* a"])


def test_columns_move_to_the_left_when_one_ends() -> None:
    assert drawn("z: y", "b: a", "y:", "a:") == "\n".join(["* z", "| * b", "* | y", " /", "* a"])


def test_a_merge_of_three() -> None:
    assert drawn("m: a b c", "c: r", "b: r", "a: r", "r:") == "\n".join(
        ["*     m", "|\\", "|\\ \\", "| | * c", "| * | b", "| |/", "* | a", "|/", "* r"]
    )


def test_text_of_several_lines_stays_beside_the_lines() -> None:
    graph = Graph()
    first = list(graph.lines(b"m", [b"b", b"c"], ["commit m", "Author: x", ""]))
    assert first == ["*   commit m", "|\\  Author: x", "| |"]


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[bytes, list[bytes]]]:
    count = draw(st.integers(1, 25))
    history = []
    for number in range(count):
        older = list(range(number + 1, count))
        parents = draw(st.lists(st.sampled_from(older), max_size=3, unique=True)) if older else []
        history.append((bytes([number]), [bytes([parent]) for parent in parents]))
    return history


@given(histories())
def test_every_commit_is_drawn_once_in_order(history: Sequence[tuple[bytes, list[bytes]]]) -> None:
    graph = Graph()
    seen = []
    for commit, parents in history:
        lines = list(graph.lines(commit, parents, [f"[{commit[0]}]"]))
        assert lines[0].count("*") == 1
        assert all("*" not in line for line in lines[1:])
        assert all(set(line) <= set("|/\\_ ") for line in lines[1:])
        seen.append(int(lines[0].partition("[")[2].rstrip("]")))
    assert seen == list(range(len(history)))


@given(histories())
def test_no_line_is_left_over_when_all_parents_were_drawn(
    history: Sequence[tuple[bytes, list[bytes]]],
) -> None:
    graph = Graph()
    for commit, parents in history:
        list(graph.lines(commit, parents, []))
    assert list(graph.lines(b"new", [], ["new"])) == ["* new"]
