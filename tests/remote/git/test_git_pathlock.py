"""Git's lock of a branch: respected while somebody holds it, taken over from a process that is gone."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest
from git_samples import first, is_sound, push
from git_servers import Served, bare, git

from rtstore.errors import RemoteMovedError
from rtstore.remote.git.pathlock import Holder, RefLock, me, parsed
from rtstore.storage.files import Files

HOLD = """
import sys, time
from rtstore.remote.git.pathlock import RefLock
from rtstore.storage.files import Files
RefLock(sys.argv[1], "main", Files()).acquire()
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def here(tmp_path: Path) -> Served:
    path = bare(tmp_path / "here.git")
    (path / "refs/heads").mkdir(exist_ok=True)
    return Served(str(path), path)


@contextmanager
def holding(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Let another process hold the lock of a branch."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def busy(here: Served) -> RemoteMovedError:
    lock = here.path / "refs/heads/main.lock"
    before = lock.read_bytes()
    with pytest.raises(RemoteMovedError) as error:
        push(here.repository(), None, first())
    assert lock.read_bytes() == before
    assert f"remove {lock}" in (error.value.hint or "")
    assert here.repository().branches().commits == {}
    return error.value


@pytest.mark.parametrize("text", [b"", b"1" * 40 + b"\n", b"rtstore\n", b"rtstore x y\n", b"\xff" * 300])
def test_a_lock_of_git_is_respected(here: Served, text: bytes) -> None:
    (here.path / "refs/heads/main.lock").write_bytes(text)
    assert busy(here).message == "another program writes refs/heads/main at this moment"


def test_a_lock_of_another_process_is_respected_until_it_is_killed(here: Served) -> None:
    with holding(here.path / "refs/heads/main") as process:
        assert f"process {process.pid} of this machine writes" in busy(here).message
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert (here.path / "refs/heads/main.lock").exists()
        one = first()
        push(here.repository(), None, one)
        push(here.repository(), one, one.on_top(two=b"2"))
    assert not (here.path / "refs/heads/main.lock").exists()
    assert is_sound(here)


def test_a_lock_of_another_machine_is_respected(here: Served) -> None:
    lock = here.path / "refs/heads/main.lock"
    lock.write_bytes(Holder(1, "0" * 16).text())
    assert "rtstore on another machine writes" in busy(here).message


def test_a_process_that_holds_the_operating_systems_lock_is_there_whatever_its_number_says(
    here: Served,
) -> None:
    """As in another container, where processes have other numbers."""
    with holding(here.path / "refs/heads/main"), patch("os.kill", side_effect=ProcessLookupError):
        busy(here)


def test_a_process_that_is_there_is_respected_though_it_holds_no_lock(here: Served) -> None:
    (here.path / "refs/heads/main.lock").write_bytes(me()._replace(process=os.getppid()).text())
    busy(here)


def test_two_of_one_process_do_not_hold_it_at_once(here: Served) -> None:
    path = str(here.path / "refs/heads/main")
    one, two = RefLock(path, "main", Files()), RefLock(path, "main", Files())
    one.acquire()
    with pytest.raises(RemoteMovedError):
        two.acquire()
    one.release()
    two.acquire()
    two.release()
    assert list((here.path / "refs/heads").iterdir()) == []


def test_of_two_who_find_a_lock_that_was_left_one_takes_it(here: Served) -> None:
    path = str(here.path / "refs/heads/main")
    Path(f"{path}.lock").write_bytes(me()._replace(process=dead()).text())
    one, two = RefLock(path, "main", Files()), RefLock(path, "main", Files())
    one.acquire()
    assert parsed(Path(f"{path}.lock").read_bytes()) == me()
    with pytest.raises(RemoteMovedError):
        two.acquire()
    one.release()


def test_git_respects_the_lock(here: Served) -> None:
    one = first()
    push(here.repository(), None, one)
    lock = RefLock(str(here.path / "refs/heads/main"), "main", Files())
    lock.acquire()
    with pytest.raises(AssertionError, match=r"main\.lock"):
        git("-C", here.path, "update-ref", "-d", "refs/heads/main")
    lock.release()
    git("-C", here.path, "update-ref", "-d", "refs/heads/main")


def test_a_link_is_not_followed(here: Served, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(me()._replace(process=dead()).text())
    (here.path / "refs/heads/main.lock").symlink_to(other)
    with pytest.raises(RemoteMovedError):
        push(here.repository(), None, first())
    assert parsed(other.read_bytes()) != me()


def test_the_name_of_the_machine_is_not_written_down() -> None:
    assert socket.gethostname() not in me().text().decode()


def dead() -> int:
    """Return the number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid
