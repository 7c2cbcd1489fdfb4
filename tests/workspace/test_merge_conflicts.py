"""Conflicts: what they leave in the files, how they are resolved, and how a merge ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from workspaces import AUTHOR, NAME, Desk, lines, new_desk, talk

from rtstore.errors import (
    ConflictsError,
    InputError,
    NothingToDoError,
    RevisionError,
    UsageError,
    WorkspaceError,
)
from rtstore.workspace.merging.results import Conflict

Record = dict[str, Any]
SIDECAR = "mara.registry.json"


def records(**changes: Any) -> list[Record]:
    """Return six records; ``e3="..."`` gives one of them another reply, None takes it out."""
    found = [talk(n, changes.get(f"e{n}") or "Very well, thank you.", id=f"e{n}") for n in range(6)]
    return [record for record in found if changes.get(record["id"], "") is not None]


def replies(data: bytes) -> dict[str, str]:
    return {one["id"]: one["messages"][2]["content"] for one in map(json.loads, data.splitlines())}


def start(desk: Desk, ours: bytes, theirs: bytes, name: str = NAME) -> None:
    """Commit two versions, one on ``main``, one on ``noir``."""
    desk.store.create_branch("noir")
    desk.commit_file(ours, name)
    desk.store.switch("noir")
    desk.commit_file(theirs, name)
    desk.store.switch("main")


def clash(desk: Desk, ours: dict[str, Any], theirs: dict[str, Any]) -> list[Conflict]:
    """Merge two versions of the six records; return the conflicts."""
    start(desk, lines(*records(**ours)), lines(*records(**theirs)))
    result = desk.store.merge("noir", author=AUTHOR)
    assert result.outcome == "conflicts"
    assert result.conflicts == desk.store.conflicts()
    return list(result.conflicts)


def message(desk: Desk) -> str:
    return desk.store.commit_at("HEAD")[1].message


@pytest.fixture
def desk() -> Iterator[Desk]:
    with new_desk() as desk:
        desk.track(lines(*records()), id_field="id")
        desk.commit("first")
        yield desk


class TestWhatAConflictLeaves:
    def test_the_file_has_ours_where_they_clash_and_everything_else_merged(self, desk: Desk) -> None:
        (conflict,) = clash(desk, {"e1": "Mine."}, {"e1": "Noir.", "e4": "Noir."})
        assert desk.read() == lines(*records(e1="Mine.", e4="Noir."))
        assert (conflict.kind, conflict.position, conflict.dataset) == ("edited", 1, NAME)
        assert conflict.name == f"{NAME}#{desk.ids()[1][:8]}"
        told = [conflict.base, conflict.ours, conflict.theirs]
        assert [list(replies(text or b"").values()) for text in told] == [
            ["Very well, thank you."], ["Mine."], ["Noir."],
        ]  # fmt: skip
        (one,) = conflict.clashes
        assert (one.path, one.ours, one.theirs) == ("messages[2].content", "Mine.", "Noir.")

    def test_status_tells_of_it(self, desk: Desk) -> None:
        assert desk.store.status().merging is None
        clash(desk, {"e1": "Mine."}, {"e1": "Noir."})
        merging = desk.store.status().merging
        assert merging is not None
        assert (merging.kind, merging.conflicts, merging.remaining) == ("merge", 1, ())
        assert merging.commits == (desk.store.branches()["noir"],)

    def test_head_stays_where_it_was(self, desk: Desk) -> None:
        clash(desk, {"e1": "Mine."}, {"e1": "Noir."})
        assert len(desk.store.commit_at("HEAD")[1].parents) == 1

    def test_an_entry_that_one_side_removed(self, desk: Desk) -> None:
        removed, edited = clash(desk, {"e1": None, "e3": "Mine."}, {"e1": "Noir.", "e3": None})
        assert (removed.kind, removed.position, removed.ours) == ("removed/edited", 1, None)
        assert (edited.kind, edited.position, edited.theirs) == ("edited/removed", 2, None)
        assert desk.read() == lines(*records(e1=None, e3="Mine."))

    def test_a_dataset_that_one_side_removed(self, desk: Desk) -> None:
        desk.store.create_branch("noir")
        desk.commit_file(lines(*records(e1="Mine.")))
        desk.store.switch("noir")
        desk.delete()
        desk.commit()
        result = desk.store.merge("main", author=AUTHOR)
        (conflict,) = result.conflicts
        assert (conflict.name, conflict.kind, conflict.entry) == (NAME, "removed/edited", None)
        assert not desk.exists()
        desk.store.resolve_conflict(NAME, "theirs")
        assert desk.read() == lines(*records(e1="Mine."))
        desk.store.continue_merge()
        assert desk.exported() == lines(*records(e1="Mine."))

    def test_it_survives_gc_and_fsck(self, desk: Desk) -> None:
        before = clash(desk, {"e1": "Mine.", "e2": None}, {"e1": "Noir.", "e2": "Noir."})
        desk.store.gc(retention_days=0)
        assert desk.store.fsck().problems == ()
        desk.reopen()
        assert list(desk.store.conflicts()) == before


class TestResolving:
    @pytest.mark.parametrize(
        ("side", "reply"),
        [("ours", "Mine."), ("theirs", "Noir."), ("base", "Very well, thank you.")],
    )
    def test_a_side(self, desk: Desk, side: str, reply: str) -> None:
        (conflict,) = clash(desk, {"e1": "Mine."}, {"e1": "Noir.", "e4": "Noir."})
        result = desk.store.resolve_conflict(conflict.name, side)
        assert (result.resolved, result.left) == ((conflict.name,), ())
        assert desk.read() == lines(*records(e1=reply, e4="Noir."))
        desk.store.continue_merge()
        assert desk.store.status().clean
        assert message(desk) == (
            f"Merge branch 'noir'\n\nMerged:\n  {NAME}: {1 if side == 'ours' else 2} edited\n\n"
            f"Resolved:\n  {conflict.name} (changed by both): {side}\n"
        )

    def test_what_does_not_clash_stays_merged(self, desk: Desk) -> None:
        start(
            desk,
            lines(*records(e1="Mine.")[:2], {**records()[2], "note": 1}, *records()[3:]),
            lines({**records()[0], "rating": 5}, {**records(e1="Noir.")[1], "rating": 4}, *records()[2:]),
        )
        desk.store.merge("noir", author=AUTHOR)
        desk.store.resolve_conflict(None, "ours")
        assert json.loads(desk.read().splitlines()[1]) == {**records(e1="Mine.")[1], "rating": 4}
        assert json.loads(desk.read().splitlines()[0])["rating"] == 5

    def test_both(self, desk: Desk) -> None:
        (conflict,) = clash(desk, {"e1": "Mine."}, {"e1": "Noir."})
        desk.store.resolve_conflict(conflict.name, "both")
        mine, noir = records(e1="Mine."), records(e1="Noir.")
        assert desk.read() == lines(*mine[:2], noir[1], *mine[2:])
        desk.store.continue_merge()
        assert len(set(desk.ids())) == 7
        assert desk.seen_afresh() == desk.dataset()

    def test_a_record_of_ones_own(self, desk: Desk) -> None:
        (conflict,) = clash(desk, {"e1": "Mine."}, {"e1": "Noir."})
        desk.store.resolve_conflict(conflict.name, record=records(e1="Neither.")[1])
        assert desk.read() == lines(*records(e1="Neither."))
        desk.store.continue_merge()
        assert message(desk).endswith(f"{conflict.name} (changed by both): edited\n")
        assert desk.ids()[1] == conflict.entry.hex()  # type: ignore[union-attr]

    def test_a_record_of_ones_own_in_a_file_that_was_edited_above_it(self, desk: Desk) -> None:
        (conflict,) = clash(desk, {"e1": "Mine."}, {"e1": "Noir."})
        desk.write(lines(*records(e0="By hand.", e1="Mine.")))
        desk.store.resolve_conflict(conflict.name, record=records(e1="Neither.")[1])
        assert desk.read() == lines(*records(e0="By hand.", e1="Neither."))

    def test_a_record_that_is_none(self, desk: Desk) -> None:
        (conflict,) = clash(desk, {"e1": "Mine."}, {"e1": "Noir."})
        with pytest.raises(InputError):
            desk.store.resolve_conflict(conflict.name, record=b'{"messages": ')
        assert desk.store.conflicts() == (conflict,)

    def test_part_by_part(self, desk: Desk) -> None:
        def version(question: str, reply: str) -> bytes:
            record = records(e1=reply)[1]
            record["messages"][1]["content"] = question
            return lines(records()[0], record, *records()[2:])

        start(desk, version("Who?", "Mine."), version("What?", "Noir."))
        (conflict,) = desk.store.merge("noir", author=AUTHOR).conflicts
        assert [one.path for one in conflict.clashes] == ["messages[1].content", "messages[2].content"]
        desk.store.resolve_conflict(conflict.name, parts=["theirs", "ours"])
        assert desk.read() == version("What?", "Mine.")
        desk.store.undo()
        with pytest.raises(UsageError, match="1 decisions for 2 clashes"):
            desk.store.resolve_conflict(conflict.name, parts=["theirs"])

    @pytest.mark.parametrize("side", ["ours", "theirs", "base"])
    def test_removed_entries(self, desk: Desk, side: str) -> None:
        clash(desk, {"e1": None, "e3": "Mine."}, {"e1": "Noir.", "e3": None})
        desk.store.resolve_conflict(None, side)
        expected = {
            "ours": records(e1=None, e3="Mine."),
            "theirs": records(e1="Noir.", e3=None),
            "base": records(),
        }
        assert desk.read() == lines(*expected[side])
        desk.store.continue_merge()
        assert desk.store.status().clean
        assert desk.seen_afresh() == desk.dataset()

    def test_by_position_and_by_id(self, desk: Desk) -> None:
        first, second, third = clash(
            desk, {"e1": "Mine.", "e2": "Mine.", "e3": "Mine."}, {"e1": "Noir.", "e2": "Noir.", "e3": "Noir."}
        )
        assert desk.store.resolve_conflict(f"{NAME}#2", "ours").resolved == (first.name,)
        assert desk.store.resolve_conflict(second.entry.hex()[:6], "ours").resolved == (second.name,)  # type: ignore[union-attr]
        assert desk.store.resolve_conflict(NAME, "theirs").left == ()
        assert replies(desk.read())["e3"] == "Noir."
        assert third.name

    def test_a_name_that_means_nothing(self, desk: Desk) -> None:
        (conflict,) = clash(desk, {"e1": "Mine."}, {"e1": "Noir."})
        with pytest.raises(RevisionError, match="names no conflict") as caught:
            desk.store.resolve_conflict("ffffffff", "ours")
        assert caught.value.candidates == (conflict.name,)

    def test_in_no_way_or_in_two(self, desk: Desk) -> None:
        clash(desk, {"e1": "Mine."}, {"e1": "Noir."})
        with pytest.raises(UsageError, match="in one way"):
            desk.store.resolve_conflict(None)
        with pytest.raises(UsageError, match="in one way"):
            desk.store.resolve_conflict(None, "ours", record=b"{}")
        with pytest.raises(UsageError, match="'mine' is no side"):
            desk.store.resolve_conflict(None, "mine")

    def test_both_of_what_is_gone(self, desk: Desk) -> None:
        clash(desk, {"e1": None}, {"e1": "Noir."})
        with pytest.raises(UsageError, match="no two entries"):
            desk.store.resolve_conflict(None, "both")

    def test_edits_made_meanwhile_stay(self, desk: Desk) -> None:
        clash(desk, {"e1": "Mine."}, {"e1": "Noir."})
        edited = records(e1="Mine.", e5="Edited.")
        edited[1]["note"] = "look here"
        desk.write(lines(*edited))
        desk.store.resolve_conflict(None, "theirs")
        edited[1]["messages"][2]["content"] = "Noir."
        assert desk.read() == lines(*edited)

    def test_one_undo_takes_back_one_resolution(self, desk: Desk) -> None:
        (conflict,) = clash(desk, {"e1": "Mine."}, {"e1": "Noir."})
        desk.store.resolve_conflict(None, "theirs")
        desk.store.undo()
        assert desk.read() == lines(*records(e1="Mine."))
        assert desk.store.conflicts() == (conflict,)

    def test_nothing_is_left_to_be_resolved(self, desk: Desk) -> None:
        clash(desk, {"e1": "Mine."}, {"e1": "Noir."})
        desk.store.resolve_conflict(None, "ours")
        with pytest.raises(NothingToDoError, match="no conflicts left"):
            desk.store.resolve_conflict(None, "ours")


class TestByHand:
    def test_an_entry_edited_in_the_file_is_resolved(self, desk: Desk) -> None:
        (conflict,) = clash(desk, {"e1": "Mine."}, {"e1": "Noir."})
        desk.write(lines(*records(e1="Neither.")))
        assert desk.store.conflicts() == ()
        desk.store.continue_merge()
        assert message(desk).endswith(f"{conflict.name} (changed by both): by hand\n")
        assert desk.exported() == lines(*records(e1="Neither."))

    def test_an_edit_elsewhere_in_the_entry_does_not_resolve_it(self, desk: Desk) -> None:
        clash(desk, {"e1": "Mine."}, {"e1": "Noir."})
        edited = records(e1="Mine.")
        edited[1]["note"] = "look here"
        desk.write(lines(*edited))
        assert len(desk.store.conflicts()) == 1

    def test_an_entry_removed_or_put_back(self, desk: Desk) -> None:
        clash(desk, {"e1": None, "e3": "Mine."}, {"e1": "Noir.", "e3": None})
        desk.write(lines(*records(e3=None)))
        assert desk.store.conflicts() == ()

    def test_a_file_that_is_broken_meanwhile_hides_no_conflict(self, desk: Desk) -> None:
        (conflict,) = clash(desk, {"e1": "Mine."}, {"e1": "Noir."})
        desk.write(b"{\n")
        assert desk.store.conflicts() == (conflict,)
        with pytest.raises(InputError):
            desk.store.continue_merge()


class TestWithoutAFile:
    def test_a_file_that_is_missing_resolves_none_of_its_conflicts(self, desk: Desk) -> None:
        (conflict,) = clash(desk, {"e1": "Mine."}, {"e1": "Noir.", "e4": "Noir."})
        left = desk.read()
        desk.delete()
        (still,) = desk.store.conflicts()
        assert (still.name, still.missing, conflict.missing) == (conflict.name, NAME, None)
        with pytest.raises(ConflictsError) as caught:
            desk.store.continue_merge()
        assert caught.value.hint == (
            f"{NAME} is missing. Put it back, or start again: rtstore merge --abort. "
            f"To do without it: rtstore rm {NAME}"
        )
        with pytest.raises(WorkspaceError, match="is missing"):
            desk.store.resolve_conflict(None, "theirs")
        desk.write(left)
        assert desk.store.conflicts() == (conflict,)
        desk.store.resolve_conflict(None, "theirs")
        assert desk.read() == lines(*records(e1="Noir.", e4="Noir."))

    def test_a_dataset_that_is_removed_on_purpose_has_none(self, desk: Desk) -> None:
        clash(desk, {"e1": "Mine."}, {"e1": "Noir."})
        desk.delete()
        desk.store.remove([NAME])
        assert desk.store.conflicts() == ()
        desk.store.continue_merge()
        assert NAME not in desk.store["HEAD"]

    def test_a_merge_is_given_up_without_its_file(self, desk: Desk) -> None:
        clash(desk, {"e1": "Mine."}, {"e1": "Noir."})
        desk.delete()
        desk.store.abort_merge()
        assert desk.read() == lines(*records(e1="Mine."))

    def test_a_dataset_that_they_removed_may_just_be_deleted(self, desk: Desk) -> None:
        desk.store.create_branch("noir")
        desk.commit_file(lines(*records(e1="Mine.")))
        desk.store.switch("noir")
        desk.delete()
        desk.commit()
        desk.store.switch("main")
        assert desk.store.merge("noir", author=AUTHOR).outcome == "conflicts"
        desk.delete()
        assert desk.store.conflicts() == ()


class TestEnding:
    def test_not_before_everything_is_resolved(self, desk: Desk) -> None:
        (conflict,) = clash(desk, {"e1": "Mine."}, {"e1": "Noir."})
        for command in (desk.store.continue_merge, desk.commit):
            with pytest.raises(ConflictsError, match="not resolved") as caught:
                command()
            assert caught.value.entries == (conflict.name,)

    def test_a_commit_finishes_it_with_all_that_is_tracked(self, desk: Desk) -> None:
        desk.commit_file(lines(talk(1)), "tom.jsonl")
        clash(desk, {"e1": "Mine."}, {"e1": "Noir.", "e4": "Noir."})
        desk.write(lines(talk(1), talk(2)), "tom.jsonl")
        desk.store.resolve_conflict(None, "ours")
        result = desk.commit("Both of it")
        assert len(result.commit.parents) == 2
        assert result.commit.message.startswith("Both of it\n\nMerged:\n")
        assert desk.exported("HEAD", "tom.jsonl") == lines(talk(1), talk(2))
        assert desk.store.status().merging is None
        assert desk.store.status().clean

    def test_to_go_on_leaves_other_datasets_uncommitted(self, desk: Desk) -> None:
        desk.commit_file(lines(talk(1)), "tom.jsonl")
        clash(desk, {"e1": "Mine."}, {"e1": "Noir.", "e4": "Noir."})
        desk.write(lines(talk(1), talk(2)), "tom.jsonl")
        desk.store.resolve_conflict(None, "ours")
        desk.store.continue_merge()
        assert desk.exported("HEAD", "tom.jsonl") == lines(talk(1))
        assert desk.change("tom.jsonl").counts.added == 1

    def test_a_merge_whose_outcome_is_ours_is_a_merge(self, desk: Desk) -> None:
        clash(desk, {"e1": "Mine."}, {"e1": "Noir."})
        desk.store.resolve_conflict(None, "ours")
        desk.store.continue_merge()
        assert len(desk.store.commit_at("HEAD")[1].parents) == 2
        assert desk.store.merge("noir", author=AUTHOR).outcome == "up to date"

    def test_one_undo_goes_back_to_the_merge_in_progress(self, desk: Desk) -> None:
        clash(desk, {"e1": "Mine."}, {"e1": "Noir."})
        desk.store.resolve_conflict(None, "theirs")
        head = desk.store.head
        desk.store.continue_merge()
        desk.store.undo()
        assert desk.store.head == head
        assert desk.store.status().merging is not None
        desk.store.redo()
        assert desk.store.status().merging is None

    def test_a_squash_with_conflicts_ends_in_a_commit_with_one_parent(self, desk: Desk) -> None:
        start(desk, lines(*records(e1="Mine.")), lines(*records(e1="Noir.")))
        desk.store.merge("noir", author=AUTHOR, squash=True)
        desk.store.resolve_conflict(None, "theirs")
        desk.store.continue_merge()
        assert len(desk.store.commit_at("HEAD")[1].parents) == 1


class TestGivingUp:
    def test_everything_is_as_it_was_stamps_and_modes_included(self, desk: Desk) -> None:
        def stamped(when: str, **changes: Any) -> bytes:
            return lines(*({**one, "_rolethread": {"validated_at": when}} for one in records(**changes)))

        desk.commit_file(lines(talk(1)), "other.jsonl")
        start(desk, stamped("2026-01-01", e1="Mine."), stamped("2026-01-02", e1="Noir.", e4="Noir."))
        desk.write(stamped("2026-01-03", e1="Mine."), mode=0o600)
        desk.commit()
        desk.write(stamped("2026-01-04", e1="Mine."))
        desk.write(lines(talk(1), talk(2)), "other.jsonl")
        files, mode, tracked, head = desk.files(), desk.mode(), desk.tracked, desk.store.head
        desk.store.merge("noir", author=AUTHOR)
        desk.store.resolve_conflict(None, "theirs")
        desk.write(desk.read().replace(b"Very well", b"Well"))
        during = desk.files()
        result = desk.store.abort_merge()
        assert (result.outcome, result.files) == ("aborted", (NAME,))
        assert (desk.files(), desk.mode(), desk.store.head) == (files, mode, head)
        assert desk.tracked["other.jsonl"] == tracked["other.jsonl"]
        assert desk.store.status().merging is None
        desk.store.undo()
        assert desk.files() == during
        assert desk.store.status().merging is not None
        desk.store.redo()
        assert desk.files() == files

    def test_datasets_that_came_or_went_go_or_come_back(self, desk: Desk) -> None:
        desk.commit_file(lines(talk(1)), "gone.jsonl")
        desk.store.create_branch("noir")
        desk.commit_file(lines(*records(e1="Mine.")))
        desk.store.switch("noir")
        desk.delete("gone.jsonl")
        desk.write(lines(*records(e1="Noir.")))
        desk.track(lines(talk(5)), "new.jsonl")
        desk.commit()
        desk.store.switch("main")
        files, tracked = desk.files(), desk.tracked
        desk.store.merge("noir", author=AUTHOR)
        assert sorted(desk.files()) == [NAME, "new.jsonl"]
        desk.store.abort_merge()
        assert (desk.files(), desk.tracked) == (files, tracked)

    def test_one_undo_takes_back_a_merge_with_conflicts(self, desk: Desk) -> None:
        start(desk, lines(*records(e1="Mine.")), lines(*records(e1="Noir.", e4="Noir.")))
        files = desk.files()
        desk.store.merge("noir", author=AUTHOR)
        desk.store.undo()
        assert desk.files() == files
        assert desk.store.status().merging is None


class TestRegistries:
    @staticmethod
    def sidecar(**descriptions: str) -> bytes:
        tags = [{"slug": slug, "description": text} for slug, text in descriptions.items()]
        tree = {"metadata": {"schema_version": 1, "kind": "rolethread.tag_registry"}, "tags": tags}
        return (json.dumps(tree, indent=2) + "\n").encode()

    def with_tags(self, desk: Desk, ours: dict[str, str], theirs: dict[str, str]) -> None:
        desk.write(self.sidecar(fog="Fog.", gull="A gull."), SIDECAR)
        desk.commit()
        desk.store.create_branch("noir")
        desk.write(self.sidecar(**ours), SIDECAR)
        desk.commit()
        desk.store.switch("noir")
        desk.write(self.sidecar(**theirs), SIDECAR)
        desk.commit()
        desk.store.switch("main")

    def test_they_merge_by_name(self, desk: Desk) -> None:
        self.with_tags(
            desk,
            {"fog": "Thick fog.", "gull": "A gull."},
            {"fog": "Fog.", "gull": "A gull.", "bell": "A bell."},
        )
        assert desk.store.merge("noir", author=AUTHOR).outcome == "merged"
        assert desk.read(SIDECAR) == self.sidecar(fog="Thick fog.", gull="A gull.", bell="A bell.")
        assert desk.store.status().clean
        assert message(desk) == f"Merge branch 'noir'\n\nMerged:\n  {NAME}: registry\n"

    def test_their_conflicts_are_resolved_one_by_one(self, desk: Desk) -> None:
        self.with_tags(desk, {"fog": "Mine.", "gull": "Mine."}, {"fog": "Noir.", "gull": "Noir."})
        first, second = desk.store.merge("noir", author=AUTHOR).conflicts
        assert (first.kind, first.name) == ("registry", f"{NAME}:{first.path}")
        assert (first.base, first.ours, first.theirs) == (b'"Fog."', b'"Mine."', b'"Noir."')
        desk.store.resolve_conflict(second.name, "theirs")
        assert desk.store.conflicts() == (first,)
        assert desk.read(SIDECAR) == self.sidecar(fog="Mine.", gull="Noir.")
        desk.store.resolve_conflict(first.name, "base")
        assert desk.read(SIDECAR) == self.sidecar(fog="Fog.", gull="Noir.")
        desk.store.continue_merge()
        assert desk.store.status().clean
        assert f"{second.name} (changed by both): theirs" in message(desk)

    @pytest.mark.parametrize(
        ("side", "expected"), [("ours", None), ("theirs", {"fog": "Noir."}), ("base", {"fog": "Fog."})]
    )
    def test_a_registry_that_one_side_removed(
        self, desk: Desk, side: str, expected: dict[str, str] | None
    ) -> None:
        def stamped(when: str, **tags: str) -> bytes:
            tree = json.loads(self.sidecar(**tags))
            tree["metadata"]["exported_at"] = when
            return (json.dumps(tree, indent=2) + "\n").encode()

        desk.write(stamped("mon", fog="Fog."), SIDECAR)
        desk.commit()
        desk.store.create_branch("noir")
        desk.delete(SIDECAR)
        desk.commit()
        desk.store.switch("noir")
        desk.write(stamped("tue", fog="Noir."), SIDECAR)
        desk.commit()
        desk.store.switch("main")
        assert desk.store.merge("noir", author=AUTHOR).outcome == "conflicts"
        desk.store.gc(retention_days=0)
        desk.store.resolve_conflict(None, side)
        assert desk.exists(SIDECAR) == (expected is not None)
        if expected is not None:
            assert desk.read(SIDECAR) == stamped("tue", **expected)
        desk.store.continue_merge()
        assert desk.store.status().clean

    def test_a_sidecar_that_is_missing_resolves_nothing(self, desk: Desk) -> None:
        self.with_tags(desk, {"fog": "Mine.", "gull": "A gull."}, {"fog": "Noir.", "gull": "A gull."})
        (conflict,) = desk.store.merge("noir", author=AUTHOR).conflicts
        desk.delete(SIDECAR)
        (still,) = desk.store.conflicts()
        assert (still.name, still.missing) == (conflict.name, SIDECAR)
        with pytest.raises(ConflictsError) as caught:
            desk.store.continue_merge()
        assert str(caught.value.hint).startswith(f"{SIDECAR} is missing. Put it back")
        desk.store.resolve_conflict(None, "ours")
        desk.store.continue_merge()
        assert not desk.exists(SIDECAR)
        assert desk.store.status().clean

    def test_what_was_edited_meanwhile_stays(self, desk: Desk) -> None:
        self.with_tags(desk, {"fog": "Mine.", "gull": "A gull."}, {"fog": "Noir.", "gull": "A gull."})
        desk.store.merge("noir", author=AUTHOR)
        desk.write(self.sidecar(fog="Mine.", gull="Two gulls."), SIDECAR)
        assert len(desk.store.conflicts()) == 1
        desk.store.resolve_conflict(None, "theirs")
        assert desk.read(SIDECAR) == self.sidecar(fog="Noir.", gull="Two gulls.")
        desk.write(self.sidecar(fog="By hand.", gull="Two gulls."), SIDECAR)
        desk.store.continue_merge()
        assert desk.store.status().clean

    def test_a_tag_renamed_on_one_side_is_used_under_its_new_name(self, desk: Desk) -> None:
        def tagged(*tags: str) -> bytes:
            return lines(*({**one, "tags": list(tags) if n == 1 else []} for n, one in enumerate(records())))

        desk.write(tagged())
        desk.write(self.sidecar(fog="Fog.", gull="A gull."), SIDECAR)
        desk.commit()
        desk.store.create_branch("noir")
        desk.write(self.sidecar(mist="Fog.", gull="A gull."), SIDECAR)
        desk.commit()
        desk.store.switch("noir")
        desk.write(tagged("fog", "gull"))
        desk.commit()
        desk.store.merge("main", author=AUTHOR)
        assert desk.read() == tagged("mist", "gull")
        desk.store.switch("main")
        desk.store.merge("noir^", author=AUTHOR)
        assert desk.read(SIDECAR) == self.sidecar(mist="Fog.", gull="A gull.")
