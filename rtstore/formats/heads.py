"""Reading no more of a record than its identity needs.

A ``HeadDecoder`` checks that a line is a JSON object and finds the id it claims, by a typed decoder made for
the dataset's settings, which skips everything else at several hundred MB/s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from operator import attrgetter
from typing import Any, Final

import msgspec

from rtstore.errors import UsageError
from rtstore.model.fields import field_problem, shortened
from rtstore.model.ids import entry_id_of_value, entry_ids_of_strings
from rtstore.model.objects import Settings

#: A line without a claim, where claims are kept 16 bytes a line.
NO_CLAIM: Final = bytes(16)
#: Id fields that are looked for where the user names none, in order.
CANDIDATES: Final = (
    "_rolethread.entry_uuid",
    "entry_uuid",
    "id",
    "uuid",
    "_id",
    "uid",
    "guid",
    "entry_id",
    "conversation_id",
    "conv_id",
    "dialogue_id",
    "dialog_id",
    "sample_id",
    "example_id",
    "prompt_id",
    "key",
)

#: How the names of other fields end that are taken for ids.
ID_ENDINGS: Final = ("id", "uuid", "guid", "hash", "key")

_Tree = dict[str, "_Tree | None"]


class HeadDecoder:
    """Decodes heads of lines under one dataset's settings.

    ``decode`` raises what msgspec raises when the line is no object, or is one whose fields have surprising types;
    ask ``problems.explain`` then.

    Raises:
        UsageError: a field has a name that cannot be looked for.
    """

    def __init__(self, settings: Settings) -> None:
        self._id_path = settings.id_field.split(".") if settings.id_field else None
        fields: _Tree = {}
        for path in (*((settings.id_field,) if settings.id_field else ()), *settings.volatile):
            problem = field_problem(path)
            if problem is not None:
                raise UsageError(f"no field of a dataset can have this name: {shortened(path)} {problem}")
            _plant(fields, path.split("."))
        type_ = _struct(fields, "Head")
        self.decode: Callable[[bytes], Any] = msgspec.json.Decoder(type_).decode
        self._claim = _getter(fields, self._id_path) if self._id_path else None
        self._volatile_tops = [
            (attrgetter(f"f{index}"), getattr(type_(), f"f{index}"))
            for index, name in enumerate(fields)
            if any(path.split(".")[0] == name for path in settings.volatile)
        ]

    @property
    def has_claims(self) -> bool:
        """Whether the dataset has an id field."""
        return self._claim is not None

    def claims(self, heads: Sequence[Any]) -> list[bytes] | None:
        """Return the entry id each line claims (``NO_CLAIM``: none); None when the dataset has no id field."""
        if self._claim is None:
            return None
        values = list(map(self._claim, heads))
        if set(map(type, values)) == {str} and "" not in values:
            return entry_ids_of_strings(values)
        return [claim_of(value) for value in values]

    def claim_in(self, record: object) -> bytes:
        """Return the entry id that a wholly decoded record claims."""
        for name in self._id_path or ():
            record = record.get(name) if isinstance(record, dict) else None
        return claim_of(record) if self._id_path else NO_CLAIM

    def may_be_volatile(self, heads: Sequence[Any]) -> bool:
        """Tell whether any line may hold a volatile value."""
        return any(list(map(top, heads)).count(default) != len(heads) for top, default in self._volatile_tops)


def claim_of(value: object) -> bytes:
    """Return the entry id a field's value stands for; ``NO_CLAIM`` for what cannot name anything."""
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        return NO_CLAIM
    return entry_id_of_value(value)


def detect_id_field(records: Sequence[object]) -> str | None:
    """Return the id field of a dataset, judged by its first records; None when there is no good one.

    A good one is in every record, has a different value in each, and is no running number: those change
    whenever an entry is inserted. The caller checks the rest of the file.
    """
    dictionaries = [record for record in records if isinstance(record, dict)]
    for field in (*CANDIDATES, *_named_like_ids(dictionaries)):
        values = [_value_at(record, field) for record in dictionaries]
        present = [value for value in values if claim_of(value) != NO_CLAIM]
        if field == CANDIDATES[0] and 2 * len(present) > len(values):
            return field
        if (
            present
            and len(present) == len(values)
            and len(set(map(repr, present))) == len(present)
            and not _is_running_number(present)
        ):
            return field
    return None


def _named_like_ids(records: Sequence[dict[str, Any]]) -> list[str]:
    """Return the other top-level fields whose name says that they are ids: ``ConvId``, ``sample-uuid``."""
    names = records[0] if records else {}
    return [
        name
        for name in names
        if name.lower().endswith(ID_ENDINGS)
        and name not in CANDIDATES
        and "." not in name
        and field_problem(name) is None
    ]


def _value_at(record: dict[str, Any], path: str) -> object:
    value: Any = record
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _is_running_number(values: Sequence[object]) -> bool:
    numbers = [int(value) for value in values if isinstance(value, int | str) and _is_whole_number(value)]
    return len(numbers) == len(values) and max(numbers) - min(numbers) < 4 * len(numbers) + 16


def _is_whole_number(value: int | str) -> bool:
    return isinstance(value, int) or (value.isascii() and value.isdigit() and len(value) < 19)


def _plant(fields: _Tree, path: Sequence[str]) -> None:
    """Add a path to a tree of field names, whose leaves are None."""
    branch = fields
    for name in path[:-1]:
        below = branch.get(name)
        if below is None:
            below = branch[name] = {}
        branch = below
    branch.setdefault(path[-1], None)


def _struct(fields: _Tree, name: str) -> type[Any]:
    """Make a struct type that decodes just ``fields``; absent ones get a default that is one and the same object."""
    members: list[tuple[str, Any, Any]] = []
    rename = {}
    for index, (key, below) in enumerate(fields.items()):
        rename[f"f{index}"] = key
        if below is None:
            members.append((f"f{index}", Any, None))
        else:
            type_ = _struct(below, f"{name}_{index}")
            members.append((f"f{index}", type_, msgspec.field(default_factory=partial(_same, type_()))))
    return msgspec.defstruct(name, members, rename=rename, gc=False, eq=False)


def _same(default: Any) -> Any:
    return default


def _getter(fields: _Tree, path: Sequence[str]) -> Callable[[Any], Any]:
    names = []
    branch: _Tree | None = fields
    for name in path:
        assert branch is not None
        names.append(f"f{list(branch).index(name)}")
        branch = branch[name]
    return attrgetter(".".join(names))
