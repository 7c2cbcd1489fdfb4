"""The encrypted backup beside other programs: restic, git-remote-gcrypt, git. Those that are missing are left out."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import NamedTuple

import floor
import pyrage
from corpus import write_corpus, write_next_version
from measure import ENVIRONMENT, Row, ratio_row, rtstore, run, settle, time_row

NAME = "d.jsonl"
PASSWORD = "for the benchmark"
SESSION_BAR, NOTHING_BAR = 0.6, 0.4
GROWTH_BAR, DISK_BAR, MEMORY_BAR = 400e3, 1e6, 300e6
#: Bytes of a part, as far as its encryption goes.
PART = 400_000


class Round(NamedTuple):
    """Seconds of one round, None where the other program is missing; sizes in bytes."""

    push: float
    restic: float | None
    gcrypt: float | None
    session: float
    growth: int
    nothing: float
    clone: float
    floor: float
    disk: int


def measure(scratch: Path, corpus: Path, rounds: int, say: Callable[[str], None]) -> list[Row]:
    """Measure pushes and clones of a large file, with a bare repository by path."""
    following = scratch / "next.jsonl"
    write_next_version(corpus, following)
    done = []
    for number in range(rounds):
        say(f"backup, round {number + 1} of {rounds}")
        done.append(_round(scratch / "backup", corpus, following))
    following.unlink()
    return [
        _against("first push, local bare repository", 0.5, "times `restic backup`", done, "restic"),
        _against("the same", 0.25, "times a push of git-remote-gcrypt", done, "gcrypt"),
        time_row("push after 100 edits and 100 new entries", SESSION_BAR, [each.session for each in done]),
        _size_row("growth of the remote by it", GROWTH_BAR, [each.growth for each in done]),
        time_row("push with nothing new", NOTHING_BAR, [each.nothing for each in done]),
        ratio_row(
            "clone, working file written",
            1.5,
            [each.clone / each.floor for each in done],
            "times (restore floor + decryption + `git clone`)",
            [each.clone for each in done],
        ),
        _size_row("disk used by having a remote", DISK_BAR, [each.disk for each in done]),
    ]


def measure_memory(scratch: Path, count: int, say: Callable[[str], None]) -> list[Row]:
    """Measure the memory of a push and a clone of a very large dataset."""
    say(f"backup of {count:,} entries")
    root, host = scratch / "backup", scratch / "backup" / "host.git"
    workspace = _workspace(root, lambda file: write_corpus(file, count))
    push, clone = rtstore(workspace, "push").peak, rtstore(root, "clone", str(host), "clone").peak
    shutil.rmtree(root)
    return [
        _size_row(f"memory of the first push, {count:,} entries", MEMORY_BAR, [push]),
        _size_row("memory of its clone", MEMORY_BAR, [clone]),
    ]


def _workspace(root: Path, write: Callable[[Path], object]) -> Path:
    """Make a workspace with a commit, and an empty repository beside it that it has for a remote."""
    workspace = root / "workspace"
    workspace.mkdir(parents=True)
    ENVIRONMENT["RTSTORE_CONFIG_DIR"] = str(root / "configuration")
    write(workspace / NAME)
    run(["git", "init", "--quiet", "--bare", root / "host.git"], root)
    for command in (
        ("init",),
        ("add", NAME),
        ("commit", "-m", "one"),
        ("remote", "add", "backup", "../host.git"),
    ):
        rtstore(workspace, *command)
    settle()
    return workspace


def _round(root: Path, corpus: Path, following: Path) -> Round:
    workspace = _workspace(root, lambda file: shutil.copy(corpus, file))
    host = root / "host.git"
    before = _size(workspace / ".rtstore")
    push = rtstore(workspace, "push").seconds
    disk = _size(workspace / ".rtstore") - before
    settle()
    restic, gcrypt = _restic(root, workspace / NAME), _gcrypt(root, workspace / NAME)
    shutil.copy(following, workspace / NAME)
    rtstore(workspace, "commit", "-m", "two")
    settle()
    pushed = _size(host)
    session = rtstore(workspace, "push").seconds
    growth = _size(host) - pushed
    nothing = rtstore(workspace, "push").seconds
    settle()
    base = floor.measure(corpus, root).restore + _decryption(pushed) + _git_clone(root, host)
    settle()
    clone = rtstore(root, "clone", str(host), "clone").seconds
    shutil.rmtree(root)
    return Round(push, restic, gcrypt, session, growth, nothing, clone, base, disk)


def _restic(root: Path, file: Path) -> float | None:
    if shutil.which("restic") is None:
        return None
    ENVIRONMENT["RESTIC_PASSWORD"] = PASSWORD
    ENVIRONMENT["RESTIC_CACHE_DIR"] = str(root / "restic-cache")
    run(["restic", "init", "--repo", root / "restic"], root)
    settle()
    seconds = run(["restic", "backup", "--repo", root / "restic", file], root).seconds
    settle()
    return seconds


def _gcrypt(root: Path, file: Path) -> float | None:
    if shutil.which("git-remote-gcrypt") is None:
        return None
    home, source = root / "gnupg", root / "source"
    home.mkdir(mode=0o700)
    ENVIRONMENT["GNUPGHOME"] = str(home)
    key = [
        "gpg",
        "--batch",
        "--passphrase",
        "",
        "--quick-generate-key",
        "ann@example.org",
        "default",
        "default",
        "never",
    ]
    run(key, root)
    git = ["git", "-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-C", source]
    run(["git", "init", "--quiet", "--bare", root / "gcrypt.git"], root)
    run(["git", "init", "--quiet", source], root)
    shutil.copy(file, source / NAME)
    run([*git, "add", "."], root)
    run([*git, "commit", "--quiet", "-m", "one"], root)
    settle()
    seconds = run([*git, "push", f"gcrypt::{root / 'gcrypt.git'}", "HEAD:refs/heads/main"], root).seconds
    subprocess.run(["gpgconf", "--kill", "all"], env=ENVIRONMENT, check=False)
    settle()
    return seconds


def _decryption(size: int) -> float:
    """Return the seconds that pyrage takes to decrypt so many bytes in parts."""
    identity = pyrage.x25519.Identity.generate()
    part = pyrage.encrypt(os.urandom(PART), [identity.to_public()])
    start = time.perf_counter()
    for _ in range(size // PART):
        pyrage.decrypt(part, [identity])
    return time.perf_counter() - start


def _git_clone(root: Path, host: Path) -> float:
    seconds = run(["git", "clone", "--quiet", f"file://{host}", root / "plain"], root).seconds
    shutil.rmtree(root / "plain")
    return seconds


def _size(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())


def _against(what: str, bar: float, unit: str, done: list[Round], other: str) -> Row:
    ratios = [each.push / theirs for each in done if (theirs := getattr(each, other)) is not None]
    if not ratios:
        return Row(what, f"at most {bar:g} {unit}", "not measured: it is not installed", None)
    return ratio_row(what, bar, ratios, unit, [each.push for each in done])


def _size_row(what: str, bar: float, sizes: list[int]) -> Row:
    figure = median(sizes)
    unit, scale = ("MB", 1e6) if bar >= 1e6 else ("kB", 1e3)
    return Row(what, f"at most {bar / scale:g} {unit}", f"{figure / scale:.3g} {unit}", figure <= bar)
