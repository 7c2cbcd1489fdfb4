"""A dataset that is gone and one that is new are one that was renamed, if they share most of their entries."""

from __future__ import annotations

import json
import os
from collections.abc import Callable

import pytest
from stories import Story, Told
from workspaces import AUTHOR, NAME, Desk, lines, talk

from rtstore.compare.difference import EntryChange
from rtstore.errors import UncommittedChangesError
from rtstore.model.objects import Counts
from rtstore.workspace.results import DatasetChange

NILS = "nils.jsonl"


def renames(changes: tuple[DatasetChange, ...]) -> dict[str, str | None]:
    return {change.path: change.renamed_from for change in changes}


def told(desk: Desk) -> dict[str, tuple[str | None, Counts]]:
    """Return what every command says that looks at the working files; they must agree."""
    said = [
        {change.path: (change.renamed_from, change.counts) for change in changes}
        for changes in (desk.store.status().datasets, desk.store.changes(), by_diff(desk))
    ]
    assert said[0] == said[1] == said[2]
    return said[0]


def by_diff(desk: Desk, *versions: str) -> tuple[DatasetChange, ...]:
    with desk.store.diff(*versions) as difference:
        return difference.changes()


def committed(desk: Desk) -> dict[str, tuple[str | None, Counts]]:
    """Commit, and return what every command says of it; they must agree."""
    made = desk.commit()
    said = [
        {change.path: (change.renamed_from, change.counts) for change in changes}
        for changes in (
            made.datasets,
            desk.store.changes_of(made.id),
            desk.store.changes("HEAD^", "HEAD"),
            by_diff(desk, "HEAD^", "HEAD"),
        )
    ]
    said.append(
        {
            each.path: (each.renamed_from, each.counts)
            for each in desk.store.counts_of(made.id, desk.store.commit_at("HEAD")[1])
        }
    )
    assert all(one == said[0] for one in said)
    return said[0]


def entries(desk: Desk, *versions: str, targets: tuple[str, ...] = ()) -> list[EntryChange]:
    with desk.store.diff(*versions, targets=targets) as difference:
        return [entry for dataset in difference.datasets for entry in dataset.entries]


def moved_by_hand(desk: Desk, source: str = NAME, target: str = NILS) -> None:
    """Give a file another name, as a program does that knows nothing of rtstore."""
    os.rename(desk.path(source), desk.path(target))
    desk.store.add([desk.path(target)])


def moved(desk: Desk, source: str = NAME, target: str = NILS) -> None:
    desk.store.move(source, target)


ways = pytest.mark.parametrize("rename", [moved, moved_by_hand])


@ways
def test_a_dataset_under_another_name_is_the_same(desk: Desk, rename: Callable[[Desk], None]) -> None:
    desk.track(lines(*map(talk, range(300))))
    desk.commit()
    rename(desk)
    assert told(desk) == {NILS: (NAME, Counts())}
    assert entries(desk) == []
    assert committed(desk) == {NILS: (NAME, Counts())}
    assert desk.store.status().clean


@ways
@pytest.mark.parametrize("name", ["nils.jsonl", "nils.json"])
@pytest.mark.parametrize("id", ["id", None], ids=["with ids", "without ids"])
def test_what_else_changed_is_an_edit_of_it(
    desk: Desk, rename: Callable[[Desk, str, str], None], name: str, id: str | None
) -> None:
    def file(*replies: str) -> bytes:
        records = [talk(n, reply, **({id: f"e{n}"} if id else {})) for n, reply in enumerate(replies)]
        return lines(*records) if name.endswith("l") else json.dumps(records, indent=1).encode()

    old = f"mara{name[4:]}"
    desk.track(file("Fog.", "Fog.", "Fog.", "Fog."), old)
    desk.commit()
    desk.write(file("Fog.", "Rain.", "Fog.", "Fog."), old)
    desk.commit()
    rename(desk, old, name)
    desk.write(file("Fog.", "Rain.", "Snow.", "Fog.", "New."), name)
    expected = {name: (old, Counts(edited=1, added=1))}
    assert told(desk) == expected
    assert [(one.change, one.new_position) for one in entries(desk)] == [("edited", 2), ("added", 4)]
    assert committed(desk) == expected
    assert desk.ids("HEAD", name)[:4] == desk.ids("HEAD^", old)


def test_a_file_that_is_edited_before_it_is_added_again_keeps_its_entries(desk: Desk) -> None:
    desk.track(lines(*map(talk, range(6))))
    desk.commit()
    desk.write(lines(talk(0, "No."), *map(talk, range(1, 6))))
    desk.commit()
    os.rename(desk.path(), desk.path(NILS))
    desk.write(lines(talk(0, "Never."), *map(talk, range(1, 6))), NILS)
    desk.store.add([desk.path(NILS)])
    assert told(desk) == {NILS: (NAME, Counts(edited=1))}
    desk.commit()
    assert desk.ids("HEAD", NILS) == desk.ids("HEAD^")


def test_its_id_field_stays_what_the_user_chose(desk: Desk) -> None:
    desk.track(lines(*(talk(n, code=n) for n in range(4))), id_field="code")
    desk.commit()
    moved_by_hand(desk)
    assert desk.tracked_dataset(NILS).settings.id_field == "code"
    assert told(desk) == {NILS: (NAME, Counts())}


def test_at_least_half_of_the_entries_of_the_larger_must_be_shared(desk: Desk) -> None:
    desk.track(lines(*map(talk, range(4))))
    desk.commit()
    desk.delete()
    desk.track(lines(*map(talk, range(2, 6))), NILS)
    assert told(desk) == {NILS: (NAME, Counts(added=2, removed=2))}
    desk.write(lines(*map(talk, range(2, 7))), NILS)
    assert told(desk) == {NAME: (None, Counts(removed=4)), NILS: (None, Counts(added=5))}


def test_what_has_no_entries_is_nothing_that_could_be_renamed(desk: Desk) -> None:
    desk.track(b"", "empty.jsonl")
    desk.commit()
    desk.delete("empty.jsonl")
    desk.track(b"", NILS)
    assert renames(desk.store.status().datasets) == {"empty.jsonl": None, NILS: None}


def test_a_file_of_lines_is_no_array_under_another_name(desk: Desk) -> None:
    desk.track(lines(*map(talk, range(4))))
    desk.commit()
    desk.delete()
    desk.track(json.dumps([*map(talk, range(4))]).encode(), "mara.json")
    assert renames(desk.store.status().datasets) == {NAME: None, "mara.json": None}


def test_each_is_renamed_once_and_to_what_is_most_like_it(desk: Desk) -> None:
    desk.track(lines(*map(talk, range(6))))
    desk.commit()
    desk.delete()
    desk.track(lines(*map(talk, range(5))), "a.jsonl")
    desk.track(lines(*map(talk, range(6))), "b.jsonl")
    desk.track(lines(*map(talk, range(6))), "c.jsonl")
    assert renames(desk.store.status().datasets) == {"a.jsonl": None, "b.jsonl": NAME, "c.jsonl": None}


def test_two_at_once(desk: Desk) -> None:
    desk.track(lines(*map(talk, range(4))))
    desk.track(lines(*map(talk, range(10, 14))), "osk.jsonl")
    desk.commit()
    moved(desk, NAME, "crew/osk.jsonl")
    moved(desk, "osk.jsonl", "crew/mara.jsonl")
    assert committed(desk) == {
        "crew/mara.jsonl": ("osk.jsonl", Counts()),
        "crew/osk.jsonl": (NAME, Counts()),
    }


def test_two_that_swap_their_names_are_edited(desk: Desk) -> None:
    desk.track(lines(*map(talk, range(4))))
    desk.track(lines(*map(talk, range(10, 14))), "osk.jsonl")
    desk.commit()
    for source, target in ((NAME, "x.jsonl"), ("osk.jsonl", NAME), ("x.jsonl", "osk.jsonl")):
        moved(desk, source, target)
    both = (None, Counts(added=4, removed=4))
    assert committed(desk) == {NAME: both, "osk.jsonl": both}


def test_entries_whose_ids_were_given_anew_are_recognised_by_what_they_say(desk: Desk) -> None:
    story = Story(desk)

    def talks(prefix: str, last: str) -> list[Told]:
        said = [*(f"What of buoy {n * 7919}, off the far light?" for n in range(9)), last]
        return [Told(f"{prefix}{n}", ["Be brief.", text]) for n, text in enumerate(said)]

    first = story.commit({NAME: talks("a", "And the lamp, is it trimmed and filled?")})
    story.commit({NILS: talks("b", "And the lamp, is it trimmed, filled and lit?")}, first)
    assert [(one.path, one.renamed_from, one.counts) for one in desk.store.changes("HEAD^", "HEAD")] == [
        (NILS, NAME, Counts(edited=1))
    ]
    (entry,) = entries(desk, "HEAD^", "HEAD")
    assert (entry.change, entry.id[:2], len(entry.turns)) == ("edited", b"a9", 1)


def test_only_some_are_asked_for_by_either_name(desk: Desk) -> None:
    desk.track(lines(*map(talk, range(4))))
    desk.track(lines(talk(20)), "osk.jsonl")
    desk.commit()
    moved(desk)
    desk.write(lines(talk(0, "No."), talk(1, "No."), talk(2), talk(3)), NILS)
    desk.write(lines(talk(20), talk(21)), "osk.jsonl")
    for name in (NAME, NILS):
        assert renames(desk.store.changes(targets=[name])) == {NILS: NAME}
        assert [one.new_position for one in entries(desk, targets=(name,))] == [0, 1]
        assert [one.new_position for one in entries(desk, targets=(f"{name}#2",))] == [1]


def test_a_file_that_is_damaged_meanwhile_is_no_rename(desk: Desk) -> None:
    desk.track(lines(talk(0)))
    desk.commit()
    moved_by_hand(desk)
    desk.write(b"{]", NILS)
    assert [change.change for change in desk.store.status().datasets] == ["removed", "invalid"]


class TestHistory:
    @pytest.fixture
    def desk(self, desk: Desk) -> Desk:
        """A workspace whose dataset was renamed twice, and edited on the way."""
        desk.track(lines(*map(talk, range(4))))
        desk.commit("first")
        desk.track(lines(talk(20)), "osk.jsonl")
        desk.commit("osk")
        moved(desk, NAME, "b.jsonl")
        desk.commit("renamed")
        desk.write(lines(talk(0, "No."), *map(talk, range(1, 4))), "b.jsonl")
        desk.commit("edited")
        moved(desk, "b.jsonl", "c.jsonl")
        desk.write(lines(talk(0, "No."), talk(1, "Never."), talk(2), talk(3)), "c.jsonl")
        desk.commit("renamed again")
        return desk

    def subjects(self, desk: Desk, *datasets: str, **more: str) -> list[str]:
        return [commit.message.strip() for _, commit in desk.store.log(dataset=datasets, **more)]  # type: ignore[arg-type]

    def test_it_is_followed_under_all_its_names(self, desk: Desk) -> None:
        assert self.subjects(desk, "c.jsonl") == ["renamed again", "edited", "renamed", "first"]
        assert self.subjects(desk, "osk.jsonl") == ["osk"]
        assert self.subjects(desk, "c.jsonl", "osk.jsonl") == [
            "renamed again",
            "edited",
            "renamed",
            "osk",
            "first",
        ]

    def test_a_name_it_has_no_more_leads_to_what_was_before(self, desk: Desk) -> None:
        assert self.subjects(desk, NAME) == ["renamed", "first"]

    def test_texts_are_looked_for_in_it_under_all_its_names(self, desk: Desk) -> None:
        assert self.subjects(desk, "c.jsonl", search="Never.") == ["renamed again"]
        assert self.subjects(desk, "c.jsonl", search="lighthouse 0") == ["first"]

    def test_what_was_another_dataset_of_that_name_is_not_it(self, desk: Desk) -> None:
        desk.track(lines(talk(30), talk(31)))
        desk.commit("another mara")
        assert self.subjects(desk, NAME) == ["another mara", "renamed", "first"]
        desk.store.remove(["c.jsonl"])
        desk.delete("c.jsonl")
        desk.commit("removed")
        moved(desk, NAME, "c.jsonl")
        desk.commit("another c")
        assert self.subjects(desk, "c.jsonl") == ["another c", "another mara", "renamed", "first"]

    def test_it_is_followed_through_a_merge(self, desk: Desk) -> None:
        desk.store.switch("old", create=True, start="HEAD~2")
        desk.write(lines(*map(talk, range(3)), talk(3, "Old.")), "b.jsonl")
        desk.commit("on a branch")
        desk.store.switch("main")
        desk.store.merge("old", message="merged", author=AUTHOR)
        followed = {"on a branch", "renamed again", "edited", "renamed", "first"}
        assert set(self.subjects(desk, "c.jsonl")[1:]) == followed

    def test_an_entry_is_followed_and_its_turns_are_blamed(self, desk: Desk) -> None:
        steps = [step.commit.message.strip() for step in desk.store.entry_log("c.jsonl", "2")]
        assert steps == ["renamed again", "renamed", "first"]
        blamed = [one.commit.message.strip() for one in desk.store.blame("c.jsonl", "2")]
        assert blamed == ["first", "first", "renamed again"]

    def test_switching_and_undoing(self, desk: Desk) -> None:
        now = desk.files()
        desk.store.switch("HEAD~4", detach=True)
        assert desk.files() == {NAME: lines(*map(talk, range(4)))}
        desk.store.undo()
        assert desk.files() == now
        assert desk.store.status().clean


class TestSwitchingBeforeItIsCommitted:
    """A new name that is not committed yet comes along, as other uncommitted changes do."""

    OLD, NEW = lines(*map(talk, range(4))), lines(*map(talk, range(3)), talk(3, "Noir."))

    @pytest.fixture
    def desk(self, desk: Desk) -> Desk:
        """A workspace with a branch ``noir`` that edited the dataset, HEAD being on ``main``."""
        desk.track(self.OLD)
        desk.commit()
        desk.store.switch("noir", create=True)
        desk.write(self.NEW)
        desk.commit()
        desk.store.switch("main")
        return desk

    def test_the_file_becomes_what_it_is_there_under_its_new_name(self, desk: Desk) -> None:
        moved(desk)
        desk.store.switch("noir")
        assert desk.files() == {NILS: self.NEW}
        assert told(desk) == {NILS: (NAME, Counts())}
        desk.store.switch("main")
        assert desk.files() == {NILS: self.OLD}
        desk.store.undo()
        desk.store.undo()
        desk.store.undo()
        assert desk.files() == {NAME: self.OLD}
        assert desk.store.status().clean

    def test_with_what_was_edited_since(self, desk: Desk) -> None:
        moved(desk)
        desk.write(lines(talk(0, "Mine."), *map(talk, range(1, 4))), NILS)
        desk.store.switch("noir")
        assert desk.files() == {NILS: lines(talk(0, "Mine."), talk(1), talk(2), talk(3, "Noir."))}
        assert told(desk) == {NILS: (NAME, Counts(edited=1))}

    @pytest.mark.parametrize("doing", ["removed", "renamed", "took the name"])
    def test_it_is_refused_where_there_is_nothing_to_rename(self, desk: Desk, doing: str) -> None:
        desk.store.switch("noir")
        if doing == "renamed":
            moved(desk, NAME, "osk.jsonl")
        elif doing == "removed":
            desk.delete()
            desk.track(lines(talk(20)), "osk.jsonl")
        else:
            desk.track(lines(talk(20)), NILS)
        desk.commit()
        desk.store.switch("main")
        moved(desk)
        with pytest.raises(UncommittedChangesError, match=f"{NAME} was renamed to {NILS}") as caught:
            desk.store.switch("noir")
        assert caught.value.entries == (NILS,)
        assert desk.files() == {NILS: self.OLD}
