"""Small workspaces to do harm to, and what must still hold of them afterwards."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple
from uuid import NAMESPACE_URL, uuid5

import rtstore
from rtstore import Store
from rtstore.formats.sidecar_name import sidecar_path
from rtstore.model.objects import Annotation
from rtstore.model.partitions import Partition
from rtstore.storage.files import Files, is_temporary
from rtstore.workspace.views import Dataset

AUTHOR = "Nell Hargreave <nell@example.org>"
#: A dataset with a sidecar, one without, and one that is a JSON array.
MARA, TOM, ARRAY = "mara/mara.jsonl", "tom.jsonl", "short.json"

Tree = dict[str, bytes]

# --- datasets
# --------------------------------------------------------------------------------------------------------


def uuid(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, name))


def record(dataset: str, number: int, reply: str = "Mind the step.") -> str:
    messages = [
        {"role": "system", "content": f"You are the keeper of {dataset}."},
        {"role": "user", "content": f"What is behind door {number}?"},
        {"role": "assistant", "content": reply},
    ]
    stamp = {
        "version": "1.0",
        "native": True,
        "validated_at": "2026-03-02T19:14:07+00:00",
        "entry_uuid": uuid(f"{dataset} {number}"),
        "dataset_uuid": uuid(dataset),
    }
    return json.dumps({"messages": messages, "tags": [], "_rolethread": stamp}, ensure_ascii=False)


def jsonl(dataset: str, replies: Iterable[str]) -> bytes:
    """Return a dataset of one entry a reply."""
    return "".join(record(dataset, n, reply) + "\n" for n, reply in enumerate(replies)).encode()


def array(dataset: str, replies: Iterable[str]) -> bytes:
    return (
        "[\n" + ",\n".join(record(dataset, n, reply) for n, reply in enumerate(replies)) + "\n]\n"
    ).encode()


def sidecar(dataset: str, character: str, entries: int = 3) -> bytes:
    value = {
        "metadata": {
            "schema_version": 1,
            "kind": "rolethread.tag_registry",
            "exported_at": "2026-03-02T19:14:07+00:00",
        },
        "dataset": {
            "dataset_uuid": uuid(dataset),
            "filename": os.path.basename(dataset),
            "entry_count": entries,
        },
        "categories": [],
        "tags": [],
        "aliases": [],
        "characters": [{"slug": "keeper", "display_name": character, "description": None, "is_active": True}],
        "entry_character_mappings": [
            {
                "entry_uuid": uuid(f"{dataset} 1"),
                "turns": [
                    {
                        "turn_index": 2,
                        "character_slug": "keeper",
                        "training_role": "assistant",
                        "source_role_label": None,
                    }
                ],
            }
        ],
        "system_prompts": [],
    }
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()


#: A sidecar of another dataset: rtstore leaves it alone.
STRANGE = sidecar("another dataset", "Stranger")


def version(number: int, entries: int = 3) -> Tree:
    """Return the working files of a version: every file differs from that of any other version."""
    replies = [f"Reply {n} of version {number}." if n < 2 else f"Reply {n}." for n in range(entries)]
    return {
        MARA: jsonl(MARA, replies),
        sidecar_path(MARA): sidecar(MARA, f"Keeper {number}", entries),
        TOM: jsonl(TOM, [*replies, f"Only in {number}."]),
        ARRAY: array(ARRAY, replies),
    }


def put(root: Path, files: Mapping[str, bytes]) -> None:
    """Save files as an editor that is careful would."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.editor")
        beside.write_bytes(content)
        os.replace(beside, path)


# --- pictures
# --------------------------------------------------------------------------------------------------------


class Picture(NamedTuple):
    """All a user can see: the branch, what each branch and tag holds, what is tracked, the working files, conflicts.

    ``tracked``: of each dataset what the files do not say, its annotations and how it is divided.
    """

    branch: str | None
    branches: dict[str, Tree]
    tags: dict[str, Tree]
    tracked: dict[str, tuple[Partition | None, tuple[Annotation, ...]]]
    working: Tree
    conflicts: frozenset[str] | None


def working_files(root: Path) -> Tree:
    """Return the files of a workspace that are the user's."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_file() and not name.startswith(".rtstore") and not is_temporary(path.name):
            found[name] = path.read_bytes()
    return found


def leftovers(root: Path) -> list[str]:
    """Return the temporary files that lie among those of the user."""
    return [path.name for path in root.rglob("*") if is_temporary(path.name) and path.parent.name != "cache"]


def committed(store: Store, revision: str) -> Tree:
    """Return the files of a version."""
    files = {}
    for name, dataset in store[revision].items():
        files[name] = b"".join(dataset.chunks())
        beside = dataset.sidecar()
        if beside is not None:
            files[sidecar_path(name)] = beside
    return files


def beside_the_file(store: Store, name: str, id: bytes) -> tuple[Partition | None, tuple[Annotation, ...]]:
    dataset = Dataset(store._workspace, name, id)
    return dataset.settings.partition, tuple(entry.annotation for entry in dataset)


def picture(store: Store) -> Picture:
    operation = store.operation("@")[1]
    return Picture(
        store.current_branch,
        {name: committed(store, id.hex()) for name, id in store.branches().items()},
        {name: committed(store, id.hex()) for name, id in store.tags().items()},
        {name: beside_the_file(store, name, id) for name, id in operation.state.tracked.items()},
        working_files(Path(store.root)),
        None if operation.state.merging is None else frozenset(one.name for one in store.conflicts()),
    )


# --- scenes
# --------------------------------------------------------------------------------------------------------


class Scene(NamedTuple):
    """A command, and what prepares the workspace it is run in."""

    name: str
    build: Callable[[Path], None]
    command: Callable[[Store], object]


def build(root: Path) -> None:
    """Two branches that differ in every file; ``main`` is checked out and clean."""
    put(root, version(1))
    store = rtstore.init(root)
    store.add([str(root)])
    store.commit("first", AUTHOR)
    store.switch("lora", create=True)
    put(root, version(2))
    store.commit("second", AUTHOR)
    store.switch("main")


def build_empty(root: Path) -> None:
    put(root, version(1))
    rtstore.init(root)


def build_edited(root: Path) -> None:
    """The same as ``build``, with uncommitted changes to every file."""
    build(root)
    put(root, version(3))


def build_switched(root: Path) -> None:
    build(root)
    rtstore.open(root).switch("lora")


def build_broken(root: Path) -> None:
    """One file is no dataset at the moment."""
    build(root)
    put(root, {MARA: b'{"messages": [\n', TOM: version(3)[TOM]})


def build_undone(root: Path) -> None:
    build_switched(root)
    rtstore.open(root).undo()


def build_strange(root: Path) -> None:
    """Beside ``tom.jsonl`` lies the sidecar of another dataset."""
    build(root)
    put(root, {sidecar_path(TOM): STRANGE})


def build_fewer(root: Path) -> None:
    """The branch ``lora`` lacks two of the datasets."""
    build(root)
    store = rtstore.open(root)
    store.switch("lora")
    store.remove([str(MARA), ARRAY])
    for name in (MARA, sidecar_path(MARA), ARRAY):
        (root / name).unlink()
    store.commit("fewer", AUTHOR)
    store.switch("main")


def build_merging(root: Path) -> None:
    """Both branches have commits of their own; some of what they did contradicts each other."""
    build(root)
    store = rtstore.open(root)
    files = version(1)
    files[TOM] = jsonl(TOM, ["Reply 0 of main.", "Reply 1 of version 1.", "Reply 2.", "Only in 1.", "New."])
    del files[MARA]
    put(root, files)
    store.commit("third", AUTHOR)


def build_conflicts(root: Path) -> None:
    """A merge is in progress, all its conflicts are open."""
    build_merging(root)
    rtstore.open(root).merge("lora", author=AUTHOR)


def build_resolved(root: Path) -> None:
    """A merge is in progress, and nothing is left to be resolved."""
    build_conflicts(root)
    rtstore.open(root).resolve_conflict(None, "theirs")


def build_incoming(root: Path) -> None:
    """Beside the datasets lies a file of conversations that somebody sent."""
    build(root)
    posts = [[{"from": "human", "value": f"{n}?"}, {"from": "gpt", "value": f"{n}!"}] for n in range(3)]
    put(root, {"incoming.txt": "".join(json.dumps({"conversations": one}) + "\n" for one in posts).encode()})


def _import(store: Store, into: str, shape: str | None) -> None:
    store.import_file(os.path.join(store.root, "incoming.txt"), into, shape=shape)


def _edit(store: Store) -> None:
    with store.edit("main", "through the API", AUTHOR) as edit:
        edit[MARA][1].turns[2].content = "As the API would have it."
        edit[TOM].append(json.loads(record(TOM, 99)))


def _restore(store: Store) -> None:
    store.restore([MARA, TOM, ARRAY])


SCENES = (
    Scene("add", build_empty, lambda store: store.add([store.root])),
    Scene("commit", build_edited, lambda store: store.commit("third", AUTHOR)),
    Scene("switch", build, lambda store: store.switch("lora")),
    Scene("switch-removing", build_fewer, lambda store: store.switch("lora")),
    Scene("restore", build_edited, _restore),
    Scene("restore-broken", build_broken, _restore),
    Scene("undo", build_switched, lambda store: store.undo()),
    Scene("redo", build_undone, lambda store: store.redo()),
    Scene("edit", build, _edit),
    Scene("import", build_incoming, lambda store: _import(store, TOM, "messages")),
    Scene("import-new", build_incoming, lambda store: _import(store, "new/new.jsonl", None)),
    Scene("annotate", build_edited, lambda store: store.annotate(MARA, {1: {"rating": 4, "note": "Good."}})),
    Scene("partition", build_edited, lambda store: store.partition(TOM, {"train": 0.5, "val": 0.5})),
    Scene("mv", build, lambda store: store.move(MARA, "deep/er/lena.jsonl")),
    Scene("mv-strange", build_strange, lambda store: store.move(TOM, "lena.jsonl")),
    Scene("switch-strange", build_strange, lambda store: store.switch("lora")),
    Scene("merge", build_merging, lambda store: store.merge("lora", author=AUTHOR)),
    Scene("merge-theirs", build_merging, lambda store: store.merge("lora", author=AUTHOR, choose="theirs")),
    Scene("merge-forward", build, lambda store: store.merge("lora", author=AUTHOR)),
    Scene("resolve", build_conflicts, lambda store: store.resolve_conflict(None, "theirs")),
    Scene("merge-continue", build_resolved, lambda store: store.continue_merge()),
    Scene("merge-abort", build_resolved, lambda store: store.abort_merge()),
    Scene("revert", build_switched, lambda store: store.revert(["HEAD"], AUTHOR)),
    Scene("tag", build, lambda store: store.create_tag("v1")),
    Scene("gc", build, lambda store: store.gc(retention_days=0)),
)


class Prepared(NamedTuple):
    """A scene that was built, and what it looks like before and after the command."""

    scene: Scene
    root: Path
    before: Picture
    after: Picture

    def copy(self, root: Path) -> Path:
        """Put a fresh copy of the workspace at ``root``."""
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(self.root, root)
        return root


def prepare(scene: Scene, directory: Path) -> Prepared:
    """Build a scene, and run its command on a copy to see what it should do."""
    root = directory / "prepared"
    root.mkdir()
    scene.build(root)
    before = picture(rtstore.open(root))
    prepared = Prepared(scene, root, before, before)
    copy = rtstore.open(prepared.copy(directory / "done"))
    scene.command(copy)
    return prepared._replace(after=picture(copy))


# --- what must hold
# --------------------------------------------------------------------------------------------------------


def check_store(root: Path, acknowledged: Mapping[str, Mapping[str, bytes]] = {}) -> Store:
    """Open the workspace, read everything in it, compare commits with what they were; return the store.

    ``acknowledged``: the files of commits by id, all of which must be there.
    """
    store = rtstore.open(root)
    assert store.fsck().problems == ()
    found = commits_of(store)
    for id, files in acknowledged.items():
        assert (found[id] if id in found else committed(store, id)) == files
    return store


def commits_of(store: Store) -> dict[str, Tree]:
    """Return all commits that a name had after any operation, with their files."""
    states = [operation.state for _, operation in store.operations()]
    ids = {id for state in states for id in (*state.branches.values(), *state.tags.values())}
    return {id.hex(): committed(store, id.hex()) for id in ids}


def go_on(store: Store) -> None:
    """Do something next, as a user would."""
    if store.status().merging is None:
        store.switch("next", create=True)
    else:
        store.create_branch("next")


def with_files(root: Path, files: Files) -> Store:
    """Open a workspace whose changes go through ``files``."""
    return rtstore.open(root, files=files)
