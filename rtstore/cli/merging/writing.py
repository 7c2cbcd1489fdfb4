"""Resolving by writing: a turn, a value or a whole record in the user's editor."""

from __future__ import annotations

import os
from collections.abc import Iterable
from json import JSONDecodeError
from typing import Any

from rtstore.cli.editor import edit_text
from rtstore.cli.merging.screen import shown
from rtstore.cli.session import Session
from rtstore.compare.difference import MISSING
from rtstore.compare.merge.clashes import Clash
from rtstore.errors import InputError, NothingToDoError
from rtstore.model.jsontext import loads, worded
from rtstore.model.names import STORE_DIRECTORY
from rtstore.workspace.merging.results import Conflict

#: What a text or record is written from: ours, else theirs.
_FROM = ("ours", "theirs", "base")


class Draft:
    """What was written last, to go on from where it could not be taken."""

    text: str | None = None


def write_value(session: Session, clash: Clash, draft: Draft) -> Any:
    """Return what the user writes in the place of a value that clashes; ``draft`` keeps it.

    Raises:
        NothingToDoError: nothing was written, or nothing edited.
        InputError: the value is no text, and what was written is no JSON.
        UsageError: the editor failed.
    """
    values = {side: getattr(clash, side) for side in _FROM if getattr(clash, side) is not MISSING}
    is_text = all(isinstance(value, str) for value in values.values())
    texts = {side: (shown(value) or "") if is_text else _json(value) for side, value in values.items()}
    written = _written(session, texts, ".txt" if is_text else ".json", draft)
    return written if is_text else _loads(written)


def write_record(session: Session, conflict: Conflict, draft: Draft) -> bytes:
    """Return the record the user writes for an entry, on one line; numbers and texts stay as they are spelled.

    ``draft`` keeps what was written.

    Raises:
        NothingToDoError: nothing was written, or nothing edited.
        InputError: it is no JSON.
        UsageError: the editor failed.
    """
    versions = {side: getattr(conflict, side) for side in _FROM if getattr(conflict, side) is not None}
    texts = {side: spread(record) for side, record in versions.items()}
    written = _written(session, texts, ".json", draft).encode("utf-8", "surrogatepass")
    return on_one_line(written, next(iter(versions.values())))


def spread(record: bytes) -> str:
    """Return a record on several lines, its numbers and strings as they are spelled."""
    import msgspec

    try:
        return msgspec.json.format(record, indent=2).decode()
    except msgspec.MsgspecError:  # NaN, which is kept though it is no JSON
        return _json(loads(record))


def on_one_line(record: bytes, like: bytes) -> bytes:
    """Return a record that may be on several lines as one line, spaced as ``like`` is.

    Raises:
        InputError: it is no JSON.
    """
    import msgspec

    _loads(record.decode("utf-8", "replace"))
    try:
        compact = msgspec.json.format(like, indent=-1) == like
        return msgspec.json.format(record, indent=-1 if compact else 0)
    except msgspec.MsgspecError:
        return record


def _written(session: Session, texts: dict[str, str], suffix: str, draft: Draft) -> str:
    (_, original), *others = texts.items()
    start = original if draft.text is None else draft.text
    directory = os.path.join(session.store.root, STORE_DIRECTORY)
    written = edit_text(start, _below(texts.items() if others else ()), directory, suffix)
    if not written.strip():
        raise NothingToDoError("nothing was written: the conflict is left as it is")
    if written == start:
        # Who leaves an editor without writing does not mean to decide.
        raise NothingToDoError("nothing was edited: the conflict is left as it is")
    draft.text = written
    return written


def _below(texts: Iterable[tuple[str, str]]) -> str:
    return "".join(f"\n# {side}:\n{text}\n" for side, text in texts)


def _json(value: Any) -> str:
    import json

    return json.dumps(value, indent=2, ensure_ascii=False)


def _loads(text: str) -> Any:
    try:
        return loads(text.encode("utf-8", "surrogatepass"))
    except InputError as error:
        cause = error.__cause__
        reason = error.message.removeprefix("not JSON: ")
        if isinstance(cause, JSONDecodeError):
            reason = f"{worded(cause.msg)} at line {cause.lineno}, column {cause.colno}"
        raise InputError(f"what was written is no JSON: {reason}") from error
