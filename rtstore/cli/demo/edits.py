"""Edits to a dataset file as a script would make them, without rtstore's store.

All other bytes stay as they are: a demo that reformats the user's file would show changes nobody made.
"""

from __future__ import annotations

from rtstore.model.jsonedit import insert_value, set_value
from rtstore.model.jsontext import elements, loads, skip_space
from rtstore.model.shapes import Turn, turns

_BOM = "\ufeff"


class Texts:
    """The records of a file as text, and what is between them."""

    def __init__(self, records: list[str], between: list[str]) -> None:
        #: ``between`` has one more: it begins with what is before the first record.
        self.records = records
        self._between = between

    @classmethod
    def parse(cls, content: bytes, suffix: str) -> Texts:
        """Split a file that is a valid dataset; ``suffix`` says whether it is a JSON array."""
        text = content.decode("utf-8")
        if suffix.lower() == ".json":
            return cls(*_split_array(text))
        return cls(*_split_lines(text))

    def content(self) -> bytes:
        """Return the file's content."""
        pairs = zip(self.records, self._between[1:], strict=True)
        return (self._between[0] + "".join(record + between for record, between in pairs)).encode()

    def last_reply(self, index: int) -> Turn | None:
        """Return the last turn of a record that holds plain text; the assistant's, if it has one."""
        record = loads(self.records[index].encode())
        plain = [turn for turn in turns(record) if turn.content_path is not None and turn.content]
        replies = [turn for turn in plain if turn.role == "assistant"] or plain
        return replies[-1] if replies else None

    def reword(self, index: int, words: str) -> None:
        """Give the last reply of a record other words; a record without any gets a note."""
        turn, record = self.last_reply(index), self.records[index]
        if turn is not None and turn.content_path is not None:
            self.records[index] = set_value(record, turn.content_path, words)
        else:
            self.records[index] = insert_value(record, ("note",), words)

    def remove(self, index: int) -> None:
        """Remove a record that is not the last."""
        del self.records[index], self._between[index + 1]

    def swap_with_next(self, index: int) -> None:
        """Exchange a record with the one after it."""
        here = self.records
        here[index], here[index + 1] = here[index + 1], here[index]


def _split_lines(text: str) -> tuple[list[str], list[str]]:
    """Split at ``\\n`` alone. What is no record, blank lines and a BOM, goes into what is between."""
    records: list[str] = []
    between = [_BOM if text.startswith(_BOM) else ""]
    for line in text.removeprefix(_BOM).split("\n"):
        record = line.strip(" \t\r")
        if record:
            lead, _, trail = line.partition(record)
            between[-1] += lead
            records.append(record)
            between.append(f"{trail}\n")
        else:
            between[-1] += f"{line}\n"
    between[-1] = between[-1].removesuffix("\n")  # the last piece of a split ends nothing
    return records, between


def _split_array(text: str) -> tuple[list[str], list[str]]:
    start = len(_BOM) if text.startswith(_BOM) else 0
    spans = elements(text, skip_space(text, start))
    ends = [0, *(span.end for span in spans)]
    starts = [*(span.start for span in spans), len(text)]
    between = [text[end:start] for end, start in zip(ends, starts, strict=True)]
    return [text[span.start : span.end] for span in spans], between
