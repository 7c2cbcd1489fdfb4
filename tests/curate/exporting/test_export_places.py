"""Where exports may be written: never over what is precious, and all of them or none."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import count
from unittest.mock import patch

import pytest
from export_samples import chat, committed, export, leftovers
from faults import FaultyFiles
from workspaces import NAME, Desk

from rtstore.curate.exporting.output import OutputFile
from rtstore.errors import StorageError, UsageError
from rtstore.storage.files import Files, temporary_beside


def everything(desk: Desk) -> dict[str, bytes]:
    """Return every file below the workspace's directory, those of the store too, as far as they are files."""
    found = {}
    for directory, _, names in os.walk(desk.root):
        for path in (os.path.join(directory, name) for name in names):
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    found[path] = file.read()
    return found


def hard_linked(desk: Desk) -> None:
    os.link(desk.path(), desk.path("out.jsonl"))


def linked(desk: Desk) -> None:
    desk.write(b"precious", "mine.txt")
    os.symlink("mine.txt", desk.path("out.jsonl"))


def beside_a_dataset(desk: Desk) -> None:
    desk.track(b'[{"messages": []}]', "out.jsonl.manifest.json")


PRECIOUS: dict[str, tuple[str, Callable[[Desk], object], str]] = {
    "a dataset": (NAME, lambda desk: None, "is a dataset"),
    "a dataset that is not there": (NAME, lambda desk: desk.delete(), "is a dataset"),
    "a dataset by another name": ("out.jsonl", hard_linked, "is a dataset"),
    "a sidecar": ("mara.registry.json", lambda desk: desk.write(b"{}", "mara.registry.json"), "belongs to"),
    "a sidecar that is not there": ("mara.registry.json", lambda desk: None, "belongs to"),
    "a place in the store": (".rtstore/out.jsonl", lambda desk: None, "inside of a store"),
    "the store's head": (".rtstore/head", lambda desk: None, "inside of a store"),
    "a link": ("out.jsonl", linked, "no ordinary file"),
    "a pipe": ("pipe", lambda desk: os.mkfifo(desk.path("pipe")), "no ordinary file"),
    "a dataset where the manifest goes": ("out.jsonl", beside_a_dataset, "is a dataset"),
}


@pytest.mark.parametrize("what", PRECIOUS)
def test_what_is_precious_stays_even_if_force_is_used(what: str) -> None:
    name, prepare, message = PRECIOUS[what]
    with committed(chat(1)) as desk:
        prepare(desk)
        before = everything(desk)
        with pytest.raises(UsageError, match=message):
            export(desk, name, force=True)
        assert everything(desk) == before


def test_what_stands_in_the_manifests_place_is_not_written_over() -> None:
    with committed(chat(1)) as desk:
        desk.write(b"precious", "out.jsonl.manifest.json")
        with pytest.raises(UsageError, match=r"manifest\.json exists, and is no export"):
            export(desk)
        assert leftovers(desk) == ["out.jsonl.manifest.json"]


def test_an_export_that_somebody_edited_is_not_written_over() -> None:
    with committed(chat(1)) as desk:
        export(desk)
        export(desk)
        made = desk.read("out.jsonl")
        for edited in (made + b"\n", made.replace(b"tonight", b"Tonight")):
            desk.write(edited, "out.jsonl")
            later = os.stat(desk.path("out.jsonl.manifest.json")).st_mtime_ns + 1_000_000_000
            os.utime(desk.path("out.jsonl"), ns=(later, later))
            with pytest.raises(UsageError, match="no export, or one that was changed"):
                export(desk)
            assert desk.read("out.jsonl") == edited
        # Copied, and so younger than its manifest, it is what it was.
        desk.write(made, "out.jsonl")
        os.utime(desk.path("out.jsonl"), ns=(later, later))
        export(desk)


@pytest.mark.parametrize("options", [{}, {"shuffle": True}, {"format": "parquet"}])
@pytest.mark.parametrize("step", ["write", "replace"])
def test_a_disk_that_is_full_leaves_every_side_as_it_was(
    options: dict[str, object], step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However late it is noticed: a shuffled file is written when all rows are there."""
    with committed(*map(chat, range(40))) as desk:
        desk.store.partition(NAME, {"train": 0.5, "val": 0.5})
        desk.commit()
        before = everything(desk)
        finished = []

        def finish(output: OutputFile) -> str:
            if len(finished) == 1:
                raise StorageError("the disk is full")
            finished.append(output.path)
            return done(output)

        def replace(files: Files, *_: object) -> None:
            raise StorageError("the disk is full")

        done = OutputFile.finish
        if step == "write":
            monkeypatch.setattr(OutputFile, "finish", finish)
        else:
            monkeypatch.setattr(Files, "replace", replace)
        with pytest.raises(StorageError, match="full"):
            export(desk, split=True, **options)
        known = {path for path in everything(desk) if ".rtstore" + os.sep not in path}
        assert known == {path for path in before if ".rtstore" + os.sep not in path}


def test_whichever_call_fails_nothing_is_left_that_is_not_whole() -> None:
    with committed(*map(chat, range(4))) as desk:
        export(desk, "whole")
        whole = desk.read("whole")
        for number in count(1):
            faulty = FaultyFiles(number, when="half")
            with patch("rtstore.curate.exporting.work.Files", lambda faulty=faulty: faulty):
                try:
                    export(desk, "out", force=True)
                except StorageError:
                    assert faulty.fired
            left = [name for name in leftovers(desk) if not name.startswith("whole")]
            assert set(left) <= {"out", "out.manifest.json"}
            assert not desk.exists("out") or desk.read("out") == whole
            if not faulty.fired:
                break
            for name in left:
                desk.delete(name)
        assert number > 4


@pytest.mark.parametrize("name", ["out\udcff.jsonl", "out\0.jsonl"])
def test_a_name_that_no_manifest_can_hold_is_refused(name: str) -> None:
    with committed(chat(1)) as desk:
        with pytest.raises(UsageError, match="the name of the file is no text in UTF-8"):
            export(desk, name)
        assert leftovers(desk) == []


def test_a_name_that_leaves_no_room_for_the_manifests_is_refused() -> None:
    with committed(chat(1)) as desk:
        with pytest.raises(StorageError, match="cannot create"):
            export(desk, "o" * 250)
        assert leftovers(desk) == []


@pytest.mark.parametrize("options", [{"where": 'not tag = "\udcff"'}, {"shuffle": True, "seed": "\udcff"}])
def test_an_option_that_no_manifest_can_hold_is_refused(options: dict[str, object]) -> None:
    with committed(chat(1)) as desk, pytest.raises(UsageError, match="is no text in UTF-8"):
        export(desk, **options)


def test_what_a_killed_export_left_is_removed_when_nobody_writes_to_it_any_more() -> None:
    with committed(chat(1)) as desk:
        old, new, other = (
            temporary_beside(desk.path(name)) for name in ("out.jsonl", "out.jsonl", "more.jsonl")
        )
        for path in (old, new, other):
            desk.write(b"half", os.path.basename(path))
        for path in (old, other):
            os.utime(path, (1, 1))
        export(desk)
        assert [os.path.exists(path) for path in (old, new, other)] == [False, True, True]
