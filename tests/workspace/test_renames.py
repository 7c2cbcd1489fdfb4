"""A dataset that is gone and one that is new are one that was renamed, if they have the same records."""

from __future__ import annotations

import os

from workspaces import NAME, Desk, lines, talk

from rtstore.workspace.results import DatasetChange


def renames(changes: tuple[DatasetChange, ...]) -> dict[str, str | None]:
    return {change.path: change.renamed_from for change in changes if change.change == "added"}


def rename(desk: Desk, source: str, target: str) -> None:
    """Give a file another name, as a program does that knows nothing of rtstore."""
    os.rename(desk.path(source), desk.path(target))
    desk.store.add([desk.path(target)])


def test_a_file_that_was_renamed_and_added_is_recognised(desk: Desk) -> None:
    desk.track(lines(*map(talk, range(300))))
    desk.commit()
    rename(desk, NAME, "nils.jsonl")
    assert renames(desk.store.status().datasets) == {"nils.jsonl": NAME}
    made = desk.commit()
    assert renames(made.datasets) == renames(desk.store.changes_of(made.id)) == {"nils.jsonl": NAME}


def test_entries_that_were_edited_before_do_not_hide_it(desk: Desk) -> None:
    desk.track(lines(*map(talk, range(3))))
    desk.commit()
    desk.write(
        lines(talk(0, "No."), talk(1), talk(2))
    )  # still the same entry: its id is not that of its record
    desk.commit()
    rename(desk, NAME, "nils.jsonl")
    assert renames(desk.store.status().datasets) == {"nils.jsonl": NAME}


def test_another_file_is_no_rename(desk: Desk) -> None:
    desk.track(lines(*map(talk, range(3))))
    desk.track(b"", "empty.jsonl")
    desk.commit()
    desk.delete()
    desk.delete("empty.jsonl")
    desk.track(lines(*map(talk, range(1, 4))), "nils.jsonl")
    desk.track(b"", "nothing.jsonl")
    assert renames(desk.store.status().datasets) == {"nils.jsonl": None, "nothing.jsonl": None}


def test_each_file_is_renamed_once(desk: Desk) -> None:
    desk.track(lines(talk(0)))
    desk.commit()
    desk.write(lines(talk(0)), "copy.jsonl")
    desk.store.add([desk.path("copy.jsonl")])
    rename(desk, NAME, "nils.jsonl")
    assert renames(desk.store.status().datasets) == {"copy.jsonl": NAME, "nils.jsonl": None}


def test_a_renamed_file_that_was_edited_is_looked_at_as_it_is(desk: Desk) -> None:
    desk.track(lines(talk(0), talk(1)))
    desk.commit()
    rename(desk, NAME, "nils.jsonl")
    desk.write(lines(talk(0), talk(1, "No.")), "nils.jsonl")
    assert renames(desk.store.status().datasets) == {"nils.jsonl": None}


def test_a_file_that_is_damaged_meanwhile_is_no_rename(desk: Desk) -> None:
    desk.track(lines(talk(0)))
    desk.commit()
    rename(desk, NAME, "nils.jsonl")
    desk.write(b"{]", "nils.jsonl")
    assert [change.change for change in desk.store.status().datasets] == ["removed", "invalid"]
