"""The story's end: an encrypted backup, what its host sees of it, and everything back from it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from rtstore.cli import text
from rtstore.cli.demo.narrator import Narrator, StepFailed

_HOST = "host.git"


def tell_of_backup(narrator: Narrator, names: list[str]) -> None:
    """Back the workspace up, look at it with the host's eyes, and restore the datasets ``names`` from it.

    Raises:
        StepFailed: a command failed, or what came back is not what was there.
    """
    narrator.say(
        "Private conversations belong on nobody's hub. A backup is a branch of any git repository, and all of it is "
        "encrypted before it leaves this machine. Here the host is an empty repository beside the files."
    )
    host = narrator.path(_HOST)
    narrator.act(f"git init --bare {_HOST}")
    _make_repository(host)
    narrator.run("remote", "add", "backup", _HOST)
    narrator.run("push")
    narrator.say("This is all that the host gets to see:")
    for name, size in _seen_by(host):
        narrator.show(f"  {text.size(size):>9}  {name}")
    narrator.say("The machine is lost, but not the key. Everything comes back, byte for byte.")
    with TemporaryDirectory(prefix="rtstore-demo-", ignore_cleanup_errors=True) as directory:
        restored = Path(directory).resolve() / "restored"
        narrator.run("clone", str(host), str(restored), shown=("clone", _HOST, "../restored"))
        for name in names:
            if (restored / name).read_bytes() != narrator.path(name).read_bytes():
                raise StepFailed(f"{name} came back otherwise than it was", hint="Please report it.")
            narrator.act(f"compared with the original: {name} is the same")


def _make_repository(path: Path) -> None:
    from dulwich.repo import Repo

    Repo.init_bare(str(path), mkdir=True).close()


def _seen_by(path: Path) -> list[tuple[str, int]]:
    """Return the files of the backup by name, with their sizes."""
    from dulwich.object_store import iter_tree_contents
    from dulwich.objects import Commit
    from dulwich.repo import Repo

    with Repo(str(path)) as repository:
        tip = next(iter(repository.get_refs().values()))
        commit = repository[tip]
        assert isinstance(commit, Commit)
        entries = iter_tree_contents(repository.object_store, commit.tree)
        return [(entry.path.decode(), repository[entry.sha].raw_length()) for entry in entries]
