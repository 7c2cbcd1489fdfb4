"""Other packages add shapes, kinds of files and export formats by entry points."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from typing import Any

import pytest
from workspaces import NAME, lines, new_desk

from rtstore.curate.exporting.options import ExportOptions
from rtstore.formats.exports.base import Facts, Layout
from rtstore.formats.exports.registry import format_named, formats
from rtstore.formats.sources.base import Found, Item, Options, Sample, record_text
from rtstore.formats.sources.registry import source_named
from rtstore.model.conversation import Conversation
from rtstore.model.plugins import plugins
from rtstore.model.shapes import Record, Turn, shape_named, shape_names, shape_of
from rtstore.model.shapes.base import read_turns
from rtstore.model.shapes.reading import conversation_of, listed


class Dialogue:
    """Turns under ``dialogue``."""

    name = "dialogue"

    def matches(self, record: Record) -> bool:
        return isinstance(record.get("dialogue"), list)

    def turns(self, record: Record) -> list[Turn]:
        return read_turns(record, "dialogue")

    def read(self, record: Record) -> Conversation:
        return conversation_of(record, listed(record, "dialogue", ""), ("dialogue",))

    def write(self, conversation: Conversation) -> Record:
        return {"dialogue": conversation.messages, **conversation.rest}


class Haiku:
    """Three lines a row."""

    name = "haiku"
    layout: Layout = "jsonl"
    shape: str | None = None
    templated = False

    def row(self, conversation: Conversation, facts: Facts) -> Record:
        return {"lines": len(conversation.messages)}


class Diary:
    """A file of one conversation."""

    name = "diary"
    title = "diary"

    def recognises(self, sample: Sample) -> bool:
        return sample.suffix == ".diary"

    def read(self, path: str, options: Options) -> Iterator[Found]:
        said = [{"role": "user", "content": "Dear diary?"}, {"role": "assistant", "content": "Yes."}]
        yield Item(record_text({"messages": said}), "page 1")


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Install a package that has one of each."""
    classes = {"rtstore.shapes": Dialogue, "rtstore.exports": Haiku, "rtstore.sources": Diary}

    class EntryPoint:
        def __init__(self, made: Any) -> None:
            self.name = made.name
            self._made = made

        def load(self) -> Any:
            return self._made

    def found(group: str) -> list[EntryPoint]:
        return [EntryPoint(classes[group])]

    monkeypatch.setattr(importlib.metadata, "entry_points", found)
    plugins.cache_clear()
    yield
    plugins.cache_clear()


RECORD = {"dialogue": [{"role": "user", "content": "Late?"}, {"role": "assistant", "content": "No."}]}


def test_a_shape_is_found_by_its_records_and_by_name() -> None:
    found = shape_of(RECORD)
    assert found is not None
    assert (found.name, shape_named("dialogue").name) == ("dialogue", "dialogue")
    assert shape_names()[-1] == "dialogue"


def test_its_conversations_are_diffed_blamed_and_exported() -> None:
    with new_desk() as desk:
        desk.commit_file(lines(RECORD))
        said = {"dialogue": [RECORD["dialogue"][0], {"role": "assistant", "content": "No, not tonight."}]}
        desk.commit_file(lines(said))
        with desk.store.diff("HEAD~1", "HEAD") as difference:
            (change,) = difference.datasets[0].entries
        assert [turn.change for turn in change.turns] == ["edited"]
        assert len(desk.store.blame(NAME, "1")) == 2
        assert [match.text for match in desk.store.grep("tonight")] == ["No, not tonight."]
        desk.store.export(NAME, desk.path("out.jsonl"), ExportOptions())
        assert desk.read("out.jsonl") == lines({"messages": said["dialogue"]})


def test_a_format_is_exported_by_its_name() -> None:
    assert format_named("haiku").name == "haiku"
    assert formats()[-1].name == "haiku"
    with new_desk() as desk:
        desk.commit_file(lines(RECORD))
        desk.store.export(NAME, desk.path("out.jsonl"), ExportOptions(format="haiku"))
        assert desk.read("out.jsonl") == b'{"lines": 2}\n'


def test_a_kind_of_file_is_recognised_and_imported() -> None:
    assert source_named("diary").title == "diary"
    with new_desk() as desk:
        desk.write(b"anything", "mine.diary")
        result = desk.store.import_file(desk.path("mine.diary"), "new.jsonl")
        assert (result.kind, result.added) == ("diary", 1)
