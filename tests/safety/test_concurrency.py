"""Several processes and threads use one workspace at once, rtstore's own and others: nothing is lost."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

import rtstore
from rtstore import Store
from rtstore.errors import FileChangedError, InputError, LockedError, UncommittedChangesError
from rtstore.storage.lock import Lock
from rtstore.workspace.files.materialize import blob_chunks
from rtstore.workspace.views import Dataset
from rtstore.workspace.workspace import Workspace
from tests.safety import worker
from tests.safety.scenes import (
    AUTHOR,
    TOM,
    build,
    check_store,
    committed,
    jsonl,
    put,
    version,
    working_files,
)

Process = subprocess.Popen[bytes]
#: How many commands have to get through beside an editor, and how many seconds they are given for it.
LEAST, PATIENCE = 5, 120


@pytest.fixture
def root(tmp_path: Path) -> Path:
    path = tmp_path / "workspace"
    path.mkdir()
    build(path)
    return path


def start(task: str, root: Path, number: int = 0) -> Process:
    log = root.parent / f"log-{task}-{number}"
    arguments = [sys.executable, worker.__file__, task, str(root), str(log), f"{task}-{number}"]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def finish(process: Process) -> None:
    _, told = process.communicate()
    assert process.returncode == 0, told.decode()


@contextmanager
def running(root: Path, *processes: Process) -> Iterator[None]:
    """Let processes that go on until they are told to stop run in the background."""
    try:
        yield
    finally:
        (root / "stop").touch()
        for process in processes:
            finish(process)
        (root / "stop").unlink()


def told(root: Path, name: str) -> list[dict[str, object]]:
    logs = [path.read_text() for path in root.parent.glob(f"log-{name}")]
    return [json.loads(line) for log in logs for line in log.splitlines()]


# --- processes


def test_processes_that_commit_at_once_all_get_their_commits_into_the_history(root: Path) -> None:
    for process in [start("commit", root, number) for number in range(2)]:
        finish(process)
    store = check_store(root)
    history = [id.hex() for id, _ in store.log()]
    acknowledged = {line["commit"]: line["files"] for line in told(root, "commit-*")}
    assert len(acknowledged) == 20
    for id, files in acknowledged.items():
        assert id in history
        assert worker.digests(committed(store, str(id))) == files
    assert committed(store, "HEAD") == working_files(root)


def test_readers_see_whole_versions_during_commits_and_collections(root: Path) -> None:
    with running(root, *[start("read", root, number) for number in range(4)]):
        store = rtstore.open(root)
        for number in range(25):
            put(root, version(100 + number))
            store.commit(f"session {number}", AUTHOR)
            if number % 5 == 4:
                store.gc(retention_days=0)
    assert all(int(str(line["versions"])) > 0 for line in told(root, "read-*"))
    check_store(root)


def test_what_an_editor_saves_while_its_file_is_replaced_is_there_or_in_the_history(root: Path) -> None:
    edit_while_replacing(root, 50)


@pytest.mark.slow
def test_so_is_what_it_saves_while_its_file_is_replaced_many_times(root: Path) -> None:
    edit_while_replacing(root, 500)


def edit_while_replacing(root: Path, rounds: int) -> None:
    store = rtstore.open(root)
    number = done = 0
    deadline = time.monotonic() + PATIENCE
    with running(root, start("edit", root)):
        # On a busy machine hardly any command gets through between two saves.
        while number < rounds or (done < LEAST and time.monotonic() < deadline):
            done += succeeds(lambda: store.restore([TOM]))
            done += succeeds(partial(store.switch, ("main", "lora")[number % 2]))
            number += 1
    held = saved_contents(check_store(root))
    replaced = [line["replaced"] for line in told(root, "edit-0") if "replaced" in line]
    assert [content for content in replaced if content not in held] == []
    assert done
    assert replaced


def succeeds(command: Callable[[], object]) -> bool:
    """Run a command that may be refused because a file changes, or is half there, or has uncommitted changes."""
    try:
        command()
    except (FileChangedError, InputError, UncommittedChangesError):
        return False
    return True


def saved_contents(store: Store) -> set[str]:
    """Return the digests of what TOM held when a command replaced it."""
    workspace = Workspace.open(store.root)
    found = set()
    for _, operation in store.operations():
        change = operation.files.get(TOM)
        if change is not None and change.before.dataset is not None:
            found.add(worker.digest(b"".join(Dataset(workspace, TOM, change.before.dataset).chunks())))
        elif change is not None and change.before.file is not None:
            found.add(worker.digest(b"".join(blob_chunks(workspace.objects, change.before.file))))
    return found


# --- threads


def test_threads_with_stores_of_their_own_can_read_and_commit_at_once(root: Path) -> None:
    work_in_threads(root, [rtstore.open(root) for _ in range(4)])


def test_threads_that_share_a_store_can_read_and_commit_at_once(root: Path) -> None:
    work_in_threads(root, [rtstore.open(root)] * 4)


def work_in_threads(root: Path, stores: list[Store]) -> None:
    def commit(number: int) -> list[str]:
        name, made = f"thread-{number}.jsonl", []
        for turn in range(8):
            put(root, {name: jsonl(name, [f"Reply {turn}.", f"Of thread {number}."])})
            if turn == 0:
                stores[number].add([str(root / name)])
            made.append(stores[number].commit(f"{name} {turn}", AUTHOR, [name]).id.hex())
            if number == 0 and turn % 3 == 2:
                stores[number].gc(retention_days=0)
        return made

    def read(number: int) -> int:
        entries = 0
        for _ in range(8):
            for id, _ in list(stores[number].log()):
                entries += sum(len(list(dataset)) for dataset in stores[number][id.hex()].values())
        return entries

    with ThreadPoolExecutor(4) as threads:
        commits = [threads.submit(commit, number) for number in (0, 1)]
        reads = [threads.submit(read, number) for number in (2, 3)]
        made = {id for task in commits for id in task.result()}
        assert all(task.result() for task in reads)
    assert made <= {id.hex() for id, _ in check_store(root).log()}


# --- the lock


def test_the_lock_of_a_killed_process_is_free(root: Path) -> None:
    process = start("hold", root)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    process.kill()
    process.communicate()
    rtstore.open(root).create_tag("v1")


def test_a_command_waits_for_the_lock_and_gets_it(root: Path) -> None:
    process = start("hold", root)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    with ThreadPoolExecutor(1) as threads:
        tagged = threads.submit(rtstore.open(root).create_tag, "v1")
        assert not tagged.done()
        (root / "stop").touch()
        tagged.result()
    finish(process)
    assert "v1" in rtstore.open(root).tags()


def test_a_command_that_does_not_get_the_lock_names_who_has_it(root: Path) -> None:
    process = start("hold", root)
    assert process.stdout is not None
    with running(root, process):
        assert process.stdout.readline() == b"ready\n"
        workspace = Workspace.open(str(root))
        workspace.lock = Lock(str(root / ".rtstore" / "lock"), timeout=0.05)
        with pytest.raises(LockedError, match=f"process {process.pid} is changing this store"):
            Store(workspace).create_tag("v1")
        assert rtstore.open(root).status().clean
