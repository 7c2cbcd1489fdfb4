"""Every command in one line: where it is, what it is for. Reading this table imports no command.

A test checks that each summary is the first line of the command's own help.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Listed(NamedTuple):
    """A command: the module and function it is in, its summary, and whether it can change anything."""

    module: str
    function: str
    summary: str
    changes: bool = True


SECTIONS: Final[dict[str, dict[str, Listed]]] = {
    "Start": {
        "init": Listed("init", "init", "Make a directory a workspace."),
        "add": Listed("add", "add", "Track dataset files and their sidecars."),
        "rm": Listed("add", "rm", "Stop tracking datasets and keep their files."),
        "mv": Listed("add", "mv", "Rename or move a dataset file with its sidecar."),
        "demo": Listed("demo", "demo", "Show a whole session, in a directory of its own.", changes=False),
    },
    "Work": {
        "status": Listed("status", "status", "Show what has changed since the last commit.", changes=False),
        "diff": Listed(
            "diff", "diff", "Show what changed between two versions, word by word.", changes=False
        ),
        "apply": Listed("apply", "apply", "Do to the files what a patch says."),
        "import": Listed("import_", "import_", "Add the conversations of a file to a dataset."),
        "export": Listed(
            "export",
            "export",
            "Write a version of a dataset as the file that a trainer reads.",
            changes=False,
        ),
        "partition": Listed("partition", "partition", "Divide a dataset into train, val and so on."),
        "commit": Listed("commit", "commit", "Record the datasets as they are now."),
        "restore": Listed("restore", "restore", "Bring datasets or single entries back from a version."),
    },
    "Look": {
        "log": Listed("log", "log", "List commits, newest first.", changes=False),
        "show": Listed("show", "show", "Show a commit, a dataset in it, or one entry.", changes=False),
        "cat": Listed("cat", "cat", "Print a dataset or an entry as it is, byte for byte.", changes=False),
        "grep": Listed("grep", "grep", "Find turns that hold a text, in any version.", changes=False),
        "validate": Listed(
            "validate", "validate", "Check that entries are what trainers need.", changes=False
        ),
        "blame": Listed(
            "blame", "blame", "Show which commit last changed each turn of an entry.", changes=False
        ),
    },
    "Versions": {
        "branch": Listed("branch", "branch", "List, make, rename or delete branches."),
        "switch": Listed("switch", "switch", "Go to another branch, and its files with it."),
        "tag": Listed("tag", "tag", "List, make or delete version tags: names for commits."),
    },
    "Merge": {
        "merge": Listed("merge", "merge", "Bring another branch's work into this one."),
        "conflicts": Listed(
            "conflicts", "conflicts", "List what is still to be resolved of a merge.", changes=False
        ),
        "resolve": Listed("resolve", "resolve", "Resolve the conflicts of a merge."),
        "cherry-pick": Listed("pick", "cherry_pick", "Do what commits changed once more, on this branch."),
        "revert": Listed("pick", "revert", "Take back what commits changed, by new commits."),
    },
    "Backup": {
        "remote": Listed("remote", "remote", "Add, look at, check or forget encrypted backups."),
        "push": Listed("push", "push", "Send commits to an encrypted backup."),
        "fetch": Listed("fetch", "fetch", "Bring what a backup has into the store."),
        "pull": Listed("fetch", "pull", "Fetch from a backup, and merge what came."),
        "clone": Listed("clone", "clone", "Make a workspace from an encrypted backup."),
        "key": Listed("key", "key", "Show, save or take over the key of this machine."),
    },
    "Undo": {
        "undo": Listed("undo", "undo", "Take back the last operation."),
        "redo": Listed("undo", "redo", "Do again what undo took back."),
        "op": Listed("op", "op", "Look at the operations that undo walks.", changes=False),
    },
    "Care": {
        "gc": Listed("maintenance", "gc", "Pack the store tightly and drop what nothing reaches."),
        "fsck": Listed("maintenance", "fsck", "Check everything that is stored.", changes=False),
        "config": Listed("config", "config", "Show or set configuration."),
        "completion": Listed(
            "completion", "completion", "Print the script for completion with the Tab key.", changes=False
        ),
    },
}

COMMANDS: Final[dict[str, Listed]] = {
    name: listed for section in SECTIONS.values() for name, listed in section.items()
}
