"""The lock: one holder between threads and processes, released when it dies."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from rtstore.errors import LockedError, StorageError
from rtstore.storage.lock import Lock

HOLD = """
import sys
from rtstore.storage.lock import Lock
with Lock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def start_holder(path: str) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    process = subprocess.Popen([sys.executable, "-c", HOLD, path], stdin=pipe, stdout=pipe)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == b"held"
    return process


def finish(process: subprocess.Popen[bytes]) -> None:
    process.communicate(timeout=30)


def test_the_lock_can_be_taken_again_after_it_was_released(tmp_path: Path) -> None:
    lock = Lock(str(tmp_path / "lock"))
    for _ in range(2):
        with lock:
            assert lock.held
        assert not lock.held


def test_the_lock_is_released_by_an_error(tmp_path: Path) -> None:
    lock = Lock(str(tmp_path / "lock"))
    with pytest.raises(ZeroDivisionError), lock:
        _ = 1 / 0
    assert Lock(str(tmp_path / "lock")).try_acquire()


def test_two_stores_in_one_process_exclude_each_other(tmp_path: Path) -> None:
    one, two = Lock(str(tmp_path / "lock")), Lock(str(tmp_path / "lock"))
    with one:
        assert not two.try_acquire()
    assert two.try_acquire()
    two.release()


def test_another_process_excludes_this_one_and_is_named(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    process = start_holder(path)
    try:
        with pytest.raises(LockedError, match=f"process {process.pid} is changing this store") as raised:
            Lock(path, timeout=0.05).acquire()
        assert raised.value.hint
    finally:
        finish(process)
    assert Lock(path).try_acquire()


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    process = start_holder(str(tmp_path / "lock"))
    process.kill()
    finish(process)
    assert Lock(str(tmp_path / "lock")).try_acquire()


def test_a_holder_that_finishes_in_time_is_waited_for(tmp_path: Path) -> None:
    one, two = Lock(str(tmp_path / "lock")), Lock(str(tmp_path / "lock"), timeout=30)
    released, done = threading.Event(), threading.Event()

    def wait_for_it() -> None:
        with two:
            assert released.is_set()
            done.set()

    one.acquire()
    thread = threading.Thread(target=wait_for_it)
    thread.start()
    released.set()
    one.release()
    thread.join(timeout=30)
    assert done.is_set()


def test_threads_that_share_a_lock_take_turns(tmp_path: Path) -> None:
    lock = Lock(str(tmp_path / "lock"), timeout=60)
    inside, most = [0], [0]

    def work() -> None:
        for _ in range(5):
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert (inside, most) == ([0], [1])


def test_another_thread_gets_a_locked_error(tmp_path: Path) -> None:
    lock = Lock(str(tmp_path / "lock"), timeout=0.01)
    errors = []

    def work() -> None:
        try:
            lock.acquire()
        except LockedError as error:
            errors.append(error)

    with lock:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join(timeout=30)
    assert f"process {os.getpid()}" in errors[0].message


def test_nesting_in_one_thread_is_reported_as_a_bug(tmp_path: Path) -> None:
    lock = Lock(str(tmp_path / "lock"))
    with lock:
        with pytest.raises(AssertionError, match="taken again"):
            lock.acquire()
        assert lock.held


def test_releasing_what_is_not_held_is_reported_as_a_bug(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="does not hold it"):
        Lock(str(tmp_path / "lock")).release()


def test_a_missing_directory_is_a_storage_error_and_leaves_nothing_locked(tmp_path: Path) -> None:
    lock = Lock(str(tmp_path / "none" / "lock"))
    with pytest.raises(StorageError, match="cannot open the lock"):
        lock.acquire()
    (tmp_path / "none").mkdir()
    assert lock.try_acquire()
    lock.release()


def test_an_unreadable_holder_is_another_process(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with Lock(str(path)):
        path.write_bytes(b"\xff what")
        with pytest.raises(LockedError, match="another process is changing this store"):
            Lock(str(path), timeout=0).acquire()


def test_who_waits_for_a_second_is_told_for_whom_once(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    holder = start_holder(path)
    told: list[int | None] = []
    lock = Lock(path, timeout=1.3)
    lock.on_wait = told.append
    with pytest.raises(LockedError):
        lock.acquire()
    finish(holder)
    assert told == [holder.pid]
    with lock:
        assert told == [holder.pid]
