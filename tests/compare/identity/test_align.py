"""Giving lines the ids of the entries they are, step by step."""

from __future__ import annotations

from alignment import Case, Item, claim, ids, record, same, unnamed
from hypothesis import given
from hypothesis import strategies as st

from rtstore.compare.identity.align import Notice, assign
from rtstore.compare.identity.gaps import Gap
from rtstore.history.columns import Columns
from rtstore.model.ids import entry_id_of_duplicate, entry_id_of_record

LONG = "the quick brown fox jumps over the lazy dog and runs away into the dark wood"


def test_lines_of_nothing_known_have_the_ids_they_claim() -> None:
    assert Case(([], [("one", "a"), ("two", "b")])).ids == [ids("a", "b")]


def test_the_same_record_is_the_same_entry_wherever_it_is() -> None:
    case = Case(
        ([("one", "a"), ("two", "b")], [("two", None)]), ([("three", "c")], [("one", None), ("three", None)])
    )
    assert case.ids == [ids("b"), ids("a", "c")]


class TestEqualRecords:
    """Nothing in them tells which is which; their neighbours do."""

    def test_they_keep_their_order(self) -> None:
        assert Case((same("x", "x", "x"), unnamed("x", "x"))).ids == [ids("a", "b")]

    def test_those_at_the_ends_stay_there(self) -> None:
        case = Case((same("x", "x", "x"), unnamed("x", "y z", "x")))
        assert (case.ids[0][0], case.ids[0][2]) == (claim("a"), claim("c"))

    def test_the_one_beside_the_same_neighbour_stays(self) -> None:
        assert Case((same("x", "one", "x"), unnamed("one", "x"))).ids == [ids("b", "c")]
        assert Case((same("x", "one", "x", "two"), unnamed("two", "one", "x"))).ids == [ids("d", "b", "c")]

    def test_one_that_moved_away_with_its_neighbour_is_found_in_another_gap(self) -> None:
        case = Case((same("x", "one", "two", "x"), unnamed("x", "one")), ([], unnamed("two", "x")))
        assert case.ids == [ids("a", "b"), ids("c", "d")]

    def test_an_edited_one_is_not_taken_for_an_equal_one_elsewhere(self) -> None:
        known = same("zero", LONG, "one", LONG, "two")
        assert Case((known, unnamed("zero", LONG + " at night", "one", LONG, "two"))).ids == [ids(*"abcde")]

    def test_between_edited_neighbours_the_place_decides(self) -> None:
        known = same("one a", "x", "two b", "x", "three c")
        case = Case((known, unnamed("one aa", "x", "two bb", "x x", "three cc")))
        assert case.ids[0][1] == claim("b")


def test_an_edited_line_is_the_entry_whose_id_it_claims() -> None:
    case = Case(([("one", "a"), ("two", "b")], [("changed", "b"), ("other", "a")]))
    assert case.ids == [ids("b", "a")]


def test_the_claim_counts_across_gaps_even_where_nothing_is_left() -> None:
    case = Case(([("one", "a")], []), ([("two", "b")], [("two", "b"), ("one, edited", "a")]))
    assert case.ids == [[], ids("b", "a")]


def test_the_claim_of_a_known_record_counts_where_its_entry_has_another_id() -> None:
    case = Case(([("new=one", "old")], []), ([], [("new=entirely different", "new")]))
    assert case.ids == [[], ids("old")]


def test_the_unchanged_record_keeps_an_id_that_two_claim() -> None:
    case = Case(([("one", "a")], [("edited", "a"), ("one", "a")]))
    assert case.ids[0] == [entry_id_of_duplicate(claim("a"), record("edited"), 0), claim("a")]
    assert case.notices == [Notice(0, 0, claim("a"))]


def test_an_id_in_use_outside_the_gaps_is_not_given_again() -> None:
    case = Case(([], [("one", "a"), ("one", "a")]), ([("x", "x")], []), elsewhere=["a"])
    assert case.ids[0] == [entry_id_of_duplicate(claim("a"), record("one"), n) for n in range(2)]
    assert len(case.notices) == 2


def test_a_new_line_without_a_claim_is_named_after_its_record_and_a_number() -> None:
    case = Case(([], [("one", None), ("one", None), ("two", None)]))
    assert case.ids[0] == [
        entry_id_of_record(record("one"), 0),
        entry_id_of_record(record("one"), 1),
        entry_id_of_record(record("two"), 0),
    ]


def test_a_line_between_matched_neighbours_is_what_was_there_if_it_is_at_all_similar() -> None:
    known = [("first", "a"), ("hello dear reader", "b"), ("last", "c")]
    case = Case((known, [("first", None), ("hello there", None), ("last", None)]))
    assert case.ids == [ids("a", "b", "c")]


def test_a_line_elsewhere_has_to_be_very_similar() -> None:
    known = [(LONG, "a"), ("one", "b"), ("two", "c")]
    near = Case((known, [("one", None), ("two", None), (LONG + " at night", None)]))
    assert near.ids == [ids("b", "c", "a")]
    far = Case((known, [("one", None), ("two", None), ("the quick brown cat sleeps", None)]))
    assert far.ids[0][2] not in ids("a", "b", "c")


def test_a_moved_neighbour_does_not_separate() -> None:
    known = [("one", "a"), (LONG, "b"), ("two", "c"), ("three", "d")]
    case = Case((known, [("three", None), ("one", None), (LONG[:40], None), ("two", None)]))
    assert case.ids == [ids("d", "a", "b", "c")]


def test_a_line_that_claims_another_id_must_be_very_similar_even_in_its_place() -> None:
    known = [("one", "a"), (LONG, "b"), ("two", "c")]
    same = Case((known, [("one", "a"), (LONG, "renamed"), ("two", "c")]))
    assert same.ids == [ids("a", "b", "c")]
    case = Case((known, [("one", "a"), (LONG + " again", "renamed"), ("two", "c")]))
    assert case.ids == [ids("a", "b", "c")]
    other = Case((known, [("one", "a"), ("the quick brown cat sleeps", "new"), ("two", "c")]))
    assert other.ids == [ids("a", "new", "c")]


_texts = st.sampled_from(["one", "two", "three", LONG, LONG + " at night", LONG[:50]])
_items = st.lists(st.tuples(_texts, st.sampled_from([None, "a", "b", "c", "d"])), max_size=6)
_known = st.lists(st.tuples(_texts, st.sampled_from("abcdefgh")), max_size=6, unique_by=lambda item: item[1])


@given(_known, st.lists(_items, min_size=1, max_size=3))
def test_every_line_gets_an_id_and_no_two_the_same(known: list[Item], lines: list[list[Item]]) -> None:
    cuts = [len(known) * number // len(lines) for number in range(len(lines) + 1)]
    case = Case(*((known[a:b], some) for a, b, some in zip(cuts, cuts[1:], lines, strict=False)))
    found = [id for gap in case.ids for id in gap]
    assert len(found) == sum(map(len, lines)) == len(set(found))
    again = Case(*((known[a:b], some) for a, b, some in zip(cuts, cuts[1:], lines, strict=False)))
    assert again.ids == case.ids


@given(st.lists(st.sampled_from("abcdef"), max_size=30))
def test_a_whole_new_file_is_named_as_any_new_lines_are(texts: list[str]) -> None:
    """The quick way for a first add, against the general one."""
    case = Case(([], [(text, None) for text in texts]))
    whole = Gap(0, Columns(), case.gaps[0].records, bytearray(), whole=True)
    assert assign([whole], case, lambda _: set()) == []
    assert whole.entries == case.gaps[0].entries
