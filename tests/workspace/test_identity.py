"""Law 2: which line is which entry, through edits, moves, new ids and double ids."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from workspaces import NAME, Desk, lines, talk

from rtstore.errors import InputError
from rtstore.model.ids import entry_id_of_value
from rtstore.model.objects import Counts

STORIES = [
    "The lamp went out at nine and nobody on the island noticed until the ferry struck the eastern pier.",
    "My grandmother kept bees behind the chapel; every autumn she told them who had died that year.",
    "We counted fourteen ships before the fog closed in, and only eleven after it lifted again.",
    "He plays chess by letter with a man in Lisbon whom he has never met and quietly detests.",
    "When the mill burned down they found the ledgers untouched in a drawer full of river sand.",
    "She tunes pianos for a living but has not owned one since the winter she sold her mother's.",
    "A postcard arrived forty years late, praising the weather and asking after the dog.",
    "Nobody swims in the quarry since the divers came up and would not say what they had seen.",
]


def stories(**more: Any) -> list[dict[str, Any]]:
    """Return conversations that have nothing in common but their shape, and no id."""
    return [{"messages": [{"role": "user", "content": text}], **more} for text in STORIES]


def named(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"id": f"story-{number}", **record} for number, record in enumerate(records)]


def counts(desk: Desk) -> Counts:
    return dict(desk.store.commit_at("HEAD")[1].counts)[NAME]


def commit(desk: Desk, records: list[dict[str, Any]]) -> list[str]:
    desk.commit_file(lines(*records))
    return desk.ids()


@pytest.mark.parametrize("start", [stories(), named(stories())], ids=["no ids", "ids"])
class TestWithOrWithoutIds:
    def test_an_edited_entry_is_the_same_entry(self, desk: Desk, start: list[dict[str, Any]]) -> None:
        before = commit(desk, start)
        edited = {**start[3], "tags": ["needs_edit"]}
        assert commit(desk, [*start[:3], edited, *start[4:]]) == before
        assert counts(desk) == Counts(edited=1)

    def test_a_moved_entry_is_the_same_entry(self, desk: Desk, start: list[dict[str, Any]]) -> None:
        before = commit(desk, start)
        assert commit(desk, [start[-1], *start[:-1]]) == [before[-1], *before[:-1]]
        assert counts(desk) == Counts(moved=1)

    def test_a_reversed_file_has_the_same_entries(self, desk: Desk, start: list[dict[str, Any]]) -> None:
        before = commit(desk, start)
        assert commit(desk, start[::-1]) == before[::-1]

    def test_an_entry_moved_and_edited_is_the_same_entry(
        self, desk: Desk, start: list[dict[str, Any]]
    ) -> None:
        before = commit(desk, start)
        edited = {**start[6], "tags": ["approved"]}
        assert commit(desk, [*start[:2], edited, *start[2:6], start[7]]) == [
            *before[:2], before[6], *before[2:6], before[7],
        ]  # fmt: skip
        assert counts(desk) == Counts(edited=1)

    def test_an_edit_beside_a_move_is_an_edit(self, desk: Desk, start: list[dict[str, Any]]) -> None:
        before = commit(desk, start)
        edited = {
            **start[2],
            "messages": [*start[2]["messages"], {"role": "assistant", "content": "Three lost."}],
        }
        assert commit(desk, [start[-1], *start[:2], edited, *start[3:-1]]) == [before[-1], *before[:-1]]
        assert counts(desk) == Counts(edited=1, moved=1)

    def test_new_entries_and_removed_ones_are_just_that(
        self, desk: Desk, start: list[dict[str, Any]]
    ) -> None:
        before = commit(desk, start)
        new = [{"id": "x", "text": "something new"}, {"id": "y", "text": "other things entirely"}]
        after = commit(desk, [*start[:1], *start[2:], *new])
        assert after[:-2] == [before[0], *before[2:]]
        assert not set(after[-2:]) & set(before)
        assert counts(desk) == Counts(added=2, removed=1)

    def test_reformatting_a_file_leaves_every_entry_itself(
        self, desk: Desk, start: list[dict[str, Any]]
    ) -> None:
        before = commit(desk, start)
        compact = [json.dumps(record, separators=(",", ":")) for record in start]
        desk.commit_file("\n".join(compact).encode() + b"\n")
        assert desk.ids() == before
        assert counts(desk) == Counts(reformatted=len(start))


def test_equal_records_are_entries_of_their_own(desk: Desk) -> None:
    ids = commit(desk, [{"a": 1}] * 5)
    assert len(set(ids)) == 5
    assert commit(desk, [{"a": 1}] * 3) == ids[:3]
    assert commit(desk, [{"a": 1}] * 5)[:3] == ids[:3]


def test_a_tiny_record_edited_in_its_place_is_the_same_entry(desk: Desk) -> None:
    before = commit(desk, [{"a": 1}, {"a": 2}, {"a": 3}])
    assert commit(desk, [{"a": 1}, {"a": "two"}, {"a": 3}]) == before


def test_a_conversation_written_over_another_is_a_new_entry(desk: Desk) -> None:
    start = named(stories())
    before = commit(desk, start)
    after = commit(desk, [*start[:3], {"id": "new", "text": "a wholly different conversation"}, *start[4:]])
    assert after[3] != before[3]
    assert counts(desk) == Counts(added=1, removed=1)


def test_deleting_the_last_entry_and_creating_another_is_no_edit_where_there_are_ids(desk: Desk) -> None:
    """They share a template and a system prompt; their ids say that they are two."""
    start = [talk(number, id=f"talk-{number}") for number in range(12)]
    before = commit(desk, start)
    after = commit(desk, [*start[:-1], talk(99, "Quite another answer.", id="talk-99")])
    assert after[:-1] == before[:-1]
    assert after[-1] == entry_id_of_value("talk-99").hex()
    assert counts(desk) == Counts(added=1, removed=1)


def test_a_line_whose_id_changed_keeps_its_entry_from_then_on(desk: Desk) -> None:
    start = named(stories())
    before = commit(desk, start)
    start[2] = {**start[2], "id": "renamed"}
    assert commit(desk, start) == before
    start[2] = {
        "id": "renamed",
        "messages": [{"role": "user", "content": "rewritten from scratch, all of it"}],
    }
    assert commit(desk, start) == before
    assert commit(desk, [start[2], *start[:2], *start[3:]]) == [before[2], *before[:2], *before[3:]]
    start[2]["tags"] = ["moved and edited"]
    assert commit(desk, [*start[:2], *start[3:], start[2]]) == [*before[:2], *before[3:], before[2]]


class TestTwoClaimsOfOneId:
    def test_the_unchanged_record_keeps_it(self, desk: Desk) -> None:
        start = named(stories())
        before = commit(desk, start)
        copy = {**start[4], "note": "a copy that was edited, and stands first"}
        desk.write(lines(copy, *start))
        change = desk.change()
        assert change.warnings == (f"{NAME}#1: another entry has the same id; this one gets a new one",)
        after = commit(desk, [copy, *start])
        assert after[1:] == before
        assert after[0] not in before

    def test_else_the_first_one_gets_it(self, desk: Desk) -> None:
        start = named(stories())
        before = commit(desk, start)
        first, second = {**start[4], "note": "one"}, {**start[4], "note": "two"}
        after = commit(desk, [*start[:4], first, second, *start[5:]])
        assert [*after[:5], *after[6:]] == before

    def test_both_are_themselves_from_then_on(self, desk: Desk) -> None:
        start = [*named(stories()), {"id": "story-0", "text": "the double"}]
        desk.track(lines(*start), id_field="id")
        before = commit(desk, start)
        assert len(set(before)) == len(start)
        start[-1] = {"id": "story-0", "text": "the double, edited"}
        assert commit(desk, start) == before
        start[0] = {**start[0], "tags": ["edited"]}
        assert commit(desk, start) == before

    def test_two_stores_agree_on_the_new_id(self, desk: Desk) -> None:
        data = lines({"id": "a", "n": 1}, {"id": "a", "n": 2}, {"id": "a", "n": 2})
        desk.track(data, id_field="id")
        desk.commit()
        desk.track(data, "copy.jsonl", id_field="id")
        desk.commit()
        assert desk.ids() == desk.ids(name="copy.jsonl")


class TestFindingTheIdField:
    @pytest.mark.parametrize(
        ("records", "field"),
        [
            pytest.param([{"id": f"k{n}"} for n in range(9)], "id", id="texts"),
            pytest.param([{"id": n * n * 1000} for n in range(9)], "id", id="scattered numbers"),
            pytest.param([{"id": n} for n in range(9)], None, id="a running number"),
            pytest.param([{"id": str(n)} for n in range(9)], None, id="a running number as text"),
            pytest.param([{"id": f"k{n}"} for n in range(9)] + [{}], None, id="not in every record"),
            pytest.param([{"id": f"k{n // 2}"} for n in range(9)], None, id="not unique"),
            pytest.param([{"id": None}, {"id": True}, {"id": ""}], None, id="values that name nothing"),
            pytest.param([{"id": 1.5}, {"id": [1]}], None, id="values that cannot be ids"),
            pytest.param([{"_rolethread": {"entry_uuid": f"{n:032x}"}, "id": f"k{n}"} for n in range(5)],
                         "_rolethread.entry_uuid", id="RoleThread's own first"),
            pytest.param([{"_rolethread": {"entry_uuid": f"{n:032x}"}} for n in range(5)] + [{}],
                         "_rolethread.entry_uuid", id="RoleThread's own, not everywhere"),
            pytest.param([], None, id="no records"),
        ],
    )  # fmt: skip
    def test_one_that_is_present_and_unique_and_no_running_number(
        self, desk: Desk, records: list[dict[str, Any]], field: str | None
    ) -> None:
        desk.track(lines(*records))
        assert desk.tracked_dataset().settings.id_field == field

    @pytest.mark.parametrize("spoiler", [{"id": "k7"}, {"text": "no id"}], ids=["a double", "none"])
    def test_one_that_fails_far_down_the_file_is_none(self, desk: Desk, spoiler: dict[str, Any]) -> None:
        records = [{"id": f"k{n}"} for n in range(5000)]
        desk.track(lines(*records, spoiler))
        assert desk.tracked_dataset().settings.id_field is None

    def test_it_is_found_in_an_array_with_nan_in_it(self, desk: Desk) -> None:
        desk.track(b'[{"id": "a", "x": NaN}, {"id": "b", "x": 1}]', "a.json")
        assert desk.tracked_dataset("a.json").settings.id_field == "id"

    def test_it_is_chosen_once(self, desk: Desk) -> None:
        desk.commit_file(lines({"id": "a"}, {"id": "b"}))
        desk.commit_file(lines({"id": "a"}, {"id": "a"}, {}))
        assert desk.dataset().settings.id_field == "id"

    def test_a_uuid_is_the_entry_id_as_it_is(self, desk: Desk) -> None:
        desk.commit_file(
            lines({"id": "0123456789abcdef0123456789ABCDEF"}, {"id": "1" * 8 + "-1111" * 3 + "-" + "1" * 12})
        )
        assert desk.ids() == ["0123456789abcdef0123456789abcdef", "1" * 32]

    def test_the_user_may_name_it(self, desk: Desk) -> None:
        desk.track(lines({"meta": {"nr": 1}}, {"meta": {"nr": 2}}), id_field="meta.nr")
        desk.commit()
        assert desk.ids() == [entry_id_of_value(1).hex(), entry_id_of_value(2).hex()]

    def test_one_that_no_record_has_is_refused(self, desk: Desk) -> None:
        desk.write(lines({"a": 1}))
        with pytest.raises(InputError, match="nope"):
            desk.store.add([desk.path()], "nope")
        assert desk.tracked == {}


def test_a_file_that_comes_back_takes_its_identity_from_its_last_version(desk: Desk) -> None:
    before = commit(desk, stories())
    desk.store.remove([NAME])
    records = stories()
    records[2]["tags"] = ["edited while nobody looked"]
    desk.track(lines(*records))
    desk.commit()
    assert desk.ids() == before


def test_many_entries_edited_and_moved_at_once_are_followed(desk: Desk) -> None:
    pairs = [f"{a} {b}" for a, b in pairwise(STORIES)]
    start = [{"text": f"{text} {number}"} for number, text in enumerate(pairs * 3)]
    before = commit(desk, start)
    edited = [{**record, "tags": ["x"]} if number % 3 == 0 else record for number, record in enumerate(start)]
    assert commit(desk, edited[10:] + edited[:10]) == before[10:] + before[:10]


def test_an_edit_of_conversations_that_are_there_several_times_moves_none_of_them(desk: Desk) -> None:
    """Sets that repeat what is to count more: a range that is as it was begins with a record that others have too."""
    records = [talk(number) for number in range(3_000)]
    desk.track(lines(*records) * 3)
    desk.commit()
    for number in range(0, 3_000, 431):
        records[number] = talk(number, "Another reply.")
    desk.write(lines(*records) * 3)
    assert desk.change().counts == Counts(edited=3 * 7)
