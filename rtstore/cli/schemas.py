"""What each command prints with ``--json``, by example: the documentation shows them, a test compares them.

Keys are never removed or given another meaning; new ones may come.
"""

from __future__ import annotations

from typing import Any, Final

_ID: Final = "3fa81c22d0aa9b5e" * 4
_PARENT: Final = "77b0e4c19f21d3a6" * 4
_ENTRY: Final = "208c841847a34d0c9a1e5b7dd7f1c2ab"
_TIME: Final = "2026-11-20T19:32:05+01:00"
_BESIDE: Final = {
    "mapping": "",
    "lineage": [],
    "note": "",
    "rating": 0,
    "review": "",
    "partition": "",
    "separator": None,
    "stamps": ['"1.0.0"', '"2026-11-20T18:32:05Z"'],
}
_COUNTS: Final = {"added": 1, "removed": 1, "edited": 3, "moved": 0, "reformatted": 0}
_CHANGE: Final = {
    "path": "mara.jsonl",
    "change": "edited",
    "entries": 45,
    "counts": _COUNTS,
    "stamps_only": False,
    "registry_changed": True,
    "framing_changed": False,
    "warnings": [],
    "problem": None,
    "renamed_from": None,
    "partition_changed": False,
}
_COMMIT: Final = {
    "id": _ID,
    "parents": [_PARENT],
    "author": "Mara Lind <mara@example.org>",
    "time": _TIME,
    "message": "Session 12",
}
_COUNTED: Final = {"path": "mara.jsonl", "counts": _COUNTS, "renamed_from": None}
_FINGERPRINT: Final = "5f1c-09ab-d2e4-7788-0f3b-61c5-aa90-4e17"
_MOVED: Final = {"name": "main", "before": _PARENT, "after": _ID}
_REMOTE: Final = {
    "name": "backup",
    "url": "git@example.org:mara/lora-data.git",
    "branch": "main",
    "fingerprint": _FINGERPRINT,
}
_KNOWN: Final = {"pushes": 9, "branches": {"main": _ID}, "tags": {"sent-to-trainer": _ID}}
_OPERATION: Final = {
    "id": _ID,
    "time": _TIME,
    "kind": "command",
    "command": "commit: Session 12",
    "target": None,
}
_CONFLICT: Final = {
    "id": _ENTRY,
    "dataset": "mara.jsonl",
    "position": 1,
    "kind": "edited",
    "path": None,
    "base": {"messages": [{"role": "user", "content": "Is this seat taken?"}]},
    "ours": {"messages": [{"role": "user", "content": "Is that seat taken?"}]},
    "theirs": {"messages": [{"role": "user", "content": "Is this seat free?"}]},
    "clashes": [
        {
            "kind": "turn",
            "path": "messages[0].content",
            "base": "Is this seat taken?",
            "ours": "Is that seat taken?",
            "theirs": "Is this seat free?",
        }
    ],
    "missing": None,
}
_MERGED: Final = {
    "outcome": "conflicts",
    "head": _PARENT,
    "commits": [],
    "datasets": [_CHANGE],
    "conflicts": [_CONFLICT],
    "files": ["mara.jsonl"],
    "notices": [],
    "bytes_added": 2841,
}
_PUBLIC_KEY: Final = "age1hzgrwrum99hx34u8amrcxc8jm6yzhknymlg9xedf8qmjl66kzamsg5mu6p"
_KEY_FILE: Final = "/home/mara/.config/rtstore/identity"
_UNDO: Final = {
    "operation": _ID,
    "command": "restore mara.jsonl",
    "files": ["mara.jsonl"],
    "removed": [],
    "branch": "main",
    "head": _PARENT,
}

#: By command, an answer as it may be.
EXAMPLES: Final[dict[str, Any]] = {
    "add": {
        "added": [
            {
                "path": "mara.jsonl",
                "entries": 44,
                "id_field": "_rolethread.entry_uuid",
                "sidecar": True,
                "warnings": [],
            }
        ],
        "known": [],
        "skipped": [{"path": "notes.json", "reason": "not a dataset"}],
        "bytes_added": 61200,
    },
    "rm": {"removed": ["drafts.jsonl"]},
    "mv": {"source": "mara.jsonl", "target": "characters/mara.jsonl"},
    "status": {
        "branch": "main",
        "head": _ID,
        "clean": False,
        "datasets": [_CHANGE],
        "untracked": ["osk.jsonl"],
        "merging": None,
        "remotes": [{"remote": "backup", "branch": "main", "ahead": 2, "behind": 0}],
    },
    "commit": {**_COMMIT, "datasets": [_CHANGE], "bytes_added": 2841},
    "apply": {"datasets": [_CHANGE]},
    "import": {
        "path": "mara.jsonl",
        "added": 12,
        "duplicates": 3,
        "tagged": 1,
        "made": False,
        "warnings": [],
    },
    "export": {
        "dataset": "mara.jsonl",
        "commit": _ID,
        "entries": 120,
        "files": [
            {"path": "train.jsonl", "side": None, "rows": 118, "bytes": 61200, "blake3": "9f" * 32},
        ],
        "recipe": None,
        "deselected": 1,
        "unassigned": 0,
        "too_long": 0,
        "skipped": [{"position": 12, "id": _ENTRY, "reason": "the conversation has no answer"}],
    },
    "export --verify": {
        "path": "train.jsonl",
        "matches": True,
        "problem": None,
        "commit": _ID,
        "known": True,
        "names": ["HEAD -> main", "tag: v1"],
        "dataset": "mara.jsonl",
        "side": None,
        "rows": 118,
        "options": {"format": "sharegpt", "clean": True},
    },
    "partition": {
        "path": "mara.jsonl",
        "sides": [{"name": "train", "fraction": 0.9, "entries": 40}],
        "seed": "",
        "group_by": None,
        "stratify": None,
        "fresh": 0,
        "torn": [
            {"position": 12, "side": "val", "other_position": 3, "other_side": "train", "why": "duplicate"}
        ],
        "settled": 44,
        "pinned": 2,
        "moved": 0,
        "changed": True,
    },
    "log": [{**_COMMIT, "datasets": [_COUNTED]}],
    "log DATASET#ENTRY": [
        {
            **_COMMIT,
            "datasets": [_COUNTED],
            "entry": {
                "id": _ENTRY,
                "path": "mara.jsonl",
                "old_path": None,
                "change": "edited",
                "old_position": 4,
                "new_position": 4,
                "moved": False,
                "turns": [{"change": "edited", "old_index": 2, "new_index": 2}],
                "fields": ["tags"],
                "sources": [],
            },
        }
    ],
    "show": {**_COMMIT, "datasets": [_CHANGE]},
    "show REV:DATASET": {
        "path": "mara.jsonl",
        "count": 45,
        "sidecar": True,
        "entries": [{"id": "208c841847a34d0c9a1e5b7dd7f1c2ab", "position": 1}],
    },
    "show REV:DATASET#ENTRY": {
        "id": "208c841847a34d0c9a1e5b7dd7f1c2ab",
        "position": 1,
        "shape": "messages",
        "note": "",
        "rating": 4,
        "review": "approved",
        "partition": "train",
        "record": {"messages": [{"role": "user", "content": "Is this seat taken?"}]},
    },
    "diff": {
        "from": _ID,
        "to": "worktree",
        "datasets": [
            {
                "path": "mara.jsonl",
                "change": "edited",
                "renamed_from": None,
                "counts": _COUNTS,
                "registry": [{"path": "tags/approved", "old": None, "new": {}}],
                "file": [],
                "entries": [
                    {
                        "change": "edited",
                        "id": "208c841847a34d0c9a1e5b7dd7f1c2ab",
                        "old_position": 4,
                        "new_position": 4,
                        "moved": False,
                        "after": None,
                        "turns": [
                            {
                                "change": "edited",
                                "old_index": 2,
                                "new_index": 2,
                                "role": "assistant",
                                "old": "Sit.",
                                "new": "Sit down.",
                            }
                        ],
                        "fields": [{"path": "tags", "old": [], "new": ["approved"]}],
                        "old_text": '{"messages": [...], "tags": []}',
                        "new_text": '{"messages": [...], "tags": ["approved"]}',
                        "old_beside": _BESIDE,
                        "new_beside": _BESIDE,
                    }
                ],
            }
        ],
    },
    "diff --stat": {"old": "HEAD", "new": None, "datasets": [_CHANGE]},
    "grep": [
        {
            "revision": "HEAD",
            "commit": _ID,
            "path": "mara.jsonl",
            "position": 1,
            "id": _ENTRY,
            "turn": 2,
            "role": "assistant",
            "text": "By the green lantern? It is taken.",
            "matches": [[7, 20]],
        }
    ],
    "validate": {
        "datasets": [{"path": "mara.jsonl", "commit": None, "entries": 45, "invalid": 1}],
        "findings": [
            {
                "path": "mara.jsonl",
                "commit": None,
                "position": 12,
                "id": _ENTRY,
                "turn": 3,
                "code": "wrong-role",
                "level": "error",
                "message": "the role is 'user' where 'assistant' is due",
            }
        ],
        "warnings": [],
    },
    "blame": {
        "path": "mara.jsonl",
        "id": _ENTRY,
        "position": 1,
        "turns": [
            {
                "index": 2,
                "role": "assistant",
                "text": "By the green lantern? It is taken.",
                "commit": _ID,
                "author": "Mara Lind <mara@example.org>",
                "time": _TIME,
                "session": None,
                "message": "Session 12",
            }
        ],
    },
    "branch": [{"name": "main", "commit": _ID, "current": True}],
    "switch": {"branch": "lora-noir", "head": _ID, "written": ["mara.jsonl"], "removed": [], "carried": []},
    "tag": [{"name": "sent-to-trainer", "commit": _ID}],
    "merge": _MERGED,
    "conflicts": [_CONFLICT],
    "resolve": {"resolved": ["mara.jsonl#1 208c8418"], "left": [_CONFLICT]},
    "cherry-pick": _MERGED,
    "revert": _MERGED,
    "restore": {"files": ["mara.jsonl"], "entries": 0, "removed": 0},
    "undo": _UNDO,
    "redo": _UNDO,
    "op log": [_OPERATION],
    "op show": {
        **_OPERATION,
        "parent": _PARENT,
        "names": [{"name": "branch main", "before": _PARENT, "after": _ID}],
        "files": [{"path": "mara.jsonl", "change": "file replaced"}],
    },
    "gc": {
        "bytes_before": 250112,
        "bytes_after": 61404,
        "packs_before": 12,
        "packs_after": 1,
        "objects_dropped": 3,
        "operations_dropped": 0,
    },
    "fsck": {
        "ok": False,
        "problems": [{"what": "pack 5d21 is damaged", "affects": ["mara.jsonl#12 in 3fa81c22d0aa"]}],
        "checked": {"packs": 3, "objects": 214},
        "rescued": [],
        "notes": [],
    },
    "key show": {"public_key": _PUBLIC_KEY, "path": _KEY_FILE, "made": False},
    "key export": {"public_key": _PUBLIC_KEY, "path": "laptop.key", "locked": True},
    "key import": {"public_key": _PUBLIC_KEY, "path": _KEY_FILE, "changed": True, "kept": f"{_KEY_FILE}.1"},
    "remote add": {
        **_REMOTE,
        "recipients": [_PUBLIC_KEY],
        "passphrase": False,
        "new": True,
        "identity": _KEY_FILE,
    },
    "remote list": [{**_REMOTE, **_KNOWN}],
    "remote show": {**_REMOTE, **_KNOWN},
    "remote remove": {**_REMOTE, **_KNOWN},
    "remote rename": {**_REMOTE, **_KNOWN},
    "remote recipients": {
        "fingerprint": _FINGERPRINT,
        "recipients": [{"key": _PUBLIC_KEY, "comment": "laptop"}],
        "passphrase": False,
        "generation": 1,
    },
    "remote verify": {
        "parts": 12,
        "bytes": 3120411,
        "stray": 0,
        "commits": 31,
        "datasets": 31,
        "entries": 4120,
        "number": 9,
        "fingerprint": _FINGERPRINT,
    },
    "remote compact": {"before": 12, "after": 7, "sent": 2890112, "without_history": True},
    "push": {"remote": "backup", "branches": [_MOVED], "tags": [_MOVED], "commits": 1, "bytes": 128804},
    "fetch": {"remote": "backup", "branches": [_MOVED], "tags": [_MOVED], "parts": 1, "bytes": 127402},
    "pull": {
        "remote": "backup",
        "branches": [_MOVED],
        "tags": [_MOVED],
        "parts": 1,
        "bytes": 127402,
        "merge": _MERGED,
    },
    "clone": {
        "directory": "/home/mara/lora-data",
        "remote": "backup",
        "branch": "main",
        "fingerprint": _FINGERPRINT,
        "datasets": ["mara.jsonl"],
    },
    "config --list": [{"key": "user.name", "value": "Mara Lind", "origin": "user"}],
    "config KEY": {"key": "user.name", "value": "Mara Lind", "origin": "user"},
}

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
