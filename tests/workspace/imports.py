"""What tests import: files of a kind of their own, and records of any shape."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from unittest.mock import patch

from rtstore.formats.sources.base import Found, Item, Options, Sample, record_text
from rtstore.workspace.results import ImportResult
from tests.workspaces import NAME, Desk


class Told:
    """A kind of file out of which comes what a test says. ``options`` are those it was read with."""

    name = "told"
    title = "letter"

    def __init__(self, found: Sequence[Found], then: Callable[[], object] = lambda: None) -> None:
        self._found, self._then = found, then
        self.options: Options | None = None

    def recognises(self, sample: Sample) -> bool:
        return True

    def read(self, path: str, options: Options) -> Iterator[Found]:
        self.options = options
        yield from self._found
        self._then()


def item(record: Any, place: str = "page 1", *speakers: tuple[int, str]) -> Item:
    return Item(record_text(record), place, speakers)


def take_told(desk: Desk, told: Told, into: str = NAME, **options: Any) -> ImportResult:
    """Import a file of the kind that was told."""
    desk.write(b"Dear Mara,\n", "elsewhere/letter.txt")
    with patch("rtstore.workspace.importing.opened.source_of", lambda sample: told):
        return desk.store.import_file(desk.path("elsewhere/letter.txt"), into, **options)


def records(desk: Desk, name: str = NAME) -> list[Any]:
    return [json.loads(line) for line in desk.read(name).splitlines()]


def sidecar_of(desk: Desk, name: str = "mara.registry.json") -> Any:
    return json.loads(desk.read(name))
