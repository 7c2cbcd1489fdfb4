"""Merging datasets that were given another name: each is merged with what it was, under the name it is to have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from workspaces import AUTHOR, NAME, Desk, lines, new_desk, talk

from rtstore.errors import UncommittedChangesError
from rtstore.workspace.merging.results import MergeResult

NELL = "nell/nell.jsonl"
Doing = Callable[[Desk], object]


def entries(**replies: str) -> bytes:
    """Return a file of six entries; ``e3="..."`` gives one of them another reply."""
    return lines(*(talk(n, replies.get(f"e{n}", "Very well, thank you."), id=f"e{n}") for n in range(6)))


@pytest.fixture(params=["id", None], ids=["with ids", "without ids"])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    """A workspace with two branches, ``main`` and ``noir``, at one commit of six entries."""
    with new_desk() as desk:
        desk.track(entries(), id_field=request.param)
        desk.commit("first")
        desk.store.create_branch("noir")
        yield desk


def renamed(name: str, source: str = NAME) -> Doing:
    return lambda desk: desk.store.move(desk.store.name_of(desk.path(source)), name)


def edited(name: str = NAME, **replies: str) -> Doing:
    return lambda desk: desk.write(entries(**replies), name)


def removed(name: str = NAME) -> Doing:
    return lambda desk: desk.delete(name)


def added(name: str, data: bytes) -> Doing:
    return lambda desk: desk.track(data, name)


def on(desk: Desk, branch: str, *doings: Doing) -> bytes:
    """Do things on a branch, commit them, and go back to ``main``."""
    desk.store.switch(branch)
    for do in doings:
        do(desk)
    id = desk.commit().id
    desk.store.switch("main")
    return id


def merge(desk: Desk, **options: Any) -> MergeResult:
    return desk.store.merge("noir", author=AUTHOR, **options)


def holds(desk: Desk, files: dict[str, bytes]) -> bool:
    """Tell whether these are the files there are, and the datasets of HEAD, and tracked, all clean."""
    committed = {name: desk.exported("HEAD", name) for name in desk.store["HEAD"]}
    return (
        desk.files() == committed == files and desk.store.status().clean and set(desk.tracked) == set(files)
    )


class TestOneSideRenamed:
    def test_what_theirs_edited_is_edited_under_our_name(self, desk: Desk) -> None:
        on(desk, "main", renamed(NELL), edited(NELL, e1="Mine."))
        on(desk, "noir", edited(e4="Noir."))
        result = merge(desk)
        assert (result.outcome, result.notices) == ("merged", ())
        assert holds(desk, {NELL: entries(e1="Mine.", e4="Noir.")})
        assert [(one.path, one.renamed_from, one.counts.edited) for one in result.datasets] == [
            (NELL, None, 1)
        ]

    def test_what_we_edited_is_edited_under_their_name(self, desk: Desk) -> None:
        on(desk, "main", edited(e1="Mine."))
        on(desk, "noir", renamed(NELL), edited(NELL, e4="Noir."))
        result = merge(desk)
        assert holds(desk, {NELL: entries(e1="Mine.", e4="Noir.")})
        assert [(one.path, one.renamed_from, one.counts.edited) for one in result.datasets] == [
            (NELL, NAME, 1)
        ]
        assert result.datasets == desk.store.changes("HEAD^", "HEAD")
        assert f"{NAME} -> {NELL}: renamed, 1 edited" in desk.store.commit_at("HEAD")[1].message

    def test_nothing_else_is_done_where_the_other_did_nothing_to_it(self, desk: Desk) -> None:
        on(desk, "main", added("tom.jsonl", lines(talk(20), talk(21))))
        on(desk, "noir", renamed(NELL))
        merge(desk)
        assert holds(desk, {NELL: entries(), "tom.jsonl": lines(talk(20), talk(21))})

    def test_one_undo_takes_it_back_and_one_redo_does_it_again(self, desk: Desk) -> None:
        on(desk, "main", edited(e1="Mine."))
        on(desk, "noir", renamed(NELL), edited(NELL, e4="Noir."))
        merge(desk)
        desk.store.undo()
        assert holds(desk, {NAME: entries(e1="Mine.")})
        desk.store.redo()
        assert holds(desk, {NELL: entries(e1="Mine.", e4="Noir.")})

    def test_a_conflict_waits_under_the_new_name(self, desk: Desk) -> None:
        on(desk, "main", edited(e1="Mine.", e2="Both: mine."))
        on(desk, "noir", renamed(NELL), edited(NELL, e2="Both: noir."))
        result = merge(desk)
        assert [(one.dataset, one.kind) for one in result.conflicts] == [(NELL, "edited")]
        assert desk.files() == {NELL: entries(e1="Mine.", e2="Both: mine.")}
        desk.store.resolve_conflict(None, side="theirs")
        desk.store.continue_merge()
        assert holds(desk, {NELL: entries(e1="Mine.", e2="Both: noir.")})
        assert f"{NAME} -> {NELL}: renamed, 1 edited" in desk.store.commit_at("HEAD")[1].message

    @pytest.mark.parametrize("side", ["ours", "theirs"])
    def test_giving_up_brings_back_just_what_was_there(self, desk: Desk, side: str) -> None:
        mine = (
            (edited(e2="Both: mine."),)
            if side == "theirs"
            else (renamed(NELL), edited(NELL, e2="Both: mine."))
        )
        their = (
            (edited(e2="Both: noir."),) if side == "ours" else (renamed(NELL), edited(NELL, e2="Both: noir."))
        )
        on(desk, "main", *mine)
        on(desk, "noir", *their)
        before = desk.files()
        assert merge(desk).outcome == "conflicts"
        desk.store.abort_merge()
        assert holds(desk, before)

    def test_it_can_be_merged_the_other_way_round(self, desk: Desk) -> None:
        on(desk, "main", renamed(NELL), edited(NELL, e1="Mine."))
        on(desk, "noir", edited(e4="Noir."))
        desk.store.merge("main", into="noir", author=AUTHOR)
        assert list(desk.store["noir"]) == [NELL]
        assert desk.exported("noir", NELL) == entries(e1="Mine.", e4="Noir.")

    def test_what_both_did_to_several_datasets(self, desk: Desk) -> None:
        tom = [lines(*(talk(n, reply, id=f"t{n}") for n in range(30, 36))) for reply in ("Fog.", "Rain.")]
        on(desk, "main", added("tom.jsonl", tom[0]))
        desk.store.merge("main", into="noir", author=AUTHOR)
        on(desk, "main", renamed("a.jsonl"), renamed("b.jsonl", "tom.jsonl"))
        on(desk, "noir", edited(e4="Noir."), lambda desk: desk.write(tom[1], "tom.jsonl"))
        merge(desk)
        assert holds(desk, {"a.jsonl": entries(e4="Noir."), "b.jsonl": tom[1]})

    def test_names_given_one_after_the_other(self, desk: Desk) -> None:
        on(desk, "main", renamed("b.jsonl"))
        on(desk, "main", renamed("c.jsonl", "b.jsonl"), edited("c.jsonl", e1="Mine."))
        on(desk, "noir", edited(e4="Noir."))
        merge(desk)
        assert holds(desk, {"c.jsonl": entries(e1="Mine.", e4="Noir.")})


class TestBothSidesRenamed:
    def test_to_the_same_name(self, desk: Desk) -> None:
        on(desk, "main", renamed(NELL), edited(NELL, e1="Mine."))
        on(desk, "noir", renamed(NELL), edited(NELL, e4="Noir."))
        assert merge(desk).notices == ()
        assert holds(desk, {NELL: entries(e1="Mine.", e4="Noir.")})

    def test_to_different_names_ours_stays(self, desk: Desk) -> None:
        on(desk, "main", renamed(NELL), edited(NELL, e1="Mine."))
        on(desk, "noir", renamed("osk.jsonl"), edited("osk.jsonl", e4="Noir."))
        assert merge(desk).notices == (f"{NELL}: they renamed {NAME} to osk.jsonl; our name stays",)
        assert holds(desk, {NELL: entries(e1="Mine.", e4="Noir.")})


class TestRemoved:
    @pytest.mark.parametrize("ours", [True, False])
    def test_one_that_was_only_renamed_is_removed(self, desk: Desk, ours: bool) -> None:
        on(desk, "main", added("tom.jsonl", lines(talk(20))))
        desk.store.merge("main", into="noir", author=AUTHOR)
        on(desk, "main", renamed(NELL) if ours else removed())
        on(desk, "noir", removed() if ours else renamed(NELL))
        merge(desk)
        assert holds(desk, {"tom.jsonl": lines(talk(20))})

    def test_one_that_they_edited_too_is_a_conflict(self, desk: Desk) -> None:
        on(desk, "main", removed(), added("tom.jsonl", lines(talk(20))))
        on(desk, "noir", renamed(NELL), edited(NELL, e4="Noir."))
        (conflict,) = merge(desk).conflicts
        assert (conflict.dataset, conflict.kind) == (NELL, "removed/edited")
        desk.store.resolve_conflict(NELL, side="theirs")
        desk.store.continue_merge()
        assert holds(desk, {NELL: entries(e4="Noir."), "tom.jsonl": lines(talk(20))})

    def test_one_that_we_edited_too_is_a_conflict(self, desk: Desk) -> None:
        on(desk, "main", renamed(NELL), edited(NELL, e1="Mine."))
        on(desk, "noir", removed(), added("tom.jsonl", lines(talk(20))))
        (conflict,) = merge(desk).conflicts
        assert (conflict.dataset, conflict.kind) == (NELL, "edited/removed")
        assert desk.read(NELL) == entries(e1="Mine.")
        desk.store.resolve_conflict(NELL, side="ours")
        desk.store.continue_merge()
        assert holds(desk, {NELL: entries(e1="Mine."), "tom.jsonl": lines(talk(20))})


class TestNamesThatAreTaken:
    OTHER = lines(talk(20), talk(21))

    def test_what_they_renamed_keeps_its_name_if_theirs_is_taken_here(self, desk: Desk) -> None:
        on(desk, "main", added(NELL, self.OTHER), edited(e1="Mine."))
        on(desk, "noir", renamed(NELL), edited(NELL, e4="Noir."))
        (notice,) = merge(desk).notices
        assert notice == f"{NAME}: they renamed {NAME} to {NELL}, which is another dataset on the other side"
        assert holds(desk, {NAME: entries(e1="Mine.", e4="Noir."), NELL: self.OTHER})

    def test_what_we_renamed_has_its_old_name_if_ours_is_taken_there(self, desk: Desk) -> None:
        on(desk, "main", renamed(NELL), edited(NELL, e1="Mine."))
        on(desk, "noir", added(NELL, self.OTHER), edited(e4="Noir."))
        result = merge(desk)
        assert result.notices == (
            f"{NAME}: we renamed {NAME} to {NELL}, which is another dataset on the other side",
        )
        assert holds(desk, {NAME: entries(e1="Mine.", e4="Noir."), NELL: self.OTHER})
        assert result.datasets == desk.store.changes("HEAD^", "HEAD")
        desk.store.undo()
        assert holds(desk, {NELL: entries(e1="Mine.")})

    def test_two_that_were_given_one_name(self, desk: Desk) -> None:
        on(desk, "main", added("tom.jsonl", self.OTHER))
        desk.store.merge("main", into="noir", author=AUTHOR)
        on(desk, "main", renamed(NELL))
        on(desk, "noir", renamed(NELL, "tom.jsonl"))
        assert len(merge(desk).notices) == 2
        assert holds(desk, {NAME: entries(), "tom.jsonl": self.OTHER})

    def test_a_file_that_nobody_tracks_is_in_the_way(self, desk: Desk) -> None:
        on(desk, "main", edited(e1="Mine."))
        on(desk, "noir", renamed(NELL))
        desk.write(b"notes", NELL)
        with pytest.raises(UncommittedChangesError, match=f"{NELL} is not tracked"):
            merge(desk)
        assert desk.files() == {NAME: entries(e1="Mine."), NELL: b"notes"}


class TestPicking:
    def test_a_rename_is_taken_over_and_what_was_edited_stays(self, desk: Desk) -> None:
        on(desk, "main", edited(e1="Mine."))
        picked = on(desk, "noir", renamed(NELL), edited(NELL, e4="Noir."))
        desk.store.cherry_pick([picked.hex()], AUTHOR)
        assert holds(desk, {NELL: entries(e1="Mine.", e4="Noir.")})

    def test_an_edit_is_taken_over_to_the_name_it_has_here(self, desk: Desk) -> None:
        on(desk, "main", renamed(NELL))
        picked = [on(desk, "noir", edited(e4="Noir.")), on(desk, "noir", edited(e4="Noir.", e5="Noir, too."))]
        desk.store.cherry_pick([one.hex() for one in picked], AUTHOR)
        assert holds(desk, {NELL: entries(e4="Noir.", e5="Noir, too.")})

    def test_a_rename_and_an_edit_after_it_are_taken_over_together(self, desk: Desk) -> None:
        on(desk, "main", edited(e1="Mine."))
        picked = [on(desk, "noir", renamed(NELL)), on(desk, "noir", edited(NELL, e4="Noir."))]
        desk.store.cherry_pick([one.hex() for one in picked], AUTHOR)
        assert holds(desk, {NELL: entries(e1="Mine.", e4="Noir.")})

    def test_a_rename_is_taken_back_and_what_was_edited_since_stays(self, desk: Desk) -> None:
        on(desk, "main", renamed(NELL))
        on(desk, "main", edited(NELL, e1="Mine."))
        desk.store.revert(["HEAD~1"], AUTHOR)
        assert holds(desk, {NAME: entries(e1="Mine.")})


def test_histories_that_cross(desk: Desk) -> None:
    on(desk, "main", renamed(NELL))
    on(desk, "noir", edited(e4="Noir."))
    desk.store.create_branch("old")
    merge(desk)
    desk.store.merge("old", into="noir", author=AUTHOR)
    on(desk, "main", edited(NELL, e1="Mine.", e4="Noir."))
    on(desk, "noir", edited(NELL, e4="Noir.", e5="Noir, too."))
    merge(desk)
    assert holds(desk, {NELL: entries(e1="Mine.", e4="Noir.", e5="Noir, too.")})
