"""Walking the graph of commits, and how two commits are related, also where clocks were wrong."""

from __future__ import annotations

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtstore.errors import MissingObjectError
from rtstore.history.ancestry import is_ancestor, merge_bases, reachable, walk
from tests.commit_graph import CommitGraph


@st.composite
def graphs(draw: st.DrawFn) -> tuple[CommitGraph, list[bytes]]:
    """A graph of up to 12 commits with up to three parents each and clocks that mean nothing."""
    graph = CommitGraph()
    ids: list[bytes] = []
    for _ in range(draw(st.integers(1, 12))):
        parents = draw(st.lists(st.sampled_from(ids), unique=True, max_size=3)) if ids else []
        ids.append(graph.add(*parents, time=draw(st.integers(0, 5))))
    return graph, ids


def ancestors(graph: CommitGraph, commit: bytes) -> set[bytes]:
    """The plain definition: the commit, its parents, theirs, and so on."""
    return {commit}.union(*(ancestors(graph, parent) for parent in graph.commits[commit].parents))


def names(graph: CommitGraph, *starts: bytes, exclude: tuple[bytes, ...] = ()) -> list[bytes]:
    return [id_ for id_, _ in walk(graph, starts, exclude)]


def line(graph: CommitGraph, length: int) -> list[bytes]:
    ids = [graph.add()]
    while len(ids) < length:
        ids.append(graph.add(ids[-1]))
    return ids


def test_a_line_is_walked_newest_first() -> None:
    graph = CommitGraph()
    ids = line(graph, 5)
    assert names(graph, ids[-1]) == ids[::-1]
    assert names(graph, ids[-1], exclude=(ids[1],)) == ids[:1:-1]
    assert names(graph, ids[1], exclude=(ids[1],)) == []
    assert names(graph) == []


def test_a_line_is_read_only_as_far_as_it_is_walked() -> None:
    graph = CommitGraph()
    ids = line(graph, 100)
    assert len(list(islice(walk(graph, [ids[-1]]), 3))) == 3
    assert len(graph.reads) == 3


def test_two_sides_of_a_merge_are_mixed_by_time() -> None:
    graph = CommitGraph()
    root = graph.add()
    left1, right1 = graph.add(root), graph.add(root)
    left2, right2 = graph.add(left1), graph.add(right1)
    merge = graph.add(left2, right2)
    assert names(graph, merge) == [merge, right2, left2, right1, left1, root]


def test_a_parent_from_the_future_still_comes_after_its_child() -> None:
    graph = CommitGraph()
    root = graph.add(time=1000)
    left, right = graph.add(root, time=1), graph.add(root, time=2)
    assert names(graph, left, right) == [right, left, root]


def test_a_missing_commit_is_an_error() -> None:
    graph = CommitGraph()
    tip = graph.add(b"x" * 32)
    with pytest.raises(MissingObjectError):
        names(graph, tip)


@given(graphs(), st.data())
def test_walking_gives_each_commit_once_and_children_first(
    pair: tuple[CommitGraph, list[bytes]], data: st.DataObject
) -> None:
    graph, ids = pair
    starts = data.draw(st.lists(st.sampled_from(ids), max_size=3))
    exclude = data.draw(st.lists(st.sampled_from(ids), max_size=2))
    expected = set().union(*(ancestors(graph, id_) for id_ in starts))
    expected -= set().union(*(ancestors(graph, id_) for id_ in exclude))
    walked = names(graph, *starts, exclude=tuple(exclude))
    assert len(walked) == len(set(walked))
    assert set(walked) == expected
    for position, id_ in enumerate(walked):
        assert not ancestors(graph, id_) & set(walked[:position])


@given(graphs(), st.data())
def test_ancestors_are_those_of_the_plain_definition(
    pair: tuple[CommitGraph, list[bytes]], data: st.DataObject
) -> None:
    graph, ids = pair
    a, b = data.draw(st.sampled_from(ids)), data.draw(st.sampled_from(ids))
    assert reachable(graph, [a]) == ancestors(graph, a)
    assert is_ancestor(graph, a, b) == (a in ancestors(graph, b))


@given(graphs(), st.data())
def test_merge_bases_are_the_common_ancestors_below_no_other(
    pair: tuple[CommitGraph, list[bytes]], data: st.DataObject
) -> None:
    graph, ids = pair
    a, b = data.draw(st.sampled_from(ids)), data.draw(st.sampled_from(ids))
    common = ancestors(graph, a) & ancestors(graph, b)
    best = {id_ for id_ in common if not any(id_ in ancestors(graph, other) - {other} for other in common)}
    bases = merge_bases(graph, a, b)
    assert set(bases) == best
    assert len(bases) == len(best)
    assert merge_bases(graph, b, a) == bases


def test_criss_cross_merges_have_two_bases() -> None:
    graph = CommitGraph()
    root = graph.add()
    left, right = graph.add(root), graph.add(root)
    ours, theirs = graph.add(left, right), graph.add(right, left)
    assert merge_bases(graph, ours, theirs) == [right, left]


def test_an_ancestor_of_a_base_is_no_base_even_where_clocks_hide_it() -> None:
    graph = CommitGraph()
    older = graph.add(time=10)
    between = graph.add(older, time=1)
    base = graph.add(between, time=8)
    ours, theirs = graph.add(base, older, time=20), graph.add(base, older, time=21)
    assert merge_bases(graph, ours, theirs) == [base]


def test_unrelated_histories_have_no_base() -> None:
    graph = CommitGraph()
    assert merge_bases(graph, graph.add(), graph.add()) == []


def test_finding_a_base_reads_little_more_than_what_came_after_it() -> None:
    graph = CommitGraph()
    ids = line(graph, 500)
    ours, theirs = graph.add(ids[-1]), graph.add(ids[-1])
    assert merge_bases(graph, ours, theirs) == [ids[-1]]
    assert len(graph.reads) < 10
