"""Entries as rows of an export: as they are where nothing is to be changed, else by way of the conversation."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

from rtstore.curate.exporting.options import ExportOptions
from rtstore.curate.exporting.sieve import is_fit
from rtstore.curate.exporting.turns import adjusted, check_trained
from rtstore.errors import InputError
from rtstore.formats.exports.base import Facts, Format
from rtstore.formats.exports.registry import format_named
from rtstore.formats.reshape import has_shape, one_line, reshaper, spelled
from rtstore.model.conversation import Conversation, ConversionError
from rtstore.model.jsonedit import Style
from rtstore.model.jsontext import dumps, loads
from rtstore.model.shapes import shape_of
from rtstore.model.shapes.base import Record

#: How most records begin that are rows of a format as they are.
_STARTS: Final = {"messages": b'{"messages": ', "sharegpt": b'{"conversations": '}

#: Formats in which the last answer is what is trained.
_ONE_ANSWER: Final = ("alpaca", "prompt-completion")

#: Turns a conversation into a row of another kind, as a chat template does.
Render = Callable[[Conversation], Record]


class Rows:
    """Makes rows. ``render`` is what a chat template does with each, ``dataset_uuid`` that of the dataset."""

    def __init__(self, options: ExportOptions, dataset_uuid: str = "", render: Render | None = None) -> None:
        self.format: Format = format_named(options.format)
        self._options = options
        self._dataset_uuid = dataset_uuid
        self._render = render
        direct = render is None and not options.changes_turns
        shape = self.format.shape if direct else None
        self._kept = shape if not options.clean else None
        self._reshape = reshaper(shape, options.clean) if shape is not None else None
        self._last = options.format in _ONE_ANSWER

    @property
    def direct(self) -> bool:
        """Whether rows are records that at most have another shape."""
        return self._reshape is not None

    def many(self, texts: list[bytes], entries: Sequence[bytes], fit: bool) -> list[bytes | ConversionError]:
        """Return the row of each record, or why it has none.

        ``entries`` are their ids. ``fit``: each is known to have a row, if rows of this format are ``direct``.
        """
        texts = [one_line(text) if b"\n" in text else text for text in texts]
        if self._reshape is None or not (fit or all(map(self._is_fit, texts))):
            return [self._tried(text, entry) for text, entry in zip(texts, entries, strict=True)]
        start = _STARTS.get(self._kept or "")
        if start is not None and all(text.startswith(start) for text in texts):
            return [*texts]
        try:
            return list(map(self._reshape, texts))
        except ConversionError:
            return [self._tried(text, entry) for text, entry in zip(texts, entries, strict=True)]

    def _tried(self, text: bytes, entry: bytes) -> bytes | ConversionError:
        try:
            return self.row(text, entry)
        except ConversionError as error:
            return error

    def row(self, text: bytes, entry: bytes) -> bytes:
        """Return the row of a record as JSON text on one line. ``entry`` is the id of its entry.

        Raises:
            ConversionError: it has no row, or would train as empty text.
        """
        text = one_line(text)
        if self._reshape is not None and self._is_fit(text):
            return self._reshape(text)
        record = _decoded(text)
        shape = shape_of(record)
        if shape is None:
            raise ConversionError("the record has no shape that is known: no conversation is found in it")
        conversation = shape.read(record)
        if self._reshape is None:
            return self.row_of(conversation, entry, text)
        check_trained(conversation, self._last)
        if self._kept is not None and has_shape(record, shape, self._kept):
            return text
        return self._reshape(text)

    def _is_fit(self, text: bytes) -> bool:
        """Tell whether a record surely trains; where one answer counts, that cannot be told of any."""
        return not self._last and is_fit(text)

    def row_of(self, conversation: Conversation, entry: bytes, text: bytes = b"") -> bytes:
        """Return the row of a conversation, which is changed on the way.

        ``text``: the record it was read from; what belongs to no turn keeps its spelling.

        Raises:
            ConversionError: it has none, or would train as empty text.
        """
        conversation = adjusted(conversation, self._options)
        check_trained(conversation, self._last)
        if self._options.clean:
            conversation.clean()
        if self._render is not None:
            row = self._render(conversation)
        else:
            row = self.format.row(conversation, Facts(entry, self._dataset_uuid, self._options.clean))
        if self.format.layout != "jsonl":
            _check_characters(row)
        elif self._render is None and text and conversation.rest:
            return spelled(row, text, conversation.rest, Style())
        return _encoded(row)


def _decoded(text: bytes) -> Any:
    try:
        return loads(text)
    except InputError as error:
        raise ConversionError(error.message) from error


def _encoded(row: Record) -> bytes:
    try:
        return dumps(row)
    except InputError as error:
        raise ConversionError(error.message) from error


def _check_characters(row: Record) -> None:
    """Refuse a row with a text that only JSON can hold."""
    try:
        json.dumps(row, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError as error:
        raise ConversionError(
            "has half of a character (a lone surrogate), which only JSON can hold"
        ) from error
