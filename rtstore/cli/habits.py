"""Options that people bring from git and that are not there: what does the same here."""

from __future__ import annotations

from typing import Final

_NO_STAGE: Final = (
    "There is no staging area: `rtstore commit` takes all tracked changes, or the datasets named."
)
_DIFF_ALL: Final = "There is no staging area: `rtstore diff` shows all that the next commit takes."
_PATCH: Final = "`rtstore show --patch REV` shows what a commit changed, word by word."
_WHEN: Final = (
    "`rtstore log -n N` and `rtstore log A..B` list a part of it; `rtstore log --json` has all times."
)
_LIST: Final = "`rtstore branch` alone lists the branches; `rtstore branch -v` with their commits."
_SHORT: Final = "`rtstore status` has a line a dataset already; `rtstore status --json` is for programs."
_THERE: Final = "`rtstore branch` lists the branches here, `rtstore remote show REMOTE` those of a backup."
_LEASE: Final = "`rtstore push --force-with-lease` does it, unless somebody pushed since you last fetched."
_SAME_NAME: Final = "There is no need: `rtstore push` and `rtstore pull` mean the branch of the same name."
_PRUNES: Final = "`rtstore fetch` always forgets what the backup does not have any more."
_EACH: Final = "Fetch one remote after the other: `rtstore remote list` lists them."
_NO_REBASE: Final = "`rtstore pull` merges; conflicts are few, as it merges by conversation, turn and word."
_FF_ONLY: Final = "`rtstore fetch`, then `rtstore merge --ff-only REMOTE/BRANCH`."
_VERBOSE: Final = "`rtstore remote list` has the addresses; `rtstore remote show NAME` the branches."
_IN_FILES: Final = (
    "`rtstore diff --json REV~1..REV > it.json` and `rtstore apply it.json` do it to the files alone."
)
_BACK: Final = (
    "`rtstore diff --json REV~1..REV > it.json` and `rtstore apply -R it.json` do it to the files alone."
)
_SIDE: Final = "Which side of a merge is meant cannot be said; name the commits of one: `rtstore {} A..B`."

#: By command and option.
_INSTEAD: Final[dict[str, dict[str, str]]] = {
    "add": {
        **dict.fromkeys(
            ("-A", "--all", "-u", "--update"), "`rtstore add .` tracks all datasets. " + _NO_STAGE
        ),
        **dict.fromkeys(("-p", "--patch"), _NO_STAGE),
    },
    "branch": {
        **dict.fromkeys(("-a", "--all", "-r", "--remotes"), _THERE),
        **dict.fromkeys(("-l", "--list"), _LIST),
        **dict.fromkeys(("-u", "--set-upstream-to"), _SAME_NAME),
    },
    "cherry-pick": {
        **dict.fromkeys(("-m", "--mainline"), _SIDE.format("cherry-pick")),
        **dict.fromkeys(("-n", "--no-commit"), _IN_FILES),
    },
    "commit": {
        "--amend": "`rtstore undo` takes the last commit back and leaves the files; then commit again.",
        **dict.fromkeys(("-p", "--patch"), _NO_STAGE),
    },
    "clone": {
        "-b": "`rtstore switch -c BRANCH backup/BRANCH` goes there after the clone.",
        "--depth": "A clone has the whole history: it is what the backup is for.",
    },
    "diff": dict.fromkeys(("--cached", "--staged"), _DIFF_ALL),
    "fetch": {
        **dict.fromkeys(("-a", "--all"), _EACH),
        **dict.fromkeys(("-p", "--prune"), _PRUNES),
        **dict.fromkeys(("-t", "--tags"), "`rtstore fetch` always brings the version tags, too."),
    },
    "log": {
        **dict.fromkeys(("-p", "--patch"), _PATCH),
        "--stat": "`rtstore log` counts what each commit changed already.",
        "--grep": "`rtstore log -S TEXT` looks for a text in conversations; `rtstore log --oneline` lists messages.",
        **dict.fromkeys(("--since", "--after", "--until", "--before", "--author"), _WHEN),
    },
    "merge": {"--no-commit": "`rtstore merge --squash` leaves what merges in the files."},
    "pull": {
        **dict.fromkeys(("-r", "--rebase"), _NO_REBASE),
        "--ff-only": _FF_ONLY,
    },
    "push": {
        **dict.fromkeys(("-f", "--force"), _LEASE),
        **dict.fromkeys(("-u", "--set-upstream"), _SAME_NAME),
    },
    "remote": dict.fromkeys(("-v", "--verbose"), _VERBOSE),
    "restore": {
        **dict.fromkeys(
            ("-S", "--staged"), "There is no staging area: `rtstore restore DATASET` is all there is to do."
        ),
    },
    "revert": {
        **dict.fromkeys(("-m", "--mainline"), _SIDE.format("revert")),
        **dict.fromkeys(("-n", "--no-commit"), _BACK),
    },
    "rm": {
        "--cached": "`rtstore rm` keeps the files in any case.",
        "-r": "A directory stands for the datasets in it.",
        "-f": "`rtstore rm` keeps the files in any case.",
    },
    "status": dict.fromkeys(("-s", "--short", "--porcelain"), _SHORT),
    "switch": dict.fromkeys(("-b", "-B", "-C"), "`rtstore switch -c NAME` makes a branch and goes to it."),
}
#: Options of the program itself, which go before the command.
_GENERAL: Final = {"--color": "--color=always", "--no-pager": "--no-pager", "-C": "-C DIR"}


def instead(command: str, option: str) -> str | None:
    """Return what to do instead of giving an option to a command, if there is anything to say."""
    hint = _INSTEAD.get(command, {}).get(option)
    if hint is None and option in _GENERAL:
        return f"It goes before the command: `rtstore {_GENERAL[option]} {command}`"
    return hint
