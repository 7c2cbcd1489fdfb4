"""Operations and intents made by somebody hostile: commands refuse them, fsck reports them, a rescue goes back."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hostile import publish, script
from workspaces import NAME, Desk, lines, talk

from rtstore.errors import DamagedError, RtstoreError
from rtstore.model.objects import Conflict, FileChange, Merge, Saved
from rtstore.storage.files import Files
from rtstore.storage.intent import Intent, Replacement, write_intent
from rtstore.storage.signature import signature

NAMES = [
    ".git/hooks/pre-commit",
    "sub/.GIT/config",
    "git~1/config",
    ".rtstore/config",
    "../out.jsonl",
    "/etc/out.jsonl",
    "con",
    "C:evil",
    "a\x1b[31m.jsonl",
    "a\n.jsonl",
    "nul\x00.jsonl",
    "",
]
C = b"c" * 32


@pytest.fixture
def mara(desk: Desk) -> Desk:
    desk.commit_file(lines(talk(1), talk(2)))
    os.makedirs(desk.path(".git/hooks"))
    return desk


def merge(**fields: Any) -> Merge:
    return Merge(**{"kind": "merge", "head": C, "commits": (C,), "message": "", "author": "", **fields})


def conflict(**fields: Any) -> Conflict:
    return Conflict(**{"dataset": NAME, "kind": "edited", **fields})


def refused_and_rescued(desk: Desk, publish_it: Callable[[], object], what: str) -> None:
    """Check that no command acts on an operation, that fsck says why, and that a rescue goes back to before it."""
    before, good = desk.files(), desk.store._workspace.operations.head()
    publish_it()
    for act in (desk.store.undo, desk.store.redo, desk.store.status, lambda: desk.commit("x")):
        with pytest.raises(DamagedError, match=what):
            act()
    assert any(what in problem.what for problem in desk.store.fsck().problems)
    assert desk.store.fsck(rescue=True).problems == ()
    desk.reopen()
    assert (desk.files(), desk.store._workspace.operations.head()) == (before, good)


@pytest.mark.parametrize("name", NAMES)
def test_no_operation_writes_a_file_that_can_be_no_dataset(mara: Desk, name: str) -> None:
    files = {name: FileChange(Saved(script(mara)), Saved())}
    refused_and_rescued(mara, lambda: publish(mara, files), "cannot be a dataset")


@pytest.mark.parametrize("name", NAMES)
def test_no_file_is_tracked_or_merged_that_can_be_no_dataset(mara: Desk, name: str) -> None:
    tracked = {**mara.tracked, name: mara.tracked[NAME]}
    refused_and_rescued(mara, lambda: publish(mara, tracked=tracked), "cannot be a dataset")
    for made in (merge(before={name: Saved()}), merge(conflicts=(conflict(dataset=name),))):
        with pytest.raises(DamagedError, match="cannot be a dataset"):
            publish(mara, merge=made)
            mara.store.status()
        mara.store.fsck(rescue=True)
        mara.reopen()


@pytest.mark.parametrize("name", ["", "HEAD", "a\x1b]0;x\x07", "a\nb", "-x", "a b", "f" * 64])
@pytest.mark.parametrize("field", ["branches", "tags", "branch"])
def test_no_branch_or_tag_has_a_name_that_none_can_be_given(mara: Desk, field: str, name: str) -> None:
    value = name if field == "branch" else {name: C, **mara.store._workspace.state().branches}
    refused_and_rescued(mara, lambda: publish(mara, **{field: value}), "the name ")


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"operation": {"kind": "nonsense"}}, "unknown kind"),
        ({"operation": {"kind": "undo"}}, "what its undo is of"),
        ({"operation": {"kind": "redo"}}, "what its redo is of"),
        ({"branch": None}, "neither on a branch nor at a commit"),
        ({"files": {NAME: FileChange(Saved(file=(b"short",)), Saved())}}, "wrong length"),
        ({"merge": merge(kind="nonsense")}, "unknown kind"),
        ({"merge": merge(choose="nobody")}, "no side"),
        ({"merge": merge(conflicts=(conflict(kind="nonsense"),))}, "unknown kind"),
        ({"merge": merge(conflicts=(conflict(entry=b"short"),))}, "cannot be"),
        ({"merge": merge(conflicts=(conflict(position=-1),))}, "cannot be"),
    ],
)
def test_an_operation_that_makes_no_sense_is_refused(mara: Desk, fields: dict[str, Any], what: str) -> None:
    refused_and_rescued(mara, lambda: publish(mara, **fields), what)


def intend(desk: Desk, final: str, temporary: str | None, operation: bytes | None = None) -> None:
    """Leave the record of a command that was interrupted while it replaced a file."""
    try:
        expected = None if temporary else signature(desk.path(final))
    except (RtstoreError, ValueError):
        expected = None
    head = operation or desk.store._workspace.newest()[0]
    write_intent(Files(), desk.path(".rtstore"), Intent(head, (Replacement(temporary, final, expected),)))


@pytest.mark.parametrize(
    "final",
    [".git/hooks/pre-commit", ".git/config", ".rtstore/config", "notes.txt", "a\x00b", "sub/mara.jsonl"],
)
@pytest.mark.parametrize("removes", [False, True])
def test_an_intent_touches_no_file_but_those_of_its_operation(mara: Desk, final: str, removes: bool) -> None:
    mara.write(b"precious", "notes.txt")
    mara.write(b"precious", ".git/config")
    publish(mara, {NAME: FileChange(Saved(), Saved())})
    above, _, name = final.rpartition("/")
    temporary = f"{above}/.{name}.rtstore-001122334455".lstrip("/")
    if "\0" not in final and not removes:
        mara.write(b"harm", temporary)
    before = mara.files()
    intend(mara, final, None if removes else temporary)
    with pytest.raises(DamagedError, match="interrupted command"):
        mara.reopen()
        mara.store.status()
    assert mara.files() == before
    assert mara.store.fsck(rescue=True).problems == ()
    mara.reopen()
    # A rescue tidies up what may be left of a command beside tracked files.
    assert mara.files() == {name: data for name, data in before.items() if "/" in name or name != temporary}


def test_an_intent_removes_no_temporary_file_of_another(mara: Desk) -> None:
    head = publish(mara, {NAME: FileChange(Saved(), Saved())})
    publish(mara)
    mara.write(b"precious", ".notes.rtstore-001122334455")
    for operation in (head, b"?" * 32):
        intend(mara, NAME, ".notes.rtstore-001122334455", operation)
        with pytest.raises(DamagedError, match="interrupted command"):
            mara.store.commit("x", "Ann <ann@example.org>")
    assert mara.read(".notes.rtstore-001122334455") == b"precious"


def test_a_directory_that_became_a_link_out_of_the_workspace_is_not_read(mara: Desk, tmp_path: Path) -> None:
    mara.commit_file(lines(talk(3)), "sub/far.jsonl")
    os.rename(mara.path("sub"), tmp_path / "sub")
    (tmp_path / "sub" / "far.jsonl").write_bytes(lines({"secret": 1}))
    os.symlink(tmp_path / "sub", mara.path("sub"))
    for act in (lambda: mara.commit("x"), lambda: mara.store.add([mara.path("sub/far.jsonl")])):
        with pytest.raises(RtstoreError, match=r"sub/far\.jsonl is outside the workspace"):
            act()
    assert mara.exported(name="sub/far.jsonl") == lines(talk(3))


@pytest.mark.parametrize("directory", [".git", "inner/.git", ".rtstore"])
def test_a_link_to_where_a_program_keeps_its_files_is_not_followed(mara: Desk, directory: str) -> None:
    mara.commit_file(lines(talk(3)), "sub/far.jsonl")
    os.makedirs(mara.path(directory), exist_ok=True)
    os.remove(mara.path("sub/far.jsonl"))
    os.rmdir(mara.path("sub"))
    os.symlink(directory, mara.path("sub"))
    with pytest.raises(RtstoreError, match="outside the workspace"):
        mara.store.restore(["sub/far.jsonl"])
    assert not mara.exists(f"{directory}/far.jsonl")
