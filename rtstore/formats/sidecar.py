"""RoleThread's sidecar: the registry of tags, characters and prompts beside a dataset,
``NAME.registry.json``.

A sidecar is taken apart into what changes for different reasons:

- the *registry*: its top-level keys in order, each a section with its items by key, so that two people's
  additions can be merged item by item;
- the *mappings* of turns to characters, one an entry, which go with their entries (see
  :mod:`rtstore.formats.mappings`);
- the *stamps*: what every save writes anew, the time and counts that anyone can count. The section keeps an
  item without text where one was;
- the uuid by which a sidecar says which dataset it belongs to.

``build`` puts them together again in RoleThread's layout, so a file of its own comes back byte for byte.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from json.decoder import JSONDecodeError
from typing import Any, Final, NamedTuple

from rtstore.errors import DamagedError, InputError
from rtstore.formats.keys import named, storable, unique_keys
from rtstore.formats.mappings import ENTRY_FIELD, MAPPINGS, divide, join, order_of
from rtstore.formats.problems import utf8_problem
from rtstore.model.jsonedit import escape_surrogates
from rtstore.model.jsontext import MAX_DEPTH, depth_exceeds
from rtstore.model.objects import Registry, Section

KIND: Final = "rolethread.tag_registry"
SCHEMA_VERSION: Final = 1
#: What RoleThread writes anew at every save.
STAMPS: Final = frozenset(("metadata.exported_at", "dataset.entry_count", "dataset.tag_usage_counts"))

_FIX = "correct the file, or move it away, and try again"
_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

#: (dotted path, JSON text) of each stamp
Stamps = tuple[tuple[str, bytes], ...]


class Sidecar(NamedTuple):
    """A sidecar taken apart. ``mappings`` are (entry uuid, JSON text of the item) in the file's order."""

    registry: Registry
    mappings: list[tuple[str, bytes]]
    stamps: Stamps
    dataset_uuid: str | None


def parse(data: bytes, path: str) -> Sidecar:
    """Take a sidecar apart. Its mappings are those that name an entry, whether the dataset has it or not.

    Raises:
        InputError: it is not JSON, or not a sidecar of the kind and schema version that rtstore knows.
    """
    tree = _read(data, path)
    _check_kind(tree, path)
    stamps: list[tuple[str, bytes]] = []
    mappings: list[tuple[str, bytes]] = []
    sections: list[Section] = []
    for name, value in tree.items():
        if name == MAPPINGS and _is_list_of_objects(value):
            mappings, section = divide([(_entry(item), _encode(item)) for item in value], lambda uuid: True)
        else:
            section = _section(name, value, stamps)
        sections.append(section)
    dataset = tree.get("dataset")
    uuid = dataset.get("dataset_uuid") if isinstance(dataset, dict) else None
    return Sidecar(
        Registry(tuple(sections)), mappings, tuple(stamps), uuid if isinstance(uuid, str) else None
    )


def attach(
    sidecar: Sidecar, entry_of: Callable[[str], bytes | None], entries: Iterable[bytes]
) -> tuple[Registry, list[tuple[bytes, bytes]]]:
    """Give the mappings to the entries they name.

    ``entry_of`` gives the entry id for an entry uuid, None if the dataset has none; ``entries`` are the
    ids of all its entries in order. Returns the registry to store, which keeps what found no entry, and
    (entry id, mapping) in the file's order.
    """
    found: dict[str, bytes] = {}
    taken: set[bytes] = set()

    def has_entry(uuid: str) -> bool:
        entry = entry_of(uuid)
        if entry is None or entry in taken:
            return False
        taken.add(entry)
        found[uuid] = entry
        return True

    sections = list(sidecar.registry.sections)
    for index, section in enumerate(sections):
        if section.name == MAPPINGS and section.layout == "list":
            texts = join(sidecar.mappings, section)
            mappings, sections[index] = divide([(_entry(_decode(text)), text) for text in texts], has_entry)
            pairs = [(found[uuid], text) for uuid, text in mappings]
            return Registry(tuple(sections), order_of([entry for entry, _ in pairs], entries)), pairs
    return sidecar.registry, []


def build(registry: Registry, mappings: Iterable[tuple[object, bytes]], stamps: Stamps) -> bytes:
    """Return the file of a sidecar, laid out as RoleThread does.

    ``mappings`` are (whose it is, JSON text) in the order of ``in_order``; only the text is used.

    Raises:
        DamagedError: a part is not what ``parse`` makes, or a stamp is missing.
    """
    values = dict(stamps)
    tree: dict[str, Any] = {}
    try:
        for section in registry.sections:
            tree[named(section.name)] = _value(section, values)
        pairs = list(mappings)
        own = [one for one in registry.sections if one.name == MAPPINGS and one.layout == "list"]
        if own or pairs:
            texts = join(pairs, own[0] if own else Section(MAPPINGS, "list", ()))
            tree[MAPPINGS] = [_decode(text) for text in texts]
        text = json.dumps(tree, indent=2, ensure_ascii=False)
    except (ValueError, RecursionError) as error:
        raise DamagedError(f"a stored registry cannot be read: {error}") from error
    return escape_surrogates(text).encode("utf-8") + b"\n"


def check(sidecar: Sidecar, dataset_uuids: set[str]) -> str | None:
    """Return a warning if a sidecar does not belong to the dataset, whose records name ``dataset_uuids``.

    RoleThread ignores such a sidecar. A dataset whose records name none can have any.
    """
    if not dataset_uuids or sidecar.dataset_uuid in dataset_uuids:
        return None
    if sidecar.dataset_uuid is None:
        return "the sidecar does not say which dataset it belongs to; RoleThread will ignore it"
    return (
        f"the sidecar belongs to another dataset ({_shown(sidecar.dataset_uuid)}, the records have "
        f"{_shown(min(dataset_uuids))}); RoleThread will ignore it"
    )


def _read(data: bytes, path: str) -> dict[str, Any]:
    if depth_exceeds(data, MAX_DEPTH):
        raise InputError(f"nested more than {MAX_DEPTH} levels deep", path=path, hint=_FIX)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise utf8_problem(data, path, 1) from error
    try:
        tree = json.loads(text)
    except JSONDecodeError as error:
        column = len(text[error.pos - error.colno + 1 : error.pos].encode("utf-8")) + 1
        reason = error.msg[0].lower() + error.msg[1:]
        raise InputError(
            f"not JSON ({reason})", path=path, line=error.lineno, column=column, hint=_FIX
        ) from error
    except ValueError as error:
        raise InputError("a number in it has over 4,300 digits", path=path, hint=_FIX) from error
    except RecursionError as error:
        raise InputError(f"nested more than {MAX_DEPTH} levels deep", path=path, hint=_FIX) from error
    if not isinstance(tree, dict):
        raise InputError("a sidecar must be a JSON object", path=path, line=1, column=1, hint=_FIX)
    return tree


def _check_kind(tree: dict[str, Any], path: str) -> None:
    metadata = tree.get("metadata")
    kind, version = (
        (metadata.get("kind"), metadata.get("schema_version")) if isinstance(metadata, dict) else (None, None)
    )
    if kind != KIND:
        raise InputError(
            f"metadata.kind is {_shown(kind)}, and a sidecar has {_shown(KIND)}", path=path, hint=_FIX
        )
    if version != SCHEMA_VERSION or isinstance(version, bool):
        raise InputError(
            f"metadata.schema_version is {_shown(version)}, and rtstore knows {SCHEMA_VERSION}",
            path=path,
            hint="update rtstore, or move the file away, and try again",
        )


def _shown(value: Any) -> str:
    return "missing" if value is None else json.dumps(value)[:60]


def _section(name: str, value: Any, stamps: list[tuple[str, bytes]]) -> Section:
    """Make a section of a top-level key; values that are stamps go to ``stamps``."""
    key = storable(name)
    if isinstance(value, dict):
        items = []
        for member, part in value.items():
            text = _encode(part)
            if f"{name}.{member}" in STAMPS:
                stamps.append((f"{name}.{member}", text))
                text = b""
            items.append((storable(member), text))
        return Section(key, "object", tuple(items))
    if _is_list_of_objects(value):
        field = "old_slug" if name == "aliases" else "slug"
        keys = unique_keys([_name(item, field) for item in value])
        return Section(key, "list", tuple(zip(keys, map(_encode, value), strict=True)))
    return Section(key, "value", (("", _encode(value)),))


def _value(section: Section, stamps: dict[str, bytes]) -> Any:
    """Return what a section was made of."""
    if section.layout == "list":
        return [] if section.name == MAPPINGS else [_decode(text) for _, text in section.items]
    if section.layout == "object":
        return {named(key): _decode(text or _stamp(section, key, stamps)) for key, text in section.items}
    if section.layout != "value" or len(section.items) != 1:
        raise ValueError(f"section {section.name!r} has no known layout")
    return _decode(section.items[0][1])


def _stamp(section: Section, key: str, stamps: dict[str, bytes]) -> bytes:
    path = f"{section.name}.{key}"
    if path not in stamps:
        raise ValueError(f"the value of {path} is missing")
    return stamps[path]


def _is_list_of_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _name(item: dict[str, Any], field: str) -> str | None:
    name = item.get(field)
    return name if isinstance(name, str) else None


def _entry(item: Any) -> str | None:
    """Return the entry uuid that a mapping names, if it names one."""
    return _name(item, ENTRY_FIELD) or None if isinstance(item, dict) else None


def _encode(value: Any) -> bytes:
    return escape_surrogates(_compact(value)).encode("utf-8")


def _decode(text: bytes) -> Any:
    return json.loads(text.decode("utf-8"))
