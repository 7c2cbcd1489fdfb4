"""Sidecars go with their dataset: committed, switched, restored and undone as one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from workspaces import AUTHOR, NAME, Desk, lines

from rtstore.errors import InputError, UncommittedChangesError, UsageError, WorkspaceError
from rtstore.model.objects import Counts

SIDECAR = "mara.registry.json"
OURS, OTHERS = "d" * 8, "e" * 8


def uuid(number: int) -> str:
    return f"{number:08d}-0000-4000-8000-000000000000"


def entry(number: int, reply: str = "Aye.", dataset: str = OURS) -> dict[str, Any]:
    own = {
        "version": "1",
        "native": True,
        "validated_at": "monday",
        "entry_uuid": uuid(number),
        "dataset_uuid": dataset,
    }
    return {"messages": [{"role": "assistant", "content": f"{number}: {reply}"}], "_rolethread": own}


def sidecar(
    *mapped: int, dataset: str = OURS, when: str = "monday", characters: tuple[str, ...] = ("mara",)
) -> bytes:
    tree = {
        "metadata": {"schema_version": 1, "kind": "rolethread.tag_registry", "exported_at": when},
        "dataset": {"dataset_uuid": dataset, "filename": NAME, "entry_count": len(mapped)},
        "characters": [{"slug": name, "display_name": name.title()} for name in characters],
        "entry_character_mappings": [
            {"entry_uuid": uuid(number), "turns": [{"turn_index": 0, "character_slug": "mara"}]}
            for number in mapped
        ],
    }
    return json.dumps(tree, indent=2).encode() + b"\n"


V1 = lines(*map(entry, range(4)))
V2 = lines(*(entry(number, "No.") for number in range(5)))


def save(desk: Desk, data: bytes, beside: bytes | None) -> None:
    desk.write(data)
    if beside is not None:
        desk.write(beside, SIDECAR)
    elif desk.exists(SIDECAR):
        desk.delete(SIDECAR)


def commit(desk: Desk, data: bytes, beside: bytes | None) -> str:
    save(desk, data, beside)
    if NAME not in desk.tracked:
        desk.store.add([desk.path()])
    return desk.store.commit("a session", AUTHOR, allow_empty=True).id.hex()


def both(desk: Desk) -> tuple[bytes, bytes | None]:
    return desk.read(), desk.read(SIDECAR) if desk.exists(SIDECAR) else None


@pytest.mark.parametrize("first", [None, sidecar(0, 2), sidecar(2, 0)], ids=["none", "one", "out of order"])
@pytest.mark.parametrize(
    "second", [None, sidecar(1, 4), sidecar(0, 9, when="tuesday")], ids=["none", "one", "unknown"]
)
def test_both_files_go_together(desk: Desk, first: bytes | None, second: bytes | None) -> None:
    commit(desk, V1, first)
    desk.store.switch("noir", create=True)
    commit(desk, V2, second)
    desk.store.switch("main")
    assert both(desk) == (V1, first)
    assert desk.store.status().clean
    desk.store.switch("noir")
    assert both(desk) == (V2, second)
    desk.drop_cache()
    assert desk.store.status().clean
    desk.store.undo()
    assert both(desk) == (V1, first)
    desk.store.restore([NAME], source="noir")
    assert both(desk) == (V2, second)
    desk.store.undo()
    assert both(desk) == (V1, first)


def test_a_mapping_belongs_to_its_entry(desk: Desk) -> None:
    commit(desk, V1, sidecar(0, 2))
    save(desk, V1, sidecar(0, 2, 3))
    assert desk.change().counts == Counts(edited=1)
    commit(desk, V1, sidecar(0, 2, 3))
    assert [entry.mapping is not None for entry in desk.store["HEAD"][NAME]] == [True, False, True, True]


def test_a_sidecar_saved_without_a_change_is_clean(desk: Desk) -> None:
    commit(desk, V1, sidecar(0))
    save(desk, V1, sidecar(0, when="tuesday"))
    assert desk.change().clean
    desk.store.restore([NAME])
    assert both(desk) == (V1, sidecar(0))
    desk.store.undo()
    assert both(desk) == (V1, sidecar(0, when="tuesday"))


def test_a_sidecar_that_was_removed_is_a_change(desk: Desk) -> None:
    commit(desk, V1, sidecar(0))
    desk.delete(SIDECAR)
    change = desk.change()
    assert (change.clean, change.registry_changed) == (False, True)
    desk.store.restore([NAME])
    assert both(desk) == (V1, sidecar(0))


class TestASidecarOfAnotherDataset:
    FOREIGN = sidecar(0, dataset=OTHERS)

    def test_is_not_recorded_and_said_so(self, desk: Desk) -> None:
        save(desk, V1, self.FOREIGN)
        [added] = desk.store.add([desk.path()]).added
        assert added.sidecar is False
        assert "belongs to another dataset" in added.warnings[0]
        desk.commit()
        assert desk.store["HEAD"][NAME].sidecar() is None

    def test_is_left_alone(self, desk: Desk) -> None:
        commit(desk, V1, self.FOREIGN)
        desk.store.switch("noir", create=True)
        commit(desk, V2, self.FOREIGN)
        desk.store.switch("main")
        assert both(desk) == (V1, self.FOREIGN)
        desk.store.restore([NAME], source="noir")
        assert both(desk) == (V2, self.FOREIGN)
        desk.store.undo()
        assert both(desk) == (V1, self.FOREIGN)
        with desk.store.edit("main", "edit", AUTHOR) as edit:
            del edit[NAME][0]
        assert both(desk) == (lines(*map(entry, range(1, 4))), self.FOREIGN)

    def test_comes_back_by_undo_after_it_was_overwritten(self, desk: Desk) -> None:
        commit(desk, V1, sidecar(0))
        save(desk, V1, self.FOREIGN)
        desk.store.restore([NAME])
        assert both(desk) == (V1, sidecar(0))
        desk.store.undo()
        assert both(desk) == (V1, self.FOREIGN)
        desk.store.redo()
        assert both(desk) == (V1, sidecar(0))


@pytest.mark.parametrize("beside", [b"oops", b"{}", b"\xff", b'{"a": NaN}', b""])
def test_a_sidecar_that_is_none_is_an_error_and_comes_back_by_undo(desk: Desk, beside: bytes) -> None:
    commit(desk, V1, sidecar(0))
    save(desk, V2, beside)
    with pytest.raises(InputError, match=SIDECAR):
        desk.commit()
    assert desk.change().change == "invalid"
    desk.store.restore([NAME])
    assert both(desk) == (V1, sidecar(0))
    desk.store.undo()
    assert both(desk) == (V2, beside)


def test_a_sidecar_keeps_its_mode(desk: Desk) -> None:
    commit(desk, V1, sidecar(0))
    desk.write(sidecar(0, 1), SIDECAR, mode=0o600)
    desk.commit()
    desk.store.restore([NAME], source="HEAD~1")
    assert desk.mode(SIDECAR) == 0o600


def test_edits_of_entries_and_of_the_registry_are_carried_together(desk: Desk) -> None:
    commit(desk, V1, sidecar(0))
    desk.store.switch("noir", create=True)
    commit(desk, lines(entry(0, "Theirs."), *map(entry, range(1, 4))), sidecar(0))
    desk.store.switch("main")
    save(desk, V1, sidecar(0, characters=("mara", "nils")))
    desk.store.switch("noir")
    assert both(desk) == (
        lines(entry(0, "Theirs."), *map(entry, range(1, 4))),
        sidecar(0, characters=("mara", "nils")),
    )


def test_two_changed_registries_collide(desk: Desk) -> None:
    commit(desk, V1, sidecar(0))
    desk.store.switch("noir", create=True)
    commit(desk, V1, sidecar(0, characters=("mara", "olga")))
    desk.store.switch("main")
    save(desk, V1, sidecar(0, characters=("mara", "nils")))
    with pytest.raises(UncommittedChangesError, match="registry"):
        desk.store.switch("noir")
    assert both(desk) == (V1, sidecar(0, characters=("mara", "nils")))


class TestTwoFilesWithOneSidecar:
    def test_only_one_can_be_tracked(self, desk: Desk) -> None:
        desk.write(b"[]", "mara.json")
        save(desk, V1, sidecar(0))
        result = desk.store.add([desk.root])
        assert [added.path for added in result.added] == [NAME]
        assert [name for name, _ in result.skipped] == ["mara.json"]
        with pytest.raises(WorkspaceError, match="would share the sidecar"):
            desk.store.add([desk.path("mara.json")])
        desk.track(b"[]", "other.json")
        desk.delete("mara.json")
        desk.delete(SIDECAR)
        with pytest.raises(WorkspaceError, match="would share the sidecar"):
            desk.store.move("other.json", "mara.json")

    def test_both_can_be_tracked_as_long_as_there_is_no_sidecar(self, desk: Desk) -> None:
        desk.write(b"[]", "mara.json")
        save(desk, V1, None)
        assert [added.path for added in desk.store.add([desk.root]).added] == ["mara.json", NAME]
        desk.commit()
        desk.write(sidecar(0), SIDECAR)
        assert desk.change().registry_changed
        assert desk.change("mara.json").change == "invalid"
        with pytest.raises(InputError, match=r"could be its own or that of mara\.jsonl"):
            desk.commit()
        desk.store.remove(["mara.json"])
        desk.commit()
        assert both(desk) == (V1, sidecar(0))

    def test_one_may_come_as_the_other_goes(self, desk: Desk) -> None:
        array = json.dumps([entry(7)], indent=1).encode()
        desk.track(lines({"a": 1}), "base.jsonl")
        desk.commit()
        desk.store.create_branch("noir")
        commit(desk, V1, sidecar(0))
        desk.store.switch("noir")
        assert set(desk.files()) == {"base.jsonl"}
        desk.write(sidecar(7), SIDECAR)
        desk.track(array, "mara.json")
        desk.commit()
        desk.store.switch("main")
        assert desk.files() == {"base.jsonl": lines({"a": 1}), NAME: V1, SIDECAR: sidecar(0)}
        desk.store.switch("noir")
        assert desk.files() == {"base.jsonl": lines({"a": 1}), "mara.json": array, SIDECAR: sidecar(7)}
        desk.store.undo()
        assert desk.files() == {"base.jsonl": lines({"a": 1}), NAME: V1, SIDECAR: sidecar(0)}


def test_a_move_takes_the_sidecar_along(desk: Desk) -> None:
    commit(desk, V1, sidecar(0))
    desk.store.move(NAME, "new/nils.jsonl")
    assert desk.files() == {"new/nils.jsonl": V1, "new/nils.registry.json": sidecar(0)}
    desk.store.undo()
    assert desk.files() == {NAME: V1, SIDECAR: sidecar(0)}


def test_a_move_does_not_turn_lines_into_an_array(desk: Desk) -> None:
    commit(desk, V1, None)
    with pytest.raises(UsageError, match="not be what its name says"):
        desk.store.move(NAME, "mara.json")


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0)], ids=["in order", "out of order"])
def test_the_registry_has_not_changed_where_the_sidecar_has_not(desk: Desk, order: tuple[int, ...]) -> None:
    commit(desk, V1, sidecar(*order))
    for data, counts in (
        (lines(*map(entry, (0, 2, 3))), Counts(removed=1)),
        (lines(*map(entry, (3, 2, 0, 1))), None),
        (lines(*map(entry, (7, 8, 9))), None),
    ):
        desk.write(data)
        change = desk.change()
        assert not change.registry_changed
        assert counts in (None, change.counts)
        desk.commit()
        assert not desk.store.changes_of(desk.store.head or b"")[0].registry_changed
        with desk.store.diff("HEAD~1", "HEAD") as difference:
            assert not difference.changes()[0].registry_changed
    desk.write(sidecar(0, 1), SIDECAR)
    assert desk.change().registry_changed
