"""Dividing a dataset: no entry changes sides, what says the same is on one side, shares are roughly right."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from backups import Office, check_sound
from blake3 import blake3
from curate.partition.divided import HALVES, counted, divided, numbered, saved, sides
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from workspaces import AUTHOR, NAME, Desk, lines, new_desk, talk

from rtstore.errors import InProgressError, NothingToDoError, UsageError
from rtstore.model.ids import Kind
from rtstore.model.objects import Counts, encode
from rtstore.workspace.operate import Command, perform, tracked_with, writing
from tests.workspace.test_apply import patch

MANY = [numbered(n) for n in range(400)]


def only(found: dict[str, str], like: dict[str, str]) -> dict[str, str]:
    """Return the sides of the entries that both have."""
    return {id: side for id, side in found.items() if id in like}


#: Numbers of conversations: what each entry says. Few, so that many say the same.
WORDS = st.lists(st.integers(0, 8), min_size=1, max_size=12)


class TestStability:
    @given(first=WORDS, more=WORDS, shuffle=st.randoms(use_true_random=False))
    def test_what_has_a_side_keeps_it_whatever_is_added_edited_or_moved(
        self, first: list[int], more: list[int], shuffle: Any
    ) -> None:
        """Anywhere in the file, duplicates too; and edited such that others say the same."""
        with new_desk() as desk:
            divided(desk, [numbered(n, says) for n, says in enumerate(first)])
            before = sides(desk)
            records = [numbered(n, shuffle.randrange(9)) for n in range(len(first))]
            records += [numbered(100 + n, says) for n, says in enumerate(more)]
            shuffle.shuffle(records)
            saved(desk, records)
            assert only(sides(desk), before) == before
            desk.store.partition(NAME)
            desk.commit()
            assert only(sides(desk), before) == before

    @given(first=WORDS, more=WORDS)
    def test_what_says_the_same_is_on_one_side(self, first: list[int], more: list[int]) -> None:
        with new_desk() as desk:
            divided(desk, [numbered(n, says) for n, says in enumerate(first)])
            said = [*first, *more]
            saved(desk, [numbered(n, says) for n, says in enumerate(said)])
            found = sides(desk)
            assert len({(says, found[f"entry {n}"]) for n, says in enumerate(said)}) == len(set(said))

    @given(batches=st.lists(WORDS, min_size=2, max_size=4))
    def test_what_came_since_keeps_its_side_while_more_is_appended(self, batches: list[list[int]]) -> None:
        with new_desk() as desk:
            divided(desk, [numbered(1000)])
            said: list[int] = []
            before: dict[str, str] = {}
            for batch in batches:
                said += batch
                saved(desk, [numbered(1000), *(numbered(n, says) for n, says in enumerate(said))])
                found = sides(desk)
                assert only(found, before) == before
                before = found

    def test_settling_changes_no_side(self, desk: Desk) -> None:
        divided(desk, MANY[:50])
        saved(desk, [numbered(500, says=3), *MANY[:120], numbered(501, says=100)])
        before = sides(desk)
        result = desk.store.partition(NAME)
        assert (result.settled, result.moved, result.changed) == (72, 0, True)
        desk.commit()
        assert sides(desk) == before
        assert desk.store.partition_of(desk.store["HEAD"][NAME]).fresh == 0  # type: ignore[union-attr]

    def test_settling_again_changes_nothing(self, desk: Desk) -> None:
        divided(desk, MANY[:50])
        newest = desk.store.operation("@")[0]
        assert not desk.store.partition(NAME).changed
        assert not desk.store.partition(NAME, HALVES).changed
        assert desk.store.operation("@")[0] == newest

    def test_two_machines_agree(self) -> None:
        found = []
        for _ in range(2):
            with new_desk() as desk:
                divided(desk, MANY[:60])
                found.append((sides(desk), desk.dataset()))
        assert found[0] == found[1]

    def test_the_side_is_what_the_format_says(self, desk: Desk) -> None:
        """What no other version of rtstore may divide differently."""
        divided(desk, MANY[:60], sides={"train": 0.7, "val": 0.3}, seed="a seed")
        key = blake3(b"a seed", derive_key_context="rtstore 2026-12 partition v1").digest()
        marks = (blake3(entry.id, key=key).digest(8) for entry in desk.store["HEAD"][NAME])
        expected = ["train" if int.from_bytes(mark) < 0.7 * 2**64 else "val" for mark in marks]
        assert list(sides(desk).values()) == expected
        assert len(set(expected)) == 2

    def test_a_smaller_side_is_part_of_what_it_was(self, desk: Desk) -> None:
        divided(desk, MANY, sides={"train": 0.8, "val": 0.2})
        before = sides(desk)
        result = desk.store.partition(NAME, {"train": 0.9, "val": 0.1}, redo=True)
        desk.commit()
        after = sides(desk)
        changed = {id for id in before if before[id] != after[id]}
        assert len(changed) == result.moved > 0
        assert {after[id] for id in changed} == {"train"}


class TestShares:
    @pytest.mark.parametrize("fractions", [{"train": 0.9, "val": 0.1}, {"a": 0.2, "b": 0.3, "c": 0.5}])
    def test_they_are_roughly_right(self, desk: Desk, fractions: dict[str, float]) -> None:
        result = divided(desk, MANY, sides=fractions)
        for name, fraction in fractions.items():
            assert result.report.counts[name] == pytest.approx(400 * fraction, abs=30)
        assert result.report.counts == counted(sides(desk))

    def test_another_seed_is_another_division(self, desk: Desk) -> None:
        divided(desk, MANY)
        before = sides(desk)
        result = desk.store.partition(NAME, HALVES, seed="again", redo=True)
        assert 120 < result.moved < 280
        desk.commit()
        assert sides(desk) != before

    def test_one_side_takes_the_rest(self, desk: Desk) -> None:
        result = divided(desk, MANY[:3], sides={"test": 0.25, "holdout": None, "val": 0.25})
        assert dict(result.report.partition.sides) == {
            "test": 250_000_000,
            "holdout": 500_000_000,
            "val": 250_000_000,
        }

    def test_train_takes_the_rest_where_nobody_names_it(self, desk: Desk) -> None:
        result = divided(desk, MANY[:3], sides={"val": 0.1})
        assert dict(result.report.partition.sides) == {"train": 900_000_000, "val": 100_000_000}

    @pytest.mark.parametrize(
        ("fractions", "problem"),
        [
            ({}, "0 sides"),
            ({"train": 0.9, "val": 0.2}, r"1\.1 together"),
            ({"train": 0.9, "val": 0.05}, r"0\.95 together"),
            ({"train": 1.0, "val": 0.0}, "more than 0"),
            ({"train": -0.5, "val": 1.5}, "more than 0"),
            ({"train": float("nan")}, "more than 0"),
            ({"train": None, "val": None}, "only one side can take the rest"),
            ({"train": 1.0, "val": None}, "nothing is left for val"),
            ({"train": 0.5, "my side": 0.5}, "letters, digits"),
        ],
    )
    def test_fractions_that_are_no_whole_are_refused(
        self, desk: Desk, fractions: dict[str, float | None], problem: str
    ) -> None:
        desk.track(lines(*MANY[:3]), id_field="id")
        with pytest.raises(UsageError, match=problem):
            desk.store.partition(NAME, fractions)

    def test_a_dataset_without_entries(self, desk: Desk) -> None:
        desk.track(b"")
        assert desk.store.partition(NAME, HALVES).report.counts == {"train": 0, "val": 0}
        desk.commit()
        saved(desk, MANY[:4])
        assert len(sides(desk)) == 4


class TestGroups:
    def test_entries_with_the_same_value_are_on_one_side(self, desk: Desk) -> None:
        records = [numbered(n, meta={"book": n % 20}) for n in range(200)]
        divided(desk, records[:100], group_by="meta.book")
        before = sides(desk)
        saved(desk, records)
        found = sides(desk)
        assert only(found, before) == before
        assert len({(n % 20, found[f"entry {n}"]) for n in range(200)}) == 20
        assert len(counted(found)) == 2

    def test_duplicates_count_more(self, desk: Desk) -> None:
        """Groups that share words are on one side as a whole."""
        records = [numbered(n, says=n if n % 10 else 0, book=f"b{n // 10}") for n in range(100)]
        divided(desk, records, group_by="book")
        assert len(counted(sides(desk))) == 1

    def test_entries_without_a_value_go_by_their_ids(self, desk: Desk) -> None:
        plain = [numbered(n) for n in range(100)]
        divided(desk, [*plain, numbered(200, book="b")], group_by="book")
        grouped = sides(desk)
        desk.store.partition(NAME, HALVES, redo=True)
        desk.commit()
        assert {id: grouped[id] for id in grouped if id != "entry 200"} == only(
            sides(desk), {f"entry {n}": "" for n in range(100)}
        )

    def test_a_field_that_no_entry_has_is_mistyped(self, desk: Desk) -> None:
        desk.track(lines(*MANY[:3]), id_field="id")
        with pytest.raises(UsageError, match=r"no entry of mara\.jsonl .* in the field 'boook'"):
            desk.store.partition(NAME, HALVES, group_by="boook")


class TestStrata:
    def test_each_tag_is_divided_in_proportion(self, desk: Desk) -> None:
        records = [
            numbered(n, tags=["all", *(["fifth"] if n % 5 == 0 else []), *(["rare"] if n % 40 == 0 else [])])
            for n in range(400)
        ]
        divided(desk, records, sides={"train": 0.8, "val": 0.2}, stratify="tags")
        found = sides(desk)
        for tag in ("all", "fifth", "rare"):
            tagged = [found[record["id"]] for record in records if tag in record["tags"]]
            assert tagged.count("val") == len(tagged) / 5

    def test_what_comes_later_moves_nothing(self, desk: Desk) -> None:
        divided(desk, [numbered(n, tags=["a"]) for n in range(60)], stratify="tags")
        before = sides(desk)
        saved(desk, [numbered(n, tags=["a", "b"]) for n in range(200)])
        desk.store.partition(NAME)
        desk.commit()
        assert only(sides(desk), before) == before

    def test_duplicates_stay_together(self, desk: Desk) -> None:
        divided(desk, [numbered(n, says=n // 4, tags=["a"]) for n in range(80)], stratify="tags")
        found = sides(desk)
        assert len({(n // 4, found[f"entry {n}"]) for n in range(80)}) == 20
        assert counted(found) == {"train": 40, "val": 40}


class TestDefinition:
    def test_another_division_is_refused_unless_it_is_to_be_redone(self, desk: Desk) -> None:
        divided(desk, MANY[:40])
        before = sides(desk)
        for other in ({"train": 0.8, "val": 0.2}, {"val": 0.5, "train": 0.5}):
            with pytest.raises(UsageError, match="divided in another way") as caught:
                desk.store.partition(NAME, other)
            assert "--redo" in (caught.value.hint or "")
        assert sides(desk) == before

    def test_without_one_there_is_nothing_to_settle(self, desk: Desk) -> None:
        desk.track(lines(*MANY[:3]), id_field="id")
        with pytest.raises(UsageError, match="is not divided yet"):
            desk.store.partition(NAME)
        with pytest.raises(UsageError, match="needs sides"):
            desk.store.partition(NAME, seed="x")
        with pytest.raises(NothingToDoError, match="is not divided"):
            desk.store.remove_partition(NAME)
        desk.commit()
        assert desk.store.partition_of(desk.store["HEAD"][NAME]) is None
        assert desk.store.partition_report(NAME) is None

    def test_removing_it_leaves_what_there_was_before(self, desk: Desk) -> None:
        desk.track(lines(*(numbered(n, says=n // 2) for n in range(40))), id_field="id")
        desk.commit()
        before = desk.dataset()
        assert desk.store.partition(NAME, HALVES).pinned > 0
        desk.commit()
        assert desk.store.remove_partition(NAME).counts["train"] > 0
        desk.commit()
        assert desk.dataset() == before

    def test_redoing_it_forgets_what_was_pinned(self, desk: Desk) -> None:
        divided(desk, [numbered(n, says=n // 2) for n in range(40)])
        fresh = desk.dataset()
        saved(desk, MANY[:40])
        desk.store.partition(NAME, HALVES, redo=True)
        desk.commit()
        with new_desk() as other:
            divided(other, MANY[:40])
            assert sides(other) == sides(desk)
            assert other.dataset().root == desk.dataset().root != fresh.root

    def test_the_file_stays_and_status_shows_it(self, desk: Desk) -> None:
        desk.track(lines(*(numbered(n, says=n // 2) for n in range(20))), id_field="id")
        desk.commit()
        before = os.stat(desk.path())
        result = desk.store.partition(NAME, HALVES)
        change = desk.change()
        assert change.partition_changed
        assert change.counts == Counts(edited=result.pinned)
        assert desk.store.undo().command == f"partition {NAME}"
        assert desk.store.status().clean
        desk.store.redo()
        desk.commit()
        assert desk.store.status().clean
        assert os.stat(desk.path()) == before

    def test_it_is_versioned(self, desk: Desk) -> None:
        divided(desk, MANY[:20])
        desk.store.partition(NAME, {"train": 0.25, "val": 0.75}, redo=True)
        desk.commit()
        assert sides(desk) != sides(desk, "HEAD~1")
        desk.store.switch("HEAD~1", detach=True)
        assert not desk.store.partition(NAME, HALVES).changed

    def test_it_waits_for_a_merge(self, desk: Desk) -> None:
        divided(desk, MANY[:4])
        desk.store.create_branch("noir")
        saved(desk, [talk(0, "Ours.", id="entry 0"), *MANY[1:4]])
        desk.store.switch("noir")
        saved(desk, [talk(0, "Theirs.", id="entry 0"), *MANY[1:4]])
        desk.store.switch("main")
        desk.store.merge("noir", author=AUTHOR)
        with pytest.raises(InProgressError):
            desk.store.partition(NAME)
        assert desk.store.partition_report(NAME) is not None


class TestSides:
    def test_by_position_by_id_and_in_order(self, desk: Desk) -> None:
        divided(desk, MANY[:30])
        dataset = desk.store["HEAD"][NAME]
        found = desk.store.partition_of(dataset)
        assert found is not None
        assert list(found) == [found[at] for at in range(30)] == list(sides(desk).values())
        assert found[3:5] == list(found)[3:5]
        assert found.of(dataset[7].id) == found[7]
        assert found.of(bytes(16)) is None
        assert found.counts() == counted(sides(desk))

    def test_an_entry_can_be_put_on_a_side(self, desk: Desk) -> None:
        divided(desk, MANY[:10])
        before = sides(desk)
        other = {"train": "val", "val": "train"}[before["entry 4"]]
        desk.store.annotate(NAME, {4: {"partition": other}})
        desk.commit()
        assert sides(desk) == {**before, "entry 4": other}
        desk.store.partition(NAME)
        assert desk.store.status().clean
        with pytest.raises(UsageError, match="has no side test"):
            desk.store.annotate(NAME, {4: {"partition": "test"}})

    def test_what_was_edited_to_say_the_same_is_reported(self, desk: Desk) -> None:
        divided(desk, MANY[:30])
        found = sides(desk)
        first = next(n for n in range(30) if found[f"entry {n}"] == "train")
        second = next(n for n in range(first, 30) if found[f"entry {n}"] == "val")
        desk.write(lines(*(numbered(n, says=first if n == second else n) for n in range(30))))
        report = desk.store.partition_report(NAME)
        assert report is not None
        (one,) = report.torn
        assert (one.position, one.side, one.other, one.other_side) == (second, "val", first, "train")
        assert one.why == "duplicate"

    def test_another_system_prompt_says_the_same(self, desk: Desk) -> None:
        other = numbered(1)
        other["messages"][0] = {"role": "system", "content": "You are somebody else."}
        records = [other if n == 1 else numbered(n, says=1) for n in range(30)]
        divided(desk, records)
        assert len(counted(sides(desk))) == 1


class TestTravels:
    def test_to_a_backup_and_back(self, tmp_path: Path) -> None:
        office = Office(tmp_path / "office")
        ann = office.owner()
        divided(ann, [numbered(n, says=n // 2) for n in range(40)])
        ann.store.push()
        bob = office.clone()
        assert sides(bob) == sides(ann)
        check_sound(bob)
        saved(bob, [numbered(n, says=n // 2) for n in range(60)])
        bob.store.partition(NAME)
        bob.commit()
        bob.store.push()
        ann.store.pull(author=AUTHOR)
        assert sides(ann) == sides(bob)
        check_sound(ann)

    def test_over_collection(self, desk: Desk) -> None:
        divided(desk, [numbered(n, says=n // 2) for n in range(40)])
        before = sides(desk)
        desk.store.gc(retention_days=0)
        check_sound(desk)
        assert sides(desk) == before

    @pytest.mark.parametrize(
        ("blob", "problem", "affects"),
        [(b"12345", "what is settled is cut off", "mara.jsonl"), (None, "missing", "(the partition)")],
    )
    def test_a_check_of_the_store_looks_at_what_is_settled(
        self, desk: Desk, blob: bytes | None, problem: str, affects: str
    ) -> None:
        divided(desk, MANY[:4])
        workspace, dataset = desk.store._workspace, desk.dataset()
        assert dataset.settings.partition is not None
        with writing(workspace), workspace.transaction() as transaction:
            settled = bytes(32) if blob is None else transaction.add(Kind.BLOB, blob)
            partition = replace(dataset.settings.partition, settled=settled)
            harmed = replace(dataset, settings=replace(dataset.settings, partition=partition))
            id = transaction.add(Kind.DATASET, encode(harmed))
            perform(workspace, transaction, Command("harm", tracked_with(workspace.state(), {NAME: id})))
        found = desk.store.fsck().problems
        assert any(problem in one.what and affects in " ".join(one.affects) for one in found), found

    def test_a_merge_brings_it_and_what_both_settled(self, desk: Desk) -> None:
        divided(desk, MANY[:20])
        desk.store.create_branch("noir")
        for branch, more in (("main", MANY[20:30]), ("noir", MANY[30:40])):
            desk.store.switch(branch)
            saved(desk, [*MANY[:20], *more])
            desk.store.partition(NAME)
            desk.commit()
        before = sides(desk) | sides(desk, "main")
        desk.store.switch("main")
        result = desk.store.merge("noir", author=AUTHOR)
        assert (result.outcome, result.notices) == ("merged", ())
        assert sides(desk) == before
        assert desk.store.partition_of(desk.store["HEAD"][NAME]).fresh == 0  # type: ignore[union-attr]

    def test_of_two_definitions_ours_stays_with_a_notice(self, desk: Desk) -> None:
        desk.track(lines(*MANY[:20]), id_field="id")
        desk.commit()
        desk.store.create_branch("noir")
        for branch, fraction in (("main", 0.5), ("noir", 0.25)):
            desk.store.switch(branch)
            desk.store.partition(NAME, {"train": 1 - fraction, "val": fraction})
            desk.commit()
        desk.store.switch("main")
        ours = sides(desk)
        result = desk.store.merge("noir", author=AUTHOR)
        assert result.notices == (f"{NAME}: both sides changed the partition; ours stays",)
        assert sides(desk) == ours

    def test_a_side_is_no_reason_to_keep_what_was_removed(self, desk: Desk) -> None:
        records = [numbered(n, says=n // 2) for n in range(40)]
        desk.track(lines(*records), id_field="id")
        desk.commit()
        desk.store.create_branch("noir")
        assert desk.store.partition(NAME, HALVES).pinned > 0
        desk.commit()
        desk.store.switch("noir")
        saved(desk, records[:1])
        desk.store.switch("main")
        assert desk.store.merge("noir", author=AUTHOR).outcome == "merged"
        assert list(sides(desk)) == ["entry 0"]

    def test_a_patch_brings_it_and_takes_it_back(self, desk: Desk) -> None:
        desk.track(lines(*(numbered(n, says=n // 2) for n in range(40))), id_field="id")
        desk.commit()
        desk.store.partition(NAME, HALVES, stratify="tags", seed="s")
        desk.commit()
        made = patch(desk, "HEAD~1", "HEAD")
        desk.store.switch("again", create=True, start="HEAD~1")
        before = desk.dataset()
        desk.store.apply(made)
        desk.commit()
        assert desk.dataset() == desk.dataset("main")
        desk.store.apply(made, reverse=True)
        desk.commit()
        assert desk.dataset() == before
        check_sound(desk)
