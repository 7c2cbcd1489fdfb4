"""What comes out of a file becomes records on their way into a dataset: shaped, named, each only once if so asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from msgspec import MsgspecError, Struct, json
from msgspec.json import Decoder as DecodeAs

from rtstore.formats.mappings import ENTRY_FIELD
from rtstore.formats.problems import MAX_RECORD, explain
from rtstore.formats.sources.base import Character, Found, Item, Prompt, Reject
from rtstore.model.conversation import ConversionError
from rtstore.model.jsonedit import insert_value, set_value
from rtstore.model.jsontext import depth_exceeds, loads
from rtstore.workspace.draft import as_text
from rtstore.workspace.importing.conversation import TAGS, duplicate_key, tags_of
from rtstore.workspace.importing.identity import Identities, Renewed
from rtstore.workspace.importing.plain import SPELLED_STAMP, Batch
from rtstore.workspace.importing.rejects import Rejects
from rtstore.workspace.importing.roster import Roster
from rtstore.workspace.importing.shaping import Shaping
from rtstore.workspace.importing.spool import Spool

Speakers = Iterable[tuple[int, str]]


class Intake:
    """Takes what is found in a file, and spools the records that are new.

    ``first`` has the keys of duplicates (see ``conversation.duplicate_key``) with the positions of the entries that are
    there; None: duplicates come in. ``mappings``: those of the file's sidecar, by uuid; ``seed``: what an identity
    that is to be new is made of beside the record. ``like``: an entry on several lines, as which others may be.
    """

    def __init__(
        self,
        spool: Spool,
        shaping: Shaping,
        identities: Identities,
        roster: Roster,
        rejects: Rejects,
        first: dict[bytes, int] | None,
        mappings: dict[str, bytes],
        seed: bytes,
        like: bytes | None = None,
    ) -> None:
        self.duplicates = 0
        #: Tags that entries of the dataset get, by position.
        self.tags: dict[int, list[str]] = {}
        #: The mappings of spooled records, by index.
        self.mapped: dict[int, bytes] = {}
        self._spool, self._shaping, self._identities = spool, shaping, identities
        self._roster, self._rejects = roster, rejects
        self._first, self._mappings, self._seed, self._like = first, mappings, seed, like
        self._keys: dict[bytes, int] = {}
        self._places: list[tuple[int, int]] = []
        self._edited: dict[int, bytes] = {}

    def take_batch(self, batch: Batch, what: str) -> None:
        """Take records of a dataset file; ``what`` the file calls one: ``line``, or ``item`` of an array.

        Raises:
            InputError: one of them is no JSON.
        """
        plainly = self._shaping.plainly
        is_plain = self._first is None
        run: list[bytes] = []
        for text, number in zip(batch.texts, batch.numbers, strict=True):
            made = plainly(text) if is_plain else None
            if made is not None and (what == "line" or b"\n" not in made):
                run.append(made)
                continue
            if run:
                self._spool.write(run)
                run = []
            self._take_item(Item(text, f"{what} {number}"))
        if run:
            self._spool.write(run)

    def take(self, found: Found) -> None:
        """Take one thing that a source found. What is no record after all is a reject."""
        if isinstance(found, Character):
            self._roster.add_character(found)
        elif isinstance(found, Prompt):
            self._roster.add_prompt(found)
        elif isinstance(found, Reject):
            self._rejects.add(found)
        else:
            problem = None if _is_record(found.text) else explain(found.text, "", 1)
            if problem is None:
                self._take_item(found)
            else:
                self._reject(found, problem.message)

    def finish(self) -> Spool:
        """Return the complete spool: another one, where records that were spooled got tags of later ones."""
        self._spool.finish()
        return self._spool.copied_with(self._places, self._edited) if self._edited else self._spool

    @property
    def count(self) -> int:
        """How many records were spooled."""
        return self._spool.count

    @property
    def tagged(self) -> int:
        """How many spooled records got tags of later ones."""
        return len(self._edited)

    def _reject(self, item: Item, reason: str) -> None:
        self._rejects.add(Reject(item.place, reason, item.text.decode("utf-8", "replace")))

    def _take_item(self, item: Item) -> None:
        """Raise ``InputError`` where it is no JSON; what has no place in the shape is a reject."""
        try:
            shaped = self._shaping.shape(item.text)
        except ConversionError as error:
            self._reject(item, error.message)
            return
        text = shaped.text
        if text is not item.text and not _is_record(text) and (problem := explain(text, "", 1)) is not None:
            self._reject(item, problem.message)
            return
        if self._like is not None or b"\n" in text:
            text = as_text(text, self._like or b"")
        if self._first is None:
            self._spool.add(self._identified(text, (*item.speakers, *shaped.speakers)))
            return
        key = duplicate_key(text)
        if self._unites(key, text):
            self.duplicates += 1
            return
        self._keys[key] = self._spool.count
        self._places.append(self._spool.add(self._identified(text, (*item.speakers, *shaped.speakers))))

    def _unites(self, key: bytes, text: bytes) -> bool:
        """Tell whether a record of a key is there already, and note its tags for that."""
        assert self._first is not None
        if key in self._first:
            self.tags.setdefault(self._first[key], []).extend(tags_of(text))
            return True
        index = self._keys.get(key)
        if index is None:
            return False
        tags = tags_of(text)
        known = (self._edited.get(index) or self._spool.read(self._places[index])) if tags else b""
        new = with_tags(known, tags) if tags else None
        if new is not None:
            self._edited[index] = new
        return True

    def _identified(self, text: bytes, speakers: Speakers) -> bytes:
        """Return a record with the identity it gets, and note its mapping."""
        renewed = self._identities.renewed(text) if SPELLED_STAMP in text else Renewed(text)
        mapping = self._mappings.pop(renewed.old, b"") if renewed.old is not None else b""
        if mapping:
            mapping = set_value(mapping.decode(), (ENTRY_FIELD,), renewed.uuid).encode()
        elif turns := self._turns(text, speakers):
            if renewed.uuid is None:
                renewed = self._identities.named(renewed.text, self._seed + text)
            mapping = json.encode({ENTRY_FIELD: renewed.uuid, "turns": turns}) if renewed.uuid else b""
        if mapping:
            self.mapped[self._spool.count] = mapping
        return renewed.text

    def _turns(self, text: bytes, speakers: Speakers) -> list[dict[str, Any]]:
        """Return which turns of a record are whose, as a mapping says it; speakers become characters."""
        slugs = {index: (name, self._roster.slug(name)) for index, name in speakers if name.strip()}
        record = loads(text) if slugs else {}
        messages = record.get("messages") if isinstance(record, dict) else None
        said = {
            i: turn for i, turn in enumerate(messages if isinstance(messages, list) else ()) if i in slugs
        }
        return [
            {
                "turn_index": index,
                "character_slug": slugs[index][1],
                "training_role": turn.get("role"),
                "source_role_label": slugs[index][0].encode("utf-8", "replace").decode(),
            }
            for index, turn in said.items()
            if isinstance(turn, dict) and isinstance(turn.get("role"), str)
        ]


class _Object(Struct, gc=False):
    """An object, whatever is in it."""


_read_object: Final = DecodeAs(_Object).decode


def _is_record(text: bytes) -> bool:
    """Tell whether it is sure that a text is one of a record; ``explain`` decides where it is not."""
    try:
        if not text.isascii():
            text.decode()
        _read_object(text)
    except (MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return len(text) <= MAX_RECORD and not depth_exceeds(text)


def with_tags(text: bytes, tags: Sequence[str]) -> bytes | None:
    """Return a record with the tags that it lacks; None if it lacks none, or has no place for them."""
    present = loads(text).get(TAGS[0])
    if present is not None and not isinstance(present, list):
        return None
    missing = [tag for tag in dict.fromkeys(tags) if tag not in (present or ())]
    if not missing:
        return None
    if not present:
        return set_value(text.decode(), TAGS, missing).encode()
    new = text.decode()
    for index, tag in enumerate(missing, len(present)):
        new = insert_value(new, (*TAGS, index), tag)
    return new.encode()
