"""Large transfers take little memory: slow, since they are large."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from git_servers import SERVERS, git

SCRIPT = """
import os, sys
from rtstore.remote.git.connect import open_repository
from rtstore.remote.git.objects import FILE, TreeEntry, blob, commit, tree

address, ssh_command, directory, job, batches = *sys.argv[1:5], int(sys.argv[5])
repository = open_repository(address, ssh_command=ssh_command or None)
quiet = lambda done, total: None
if job == "push":
    entries, old = [], None
    for batch in range(batches):
        objects = [blob(os.urandom(512 << 10)) for _ in range(120)]
        entries += [TreeEntry(f"{batch:03}-{n:03}", FILE, one.id) for n, one in enumerate(objects)]
        root = tree(entries)
        top = commit(root.id, [old] if old else [])
        repository.push("main", old, top.id, [*objects, root, top], quiet)
        old = top.id
else:
    tip = repository.branches().commits["main"]
    with repository.fetch(tip, None, directory, quiet) as objects:
        from rtstore.remote.git.objects import parse_commit, parse_tree
        root = parse_commit(objects.read("commit", tip, 1 << 20)).tree
        for entry in parse_tree(objects.read("tree", root, 1 << 20)):
            objects.read("blob", entry.id, 1 << 20)
# What `resource` tells is at least what the process had that started this one.
status = open("/proc/self/status").read()
print(int(status.split("VmHWM:")[1].split()[0]) >> 10)
"""


def peak(address: str, ssh_command: str, directory: Path, job: str, batches: int) -> int:
    """Return the megabytes that a job in a process of its own takes."""
    command = [sys.executable, "-c", SCRIPT, address, ssh_command, str(directory), job, str(batches)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["path", "daemon"])
def test_a_repository_of_700_megabytes_is_pushed_and_fetched_in_little_memory(
    kind: str, tmp_path: Path
) -> None:
    # The server shall not spend minutes on differences between files that have nothing in common.
    with SERVERS[kind](tmp_path, "pack.window=0") as served:
        ssh_command = served.environment.get("GIT_SSH_COMMAND", "")
        assert peak(served.address, ssh_command, tmp_path, "push", 12) < 200  # of which a batch takes 63
        assert peak(served.address, ssh_command, tmp_path, "fetch", 12) < 100
        git("-C", served.path, "fsck", "--strict", "--connectivity-only")
