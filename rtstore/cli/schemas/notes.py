"""What the values of ``--json`` mean, by command."""

from __future__ import annotations

from typing import Final

#: What the values mean, where it does not go without saying.
NOTES: Final[dict[str, str]] = {
    "status": (
        "`change` is `added`, `removed`, `edited`, `unchanged`, or `invalid` for a file that is no dataset at the "
        "moment: `problem` says why, else it is null. `stamps_only`: nothing differs but values that an editor "
        "rewrites at every save. `renamed_from`: the path that the dataset had before, where it was given another; "
        "it is `edited` then, and the rest says what differs beside the name. Else null. `partition_changed`: "
        "how it is divided differs, or which entries have a side for good. `head` is null before the "
        "first commit, `branch` with a detached HEAD. `merging` is an object while a merge is in progress: its `kind` "
        "(`merge`, `squash`, `cherry-pick`, `revert`), the `commits` that come in, how many `conflicts` are left, and "
        "the commits that are `remaining` after these."
    ),
    "partition": (
        "`fresh`: entries that came since sides were settled. `torn`: entries that are alike an earlier one which is "
        "on another side; `why` is `duplicate` (they say the same) or `group` (they have the same value in the field "
        "`group_by`). Positions count from 1. `settled` entries got their side for good; of them, those that are "
        "`pinned` have one that does not follow from their id. `moved` are on another side than before."
    ),
    "show REV:DATASET#ENTRY": (
        "`rating` is 1 to 5, 0 for none; `note` and `review` are empty for none. `partition` is the side the entry is "
        "on, null where the dataset is not divided."
    ),
    "commit": "`datasets` has every dataset the commit looked at, as in `status`.",
    "log": (
        "One array. `parents` is empty for a first commit; `counts` are against the first parent. `renamed_from` is as "
        "in `status`."
    ),
    "log DATASET#ENTRY": (
        "`change` is `added`, `removed`, `edited`, `moved` or `reformatted`; positions count from 1, indexes of turns "
        "from 0. `old_path` is not null where the entry was in another dataset before; `sources` are the ids of the "
        "entries it was made of, by splitting or joining them."
    ),
    "grep": (
        "One array, empty if nothing matches; then the exit code is 1. `position` counts from 1, `turn` from 0; "
        "`matches` are pairs of start and end in `text`, in characters."
    ),
    "validate": (
        "`commit` is null for a working file. `entries` were checked, `invalid` of them have an error; then the exit "
        "code is 1. `position` counts from 1, `turn` from 0; that is null where a finding is about the whole entry. "
        "`level` is `error`, `warning` or `info`; the codes are in the guide."
    ),
    "blame": "`index` counts turns from 0. `session` is the session that the commit closed, null if none.",
    "diff": (
        "`to` is a commit, or `worktree` for the files as they are; `from` is null before the first commit. Datasets "
        "are `added`, `removed` or `edited`; `renamed_from` is as in `status`. Entries are `added`, `removed`, "
        "`edited`, `moved` or `reformatted`; turns `added`, `removed`, `edited` or `moved`. Positions count from 1, "
        "indexes of turns from 0; what a version does not have is null. "
        "`moved`: the entry has another place among those that stayed. `after`: of one that was added or moved, the id "
        "of the entry before it in the new version. `old_text` and `new_text` are its records as they stand in the "
        "files, without volatile values. `file` has what differs around the records, and the settings. What else "
        "`apply` needs is there where it is needed: `old_frame` and `new_frame` of a dataset, `old_beside` and "
        "`new_beside` of an entry. Their `stamps` are the volatile values, as JSON texts: of an entry in their order, "
        "of a sidecar with the path of each. `apply` gives them to what it adds; what is there keeps its own."
    ),
    "diff --stat": "`new` is null for the files as they are.",
    "merge": (
        "`outcome` is `up to date`, `fast-forward`, `merged`, `squashed`, `conflicts` (the exit code is 1 then) or "
        "`aborted`. `commits` are those that were made, oldest first; `datasets` says how the files differ from "
        "before; `notices` are decisions that nobody was asked about."
    ),
    "export": (
        "`entries` are those of the dataset, or the replies that were rewritten. `deselected`: left out by --where; "
        "`unassigned`: on no side of the partition; `skipped`: they cannot be exported. `side` is that of the "
        "partition with --split, else null."
    ),
    "export --verify": (
        "The exit code is 1 where the file does not match; `problem` says why. `names` lead to the commit; `known` "
        "tells whether this store has it."
    ),
    "conflicts": (
        "One array, empty where nothing is left to resolve; else the exit code is 1. `kind` is `edited` (by both), "
        "`edited/removed` or `removed/edited` (what ours and what theirs did); of a dataset as a whole `id` and "
        "`position` are null. `registry` is about the value at `path` of the sidecar, null elsewhere. `base`, `ours` "
        "and `theirs` are the record, or that value; null where it is not there. `position` counts from 1, and is "
        "where an entry would be that is not in the file. `clashes` are the values that contradict each other, with "
        "indexes from 0; their `kind` is `turn`, `field`, `record`, `mapping`, `annotation` or `registry`. "
        "`missing` is the file that a conflict is about, where that is not there: this resolves nothing."
    ),
    "op log": "`kind` is `command`, `undo` or `redo`; these two name what they took back or did again.",
    "op show": "`names` are HEAD, branches, tags and tracked datasets that changed; null: there was none.",
    "key export": "`locked`: a passphrase protects the file.",
    "key import": (
        "`changed` is false where it was this machine's key already. `kept` is where the key is that it had before, "
        "null if none."
    ),
    "config KEY": "`origin` is `workspace`, `user` or `default`.",
}
