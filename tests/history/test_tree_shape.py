"""Where pages end."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tree_samples import SMALL, entry_id, ids_with

from rtstore.history.shape import STORE_SHAPE, Shape
from rtstore.model.ids import boundaries, boundary_level, split_rank

id_lists = st.lists(st.integers(0, 500).map(entry_id), max_size=200)


def split_naively(ids: list[bytes], limit: int) -> list[int]:
    """Return the ends of the parts of a run, by the recursion that defines them."""
    if len(ids) <= limit:
        return [len(ids)]
    least = max(1, limit // 8)
    cut = min(range(least - 1, len(ids) - least), key=lambda index: split_rank(ids[index])) + 1
    return split_naively(ids[:cut], limit) + [cut + end for end in split_naively(ids[cut:], limit)]


def page_ends_naively(ids: list[bytes], level: int, shape: Shape) -> list[int]:
    """Return where pages end, by the definition."""
    ends: list[int] = []
    start = 0
    for index, id in enumerate(ids):
        if boundary_level(id, shape.bits) > level or index + 1 == len(ids):
            ends += [start + end for end in split_naively(ids[start : index + 1], shape.limit)]
            start = index + 1
    return ends


@given(id_lists, st.integers(1, 8))
def test_boundaries_are_the_entries_with_a_boundary_level(ids: list[bytes], bits: int) -> None:
    expected = [(i, level) for i, id in enumerate(ids) if (level := boundary_level(id, bits))]
    assert boundaries(b"".join(ids), bits) == expected


@given(id_lists, st.integers(0, 2), st.sampled_from([SMALL, Shape(3, 1), Shape(4, 9), Shape(7, 40)]))
def test_pages_end_where_the_definition_says(ids: list[bytes], level: int, shape: Shape) -> None:
    assert shape.page_ends(b"".join(ids), level) == page_ends_naively(ids, level, shape)


def test_an_id_that_ends_no_leaf_ends_no_page_above() -> None:
    assert not any(SMALL.is_natural(id, level) for id in ids_with(False, SMALL, 100) for level in range(5))


def test_pages_of_a_run_in_the_order_of_ranks_are_neither_too_long_nor_tiny() -> None:
    ids = sorted(ids_with(False, STORE_SHAPE, 20_000), key=split_rank)
    ends = STORE_SHAPE.page_ends(b"".join(ids), 0)
    sizes = [stop - start for start, stop in zip([0, *ends], ends, strict=False)]
    assert max(sizes) <= STORE_SHAPE.limit
    assert min(sizes) >= STORE_SHAPE.limit // 8


def test_a_run_of_one_and_the_same_id_is_still_split() -> None:
    keys = ids_with(False, SMALL, 1)[0] * 100
    ends = SMALL.page_ends(keys, 0)
    assert ends[-1] == 100
    assert all(stop - start <= SMALL.limit for start, stop in zip([0, *ends], ends, strict=False))


def test_average_page_of_a_store_holds_about_128_entries() -> None:
    keys = b"".join(entry_id(number) for number in range(20_000))
    assert 100 < 20_000 / len(STORE_SHAPE.page_ends(keys, 0)) < 160
