"""What a backup says for ``restore.py``: all of a branch's files, and no more again than what changed."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

from workspaces import Desk, talk

from rtstore.remote.format.part import Sent
from rtstore.remote.sending.recovery import described

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures"


def said(desk: Desk, tips: list[bytes], known: list[bytes]) -> list[tuple[Sent, bytes, bytes]]:
    """Return what is said of commits."""
    return list(described(desk.store._workspace.objects, tips, known))


def sizes(objects: list[tuple[Sent, bytes, bytes]]) -> dict[Sent, int]:
    """Return how many bytes there are of each kind."""
    found: dict[Sent, int] = {}
    for kind, _, data in objects:
        found[kind] = found.get(kind, 0) + len(data)
    return found


def save(desk: Desk, version: str) -> bytes:
    """Commit a version of the example dataset."""
    for name in ("lantern/lantern.jsonl", "lantern/lantern.registry.json"):
        desk.write((FIXTURES / version / name).read_bytes(), name)
    desk.store.add([desk.path("lantern/lantern.jsonl")])
    return desk.commit().id


def test_a_commit_names_its_files_and_each_says_how_it_is_put_together(desk: Desk) -> None:
    commit = save(desk, "1-first-draft")
    found = {id: data for _, id, data in said(desk, [commit], [])}
    files = json.loads(found[sha256(commit).digest()])
    assert list(files) == ["lantern/lantern.jsonl", "lantern/lantern.registry.json"]
    dataset, sidecar = (json.loads(found[bytes.fromhex(id)]) for id in files.values())
    root = desk.dataset(name="lantern/lantern.jsonl").root
    assert root is not None
    assert [dataset[name] for name in ("head", "root", "separator", "tail")] == [[], root.hex(), "\n", "\n"]
    stamps = json.loads(b"".join(found[bytes.fromhex(id)] for id in dataset["stamps"]))
    ((count, values),) = stamps
    assert (count, set(values)) == (44, {'"1.0.0"', '"2026-03-02T19:14:07Z"'})
    text = b"".join(found[bytes.fromhex(id)] for id in sidecar["head"])
    assert text == desk.read("lantern/lantern.registry.json")
    assert int(sidecar["root"], 16) == 0


def test_texts_have_their_sha_256_for_a_name(desk: Desk) -> None:
    commit = save(desk, "1-first-draft")
    texts = [(id, data) for kind, id, data in said(desk, [commit], []) if kind is Sent.TEXT]
    assert all(sha256(data).digest() == id for id, data in texts)
    assert len(texts) > 5


def test_of_a_sidecar_only_what_changed_is_said_again(desk: Desk) -> None:
    first = save(desk, "1-first-draft")
    whole = sizes(said(desk, [first], []))
    content = desk.read("lantern/lantern.registry.json").replace(b"Osk Berrow", b"Osk Barrow", 1)
    desk.write(content, "lantern/lantern.registry.json")
    again = sizes(said(desk, [desk.commit().id], [first]))
    assert whole[Sent.TEXT] > 20_000  # 48,000 bytes, in which pieces recur
    assert again[Sent.TEXT] < 6_000


def test_a_dataset_that_did_not_change_is_named_and_not_described_again(desk: Desk) -> None:
    first = save(desk, "1-first-draft")
    second = desk.commit_file(json.dumps(talk(1)).encode())
    found = said(desk, [second], [first])
    (files,) = (json.loads(data) for kind, _, data in found if kind is Sent.FILES)
    assert list(files) == ["lantern/lantern.jsonl", "lantern/lantern.registry.json", "mara.jsonl"]
    assert [id.hex() for kind, id, _ in found if kind is Sent.FILE] == [files["mara.jsonl"]]


def test_of_a_commit_that_a_branch_of_the_backup_is_at_nothing_is_said(desk: Desk) -> None:
    commit = save(desk, "1-first-draft")
    assert said(desk, [commit], [commit]) == []
    assert len([1 for kind, *_ in said(desk, [commit, commit], []) if kind is Sent.FILES]) == 1


def test_what_two_datasets_have_in_common_is_said_once(desk: Desk) -> None:
    for place in ("a", "b"):
        for name in ("lantern.jsonl", "lantern.registry.json"):
            desk.write((FIXTURES / "1-first-draft" / "lantern" / name).read_bytes(), f"{place}/{name}")
    desk.store.add([desk.root])
    texts = [id for kind, id, _ in said(desk, [desk.commit().id], []) if kind is Sent.TEXT]
    assert len(texts) == len(set(texts)) > 5
