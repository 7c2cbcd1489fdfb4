"""Datasets made by somebody hostile: every command ends with an error of its own, and none writes them to a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from cli_helpers import run
from hostile import commit, dataset_of, publish, store_objects
from msgspec.structs import replace
from workspaces import NAME, Desk, lines, new_desk, talk

from rtstore.model.ids import Kind
from rtstore.model.objects import (
    Conflict,
    Dataset,
    Framing,
    InnerPage,
    LeafPage,
    Merge,
    Settings,
    Side,
    Stamps,
    decode,
    encode,
)

COMMANDS = [
    ["status"],
    ["log", "hostile"],
    ["show", "hostile"],
    ["show", f"hostile:{NAME}#2"],
    ["cat", f"hostile:{NAME}"],
    ["diff", "main..hostile"],
    ["diff", "--json", "main..hostile"],
    ["grep", "x", "hostile"],
    ["log", "-S", "x", "hostile"],
    ["blame", f"{NAME}#2", "hostile"],
    ["restore", "--source", "hostile", f"{NAME}#2"],
    ["undo"],
    ["cherry-pick", "hostile"],
    ["merge", "--abort"],
    ["restore", "--source", "hostile", NAME],
    ["status"],
    ["undo"],
    ["switch", "hostile"],
    ["switch", "main"],
    ["fsck"],
    ["gc"],
]
GOOD = b'{"a": 1}'
#: Records that are none, and what fsck says of them.
SENSELESS = {
    "garbage": (b"garbage", "not JSON"),
    "empty": (b"", "not JSON"),
    "cut off": (b'{"a": "x', "not JSON"),
    "two lines": (b'{"a":\n1}', None),
    "two": (b"{}\n{}", "not JSON"),
    "a list": (b"[1, 2]", "no object"),
    "a string": (b'"x"', "no object"),
    "not UTF-8": (b'{"a": "\xff\xfe"}', "not UTF-8"),
    "deep": (b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}", "nested"),
}


@pytest.fixture
def mara(author: None) -> Iterator[Desk]:
    with new_desk() as desk:
        desk.commit_file(lines(talk(1), talk(2)))
        yield desk


def no_command_fails_otherwise(desk: Desk) -> None:
    """Run every command; what it cannot do it has to say, and a dataset's file has to stay one."""
    for arguments in COMMANDS:
        result = run(*arguments, cwd=desk.root)
        assert result.code not in (70, 130), (arguments, result.stderr)
        assert "Traceback" not in result.stderr


@pytest.mark.parametrize("what", SENSELESS)
def test_a_record_that_is_none_is_reported_and_no_command_fails_otherwise(mara: Desk, what: str) -> None:
    record, problem = SENSELESS[what]
    commit(mara, dataset_of(mara, GOOD, record))
    found = run("fsck", cwd=mara.root)
    if problem is not None:
        assert found.code == 1
        assert problem in found.stdout
        assert f"{NAME} 2" in found.stdout or NAME in found.stdout
    no_command_fails_otherwise(mara)


@pytest.mark.parametrize("what", ["empty", "two lines", "two"])
@pytest.mark.parametrize(
    "command", [["cat", f"hostile:{NAME}"], ["restore", "--source", "hostile", NAME], ["switch", "hostile"]]
)
def test_no_file_is_written_of_records_that_are_not_one_line_each(
    mara: Desk, what: str, command: list[str]
) -> None:
    before = mara.read()
    commit(mara, dataset_of(mara, GOOD, SENSELESS[what][0], GOOD))
    result = run(*command, cwd=mara.root)
    assert (result.code, result.raw, mara.read()) == (7, b"", before)


def test_line_breaks_between_the_members_of_an_array_s_records_are_fine(mara: Desk) -> None:
    framing = Framing("array", b"[", b",\n", b"]")
    commit(mara, dataset_of(mara, b'{"a":\n1}', GOOD, framing=framing), "list.json")
    assert run("cat", "hostile:list.json", cwd=mara.root).stdout == '[{"a":\n1},\n{"a": 1}]'


def _dotted(desk: Desk, **settings: object) -> Dataset:
    return dataset_of(desk, GOOD, settings=Settings(**settings))  # type: ignore[arg-type]


def _stamped(desk: Desk, *runs: tuple[int, tuple[bytes, ...]]) -> Dataset:
    [stamps] = store_objects(desk, Kind.STAMPS, encode(Stamps(runs)))
    return dataset_of(desk, *[GOOD] * 3, stamps=stamps)


def _inner(desk: Desk, *counts: int) -> Dataset:
    made = dataset_of(desk, GOOD)
    assert made.root is not None
    last = (1).to_bytes(16, "big")
    n = len(counts)
    [root] = store_objects(desk, Kind.INNER, encode(InnerPage(1, made.root * n, last * n, counts)))
    return replace(made, root=root, height=1, count=sum(counts))


DATASETS: dict[str, Callable[[Desk], Dataset]] = {
    "too many entries": lambda desk: dataset_of(desk, GOOD, count=2**64 - 1),
    "many entries": lambda desk: dataset_of(desk, GOOD, count=2**62),
    "pages with too many entries": lambda desk: replace(_inner(desk, 2**63, 2**63 - 1), count=1),
    "a long id field": lambda desk: _dotted(desk, id_field="a." * 1000 + "a"),
    "a long volatile field": lambda desk: _dotted(desk, volatile=("a." * 1000 + "a",)),
    "dots": lambda desk: _dotted(desk, volatile=("." * 1000,)),
    "a volatile field that cannot be looked for": lambda desk: _dotted(desk, volatile=('a"b',)),
    "a program": lambda desk: dataset_of(desk, GOOD, framing=Framing(head=b"#!/bin/sh\n")),
    "a tail": lambda desk: dataset_of(desk, GOOD, framing=Framing(tail=b"\ngarbage")),
    "an array that is none": lambda desk: dataset_of(desk, GOOD, framing=Framing("array", b"[", b" ", b"]")),
    "an array that does not end": lambda desk: dataset_of(
        desk, GOOD, framing=Framing("array", b"[", b",", b"")
    ),
    "stamps that go back": lambda desk: _stamped(desk, (-5, (b"1",)), (8, ())),
    "stamps of nothing": lambda desk: _stamped(desk, (0, (b"1",)), (3, ())),
}


@pytest.mark.parametrize("what", DATASETS)
def test_a_dataset_that_cannot_be_is_reported_and_no_command_fails_otherwise(mara: Desk, what: str) -> None:
    commit(mara, DATASETS[what](mara))
    assert run("fsck", cwd=mara.root).code == 1
    before = mara.read()
    assert run("cat", f"hostile:{NAME}", cwd=mara.root).code == 7
    assert run("switch", "hostile", cwd=mara.root).code == 7
    assert mara.read() == before
    no_command_fails_otherwise(mara)


def test_a_separator_that_separates_nothing_is_not_written(mara: Desk) -> None:
    made = dataset_of(mara, GOOD, GOOD)
    assert made.root is not None
    leaf = decode(mara.store._workspace.objects.read(Kind.LEAF, made.root), LeafPage)
    [root] = store_objects(mara, Kind.LEAF, encode(replace(leaf, separators=((0, b" garbage "),))))
    commit(mara, replace(made, root=root))
    assert run("cat", f"hostile:{NAME}", cwd=mara.root).code == 7


@pytest.mark.parametrize("option", ["--id-field", "--volatile"])
def test_a_field_a_thousand_names_deep_is_refused_before_anything_is_stored(mara: Desk, option: str) -> None:
    mara.write(lines(talk(3)), "deep.jsonl")
    result = run("add", option, "a." * 1000 + "a", "deep.jsonl", cwd=mara.root)
    assert (result.code, "more than 32 names" in result.stderr) == (2, True)
    assert run("status", cwd=mara.root).code == 0


CONFLICTS = {
    "of an unknown kind": Conflict(NAME, "nonsense"),
    "without sides": Conflict(NAME, "edited", b"e" * 16),
    "about missing records": Conflict(NAME, "edited", b"e" * 16, "", 5, *[Side(b"r" * 32)] * 4),
    "about a missing dataset": Conflict(NAME, "edited/removed", b"", "", 0, *[Side(dataset=b"r" * 32)] * 4),
    "about a missing registry": Conflict(NAME, "registry", b"", "x/y", 99, *[Side(registry=b"r" * 32)] * 4),
    "about a registry without sides": Conflict(NAME, "registry", b"", "x/y", 99),
}


@pytest.mark.parametrize("what", CONFLICTS)
def test_a_conflict_that_cannot_be_makes_no_command_fail_otherwise(mara: Desk, what: str) -> None:
    state = mara.store._workspace.state()
    head = state.branches["main"]
    publish(mara, merge=Merge("merge", head, (head,), "m", "a", (CONFLICTS[what],)))
    for arguments in (
        ["status"],
        ["conflicts"],
        ["conflicts", "--json"],
        ["resolve", "--all", "--theirs"],
        ["merge", "--continue"],
        ["merge", "--abort"],
        ["fsck"],
    ):
        result = run(*arguments, cwd=mara.root)
        assert result.code != 70, (arguments, result.stderr)
