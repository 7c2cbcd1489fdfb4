"""Changes of one version done to another: which entries go where, and where their records are from."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from memory_store import MemoryStore
from tree_samples import Row, columns_of, entry_id, row

from rtstore.compare.carry import Carried, carry
from rtstore.compare.merge.outcome import Source
from rtstore.history.splice import splice
from rtstore.history.tree import Tree
from rtstore.history.treebuild import build


def tree(store: MemoryStore, rows: list[Row]) -> Tree:
    return Tree(store, build(store, columns_of(rows)))


def carried(
    base: list[Row], ours: list[Row], theirs: list[Row], usual: bytes = b"\n"
) -> tuple[Carried, list[Row]]:
    """Carry, and return the outcome with the rows that result."""
    store = MemoryStore()
    target = tree(store, theirs)
    outcome = carry(tree(store, base), tree(store, ours), target, usual)
    root = splice(store, store, target.root, outcome.splices)
    return outcome, [tuple(entry) for entry in Tree(store, root).entries()]  # type: ignore[misc]


ROWS = [row(number) for number in range(6)]


def test_nothing_changed_is_nothing_to_carry() -> None:
    outcome, rows = carried(ROWS, ROWS, ROWS[:3])
    assert (outcome, rows) == (Carried([], [], []), ROWS[:3])


def test_an_edit_goes_to_where_the_entry_is_now() -> None:
    ours = [*ROWS[:2], row(2, record=1), *ROWS[3:]]
    outcome, rows = carried(ROWS, ours, ROWS[::-1])
    assert rows == [*ROWS[:2:-1], row(2, record=1), *ROWS[1::-1]]
    assert outcome.sources == [[Source(3, 2, theirs_record=True)]]


def test_a_moved_entry_that_the_target_edited_has_the_content_of_the_target() -> None:
    theirs = [row(0, record=1), *ROWS[1:]]
    outcome, rows = carried(ROWS, [*ROWS[1:], ROWS[0]], theirs)
    assert rows == [*ROWS[1:], row(0, record=1)]
    assert outcome.sources == [[], [Source(0, 5)]]


def test_an_entry_both_edited_collides_unless_they_agree() -> None:
    def edited(record: int) -> list[Row]:
        return [row(0, record), *ROWS[1:]]

    assert carried(ROWS, edited(1), edited(2))[0].collisions == [entry_id(0)]
    assert carried(ROWS, edited(1), ROWS[1:])[0].collisions == [entry_id(0)]
    assert carried(ROWS, ROWS[1:], edited(1))[0].collisions == [entry_id(0)]
    assert carried(ROWS, edited(1), edited(1))[1] == edited(1)


def test_what_follows_a_record_never_collides() -> None:
    ours = [row(0, separator=b"\n\n"), *ROWS[1:]]
    theirs = [row(0, record=1), *ROWS[1:]]
    assert carried(ROWS, ours, theirs)[1] == [row(0, record=1, separator=b"\n\n"), *ROWS[1:]]


def test_a_separator_that_is_the_usual_one_there_goes_without_saying() -> None:
    ours = [*ROWS[:3], row(9, separator=b"\r\n"), *ROWS[3:]]
    assert carried(ROWS, ours, ROWS, usual=b"\r\n")[1] == [*ROWS[:3], row(9), *ROWS[3:]]


def test_a_long_run_of_new_entries_stays_together_and_in_order() -> None:
    new = [row(number) for number in range(100, 400)]
    assert carried(ROWS, [*ROWS[:3], *new, *ROWS[3:]], [ROWS[5], *ROWS[:2], ROWS[3]])[1] == [
        ROWS[5], *ROWS[:2], *new, ROWS[3],
    ]  # fmt: skip


_orders = st.permutations(range(8)).flatmap(lambda order: st.integers(0, 8).map(lambda n: order[:n]))


@given(_orders, _orders, st.sets(st.integers(0, 7)), st.sets(st.integers(20, 24)))
def test_the_result_has_just_the_entries_of_a_naive_merge(
    ours: list[int], theirs: list[int], edited: set[int], new: set[int]
) -> None:
    base = [row(number) for number in range(8)]
    mine = [row(n, record=int(n in edited)) for n in ours] + [row(n) for n in sorted(new)]
    outcome, rows = carried(base, mine, [row(n) for n in theirs])
    clash = {entry_id(n) for n in edited & set(ours) if n not in theirs}
    assert set(outcome.collisions) == clash
    if not clash:
        assert {r[0]: r[1] for r in rows} == {
            entry_id(n): row(n, record=int(n in edited))[1] for n in {*(set(ours) & set(theirs)), *new}
        }
        assert len(rows) == len({r[0] for r in rows})
