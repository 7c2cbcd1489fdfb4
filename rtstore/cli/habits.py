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
    "branch": dict.fromkeys(("-a", "--all", "-r", "--remotes", "-l", "--list"), _LIST),
    "cherry-pick": {
        **dict.fromkeys(("-m", "--mainline"), _SIDE.format("cherry-pick")),
        **dict.fromkeys(("-n", "--no-commit"), _IN_FILES),
    },
    "commit": {
        "--amend": "`rtstore undo` takes the last commit back and leaves the files; then commit again.",
        **dict.fromkeys(("-p", "--patch"), _NO_STAGE),
    },
    "diff": dict.fromkeys(("--cached", "--staged"), _DIFF_ALL),
    "log": {
        **dict.fromkeys(("-p", "--patch"), _PATCH),
        "--stat": "`rtstore log` counts what each commit changed already.",
        "--grep": "`rtstore log -S TEXT` looks for a text in conversations; `rtstore log --oneline` lists messages.",
        **dict.fromkeys(("--since", "--after", "--until", "--before", "--author"), _WHEN),
    },
    "merge": {"--no-commit": "`rtstore merge --squash` leaves what merges in the files."},
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
