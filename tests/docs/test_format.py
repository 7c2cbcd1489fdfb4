"""``docs/format.md`` is enough to read a store: a reader written from it finds every byte that was committed."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from blake3 import blake3
from doc_console import PROJECT
from msgspec import msgpack
from store_reader import StoreReader, height, page_ends

import rtstore
from rtstore.storage import collect
from rtstore.storage.files import Files
from rtstore.storage.intent import Intent, Replacement, write_intent
from rtstore.storage.signature import signature

AUTHOR = "Mara Lind <mara@example.org>"
WORDS = [
    "bell",
    "candle",
    "chart",
    "ferry",
    "fog",
    "gull",
    "harbour",
    "lantern",
    "ledger",
    "oven",
    "rope",
    "tide",
]
UUID = "0f6c2a51-93b4-4f0e-8d0a-1b2c3d4e5f60"

Versions = dict[bytes, dict[str, bytes]]


def talk(number: int, **more: Any) -> bytes:
    """Return a conversation."""
    said = " ".join(random.Random(number).choices(WORDS, k=60))
    return json.dumps({**more, "messages": [{"role": "user", "content": said}]}).encode()


def hostile_ids(count: int) -> list[str]:
    """Return ids of entries that no leaf would end at."""
    made = (blake3(number.to_bytes(4, "big")).digest()[:16] for number in range(2 * count))
    return [id_.hex() for id_ in made if height(id_) == 0][:count]


def odd_sidecar() -> bytes:
    """Return a sidecar whose mappings are in another order than the entries, some of them of no entry."""
    mapped = ["nobody", "osk", "nobody", UUID, "somebody"]
    content = {
        "metadata": {
            "kind": "rolethread.tag_registry",
            "schema_version": 1,
            "exported_at": "2026-11-20T19:00:00Z",
        },
        "dataset": {"dataset_uuid": UUID, "entry_count": 7, "tag_usage_counts": {"é": 1}},
        "tags": [{"slug": "quay"}, {"slug": "quay", "name": "again"}, {"name": "no slug"}],
        "entry_character_mappings": [
            {"entry_uuid": uuid, "turns": [number]} for number, uuid in enumerate(mapped)
        ],
        "notes": ["any", 1, None],
        "characters": [],
    }
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()


def first_version() -> dict[str, bytes]:
    """Return files that between them have everything the format has."""
    claimed = [{"id": value} for value in (UUID, "osk", 7, "osk", "", None)] + [{}]
    rolethread = PROJECT / "fixtures" / "1-first-draft" / "lantern"
    return {
        "lantern/lantern.jsonl": (rolethread / "lantern.jsonl").read_bytes(),
        "lantern/lantern.registry.json": (rolethread / "lantern.registry.json").read_bytes(),
        "windows.jsonl": b"\xef\xbb\xbf\r\n"
        + talk(1)
        + b"\r\n"
        + talk(2)
        + b"\n \t\r\n"
        + talk(3)
        + b"\r\n"
        + talk(4),
        "array.json": b"[\n  " + talk(1) + b",\n  " + talk(2) + b" , " + talk(3) + b"\n]\n",
        "empty.json": b" [ ]",
        "blank.jsonl": b"\n",
        "many.jsonl": b"".join(talk(number) + b"\n" for number in range(3000)),
        "twice.jsonl": (talk(1) + b"\n") * 3,
        "claimed.jsonl": b"".join(talk(9, **claim) + b"\n" for claim in claimed),
        "claimed.registry.json": odd_sidecar(),
        "hostile.jsonl": b"".join(talk(1, id=id_) + b"\n" for id_ in hostile_ids(2600)),
    }


def second_version(first: dict[str, bytes]) -> dict[str, bytes]:
    """Return the same files after a session of edits."""
    rolethread = PROJECT / "fixtures" / "2-after-review" / "lantern"
    lines = first["many.jsonl"].splitlines(keepends=True)
    lines[1500] = talk(5000) + b"\n"
    return {
        **first,
        "lantern/lantern.jsonl": (rolethread / "lantern.jsonl").read_bytes(),
        "lantern/lantern.registry.json": (rolethread / "lantern.registry.json").read_bytes(),
        "many.jsonl": b"".join([*lines[:20], *lines[21:], talk(6000) + b"\n"]),
        "array.json": b"[" + talk(1) + b"]",
    }


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Versions]:
    """A workspace with two commits, and the files of each."""
    root = tmp_path_factory.mktemp("workspace")
    store = rtstore.init(root)
    versions: Versions = {}
    first = first_version()
    for files in (first, second_version(first)):
        for name, content in files.items():
            (root / name).parent.mkdir(exist_ok=True)
            (root / name).write_bytes(content)
        if not versions:
            store.add([str(root / "claimed.jsonl")], id_field="id")
        store.add([str(root)])
        versions[store.commit("A session", AUTHOR).id] = files
    return root, versions


@pytest.fixture
def reader(workspace: tuple[Path, Versions]) -> StoreReader:
    return StoreReader(workspace[0] / ".rtstore")


def files_of(reader: StoreReader, commit: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield all files of a commit as the reader of the format page finds them."""
    for name, dataset in reader.datasets(commit).items():
        yield name, reader.file(dataset)
        sidecar = reader.sidecar(dataset)
        if sidecar is not None:
            yield name.removesuffix(".jsonl") + ".registry.json", sidecar


def newest(reader: StoreReader) -> dict[str, Any]:
    """Return the datasets of main."""
    return reader.datasets(reader.operation()["state"]["branches"]["main"])


def test_a_reader_written_from_the_page_finds_every_byte_of_every_commit(
    workspace: tuple[Path, Versions], reader: StoreReader
) -> None:
    _, versions = workspace
    assert len(versions) == 2
    for commit, files in versions.items():
        assert dict(files_of(reader, commit)) == files


def test_the_store_that_is_read_has_page_versions_stored_as_deltas(reader: StoreReader) -> None:
    assert any(block[5] == 3 for pack in reader.packs for block in pack.blocks)


def test_what_gc_leaves_with_a_dictionary_reads_the_same(
    workspace: tuple[Path, Versions], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, versions = workspace
    shutil.copytree(root, tmp_path / "copy")
    monkeypatch.setattr(collect, "DICTIONARY_FROM", 1 << 10)
    rtstore.open(tmp_path / "copy").gc(retention_days=0)
    reader = StoreReader(tmp_path / "copy" / ".rtstore")
    assert [bool(pack.dictionary) for pack in reader.packs] == [True]
    assert any(block[5] == 2 for block in reader.packs[0].blocks)
    for commit, files in versions.items():
        assert dict(files_of(reader, commit)) == files


@pytest.mark.parametrize("name", ["many.jsonl", "hostile.jsonl"])
def test_pages_end_where_the_page_says(reader: StoreReader, name: str) -> None:
    dataset = newest(reader)[name]
    keys = [entry for entry, *_ in reader.entries(dataset)]
    ends = page_ends(keys, 0)
    assert ends == list(accumulate(len(leaf[0]) // 16 for leaf in reader.leaves(dataset[0], dataset[1])))
    level = 0
    while len(ends) > 1:
        keys = [keys[end - 1] for end in ends]
        level += 1
        ends = page_ends(keys, level)
    assert level == dataset[1]


def test_entry_ids_are_those_the_page_derives(reader: StoreReader) -> None:
    datasets = newest(reader)
    ids, records, *_ = zip(*reader.entries(datasets["claimed.jsonl"]), strict=True)
    osk = blake3(b"id\0sosk").digest()[:16]
    assert list(ids) == [
        bytes.fromhex(UUID.replace("-", "")),
        osk,
        blake3(b"id\0v7").digest()[:16],
        blake3(b"duplicate\0" + osk + records[3] + bytes(4)).digest()[:16],
        *(blake3(b"first seen\0" + record + bytes(4)).digest()[:16] for record in records[4:]),
    ]
    ids, records, *_ = zip(*reader.entries(datasets["twice.jsonl"]), strict=True)
    assert len(set(records)) == 1
    assert list(ids) == [
        blake3(b"first seen\0" + records[0] + ordinal.to_bytes(4, "big")).digest()[:16]
        for ordinal in range(3)
    ]


def test_the_mappings_of_the_sidecar_are_with_their_entries(reader: StoreReader) -> None:
    rows = reader.entries(newest(reader)["lantern/lantern.jsonl"])
    noted = [(entry, reader.decoded("annotation", noted)) for entry, _, noted, _ in rows if noted]
    assert len(noted) == 38
    for entry, annotation in noted:
        assert json.loads(annotation["mapping"])["entry_uuid"].replace("-", "") == entry.hex()


def test_the_sides_of_a_partition_are_where_the_page_puts_them(tmp_path: Path) -> None:
    store = rtstore.init(tmp_path)
    (tmp_path / "mara.jsonl").write_bytes(b"".join(talk(n, id=f"e{n}") + b"\n" for n in range(80)))
    store.add([str(tmp_path / "mara.jsonl")], id_field="id")
    store.partition("mara.jsonl", {"train": 0.6, "val": 0.3, "test": 0.1}, seed="sea")
    store.annotate("mara.jsonl", {7: {"partition": "test", "rating": 4, "note": "Too short."}})
    store.commit("divided", AUTHOR)
    reader = StoreReader(tmp_path / ".rtstore")
    dataset = newest(reader)["mara.jsonl"]
    (shares, seed, *_, settled), ids = dataset[4][2], [row[0] for row in reader.entries(dataset)]
    key = blake3(seed.encode(), derive_key_context="rtstore 2026-12 partition v1").digest()
    marks = [blake3(id_, key=key).digest(12) for id_ in ids]
    assert reader.read("blob", settled) == b"".join(sorted(mark[8:] for mark in marks))
    ends = [sum(share for _, share in shares[: n + 1]) * 2**64 // 10**9 for n in range(3)]
    numbers = [next(n for n in range(3) if int.from_bytes(mark[:8]) < ends[n]) for mark in marks]
    sides = [shares[number][0] for number in numbers]
    noted = {
        at: reader.decoded("annotation", row[2]) for at, row in enumerate(reader.entries(dataset)) if row[2]
    }
    assert noted == {7: {"note": "Too short.", "rating": 4, "partition": "test"}}
    sides[7] = "test"
    assert list(store.partition_of(store["HEAD"]["mara.jsonl"]) or ()) == sides


def test_operations_lead_back_to_init(workspace: tuple[Path, Versions], reader: StoreReader) -> None:
    _, versions = workspace
    operation = reader.operation()
    assert set(operation["state"]) == {"branch", "detached", "branches", "tags", "tracked"}
    assert operation["state"]["branches"] == {"main": list(versions)[-1]}
    assert list(operation["state"]["tracked"]) == sorted(operation["state"]["tracked"])
    commands = [operation["command"]]
    while operation["parent"] is not None:
        operation = reader.operation(operation["parent"].hex())
        commands.append(operation["command"])
    assert [command.split()[0] for command in commands] == ["commit:", "commit:", "add", "add", "init"]


def test_a_merge_in_progress_is_what_the_page_says(tmp_path: Path) -> None:
    def said(reply: str, *more: int) -> bytes:
        return b"".join(talk(n, id=f"e{n}", said=reply if n == 1 else "") + b"\n" for n in (1, 2, *more))

    store = rtstore.init(tmp_path)
    ids = {}
    (tmp_path / "mara.jsonl").write_bytes(said("base"))
    store.add([str(tmp_path / "mara.jsonl")], id_field="id")
    store.commit("base", AUTHOR)
    store.create_branch("theirs")
    for branch in ("main", "theirs"):
        store.switch(branch) if branch == "theirs" else None
        (tmp_path / "mara.jsonl").write_bytes(said(branch, 3))
        ids[branch] = store.commit(branch, AUTHOR).id
    store.switch("main")
    store.merge("theirs", author=AUTHOR)
    reader = StoreReader(tmp_path / ".rtstore")
    merge = reader.operation()["state"]["merge"]
    assert list(merge) == [
        "kind", "head", "commits", "message", "author", "conflicts", "resolved", "remaining", "before", "choose",
    ]  # fmt: skip
    assert (merge["kind"], merge["head"], merge["commits"]) == ("merge", ids["main"], [ids["theirs"]])
    assert [merge[name] for name in ("message", "author", "resolved", "remaining", "choose")] == [
        "Merge branch 'theirs'", AUTHOR, [], [], None,
    ]  # fmt: skip
    ((dataset, kind, entry, path, position, *sides),) = merge["conflicts"]
    assert (dataset, kind, path, position) == ("mara.jsonl", "edited", "", 0)
    assert entry == blake3(b"id\0se1").digest()[:16]
    assert [json.loads(reader.read("record", side[0]))["said"] for side in sides] == [
        "base", "main", "theirs", "main",
    ]  # fmt: skip
    whole = reader.decoded("dataset", sides[2][3])
    assert reader.file(whole) == said("theirs", 3)
    saved = merge["before"]["mara.jsonl"]
    assert reader.file(reader.decoded("dataset", saved[0])) == said("main", 3)
    store.abort_merge()
    assert "merge" not in reader.operation()["state"]


def test_an_intent_is_sealed_as_the_page_says(tmp_path: Path) -> None:
    (tmp_path / "mara.jsonl").write_bytes(talk(1))
    found = signature(str(tmp_path / "mara.jsonl"))
    assert found is not None
    replacement = Replacement(".mara.jsonl.rtstore-0123456789ab", "mara.jsonl", found)
    write_intent(
        Files(), str(tmp_path), Intent(bytes(32), (replacement, Replacement(None, "old.jsonl", None)))
    )
    sealed = (tmp_path / "intent").read_bytes()
    purpose = b"rtstore intent v1"
    assert sealed[:16] == blake3(len(purpose).to_bytes(4, "big") + purpose + sealed[16:]).digest()[:16]
    signed = [found.size, found.mtime_ns, found.ctime_ns, found.inode, found.mode]
    assert msgpack.decode(sealed[16:]) == [
        bytes(32),
        [[".mara.jsonl.rtstore-0123456789ab", "mara.jsonl", signed], [None, "old.jsonl", None]],
    ]
