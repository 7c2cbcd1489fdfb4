"""``docs/format.md`` is enough to read a backup: a reader written from it finds every object of the store."""

from __future__ import annotations

import json
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest
from backup_reader import BackupReader, padme
from doc_console import PROJECT
from msgspec import msgpack
from store_reader import StoreReader
from test_format import AUTHOR, first_version, second_version

import rtstore
from rtstore.remote.keys.age import generate
from rtstore.workspace.remotes import Remote

FILES = {".git", ".gitattributes", "README.md", "format.json", "head.age", "keys", "parts", "restore.py"}


class Scene:
    """A workspace with two commits that was pushed to a repository, and what git has of that."""

    def __init__(self, directory: Path) -> None:
        self.root, self.directory = directory / "desk", directory
        subprocess.run(["git", "init", "--quiet", "--bare", directory / "host.git"], check=True)
        self.store = rtstore.init(self.root, user_config=str(directory / "config"))
        self.added = self.store.add_remote("backup", str(directory / "host.git"))
        first = first_version()
        for files in (first, second_version(first)):
            for name, content in files.items():
                (self.root / name).parent.mkdir(exist_ok=True)
                (self.root / name).write_bytes(content)
            if files is first:
                self.store.add([str(self.root / "claimed.jsonl")], id_field="id")
            self.store.add([str(self.root)])
            self.store.commit("A session", AUTHOR)
            self.store.push()
        leaver = generate().recipient
        self.store.add_recipients("backup", [leaver])
        self.store.remove_recipients("backup", [leaver.key])
        (self.root / "late.jsonl").write_bytes(b'{"messages": []}\n')
        self.store.add([str(self.root / "late.jsonl")])
        self.store.commit("With new keys", AUTHOR)
        self.store.create_tag("v1")
        self.store.push(tags=True)
        self.clone = directory / "backup"
        subprocess.run(["git", "clone", "--quiet", directory / "host.git", self.clone], check=True)
        identity = (directory / "config" / "identity").read_text().splitlines()[-1]
        self.reader = BackupReader(self.clone, identity)
        self.own = StoreReader(self.root / ".rtstore")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return Scene(tmp_path_factory.mktemp("backup"))


def test_the_branch_has_the_files_that_are_named(scene: Scene) -> None:
    assert {path.name for path in scene.clone.iterdir()} == FILES
    assert {path.name for path in (scene.clone / "keys").iterdir()} == {"recipients.age"}
    for part in (scene.clone / "parts").glob("*/*"):
        assert part.name.startswith(part.parent.name)
    command = ["git", "-C", scene.clone, "log", "--format=%an <%ae> %at %cn <%ce> %ct %B%P"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    who = "rtstore <rtstore@localhost> 0"
    assert all(line.startswith(f"{who} {who} rtstore backup") for line in said.splitlines()[::2])


def test_the_fingerprint_is_the_one_that_was_shown(scene: Scene) -> None:
    assert scene.reader.fingerprint == scene.added.fingerprint
    assert len(scene.reader.keyring["generations"]) == 2


def test_the_head_has_the_branches_and_tags(scene: Scene) -> None:
    head, state = scene.reader.head, scene.own.operation()["state"]
    assert {name: bytes.fromhex(id) for name, id in head["branches"].items()} == state["branches"]
    assert {name: bytes.fromhex(id) for name, id in head["tags"].items()} == state["tags"]
    assert (head["number"], head["default"]) == (5, "main")
    assert [generation for generation, _ in head["parts"]] == [1, 2]


def test_every_dataset_of_every_commit_is_there(scene: Scene) -> None:
    reader, own = scene.reader, scene.own
    commit, seen = bytes.fromhex(reader.head["branches"]["main"]), 0
    while True:
        snapshot, parents, *_ = msgpack.decode(reader.objects["commit", commit][0])
        for _, id in msgpack.decode(reader.objects["snapshot", snapshot][0])[0]:
            dataset = msgpack.decode(reader.objects["dataset", id][0])
            assert reader.rows(dataset[0]) == own.entries(dataset)
            for _, record, annotation, _ in own.entries(dataset):
                assert ("record", record) in reader.objects
                assert annotation is None or ("annotation", annotation) in reader.objects
            for kind, part in (("stamps", dataset[5]), ("registry", dataset[6])):
                assert part is None or (kind, part) in reader.objects
            seen += 1
        if not parents:
            break
        (commit,) = parents
    assert seen == 9 + 9 + 10


def test_the_newest_files_are_described(scene: Scene) -> None:
    objects = scene.reader.objects
    commit = bytes.fromhex(scene.reader.head["branches"]["main"])
    files = json.loads(objects["files", sha256(commit).digest()][0])
    assert set(files) == {
        path.relative_to(scene.root).as_posix()
        for path in scene.root.rglob("*.json*")
        if ".rtstore" not in path.parts
    }
    for name, id in files.items():
        file = json.loads(objects["file", bytes.fromhex(id)][0])
        assert list(file) == ["head", "root", "separator", "tail", "place", "stamps"]
        if name.endswith(".registry.json"):
            head = b"".join(objects["text", bytes.fromhex(text)][0] for text in file["head"])
            assert head == (scene.root / name).read_bytes()


def test_sizes_are_those_of_padme(scene: Scene) -> None:
    assert len(scene.reader.sizes) > 3
    assert all(size == padme(size) for size in scene.reader.sizes)


def test_what_is_known_of_it_is_as_the_page_says(scene: Scene) -> None:
    sealed = (scene.root / ".rtstore" / "remotes" / "backup").read_bytes()
    known = msgpack.decode(sealed[16:])
    assert list(known) == list(Remote.__struct_fields__)
    page = (PROJECT / "docs" / "format.md").read_text(encoding="utf-8")
    described = page[page.index("Remote = map {") : page.index("key_files: {path: bytes}}")]
    assert all(f"{name}:" in described or name == "key_files" for name in known)
    assert (known["number"], known["hash"]) == (scene.reader.head["number"], scene.reader.head_hash)
