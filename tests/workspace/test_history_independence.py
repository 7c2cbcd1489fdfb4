"""Law 7: the same entries in the same order have the same root, whatever path and whatever stamps led there."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st
from workspaces import AUTHOR, NAME, Desk, lines, new_desk

from rtstore.model.objects import Dataset

_seeds = st.integers(0, 2**32)
Records = list[dict[str, object]]


def some_records(chance: random.Random, count: int) -> Records:
    return [{"id": f"k{number}", "text": f"text {chance.randrange(10**6)}"} for number in range(count)]


def edited(records: Records, chance: random.Random, step: int) -> Records:
    """Return records after a few edits, insertions, removals and moves; ids stay unique."""
    result = list(records)
    for number in range(chance.randrange(1, 6)):
        at = chance.randrange(len(result) + 1)
        if at == len(result) or chance.random() < 0.3:
            result.insert(at, {"id": f"new{step}-{number}", "text": "new"})
        elif chance.random() < 0.4:
            result[at] = {**result[at], "text": f"edit {chance.randrange(10**6)}"}
        elif chance.random() < 0.5:
            del result[at]
        else:
            result.insert(chance.randrange(len(result)), result.pop(at))
    return result


def fresh(data: bytes, name: str = NAME) -> Dataset:
    """Return what a store that has never seen anything else makes of a file."""
    with new_desk() as desk:
        desk.track(data, name, "id")
        return desk.tracked_dataset(name)


@given(_seeds)
def test_a_history_of_file_edits_leads_to_the_root_of_a_fresh_store(seed: int) -> None:
    chance = random.Random(seed)
    records = some_records(chance, chance.randrange(40))
    with new_desk() as desk:
        desk.track(lines(*records), id_field="id")
        for step in range(4):
            records = edited(records, chance, step)
            desk.commit_file(lines(*records))
        assert desk.tracked_dataset() == fresh(lines(*records))


def apply(draft, records: Records, wanted: Records, chance: random.Random) -> None:  # type: ignore[no-untyped-def]
    """Make a draft of ``records`` one of ``wanted``, somehow: an entry that moves is deleted and added again."""
    target = [record["id"] for record in wanted]
    for position, record in enumerate(wanted):
        here = [entry.data["id"] for entry in draft]
        if position < len(here) and here[position] == record["id"]:
            if draft[position].data != record:
                draft[position].set("text", record["text"])
        else:
            if record["id"] in here:
                del draft[here.index(record["id"])]
            draft.insert(position, record)
    while len(draft) > len(target):
        del draft[len(draft) - 1 if chance.random() < 0.5 else len(target)]


@given(_seeds)
def test_edits_by_the_library_lead_to_the_root_of_the_file_they_write(seed: int) -> None:
    chance = random.Random(seed)
    records = some_records(chance, chance.randrange(20))
    with new_desk() as desk:
        desk.track(lines(*records), id_field="id")
        desk.store.commit("first", AUTHOR, allow_empty=True)
        for step in range(3):
            wanted = edited(records, chance, step)
            with desk.store.edit("main", "edit", AUTHOR) as edit:
                apply(edit[NAME], records, wanted, chance)
            records = wanted
            assert desk.read() == lines(*records)
            assert desk.tracked_dataset() == fresh(lines(*records)) == desk.seen_afresh()


@given(_seeds, st.sampled_from(["\n", "\r\n", "\n\n", "\n \r\n"]))
def test_a_file_loses_and_regains_its_usual_separator_without_a_trace(seed: int, ending: str) -> None:
    """The usual separator is a property of the file, so that edits at its start must not leave another."""
    chance = random.Random(seed)
    base = some_records(chance, 5)
    data = lines(*base[:2], ending=ending) + lines(*base[2:])
    with new_desk() as desk:
        desk.track(data, id_field="id")
        desk.store.commit("first", AUTHOR)
        with desk.store.edit("main", "edit", AUTHOR) as edit:
            draft = edit[NAME]
            for _ in range(chance.randrange(1, 5)):
                if len(draft) and chance.random() < 0.6:
                    del draft[chance.randrange(len(draft))]
                else:
                    draft.insert(chance.randrange(len(draft) + 1), {"id": f"n{chance.random()}"})
        assert desk.tracked_dataset() == desk.seen_afresh() == fresh(desk.read())


def test_two_stores_that_add_one_file_without_ids_agree() -> None:
    data = lines({"a": 1}, {"a": 1}, {"a": 2}, {"a": 1})
    roots = []
    for _ in range(2):
        with new_desk() as desk:
            desk.track(data)
            roots.append(desk.tracked_dataset())
    assert roots[0] == roots[1]


def test_stamps_have_no_influence_on_the_root(desk: Desk) -> None:
    def saved(when: str) -> bytes:
        return lines(
            *(
                {"n": n, "_rolethread": {"version": when, "validated_at": when, "entry_uuid": f"{n:032x}"}}
                for n in range(300)
            )
        )

    desk.commit_file(saved("2026-01-01"))
    first = desk.tracked_dataset()
    desk.commit_file(saved("2026-02-02T10:11:12"))
    second = desk.tracked_dataset()
    assert (first.root, first.height, first.count) == (second.root, second.height, second.count)
    assert first.stamps != second.stamps


def test_an_entry_deleted_and_added_again_by_the_library_has_its_old_id(desk: Desk) -> None:
    desk.commit_file(lines({"id": "a"}, {"id": "b"}))
    before = desk.ids()
    with desk.store.edit("main", "edit", AUTHOR) as edit:
        del edit[NAME][0]
        edit[NAME].append({"id": "a", "more": 1})
    assert desk.ids() == before[::-1]
