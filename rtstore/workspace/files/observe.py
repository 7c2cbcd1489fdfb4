"""Observing a working file: which dataset it is now."""

from __future__ import annotations

import os
import time
from io import FileIO

import msgspec

from rtstore.errors import FileChangedError, InputError
from rtstore.formats.array import element_spans
from rtstore.formats.heads import CANDIDATES, NO_CLAIM, HeadDecoder, detect_id_field
from rtstore.formats.jsonl import BOM, LineParser
from rtstore.formats.problems import MAX_RECORD
from rtstore.history.splice import splice
from rtstore.history.tree import Root, Tree
from rtstore.model.ids import Kind
from rtstore.model.jsontext import loads
from rtstore.model.objects import PERMISSIONS, Dataset, Framing, Settings, Stamps, decode, encode
from rtstore.storage.signature import Signature, signature
from rtstore.workspace.files.identity import Identification
from rtstore.workspace.files.options import ReadOptions
from rtstore.workspace.files.ranges import Ranges
from rtstore.workspace.files.reading import open_to_read, read_at
from rtstore.workspace.files.scan import LineScanner, RecordSink, Scanned, scan_array
from rtstore.workspace.files.sidecars import SidecarFile
from rtstore.workspace.files.texts import LineTexts, RecordsAt, Storage

#: A file that changes while it is read is read again this often.
ATTEMPTS = 3
#: Bytes and records looked at to find a dataset's id field.
SAMPLE_BYTES = 256 << 10
SAMPLE_RECORDS = 200
#: Where more entries than these share their id with another, and more than this part of all, it may be none.
FEW_SHARED = 5
MANY_SHARED = 0.1


class Target(msgspec.Struct, frozen=True):
    """A working file to observe and what is known of it.

    ``path`` is where it is, ``name`` what messages call it. ``known`` is the dataset it was last seen to be, with the
    ``ranges`` it had then. ``options``: what the user asked for when it was added. ``settings``: those to read it
    with, whatever it looks like.
    """

    path: str
    name: str
    known: Dataset | None = None
    ranges: Ranges = msgspec.field(default_factory=Ranges)
    options: ReadOptions = ReadOptions()
    settings: Settings | None = None


class Observation(msgspec.Struct):
    """What a working file is now. ``texts`` reads the lines that were parsed; ``warnings`` are for the user."""

    dataset: Dataset
    signature: Signature
    when: int
    ranges: Ranges
    texts: LineTexts
    warnings: list[str]


def observe(
    target: Target, storage: Storage, sidecar: SidecarFile, sink: RecordSink | None = None
) -> Observation:
    """Observe a working file. New pages go to ``storage``, new records to ``sink``.

    Raises:
        InputError: it is missing or no valid dataset.
        FileChangedError: it keeps changing while it is read.
    """
    for _ in range(ATTEMPTS):
        when = time.time_ns()
        before = signature(target.path)
        if before is None:
            raise InputError("there is no such file", path=target.name)
        if sink is not None:
            sink.begin_file()
        with open_to_read(target.path) as file:
            observation = _observe_open(file, target, storage, sidecar, sink, before, when)
        if signature(target.path) == before:
            return observation
        observation.texts.close()
    raise FileChangedError(
        f"{target.name} keeps changing while it is read",
        hint="Try again when the other program has saved it.",
    )


def layout_of(path: str) -> str:
    """Return the layout a file name stands for: ``array`` for ``.json``, else ``jsonl``."""
    return "array" if path.lower().endswith(".json") else "jsonl"


def _observe_open(
    file: FileIO,
    target: Target,
    storage: Storage,
    sidecar: SidecarFile,
    sink: RecordSink | None,
    before: Signature,
    when: int,
) -> Observation:
    settings, guessed = _settings(file, target)
    tree = tree_of(storage, target.known)
    parser = LineParser(settings, target.name)
    scanned = _scan(file, target, tree, parser, sink)
    texts = LineTexts(target.path, scanned.parts, settings)
    work = Identification(storage, tree, scanned, texts)
    notices = work.align()
    if guessed and (notices or work.has_line_without_claim()):
        settings = msgspec.structs.replace(settings, id_field=None)
        work.ignore_claims()
        notices = work.align()
    warnings = [
        f"{target.name}#{position + 1}: another entry has the same id; this one gets a new one"
        for position, _ in notices
    ]
    if parser.note is not None:
        warnings.append(f"{target.name}: {parser.note}")
    root = splice(storage, storage, tree.root, work.splices())
    new_tree = Tree(storage, root)
    if len(notices) > FEW_SHARED and len(notices) > root.count * MANY_SHARED:
        warnings.insert(
            0,
            f"{target.name}: {len(notices):,} of {root.count:,} entries have the same id as another: "
            f"{settings.id_field} may be no id",
        )
    records = RecordsAt(new_tree, storage, texts)
    try:
        root, registry, sidecar_stamps = sidecar.apply(
            new_tree, target.known, storage, records.readable, warnings
        )
    except BaseException:
        texts.close()
        raise
    stamps = Stamps(work.stamps(_known_stamps(storage, target.known)), sidecar_stamps)
    dataset = Dataset(
        root.id,
        root.height,
        root.count,
        msgspec.structs.replace(scanned.framing, mode=before.mode & PERMISSIONS),
        settings,
        storage.add(Kind.STAMPS, encode(stamps)) if stamps.runs or stamps.sidecar else None,
        registry,
    )
    return Observation(dataset, before, when, scanned.ranges(target.ranges), texts, warnings)


def tree_of(reader: Storage, dataset: Dataset | None) -> Tree:
    """Return the tree of a dataset; an empty one for None."""
    return Tree(reader, Root(dataset.root, dataset.height, dataset.count) if dataset else Root())


def _scan(file: FileIO, target: Target, tree: Tree, parser: LineParser, sink: RecordSink | None) -> Scanned:
    known = target.known
    framing = known.framing if known else Framing(layout_of(target.path))
    if framing.layout == "array":
        return scan_array(file, parser, sink, tree if known else None, framing, target.ranges)
    base = tree if known else None
    if len(target.ranges):
        scanned = LineScanner(file, parser, sink, base, framing, target.ranges).scan()
        if scanned is not None:
            return scanned
    scanned = LineScanner(file, parser, sink, base, framing).scan()
    assert scanned is not None  # only known ranges can turn out to be of no use
    return scanned


def _settings(file: FileIO, target: Target) -> tuple[Settings, bool]:
    """Return the settings to read a file with, and whether its id field is a guess the whole file must confirm."""
    known, options = target.known, target.options
    if target.settings is not None:
        return target.settings, False
    settings = known.settings if known is not None else Settings()
    if options.volatile is not None:
        settings = msgspec.structs.replace(settings, volatile=options.volatile)
    if options.id_field is not None:
        return _with_id_field(file, target, settings, options.id_field), False
    if known is not None and (known.count or settings.id_field):
        return settings, False
    field = detect_id_field(_sample(file, layout_of(target.path)))
    settings = msgspec.structs.replace(settings, id_field=field)
    return settings, field is not None and field != CANDIDATES[0]


def _with_id_field(file: FileIO, target: Target, settings: Settings, field: str) -> Settings:
    """Return settings with the id field the user named, provided that records have it."""
    settings = msgspec.structs.replace(settings, id_field=field)
    decoder = HeadDecoder(settings)
    records = _sample(file, layout_of(target.path))
    if records and all(decoder.claim_in(record) == NO_CLAIM for record in records):
        raise InputError(
            f"none of the first {len(records)} records has an id in the field {field!r}",
            path=target.name,
            hint="Name a field that holds a text or a number; dots lead into objects: meta.id.",
        )
    return settings


def _sample(file: FileIO, layout: str) -> list[object]:
    """Return the first records of a file; what is no JSON is left to the scan to complain about."""
    found: list[object] = []
    for text in _sample_texts(file, layout):
        try:
            found.append(loads(text))
        except InputError:
            continue
    return found


def _sample_texts(file: FileIO, layout: str) -> list[bytes]:
    if layout == "array":
        data = read_at(file, 0, os.fstat(file.fileno()).st_size)
        try:
            return [data[start:end] for start, end in element_spans(data, "")[:SAMPLE_RECORDS]]
        except (InputError, UnicodeDecodeError):
            return []
    size = SAMPLE_BYTES
    while True:
        start = read_at(file, 0, size)
        texts = start.removeprefix(BOM).split(b"\n")
        if len(start) < size:
            return texts[:SAMPLE_RECORDS]
        if len(texts) > 1:
            return texts[: min(SAMPLE_RECORDS, len(texts) - 1)]
        if size > MAX_RECORD:
            return []
        size *= 4


def _known_stamps(storage: Storage, known: Dataset | None) -> tuple[tuple[int, tuple[bytes, ...]], ...]:
    if known is None or known.stamps is None:
        return ()
    return decode(storage.read(Kind.STAMPS, known.stamps), Stamps).runs
