"""Somebody who has nothing left but a key: a clone of the backup by git, and ``restore.py``."""

from __future__ import annotations

import fcntl
import os
import pty
import subprocess
import sys
import termios
from pathlib import Path

from remote.keys.key_samples import tool

import rtstore
from rtstore.remote.setup import Members

AUTHOR = "Mara Lind <mara@example.org>"
Files = dict[str, bytes]


class Rescue:
    """A workspace with a remote in ``directory``, and what can be had from it without rtstore."""

    def __init__(self, directory: Path, members: Members | None = None) -> None:
        for name in ("age", "zstd", "git"):
            tool(name, name)
        self.directory = directory
        self.host = directory / "host.git"
        self.config = directory / "config"
        self.identity = self.config / "identity"
        git("init", "--quiet", "--bare", self.host)
        self.store = rtstore.init(directory / "desk", user_config=str(self.config))
        self.store.add_remote("backup", str(self.host), members)
        self._clones = 0

    def path(self, name: str) -> Path:
        """Return where a file of the workspace is."""
        return self.directory / "desk" / name

    def commit(self, files: Files) -> None:
        """Save files, track those that are datasets, and commit everything."""
        for name, content in files.items():
            self.path(name).parent.mkdir(parents=True, exist_ok=True)
            self.path(name).write_bytes(content)
        for name in files:
            if not name.endswith(".registry.json"):
                self.store.add([str(self.path(name))])
        self.store.commit("a session", AUTHOR, allow_empty=True)

    def clone(self) -> Path:
        """Clone the backup with git alone."""
        self._clones += 1
        target = self.directory / f"backup-{self._clones}"
        git("clone", "--quiet", self.host, target)
        return target

    def expected(self, *branches: str) -> Files:
        """Return the files of branches as rtstore writes them, by branch and name."""
        found = {}
        for branch in branches:
            self.store.switch(branch)
            found |= {f"{branch}/{name}": content for name, content in files_below(self.path("")).items()}
        return found

    def restored(self, key: Path | None = None) -> Files:
        """Return the files that the script writes with a key, by default this machine's."""
        self._clones += 1
        return restored(self.host, key or self.identity, self.directory / f"restored-{self._clones}")


def restored(host: Path, key: Path, directory: Path) -> Files:
    """Clone a backup with git alone, run its script with a key, and return the files that it writes."""
    git("clone", "--quiet", host, directory / "backup")
    done = run_script(directory / "backup", key, directory / "out")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return files_below(directory / "out")


def run_script(clone: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run ``restore.py`` of a backup, in a Python that cannot import rtstore or anything else that is installed."""
    command = [sys.executable, "-I", "-S", "restore.py", *map(str, arguments)]
    return subprocess.run(command, cwd=clone, capture_output=True, text=True, check=False)


def type_passphrase(clone: Path, passphrase: str, output: Path) -> int:
    """Run ``restore.py`` on a terminal of its own, type the passphrase that age asks for, return its exit code."""
    ours, its = pty.openpty()

    def take_terminal() -> None:
        os.setsid()
        fcntl.ioctl(its, termios.TIOCSCTTY, 0)

    program = subprocess.Popen(
        [sys.executable, "-I", "-S", "restore.py", "--passphrase", str(output)],
        cwd=clone,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(its,),
        preexec_fn=take_terminal,
    )
    os.close(its)
    try:
        shown = b""
        while b"assphrase" not in shown:
            shown += os.read(ours, 1024)
        os.write(ours, f"{passphrase}\n".encode())
        return program.wait(60)
    finally:
        os.close(ours)
        program.kill()
        program.wait()


def files_below(directory: Path) -> Files:
    """Return the files below a directory by name, but for those of rtstore and git."""
    return {
        name.as_posix(): path.read_bytes()
        for path in directory.rglob("*")
        if not {".rtstore", ".git"} & set((name := path.relative_to(directory)).parts) and path.is_file()
    }


def git(*arguments: str | Path) -> None:
    """Run git."""
    subprocess.run(["git", *map(str, arguments)], check=True)
