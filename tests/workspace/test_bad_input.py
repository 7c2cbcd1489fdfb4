"""Bad input gets a clear error and changes nothing."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest
from workspaces import AUTHOR, NAME, Desk, lines, talk

import rtstore
from rtstore.errors import (
    FormatVersionError,
    InputError,
    RevisionError,
    StorageError,
    UsageError,
    WorkspaceError,
)
from rtstore.formats import array, jsonl, problems
from rtstore.history.refs import with_branch
from rtstore.model.jsontext import MAX_DEPTH
from rtstore.workspace.files import scan
from rtstore.workspace.operate import Command, perform, writing
from rtstore.workspace.record import store_commit

BAD_LINES = [
    pytest.param(
        b'{"a": 1}\n{"b" 2}\n', 2, 6, """not JSON (expecting ':' delimiter): {"b" 2}""", id="not JSON"
    ),
    pytest.param(b'{"a": 1}\r\n\r\n{"b": 2,}\r\n', 3, 9, '{"b": 2,}', id="not JSON, after blank lines"),
    pytest.param(b'{"a": 1}\n{"b": 2', 2, 8, '{"b": 2', id="cut off"),
    pytest.param(b'{"a": 1} {"b": 2}\n', 1, 10, "extra data", id="two on a line"),
    pytest.param(b'{"a": 1}\n  [1]\n', 2, 3, "this is an array: [1]", id="an array"),
    pytest.param(b'{"a": 1}\n"text"\n', 2, 1, "this is a string", id="a string"),
    pytest.param(b"{}\n12\n", 2, 1, "this is a number: 12", id="a number"),
    pytest.param(b"null\n", 1, 1, "this is null", id="null"),
    pytest.param(b'{"a": 1}\n{"b": "x\xff"}\n', 2, 9, "byte 0xff is not UTF-8", id="not UTF-8"),
    pytest.param('{"a": 1}\n'.encode("utf-16"), 1, 1, "UTF-8", id="UTF-16"),
    pytest.param(b'{"a": "\xed\xa0\x80"}\n', 1, 8, "UTF-8", id="a surrogate in UTF-8"),
    pytest.param(b'{"a": "x\ty"}\n', 1, 9, "control character", id="a control character in a string"),
    pytest.param(b"{'a': 1}\n", 1, 2, "{'a': 1}", id="single quotes"),
    pytest.param(b'{"a": 1}\n\xef\xbb\xbf{"b": 2}\n', 2, 1, "not JSON", id="a BOM in the middle"),
]
BAD_ARRAYS = [
    pytest.param(
        b'[\n{"a": 1},\n{"b" 2}]', 3, 6, """not JSON (expecting ':' delimiter): {"b" 2}]""", id="not JSON"
    ),
    pytest.param(b'[{"a": 1},\n  5]', 2, 3, "this is a number: 5", id="a number in it"),
    pytest.param(b'[{"a": NaN}, []]', 1, 14, "this is an array", id="an array in it, and NaN"),
    pytest.param(b'{"a": 1}', 1, 1, "array of objects", id="an object"),
    pytest.param(b"", 1, 1, "not JSON", id="nothing"),
    pytest.param(b'[{"a": 1}]\n[]', 2, 1, "extra data", id="two arrays"),
    pytest.param(b'[{"a": 1},\n{"b": "\xc3"}]', 2, 8, "UTF-8", id="not UTF-8"),
    pytest.param(b'\xef\xbb\xbf[{"a" 1}]', 1, 10, "not JSON", id="not JSON after a BOM"),
]


def check_unchanged(desk: Desk, command: Callable[[], object], error: type[Exception]) -> Exception:
    """Run a command that must fail; nothing may change by it, neither files nor the store."""
    files, newest = desk.files(), next(desk.store.operations())[0]
    with pytest.raises(error) as caught:
        command()
    assert desk.files() == files
    assert next(desk.store.operations())[0] == newest
    desk.reopen()
    assert next(desk.store.operations())[0] == newest
    return caught.value


class TestFilesThatAreNoDatasets:
    @pytest.mark.parametrize(("data", "line", "column", "what"), BAD_LINES)
    def test_a_bad_line_is_named(self, desk: Desk, data: bytes, line: int, column: int, what: str) -> None:
        desk.write(data)
        error = check_unchanged(desk, lambda: desk.store.add([desk.path()]), InputError)
        assert isinstance(error, InputError)
        assert (error.path, error.line, error.column) == (NAME, line, column)
        assert f"{NAME}:{line}:{column}: " in error.message
        assert what in error.message
        assert error.hint

    @pytest.mark.parametrize(("data", "line", "column", "what"), BAD_ARRAYS)
    def test_a_bad_array_is_named(self, desk: Desk, data: bytes, line: int, column: int, what: str) -> None:
        desk.write(data, "x.json")
        error = check_unchanged(desk, lambda: desk.store.add([desk.path("x.json")]), InputError)
        assert isinstance(error, InputError)
        assert (error.path, error.line, error.column) == ("x.json", line, column)
        assert what in error.message
        assert error.hint

    @pytest.mark.parametrize(("data", "line", "column", "what"), BAD_LINES)
    def test_it_cannot_be_committed(self, desk: Desk, data: bytes, line: int, column: int, what: str) -> None:
        desk.commit_file(lines(talk(1), talk(2)))
        desk.write(data)
        error = check_unchanged(desk, desk.commit, InputError)
        assert f"{NAME}:{line}" in str(error)
        assert desk.change().change == "invalid"

    def test_the_line_is_right_in_the_middle_of_a_long_file(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(scan, "CHUNK", 500)
        good = [talk(number) for number in range(50)]
        desk.commit_file(lines(*good))
        desk.write(lines(*good[:33]) + b"oops\n" + lines(*good[33:]))
        error = check_unchanged(desk, desk.commit, InputError)
        assert f"{NAME}:34:1: not JSON" in str(error)

    def test_one_in_a_directory_is_skipped_and_said_so(self, desk: Desk) -> None:
        desk.write(lines(talk(1)), "a/good.jsonl")
        desk.write(b"oops\n", "a/bad.jsonl")
        result = desk.store.add([desk.path("a")])
        assert [added.path for added in result.added] == ["a/good.jsonl"]
        [(name, reason)] = result.skipped
        assert name == "a/bad.jsonl"
        assert "bad.jsonl:1:1: not JSON" in reason

    def test_one_of_several_named_files_stops_them_all(self, desk: Desk) -> None:
        desk.write(lines(talk(1)))
        desk.write(b"oops\n", "bad.jsonl")
        paths = [desk.path(), desk.path("bad.jsonl")]
        check_unchanged(desk, lambda: desk.store.add(paths), InputError)
        assert desk.tracked == {}

    @pytest.mark.parametrize("name", [NAME, "x.json"])
    def test_a_record_over_the_limit_is_refused(
        self, desk: Desk, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for module in (problems, jsonl, array, scan):
            monkeypatch.setattr(module, "MAX_RECORD", 1000)
        monkeypatch.setattr(scan, "CHUNK", 400)
        record = lines({"text": "x" * 1200})
        data = b'{"a": 1}\n' + record + b'{"b": 2}\n'
        desk.write(b"[" + data.strip().replace(b"\n", b",\n") + b"]" if name == "x.json" else data, name)
        error = check_unchanged(desk, lambda: desk.store.add([desk.path(name)]), InputError)
        assert f"{name}:2" in str(error)
        assert "arge" in str(error)


class TestNesting:
    @pytest.mark.parametrize("brackets", [("[", "]"), ('{"k": ', "}")], ids=["arrays", "objects"])
    @pytest.mark.parametrize("name", [NAME, "x.json"])
    @pytest.mark.parametrize("levels", [MAX_DEPTH, MAX_DEPTH + 1, 700, 980, 1000, 5000, 100_000])
    def test_any_depth_is_either_a_dataset_or_a_clear_error(
        self, desk: Desk, name: str, levels: int, brackets: tuple[str, str]
    ) -> None:

        def data(value: int) -> bytes:
            record = '{"a": ' + brackets[0] * (levels - 1) + str(value) + brackets[1] * (levels - 1) + "}"
            return (f"[{record}]" if name == "x.json" else record + "\n").encode()

        desk.write(data(1), name)
        try:
            desk.store.add([desk.path(name)])
        except InputError as error:
            assert levels > MAX_DEPTH
            assert f"nested more than {MAX_DEPTH} levels" in error.message
            return
        assert levels <= MAX_DEPTH
        desk.commit()
        first = desk.store.head
        desk.write(data(2), name)
        desk.store.status()
        second = desk.commit().id
        assert first is not None
        desk.store.changes(first.hex(), second.hex())
        desk.store.restore([name], source="HEAD~1")
        assert desk.read(name) == data(1)

    @pytest.mark.parametrize("name", [NAME, "x.json"])
    def test_deeper_records_that_an_older_version_recorded_are_read_and_restored(
        self, desk: Desk, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def data(word: str) -> bytes:
            deep = '{"id": "deep", "v": ' + "[" * 700 + "]" * 700 + "}"
            first = json.dumps({"id": "first", "text": word})
            return (f"[{first},\n{deep}]" if name == "x.json" else f"{first}\n{deep}\n").encode()

        with monkeypatch.context() as older:
            older.setattr(jsonl, "depth_exceeds_in_lines", lambda text: False)
            older.setattr(array, "depth_exceeds", lambda text: False)
            desk.commit_file(data("one"), name)
            desk.commit_file(data("two"), name)
        desk.drop_cache()
        assert desk.exported("HEAD~1", name) == data("one")
        assert len(desk.store["HEAD"][name][1].text) > 1400
        desk.store.restore([name], source="HEAD~1")
        assert desk.read(name) == data("one")
        desk.store.restore([name])
        assert desk.read(name) == data("two")

    def test_no_depth_is_too_much_for_the_library(self, desk: Desk) -> None:
        desk.commit_file(lines({"a": 1}))
        for levels in (600, 5000, 100_000):
            text = '{"a": ' + "[" * levels + "]" * levels + "}"
            with pytest.raises(InputError, match="nested"), desk.store.edit("main", "deep", AUTHOR) as edit:
                edit[NAME].append(text)
        value: list[object] = []
        for _ in range(3000):
            value = [value]
        with (
            pytest.raises(UsageError, match="cannot be written"),
            desk.store.edit("main", "d", AUTHOR) as edit,
        ):
            edit[NAME].append({"a": value})


class TestPaths:
    def test_a_missing_file(self, desk: Desk) -> None:
        error = check_unchanged(desk, lambda: desk.store.add([desk.path("nope.jsonl")]), WorkspaceError)
        assert "nope.jsonl: there is no such file" in str(error)

    def test_a_directory_in_the_place_of_a_tracked_file(self, desk: Desk) -> None:
        desk.commit_file(lines(talk(1)))
        desk.delete()
        os.mkdir(desk.path())
        with pytest.raises(WorkspaceError, match="is a directory"):
            desk.commit()
        with pytest.raises(WorkspaceError, match="is a directory"):
            desk.store.restore([NAME])

    def test_a_file_outside_the_workspace(self, desk: Desk, tmp_path: object) -> None:
        outside = os.path.join(str(tmp_path), "far.jsonl")
        with open(outside, "wb") as file:
            file.write(lines(talk(1)))
        error = check_unchanged(desk, lambda: desk.store.add([outside]), WorkspaceError)
        assert "outside the workspace" in str(error)

    def test_a_symbolic_link_out_of_the_workspace(self, desk: Desk, tmp_path: object) -> None:
        outside = os.path.join(str(tmp_path), "far.jsonl")
        with open(outside, "wb") as file:
            file.write(lines(talk(1)))
        os.symlink(outside, desk.path("link.jsonl"))
        os.symlink(str(tmp_path), desk.path("dir"))
        for path in ("link.jsonl", "dir", "dir/far.jsonl"):
            error = check_unchanged(desk, lambda path=path: desk.store.add([desk.path(path)]), WorkspaceError)
            assert "outside the workspace" in str(error) or "leads out" in str(error)

    def test_a_symbolic_link_in_the_place_of_a_file(self, desk: Desk) -> None:
        desk.write(lines(talk(1)))
        os.symlink(NAME, desk.path("link.jsonl"))
        error = check_unchanged(desk, lambda: desk.store.add([desk.path("link.jsonl")]), WorkspaceError)
        assert "symbolic link" in str(error)

    def test_a_directory_that_cannot_be_looked_into(self, desk: Desk) -> None:
        desk.write(lines(talk(1)))
        desk.write(lines(talk(1)), "below/a.jsonl")
        real = os.scandir

        def refuse(path: str) -> object:
            if path.endswith("below"):
                raise PermissionError(13, "Permission denied", path)
            return real(path)

        with patch("os.scandir", refuse):
            result = desk.store.add([desk.root])
        assert [added.path for added in result.added] == [NAME]
        assert result.skipped == (("below", "cannot look into it: permission denied"),)

    def test_a_file_where_a_directory_should_be(self, desk: Desk) -> None:
        desk.commit_file(lines(talk(1)), "s/x.jsonl")
        shutil.rmtree(desk.path("s"))
        desk.write(b"notes", "s")
        assert desk.change("s/x.jsonl").change == "removed"
        error = check_unchanged(desk, lambda: desk.store.restore(["s/x.jsonl"]), WorkspaceError)
        assert "s is a file, and should be a directory" in error.message
        assert "Move s away" in (error.hint or "")

    def test_the_store_itself(self, desk: Desk) -> None:
        check_unchanged(desk, lambda: desk.store.add([desk.path(".rtstore/format")]), WorkspaceError)

    def test_nothing_at_all(self, desk: Desk) -> None:
        check_unchanged(desk, lambda: desk.store.add([]), UsageError)

    def test_a_file_the_system_does_not_let_us_read(self, desk: Desk) -> None:
        desk.write(lines(talk(1)))

        def refuse(path: object, *args: object, **kwargs: object) -> object:
            if str(path).endswith(NAME):
                raise PermissionError(13, "Permission denied")
            return real(path, *args, **kwargs)  # type: ignore[call-overload]

        real = open
        with patch("builtins.open", refuse), pytest.raises(StorageError, match="permission denied"):
            desk.store.add([desk.path()])
        assert desk.tracked == {}


class TestWorkspaces:
    def test_one_inside_of_another(self, desk: Desk) -> None:
        below = desk.path("below/it")
        os.makedirs(below)
        error = check_unchanged(desk, lambda: rtstore.init(below), WorkspaceError)
        assert f"inside the workspace {desk.root}" in str(error)
        error = check_unchanged(desk, lambda: rtstore.init(desk.root), WorkspaceError)
        assert "is a workspace already" in str(error)

    def test_none(self, tmp_path: object) -> None:
        with pytest.raises(WorkspaceError, match="no workspace at"):
            rtstore.open(str(tmp_path))

    def test_a_store_of_a_newer_format(self, desk: Desk) -> None:
        with open(desk.path(".rtstore/format"), "w") as file:
            file.write('{"format": "rtstore", "version": 2}\n')
        with pytest.raises(FormatVersionError, match="version 2; this rtstore knows 1"):
            rtstore.open(desk.root)


class TestRevisions:
    @pytest.fixture(autouse=True)
    def versions(self, desk: Desk) -> None:
        for number in range(3):
            desk.commit_file(lines(talk(number)))
        desk.store.create_branch("lora-noir")

    @pytest.mark.parametrize("command", ["resolve", "__getitem__", "create_tag"])
    def test_an_unknown_one_comes_with_near_matches(self, desk: Desk, command: str) -> None:
        arguments = ("new", "lora-nior") if command == "create_tag" else ("lora-nior",)
        error = check_unchanged(desk, lambda: getattr(desk.store, command)(*arguments), RevisionError)
        assert isinstance(error, RevisionError)
        assert error.candidates == ("lora-noir",)
        assert "lora-noir" in (error.hint or "")

    def test_an_unknown_branch_comes_with_near_matches(self, desk: Desk) -> None:
        error = check_unchanged(desk, lambda: desk.store.switch("lora-nior"), RevisionError)
        assert isinstance(error, RevisionError)
        assert error.candidates == ("lora-noir",)

    def test_an_unknown_dataset_comes_with_near_matches(self, desk: Desk) -> None:
        error = check_unchanged(desk, lambda: desk.store.restore(["mira.jsonl"]), RevisionError)
        assert isinstance(error, RevisionError)
        assert error.candidates == (NAME,)

    def test_an_ambiguous_prefix_comes_with_candidates(self, desk: Desk) -> None:
        ids = [bytes.fromhex("abcd" + f"{number:060x}") for number in (1, 2)]
        with patch.object(type(desk.store._workspace), "commit_ids_with_prefix", lambda self, prefix: ids):
            error = check_unchanged(desk, lambda: desk.store.switch("abcd", detach=True), RevisionError)
        assert isinstance(error, RevisionError)
        assert len(error.candidates) == 2

    def test_an_entry_that_is_not_there(self, desk: Desk) -> None:
        for entry in ("7", "ffff", "zz"):
            with pytest.raises(RevisionError):
                desk.store["HEAD"][NAME].find(entry)

    def test_an_ambiguous_entry_comes_with_candidates(self, desk: Desk) -> None:
        desk.track(lines({"id": "ab12" + "0" * 28}, {"id": "ab12" + "1" * 28}), "ids.jsonl")
        desk.commit()
        with pytest.raises(RevisionError) as caught:
            desk.store["HEAD"]["ids.jsonl"].find("ab12")
        assert caught.value.candidates == ("ab1200000000", "ab1211111111")

    def test_restore_before_the_first_commit(self, tmp_path: object) -> None:
        store = rtstore.init(str(tmp_path))
        with pytest.raises(RevisionError, match="no commits yet"):
            store.restore([NAME])


@pytest.mark.parametrize(("name", "data"), [("a.jsonl", b'{"x": NaN}\n'), ("a.json", b'[{"x": -Infinity}]')])
def test_numbers_that_json_does_not_have_are_kept_and_warned_about(
    tmp_path: Path, name: str, data: bytes
) -> None:
    store = rtstore.init(tmp_path)
    (tmp_path / name).write_bytes(data)
    (added,) = store.add([str(tmp_path / name)]).added
    assert [warning.split(":")[0] for warning in added.warnings] == [name]
    assert "not standard JSON" in added.warnings[0]
    store.commit("first", "A <a@example.org>")
    assert b"".join(store["HEAD"][name].chunks()) == data


class TestLongNames:
    """Names that are not too long for a file, but for a sidecar beside it, or on another file system."""

    LONG = "x" * 247 + ".jsonl"

    def test_one_with_no_room_for_a_sidecar_has_none(self, desk: Desk) -> None:
        desk.write(lines(talk(1)))
        desk.write(lines(talk(2)), self.LONG)
        assert [added.path for added in desk.store.add([desk.root]).added] == [NAME, self.LONG]
        desk.commit()
        desk.commit_file(lines(talk(3)), self.LONG)
        assert all(change.change == "unchanged" for change in desk.store.status().datasets)
        desk.store.restore([self.LONG], source="HEAD~1")
        assert desk.read(self.LONG) == lines(talk(2))
        desk.store.undo()
        assert desk.read(self.LONG) == lines(talk(3))
        desk.store.move(self.LONG, "short.jsonl")
        assert desk.exists("short.jsonl")

    @pytest.mark.parametrize("name", ["x" * 300 + ".jsonl", "x" * 300 + "/a.jsonl"])
    def test_one_that_this_file_system_cannot_have(self, desk: Desk, name: str) -> None:
        desk.commit_file(lines(talk(1)))
        commit_elsewhere(desk, "far", name)
        for command in (
            lambda: desk.store.switch("far"),
            lambda: desk.store.merge("far", author=AUTHOR),
            lambda: desk.store.restore([name], source="far"),
        ):
            error = check_unchanged(desk, command, WorkspaceError)
            assert "its name is too long for the file system" in error.message
            assert os.listdir(desk.root) in ([NAME, ".rtstore"], [".rtstore", NAME])
        assert desk.exported("far", name) == lines(talk(1))


def commit_elsewhere(desk: Desk, branch: str, name: str) -> None:
    """Make a branch with a commit, as on another computer, that has the dataset under another name, too."""
    workspace = desk.store._workspace
    with writing(workspace), workspace.transaction() as transaction:
        datasets = workspace.snapshot(desk.store.head)
        datasets[name] = datasets[NAME]
        new, _ = store_commit(transaction, datasets, (desk.store.head or b"",), AUTHOR, "elsewhere", ())
        state = with_branch(workspace.state(), branch, new)
        perform(workspace, transaction, Command("as on another computer", state))
