"""The records of an unchanged working file are read from the file itself, where its lines are its records."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from curate_samples import chat
from workspaces import NAME, Desk, lines, new_desk

from rtstore.curate import filelines
from rtstore.curate.filelines import FileLines
from rtstore.errors import FileChangedError


@pytest.fixture
def desk() -> Iterator[Desk]:
    with new_desk() as made:
        yield made


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of lines that were taken from files, which are read in small pieces."""
    counts: list[int] = []
    take = FileLines.take

    def counting(self: FileLines, count: int) -> list[bytes]:
        counts.append(count)
        return take(self, count)

    monkeypatch.setattr(FileLines, "take", counting)
    monkeypatch.setattr(filelines, "_PIECE", 1000)
    return counts


def told(count: int) -> bytes:
    return lines(*(chat(f"Question {number}?", "Aye.") for number in range(count)))


def seen(desk: Desk, data: bytes) -> None:
    """Commit a file, and look at it once more when its time stamps can be relied on."""
    desk.commit_file(data)
    time.sleep(0.06)
    assert desk.change().change == "unchanged"


def texts(desk: Desk, dataset: str, expression: str | None = None) -> list[tuple[bytes, bytes]]:
    return [(entry.id, entry.text) for entry in desk.store.select(dataset, expression)]


@pytest.mark.parametrize(
    "change", [lambda data: data, lambda data: data[:-1], lambda data: b"\xef\xbb\xbf\n" + data]
)
def test_lines_are_taken_from_the_file(desk: Desk, taken: list[int], change: Any) -> None:
    seen(desk, change(told(700)))
    assert texts(desk, NAME) == texts(desk, f"HEAD:{NAME}")
    assert sum(taken) == 700
    assert texts(desk, NAME, "position > 300") == texts(desk, f"HEAD:{NAME}", "position > 300")


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: data.replace(b"}\n", b"}\n\n", 1),
        lambda data: data.replace(b'"messages"', b'"_rolethread": {"validated_at": "now"}, "messages"'),
    ],
)
def test_other_files_are_read_from_the_store(desk: Desk, taken: list[int], change: Any) -> None:
    seen(desk, change(told(700)))
    assert texts(desk, NAME) == texts(desk, f"HEAD:{NAME}")
    assert taken == []


def test_a_file_that_changes_meanwhile_is_an_error(desk: Desk, taken: list[int]) -> None:
    seen(desk, told(700))
    found = desk.store.select(NAME)
    next(found)
    desk.write(told(300))
    with pytest.raises(FileChangedError, match="changed while it was read"):
        list(found)
    assert len(texts(desk, NAME)) == 300
